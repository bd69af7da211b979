import {
  ListGroups,
  type ListGroupsRequest,
  type ListGroupsResponse,
} from '../../protocol/messages/list-groups.ts'
import type { ClassicGroup } from '../groups/classic-group.ts'
import type { Handler } from '../server/handler.ts'

const classic = 'classic'

export const listGroups: Handler<ListGroupsRequest, ListGroupsResponse> = {
  api: ListGroups,
  versions: [0, 5],

  handle({ statesFilter, typesFilter }, { broker }) {
    const states = lowered(statesFilter)
    const types = lowered(typesFilter)
    const isWanted = ({ state }: ClassicGroup) =>
      (states.length === 0 || states.includes(state.toLowerCase())) &&
      (types.length === 0 || types.includes(classic))
    const groups = [...broker.cluster.groups].filter(isWanted).map((group) => ({
      groupId: group.groupId,
      protocolType: group.protocolType ?? '',
      groupState: group.state,
      groupType: classic,
    }))
    return { groups }
  },
}

function lowered(filter: readonly string[]): string[] {
  return filter.map((word) => word.toLowerCase())
}
