import {
  DeleteGroups,
  type DeleteGroupsRequest,
  type DeleteGroupsResponse,
} from '../../protocol/messages/delete-groups.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'

export const deleteGroups: Handler<DeleteGroupsRequest, DeleteGroupsResponse> = {
  api: DeleteGroups,
  versions: [0, 2],

  handle({ groupsNames }, { broker }) {
    const { groups, shareGroups } = broker.cluster
    const remove = (groupId: string) =>
      shareGroups.get(groupId) === undefined ? groups.delete(groupId) : shareGroups.delete(groupId)
    const results = groupsNames.map((groupId) => ({
      groupId,
      errorCode: coordinatorError(broker, 'group', groupId) || remove(groupId),
    }))
    return { results }
  },
}
