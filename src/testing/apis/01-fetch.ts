import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  Fetch,
  type FetchableTopicResponse,
  type FetchRequest,
  type FetchResponse,
  type PartitionData,
} from '../../protocol/messages/fetch.ts'
import { keyOf, type SessionPartition } from '../fetch/fetch-session.ts'
import type { SessionPlan } from '../fetch/fetch-sessions.ts'
import { FetchWait } from '../fetch/fetch-wait.ts'
import {
  type FetchLimits,
  type FetchResult,
  type PartitionRead,
  readPartitions,
} from '../fetch/read-partitions.ts'
import { readingRights } from '../security/access.ts'
import type { Handler, RequestContext } from '../server/handler.ts'
import { type Isolation, isolationOf } from '../state/partition.ts'
import { leaderHint, nodeEndpoints } from './leader-hints.ts'

const firstVersionByTopicId = 13
const firstVersionFromReplicas = 11
const firstVersionWithReplicaState = 15
const firstVersionWithEndpoints = 16
const isolationLevels = [0, 1]

/** Answers at once when there are `minBytes` or an error to tell, else when they have come or `maxWaitMs` is over. */
export const fetch: Handler<FetchRequest, FetchResponse> = {
  api: Fetch,
  versions: [4, 18],

  handle(request, context) {
    const { broker, version } = context
    const byTopicId = version >= firstVersionByTopicId
    if (!isolationLevels.includes(request.isolationLevel)) return refuse(request, byTopicId)
    const plan = broker.fetchSessions.plan({
      sessionId: request.sessionId,
      sessionEpoch: request.sessionEpoch,
      byTopicId,
      partitions: partitionsOf(request),
      forgotten: forgottenOf(request),
    })
    if (plan.errorCode !== ErrorCodes.NONE) {
      return { errorCode: plan.errorCode, sessionId: plan.sessionId, responses: [] }
    }
    const replicaId =
      version >= firstVersionWithReplicaState ? request.replicaState.replicaId : request.replicaId
    const limits: FetchLimits = {
      byTopicId,
      from: version >= firstVersionFromReplicas ? 'replica' : 'leader',
      rack: request.rackId,
      isolation: isolationOf(request.isolationLevel),
      maxBytes: Math.min(request.maxBytes, broker.settings.fetchMaxBytes),
      mayRead: readingRights(context, replicaId),
      replicaId,
    }
    const result = readPartitions(broker, plan.partitions, limits)
    const { minBytes, maxWaitMs } = request
    if (maxWaitMs <= 0 || result.sizeBytes >= minBytes || result.isUrgent || result.reads.length === 0) {
      return answer(request, context, plan, result)
    }
    const wait = new FetchWait(result.reads, limits.isolation, minBytes, maxWaitMs, broker.runtime.timers)
    context.onAbandoned(() => wait.end())
    return wait.finished.then(() =>
      answer(request, context, plan, readPartitions(broker, plan.partitions, limits)),
    )
  },
}

/** Kafka fails at an isolation level that it does not know, before it looks at a partition. */
function refuse({ topics }: FetchRequest, byTopicId: boolean): Draft<FetchResponse> {
  const errorCode = ErrorCodes.UNKNOWN_SERVER_ERROR
  const responses = byTopicId
    ? []
    : topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition }) => ({
          partitionIndex: partition,
          errorCode,
          highWatermark: -1n,
          records: [],
        })),
      }))
  return { errorCode, responses }
}

function partitionsOf({ topics }: FetchRequest): SessionPartition[] {
  return topics.flatMap(({ topic, topicId, partitions }) =>
    partitions.map((partition) => ({
      topic,
      topicId,
      partition: partition.partition,
      // Offsets past 2^53 are out of range here, whatever they are rounded to.
      fetchOffset: Number(partition.fetchOffset),
      maxBytes: partition.partitionMaxBytes,
      currentLeaderEpoch: partition.currentLeaderEpoch,
      lastFetchedEpoch: partition.lastFetchedEpoch,
      resolvedName: '',
    })),
  )
}

function forgottenOf({ forgottenTopicsData }: FetchRequest): string[] {
  return forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
    partitions.map((partition) => keyOf({ topic, topicId, partition })),
  )
}

function answer(
  request: FetchRequest,
  { broker, version }: RequestContext,
  { session, sessionId, isIncremental }: SessionPlan,
  { reads }: FetchResult,
): Draft<FetchResponse> {
  const responses: { topic: string; topicId: string; partitions: Draft<PartitionData>[] }[] = []
  const misled: PartitionRead[] = []
  const isolation = isolationOf(request.isolationLevel)
  for (const read of reads) {
    const data = describe(read, isolation)
    const isNews = session === null || session.isNews(read.wanted, newsOf(read), isIncremental)
    if (isIncremental && !isNews) continue
    if (version >= firstVersionWithEndpoints && isMisled(read)) {
      misled.push(read)
      data.currentLeader = leaderHint(read.partition)
    }
    const { topic, topicId } = read.wanted
    const last = responses.at(-1)
    if (last !== undefined && last.topic === topic && last.topicId === topicId) last.partitions.push(data)
    else responses.push({ topic, topicId, partitions: [data] })
  }
  const endpoints = nodeEndpoints(
    broker.view,
    misled.map(({ partition }) => partition),
  )
  return {
    errorCode: ErrorCodes.NONE,
    sessionId,
    responses: responses satisfies Draft<FetchableTopicResponse>[],
    ...(endpoints.length > 0 && { nodeEndpoints: endpoints }),
  }
}

function isMisled({ errorCode }: PartitionRead): boolean {
  return errorCode === ErrorCodes.NOT_LEADER_OR_FOLLOWER || errorCode === ErrorCodes.FENCED_LEADER_EPOCH
}

function newsOf({ errorCode, partition, records, diverging }: PartitionRead) {
  const known = errorCode === ErrorCodes.NONE ? partition : undefined
  return {
    errorCode,
    highWatermark: BigInt(known?.highWatermark ?? -1),
    logStartOffset: BigInt(known?.log.startOffset ?? -1),
    hasRecords: records.sizeBytes > 0,
    hasDiverged: diverging !== null,
  }
}

function describe(
  read: PartitionRead,
  isolation: Isolation,
): { -readonly [K in keyof Draft<PartitionData>]: Draft<PartitionData>[K] } {
  const { wanted, errorCode, partition, records, diverging } = read
  const { highWatermark, logStartOffset } = newsOf(read)
  return {
    partitionIndex: wanted.partition,
    errorCode,
    highWatermark,
    lastStableOffset: BigInt(errorCode === ErrorCodes.NONE ? (partition?.lastStableOffset ?? -1) : -1),
    logStartOffset,
    abortedTransactions: isolation === 'committed' || partition === undefined ? abortedIn(read) : null,
    records: records.buffers,
    ...(read.nearerReplica !== -1 && { preferredReadReplica: read.nearerReplica }),
    ...(diverging !== null && {
      divergingEpoch: { epoch: diverging.epoch, endOffset: BigInt(diverging.endOffset) },
    }),
  }
}

/** The aborted transactions that the records which were read may belong to. */
function abortedIn({ partition, wanted, records }: PartitionRead) {
  if (partition === undefined || records.sizeBytes === 0) return []
  return partition.log
    .abortedWithin(wanted.fetchOffset, records.sizeBytes)
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: BigInt(firstOffset) }))
}
