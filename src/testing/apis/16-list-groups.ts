import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  ListGroups,
  type ListGroupsRequest,
  type ListGroupsResponse,
} from '../../protocol/messages/list-groups.ts'
import type { Group } from '../groups/group.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'

export const listGroups: Handler<ListGroupsRequest, ListGroupsResponse> = {
  api: ListGroups,
  versions: [0, 5],

  handle({ statesFilter, typesFilter }, { broker }) {
    const states = lowered(statesFilter)
    const types = lowered(typesFilter)
    const isWanted = ({ groupId, state, type }: Group) =>
      coordinatorError(broker, 'group', groupId) === ErrorCodes.NONE &&
      (states.length === 0 || states.includes(state.toLowerCase())) &&
      (types.length === 0 || types.includes(type))
    const groups = [...broker.cluster.groups].filter(isWanted).map((group) => ({
      groupId: group.groupId,
      protocolType: group.protocolType ?? '',
      groupState: group.state,
      groupType: group.type,
    }))
    return { groups }
  },
}

function lowered(filter: readonly string[]): string[] {
  return filter.map((word) => word.toLowerCase())
}
