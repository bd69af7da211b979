import {
  DeleteGroups,
  type DeleteGroupsRequest,
  type DeleteGroupsResponse,
} from '../../protocol/messages/delete-groups.ts'
import type { Handler } from '../server/handler.ts'

export const deleteGroups: Handler<DeleteGroupsRequest, DeleteGroupsResponse> = {
  api: DeleteGroups,
  versions: [0, 2],

  handle({ groupsNames }, { broker }) {
    const { groups } = broker.cluster
    return { results: groupsNames.map((groupId) => ({ groupId, errorCode: groups.delete(groupId) })) }
  },
}
