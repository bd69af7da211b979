import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  DeleteAcls,
  type DeleteAclsRequest,
  type DeleteAclsResponse,
} from '../../protocol/messages/delete-acls.ts'
import { isUnknown, isUnreadable } from '../security/acls/check-acl.ts'
import { type Handler, hangUp } from '../server/handler.ts'
import { problem } from '../state/create-topic.ts'
import { filterFrom } from './acl-filters.ts'

/** Every filter tells what it matches; what several match is deleted once. */
export const deleteAcls: Handler<DeleteAclsRequest, DeleteAclsResponse> = {
  api: DeleteAcls,
  versions: [1, 3],

  handle({ filters }, { broker }) {
    const { authorizer } = broker.cluster.security
    const wanted = filters.map(filterFrom)
    // Kafka cannot read such a request.
    if (wanted.some(isUnreadable)) return hangUp
    if (authorizer === undefined) {
      const refused = problem(ErrorCodes.SECURITY_DISABLED, 'this broker has no authorizer')
      return { filterResults: wanted.map(() => refused) }
    }
    const found = wanted.map((filter) => authorizer.acls.find(filter))
    for (const acl of found.flat()) authorizer.acls.remove(acl)
    return {
      filterResults: found.map((acls, index) => ({
        errorMessage: null,
        ...(isUnknown(wanted[index]) &&
          problem(ErrorCodes.INVALID_REQUEST, 'a number in the filter means nothing')),
        matchingAcls: acls.map((acl) => ({ ...acl, errorMessage: null })),
      })),
    }
  },
}
