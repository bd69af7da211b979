import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  type ListedGroup,
  ListGroups,
  type ListGroupsRequest,
  type ListGroupsResponse,
} from '../../protocol/messages/list-groups.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'

const share = 'share'

export const listGroups: Handler<ListGroupsRequest, ListGroupsResponse> = {
  api: ListGroups,
  versions: [0, 5],

  handle({ statesFilter, typesFilter }, { broker }) {
    const states = lowered(statesFilter)
    const types = lowered(typesFilter)
    const isWanted = ({ groupId, groupState, groupType }: ListedGroup) =>
      coordinatorError(broker, 'group', groupId) === ErrorCodes.NONE &&
      (states.length === 0 || states.includes(groupState.toLowerCase())) &&
      (types.length === 0 || types.includes(groupType))
    const groups = [...broker.cluster.groups].map(({ groupId, protocolType, state, type }) => ({
      groupId,
      protocolType: protocolType ?? '',
      groupState: state,
      groupType: type,
    }))
    const shareGroups = [...broker.cluster.shareGroups].map(({ groupId, state }) => ({
      groupId,
      protocolType: share,
      groupState: state,
      groupType: share,
    }))
    return { groups: [...groups, ...shareGroups].filter(isWanted) }
  },
}

function lowered(filter: readonly string[]): string[] {
  return filter.map((word) => word.toLowerCase())
}
