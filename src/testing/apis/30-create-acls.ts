import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  type AclCreation,
  CreateAcls,
  type CreateAclsRequest,
  type CreateAclsResponse,
} from '../../protocol/messages/create-acls.ts'
import type { Acl } from '../security/acls/acl.ts'
import type { AclTable } from '../security/acls/acl-table.ts'
import { aclProblem, isUnreadable } from '../security/acls/check-acl.ts'
import { type Handler, hangUp } from '../server/handler.ts'
import { problem } from '../state/create-topic.ts'

/** What is there already is created once more, and nothing changes. */
export const createAcls: Handler<CreateAclsRequest, CreateAclsResponse> = {
  api: CreateAcls,
  versions: [1, 3],

  handle({ creations }, { broker }) {
    const { authorizer } = broker.cluster.security
    const acls = creations.map(aclFrom)
    // Kafka cannot read such a request.
    if (acls.some(isUnreadable)) return hangUp
    if (authorizer === undefined) {
      const refused = problem(ErrorCodes.SECURITY_DISABLED, 'this broker has no authorizer')
      return { results: acls.map(() => refused) }
    }
    return { results: acls.map((acl) => ({ errorMessage: '', ...create(authorizer.acls, acl) })) }
  },
}

function aclFrom({ resourcePatternType, ...rest }: AclCreation): Acl {
  return { ...rest, patternType: resourcePatternType }
}

function create(acls: AclTable, acl: Acl) {
  const what = aclProblem(acl)
  if (what !== undefined) return what
  if (acls.isFull) return problem(ErrorCodes.POLICY_VIOLATION, 'there are as many ACLs as there can be')
  acls.add(acl)
  return undefined
}
