import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  SyncGroup,
  type SyncGroupRequest,
  type SyncGroupResponse,
} from '../../protocol/messages/sync-group.ts'
import { refusedSync } from '../groups/member.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'

const firstVersionWithProtocol = 5

export const syncGroup: Handler<SyncGroupRequest, SyncGroupResponse> = {
  api: SyncGroup,
  versions: [0, 5],

  handle(request, { broker, version }) {
    const { groupId, memberId, groupInstanceId, generationId, protocolType, protocolName } = request
    if (version >= firstVersionWithProtocol && (protocolType === null || protocolName === null)) {
      return refusedSync(ErrorCodes.INCONSISTENT_GROUP_PROTOCOL)
    }
    const errorCode = coordinatorError(broker, 'group', groupId)
    if (errorCode !== ErrorCodes.NONE) return refusedSync(errorCode)
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
