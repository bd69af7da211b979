import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  type PartitionData,
  ShareFetch,
  type ShareFetchRequest,
  type ShareFetchResponse,
} from '../../protocol/messages/share-fetch.ts'
import type { Handler, RequestContext } from '../server/handler.ts'
import {
  type AcknowledgeResult,
  acknowledgePartitions,
  releaseSession,
} from '../share/acknowledge-partitions.ts'
import { ShareFetchWait } from '../share/share-fetch-wait.ts'
import { ShareRead, type ShareReadPart } from '../share/share-read.ts'
import {
  closingEpoch,
  openingEpoch,
  type SessionPartition,
  type ShareSession,
} from '../share/share-sessions.ts'
import type { Partition } from '../state/partition.ts'
import { leaderHint, nodeEndpoints } from './leader-hints.ts'

const acquireModes = { batchOptimized: 0, recordLimit: 1 } as const

/**
 * Acquires records for a member of a share group, and takes acknowledgements on the way (KIP-932). Waits as Fetch does
 * when there is too little to acquire.
 */
export const shareFetch: Handler<ShareFetchRequest, ShareFetchResponse> = {
  api: ShareFetch,
  versions: [1, 2],

  handle(request, context) {
    const { broker } = context
    const { groupId, memberId, shareSessionEpoch: epoch } = request
    const malformed = problemOf(request)
    if (malformed !== ErrorCodes.NONE || groupId === null || memberId === null) return refused(malformed)
    const { shareSessions, cluster } = broker
    const { errorCode, session } =
      epoch === openingEpoch
        ? shareSessions.open(groupId, memberId)
        : shareSessions.use(groupId, memberId, epoch)
    if (session === undefined) return refused(errorCode)
    if (epoch !== closingEpoch) {
      session.add(partitionsIn(request.topics.map(indexesOf)))
      session.forget(partitionsIn(request.forgottenTopicsData))
      releaseWithConnection(context, session)
      // Kafka fails over a topic that it does not know, until the session forgets it.
      const isLost = session.partitions.some(({ topicId }) => broker.topics.byId(topicId) === undefined)
      if (isLost) return refused(ErrorCodes.UNKNOWN_SERVER_ERROR)
    }
    const acknowledged = acknowledgePartitions(broker, groupId, memberId, request.topics, request.isRenewAck)
    const lockMs = cluster.shareGroups.limitsOf(groupId).lockDurationMs
    const answer = (parts: readonly ShareReadPart[]) =>
      describe(context, acknowledged, parts, epoch === openingEpoch, lockMs)
    if (epoch === closingEpoch) {
      releaseSession(broker, session)
      context.whenClosed(closedKey(session), undefined)
      return answer([])
    }
    const { maxWaitMs, minBytes, maxBytes, maxRecords, batchSize } = request
    if (maxBytes === 0 || maxRecords === 0) return answer([])
    const read = new ShareRead(broker, {
      groupId,
      memberId,
      partitions: session.partitionsOf(epoch),
      minBytes,
      maxBytes,
      maxRecords,
      batchSize,
      isRecordLimit: request.shareAcquireMode === acquireModes.recordLimit,
    })
    const beginning = read.begin()
    const wait = () => {
      const parts = read.attempt(maxWaitMs <= 0 || session.partitions.length === 0)
      if (parts !== undefined) return answer(parts)
      const waiting = new ShareFetchWait(read, cluster.shareGroups, groupId, maxWaitMs, broker.runtime.timers)
      context.onAbandoned(() => waiting.abandon())
      return waiting.finished.then(answer)
    }
    return beginning === undefined ? wait() : beginning.then(wait)
  },
}

/** What is wrong with a request as such. */
function problemOf(request: ShareFetchRequest): number {
  const { groupId, memberId, shareSessionEpoch, isRenewAck, topics, shareAcquireMode } = request
  const { maxWaitMs, minBytes, maxBytes, maxRecords } = request
  if (shareAcquireMode !== acquireModes.batchOptimized && shareAcquireMode !== acquireModes.recordLimit) {
    return ErrorCodes.UNKNOWN_SERVER_ERROR
  }
  if (groupId === null || memberId === null || memberId === '') return ErrorCodes.INVALID_REQUEST
  const acknowledges = topics.some(({ partitions }) =>
    partitions.some(({ acknowledgementBatches }) => acknowledgementBatches.length > 0),
  )
  if (shareSessionEpoch === openingEpoch && acknowledges) return ErrorCodes.INVALID_REQUEST
  // Who renews locks is busy with the records that it has, so it may not ask for more.
  const asksForMore = maxWaitMs !== 0 || minBytes !== 0 || maxBytes !== 0 || maxRecords !== 0
  return isRenewAck && asksForMore ? ErrorCodes.INVALID_REQUEST : ErrorCodes.NONE
}

function refused(errorCode: number): Draft<ShareFetchResponse> {
  return { errorCode, responses: [] }
}

function indexesOf({ topicId, partitions }: ShareFetchRequest['topics'][number]) {
  return { topicId, partitions: partitions.map(({ partitionIndex }) => partitionIndex) }
}

function partitionsIn(
  topics: readonly { readonly topicId: string; readonly partitions: readonly number[] }[],
): SessionPartition[] {
  return topics.flatMap(({ topicId, partitions }) => partitions.map((partition) => ({ topicId, partition })))
}

/** A member whose connection is gone cannot acknowledge what it has, so others get it at once. */
function releaseWithConnection(context: RequestContext, session: ShareSession): void {
  const { broker } = context
  context.whenClosed(closedKey(session), () => {
    if (broker.shareSessions.close(session)) releaseSession(broker, session)
  })
}

function closedKey({ groupId, memberId }: ShareSession): string {
  return `share session ${groupId}\n${memberId}`
}

function describe(
  { broker }: RequestContext,
  acknowledged: readonly AcknowledgeResult[],
  parts: readonly ShareReadPart[],
  isOpening: boolean,
  acquisitionLockTimeoutMs: number,
): Draft<ShareFetchResponse> {
  const answers = new Map<string, { topicId: string; data: Draft<PartitionData> }>()
  const misled: (Partition | undefined)[] = []
  const hint = (errorCode: number, partition: Partition | undefined) => {
    if (errorCode !== ErrorCodes.NOT_LEADER_OR_FOLLOWER) return {}
    misled.push(partition)
    return { currentLeader: leaderHint(partition) }
  }
  for (const { topicId, partition, errorCode, errorMessage, found } of acknowledged) {
    const data = {
      partitionIndex: partition,
      acknowledgeErrorCode: errorCode,
      acknowledgeErrorMessage: errorMessage,
      records: [],
      ...hint(errorCode, found),
    }
    answers.set(`${topicId}/${partition}`, { topicId, data })
  }
  for (const { wanted, errorCode, partition, records, acquired } of parts) {
    const { topicId } = wanted
    const key = `${topicId}/${wanted.partition}`
    const isNews = isOpening || errorCode !== ErrorCodes.NONE || acquired.length > 0
    if (!isNews && !answers.has(key)) continue
    const data = {
      ...answers.get(key)?.data,
      partitionIndex: wanted.partition,
      errorCode,
      records,
      acquiredRecords: acquired.map(({ firstOffset, lastOffset, deliveryCount }) => ({
        firstOffset: BigInt(firstOffset),
        lastOffset: BigInt(lastOffset),
        deliveryCount,
      })),
      ...hint(errorCode, partition),
    }
    answers.set(key, { topicId, data })
  }
  const topicIds = new Set([...answers.values()].map(({ topicId }) => topicId))
  return {
    errorCode: ErrorCodes.NONE,
    acquisitionLockTimeoutMs,
    responses: [...topicIds].map((topicId) => ({
      topicId,
      partitions: [...answers.values()]
        .filter((answer) => answer.topicId === topicId)
        .map(({ data }) => data),
    })),
    nodeEndpoints: nodeEndpoints(broker.view, misled),
  }
}
