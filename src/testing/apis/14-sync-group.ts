import {
  SyncGroup,
  type SyncGroupRequest,
  type SyncGroupResponse,
} from '../../protocol/messages/sync-group.ts'
import type { Handler } from '../server/handler.ts'

export const syncGroup: Handler<SyncGroupRequest, SyncGroupResponse> = {
  api: SyncGroup,
  versions: [0, 5],

  handle(request, { broker }) {
    const { groupId, memberId, groupInstanceId, generationId, protocolType, protocolName } = request
    return broker.cluster.groups.sync(groupId, {
      memberId,
      groupInstanceId,
      generationId,
      protocolType,
      protocolName,
      // Kept as long as the generation is, so copied out of the request's frame.
      assignments: new Map(request.assignments.map((one) => [one.memberId, Buffer.from(one.assignment)])),
    })
  },
}
