import {
  Heartbeat,
  type HeartbeatRequest,
  type HeartbeatResponse,
} from '../../protocol/messages/heartbeat.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'

export const heartbeat: Handler<HeartbeatRequest, HeartbeatResponse> = {
  api: Heartbeat,
  versions: [0, 4],

  handle({ groupId, memberId, groupInstanceId, generationId }, { broker }) {
    const claim = { memberId, groupInstanceId, generationId }
    const errorCode =
      coordinatorError(broker, 'group', groupId) || broker.cluster.groups.heartbeat(groupId, claim)
    return { errorCode }
  },
}
