import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  ShareGroupHeartbeat,
  type ShareGroupHeartbeatRequest,
  type ShareGroupHeartbeatResponse,
} from '../../protocol/messages/share-group-heartbeat.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'

/** Joins a share group, stays in it, or leaves it (KIP-932). */
export const shareGroupHeartbeat: Handler<ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse> = {
  api: ShareGroupHeartbeat,
  versions: [1, 1],

  handle(request, { broker, clientId, clientHost }) {
    const { groupId, memberId, memberEpoch, rackId, subscribedTopicNames: topicNames } = request
    const misdirected = coordinatorError(broker, 'group', groupId)
    if (misdirected !== ErrorCodes.NONE) return { errorCode: misdirected }
    const { assignment, ...answer } = broker.cluster.shareGroups.heartbeat({
      groupId,
      memberId,
      memberEpoch,
      rackId,
      topicNames,
      clientId: clientId ?? '',
      clientHost,
    })
    if (assignment === null) return { ...answer, assignment }
    const topicPartitions = [...assignment].map(([topicId, partitions]) => ({ topicId, partitions }))
    return { ...answer, assignment: { topicPartitions } }
  },
}
