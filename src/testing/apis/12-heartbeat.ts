import {
  Heartbeat,
  type HeartbeatRequest,
  type HeartbeatResponse,
} from '../../protocol/messages/heartbeat.ts'
import type { Handler } from '../server/handler.ts'

export const heartbeat: Handler<HeartbeatRequest, HeartbeatResponse> = {
  api: Heartbeat,
  versions: [0, 4],

  handle({ groupId, memberId, groupInstanceId, generationId }, { broker }) {
    const claim = { memberId, groupInstanceId, generationId }
    return { errorCode: broker.cluster.groups.heartbeat(groupId, claim) }
  },
}
