import { ErrorCodes } from '../../../protocol/error-codes.ts'
import { problem } from '../../state/create-topic.ts'
import { parsePrincipal } from '../identity.ts'
import {
  type Acl,
  type AclFilter,
  any,
  clusterName,
  operationCodes,
  patternTypeCodes,
  permissionCodes,
  resourceTypeCodes,
} from './acl.ts'

/** What to answer in the place of an ACL. */
interface Problem {
  readonly errorCode: number
  readonly errorMessage: string | null
}

const codes = {
  resourceType: codesOf(resourceTypeCodes),
  patternType: codesOf(patternTypeCodes),
  operation: codesOf(operationCodes),
  permissionType: codesOf(permissionCodes),
}

const fields = Object.keys(codes) as (keyof typeof codes)[]

function codesOf(table: Readonly<Record<string, number>>): ReadonlySet<number> {
  return new Set([any, ...Object.values(table)])
}

/** What is wrong with an ACL that somebody wants, or undefined. */
export function aclProblem(acl: Acl): Problem | undefined {
  const invalid = (what: string) => problem(ErrorCodes.INVALID_REQUEST, what)
  const { resourceType, resourceName, patternType, principal, operation, permissionType } = acl
  if (resourceName === '') return invalid('a resource needs a name')
  if (resourceType === resourceTypeCodes.cluster && resourceName !== clusterName) {
    return invalid(`the name of the cluster is ${clusterName}, not "${resourceName}"`)
  }
  if (isUnknown(acl)) return invalid('the ACL holds a number that means nothing')
  if (parsePrincipal(principal) === undefined) return invalid(`"${principal}" is no principal as User:alice`)
  const isForFilters = [resourceType, patternType, operation, permissionType].includes(any)
  // Kafka does not expect what only filters may say, and has no better name for it.
  return isForFilters || patternType === patternTypeCodes.match
    ? { errorCode: ErrorCodes.UNKNOWN_SERVER_ERROR, errorMessage: null }
    : undefined
}

/** Whether a number in it means nothing; no ACL can match such a filter. */
export function isUnknown(filter: AclFilter): boolean {
  return fields.some((field) => !codes[field].has(filter[field]))
}

/** Whether a number in it is 0, which Kafka cannot read. */
export function isUnreadable(filter: AclFilter): boolean {
  return fields.some((field) => filter[field] === 0)
}
