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
    const { groups } = broker.cluster
    const results = groupsNames.map((groupId) => ({
      groupId,
      errorCode: coordinatorError(broker, 'group', groupId) || groups.delete(groupId),
    }))
    return { results }
  },
}
