import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  ShareAcknowledge,
  type ShareAcknowledgeRequest,
  type ShareAcknowledgeResponse,
} from '../../protocol/messages/share-acknowledge.ts'
import type { Handler } from '../server/handler.ts'
import { acknowledgePartitions, releaseSession } from '../share/acknowledge-partitions.ts'
import { closingEpoch, openingEpoch } from '../share/share-sessions.ts'
import { leaderHint, nodeEndpoints } from './leader-hints.ts'

const firstVersionWithLockTimeout = 2

/** Takes acknowledgements within an open share session (KIP-932). */
export const shareAcknowledge: Handler<ShareAcknowledgeRequest, ShareAcknowledgeResponse> = {
  api: ShareAcknowledge,
  versions: [1, 2],

  handle(request, { broker, version }) {
    const { groupId, memberId, shareSessionEpoch: epoch, topics, isRenewAck } = request
    if (groupId === null || memberId === null || memberId === '') return refused(ErrorCodes.INVALID_REQUEST)
    if (epoch === openingEpoch) return refused(ErrorCodes.INVALID_SHARE_SESSION_EPOCH)
    const { errorCode, session } = broker.shareSessions.use(groupId, memberId, epoch)
    if (session === undefined) return refused(errorCode)
    const results = acknowledgePartitions(broker, groupId, memberId, topics, isRenewAck)
    if (epoch === closingEpoch) releaseSession(broker, session)
    const topicIds = new Set(results.map(({ topicId }) => topicId))
    const misled = results.filter((result) => result.errorCode === ErrorCodes.NOT_LEADER_OR_FOLLOWER)
    const endpoints = misled.map(({ found }) => found)
    return {
      errorCode: ErrorCodes.NONE,
      ...(version >= firstVersionWithLockTimeout && {
        acquisitionLockTimeoutMs: broker.cluster.shareGroups.limitsOf(groupId).lockDurationMs,
      }),
      responses: [...topicIds].map((topicId) => ({
        topicId,
        partitions: results
          .filter((result) => result.topicId === topicId)
          .map((result) => ({
            partitionIndex: result.partition,
            errorCode: result.errorCode,
            errorMessage: result.errorMessage,
            ...(misled.includes(result) && { currentLeader: leaderHint(result.found) }),
          })),
      })),
      nodeEndpoints: nodeEndpoints(broker.view, endpoints),
    }
  },
}

function refused(errorCode: number): Draft<ShareAcknowledgeResponse> {
  return { errorCode, responses: [] }
}
