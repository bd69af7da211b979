import {
  type Acl,
  coversClient,
  coversResource,
  type Operation,
  operationCodes,
  patternTypeCodes,
  permissionCodes,
  type ResourceType,
  resourceTypeCodes,
  wildcard,
} from './acl.ts'
import type { AclTable } from './acl-table.ts'

export interface AuthorizerSettings {
  readonly superUsers: readonly string[]
  readonly allowEveryoneIfNoAclFound: boolean
}

/** Who wants something, as ACLs see it. */
export interface Subject {
  readonly principal: string
  /** An address, as `127.0.0.1`. */
  readonly host: string
}

/** What is allowed to whoever is allowed something else. Denials imply nothing. */
const impliedBy: Partial<Record<Operation, readonly Operation[]>> = {
  describe: ['read', 'write', 'delete', 'alter'],
  describeConfigs: ['alterConfigs'],
}

/** Decides by ACLs as Kafka's StandardAuthorizer does: a denial wins, and what nobody allows is denied. */
export class Authorizer {
  readonly acls: AclTable
  readonly #superUsers: ReadonlySet<string>
  readonly #allowsUnlisted: boolean

  constructor(acls: AclTable, { superUsers, allowEveryoneIfNoAclFound }: AuthorizerSettings) {
    this.acls = acls
    this.#superUsers = new Set(superUsers)
    this.#allowsUnlisted = allowEveryoneIfNoAclFound
  }

  /** Whether it may do that with the one resource of that name. */
  may({ principal, host }: Subject, operation: Operation, type: ResourceType, name: string): boolean {
    if (this.#superUsers.has(principal)) return true
    const code = operationCodes[operation]
    const allowing = [operation, ...(impliedBy[operation] ?? [])].map((one) => operationCodes[one] as number)
    let isListed = false
    let isAllowed = false
    for (const acl of this.acls.ofType(resourceTypeCodes[type])) {
      if (!coversResource(acl, name)) continue
      isListed = true
      if (!coversClient(acl, principal, host)) continue
      const isForAll = acl.operation === operationCodes.all
      if (acl.permissionType === permissionCodes.deny) {
        if (isForAll || acl.operation === code) return false
      } else if (isForAll || allowing.includes(acl.operation)) {
        isAllowed = true
      }
    }
    return isAllowed || (!isListed && this.#allowsUnlisted)
  }

  /** Whether there can be any resource of the type that it may do that with. */
  mayWithAny({ principal, host }: Subject, operation: Operation, type: ResourceType): boolean {
    if (this.#superUsers.has(principal)) return true
    const code = operationCodes[operation]
    const relevant = [...this.acls.ofType(resourceTypeCodes[type])].filter(
      (acl) =>
        coversClient(acl, principal, host) &&
        (acl.operation === operationCodes.all || acl.operation === code),
    )
    const denying = relevant.filter(({ permissionType }) => permissionType === permissionCodes.deny)
    if (denying.some(isForEverything)) return false
    if (this.#allowsUnlisted && this.may({ principal, host }, operation, type, 'hardcode')) return true
    return relevant.some(
      (acl) =>
        acl.permissionType === permissionCodes.allow &&
        (isForEverything(acl) || !denying.some((denial) => takesAllOf(denial, acl))),
    )
  }
}

function isForEverything({ patternType, resourceName }: Acl): boolean {
  return patternType === patternTypeCodes.literal && resourceName === wildcard
}

/** Whether nothing is left of what an ACL allows once the denial is taken from it. */
function takesAllOf(denial: Acl, allowance: Acl): boolean {
  if (denial.patternType === patternTypeCodes.prefixed) {
    return allowance.resourceName.startsWith(denial.resourceName)
  }
  return allowance.patternType === patternTypeCodes.literal && allowance.resourceName === denial.resourceName
}
