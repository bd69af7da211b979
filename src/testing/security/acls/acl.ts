/** Kafka's numbers for what ACLs are about. `any` is for filters alone. */
export const resourceTypeCodes = {
  topic: 2,
  group: 3,
  cluster: 4,
  transactionalId: 5,
  delegationToken: 6,
  user: 7,
} as const
export const patternTypeCodes = { any: 1, match: 2, literal: 3, prefixed: 4 } as const
export const operationCodes = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
  createTokens: 13,
  describeTokens: 14,
  twoPhaseCommit: 15,
} as const
export const permissionCodes = { deny: 2, allow: 3 } as const
/** Matches everything, in the fields of a filter. */
export const any = 1

export type ResourceType = keyof typeof resourceTypeCodes
export type Operation = Exclude<keyof typeof operationCodes, 'all'>

/** The one name that the resource of the type `cluster` has. */
export const clusterName = 'kafka-cluster'
/** As the name of a literal pattern, the host or the name of a principal: everything. */
export const wildcard = '*'

/** An access control entry and what it is for, in Kafka's numbers. */
export interface Acl {
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  /** As `User:alice` or `User:*`. */
  readonly principal: string
  /** An address or `*`. */
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

/** What a filter asks for; null and 1 are everything. */
export interface AclFilter {
  readonly resourceType: number
  readonly resourceName: string | null
  readonly patternType: number
  readonly principal: string | null
  readonly host: string | null
  readonly operation: number
  readonly permissionType: number
}

/** Whether an ACL's pattern takes in the resource of that name. */
export function coversResource({ patternType, resourceName }: Acl, name: string): boolean {
  return patternType === patternTypeCodes.prefixed
    ? name.startsWith(resourceName)
    : resourceName === name || resourceName === wildcard
}

/** Whether an ACL speaks of the principal on the host. */
export function coversClient({ principal, host }: Acl, who: string, where: string): boolean {
  const type = who.slice(0, who.indexOf(':'))
  return (principal === who || principal === `${type}:${wildcard}`) && (host === where || host === wildcard)
}

/** Whether a filter asks for the ACL. */
export function matches(filter: AclFilter, acl: Acl): boolean {
  const isAsked = (wanted: number, actual: number) => wanted === any || wanted === actual
  return (
    isAsked(filter.resourceType, acl.resourceType) &&
    matchesPattern(filter, acl) &&
    (filter.principal === null || filter.principal === acl.principal) &&
    (filter.host === null || filter.host === acl.host) &&
    isAsked(filter.operation, acl.operation) &&
    isAsked(filter.permissionType, acl.permissionType)
  )
}

/** `match` asks for every pattern that takes in the name, the others for patterns of that very name. */
function matchesPattern({ patternType, resourceName }: AclFilter, acl: Acl): boolean {
  if (patternType !== any && patternType !== patternTypeCodes.match && patternType !== acl.patternType) {
    return false
  }
  if (resourceName === null) return true
  return patternType === patternTypeCodes.match
    ? coversResource(acl, resourceName)
    : resourceName === acl.resourceName
}
