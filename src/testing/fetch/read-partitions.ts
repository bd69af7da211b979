import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { EpochEnd } from '../log/epoch-history.ts'
import type { LogSlice } from '../log/partition-log.ts'
import type { BrokerContext } from '../server/handler.ts'
import { type Located, locate, locateById, type ServedBy } from '../state/locate.ts'
import type { Isolation, Partition } from '../state/partition.ts'
import type { SessionPartition } from './fetch-session.ts'
import { nearest } from './nearest-replica.ts'

/** What one partition gave. */
export interface PartitionRead {
  readonly wanted: SessionPartition
  readonly errorCode: number
  /** Set also with an error, when there is such a partition. */
  readonly partition: Partition | undefined
  readonly records: LogSlice
  /** A replica nearer to the client, which it should fetch from; -1: none (KIP-392). */
  readonly nearerReplica: number
  /** Where the client's log and ours part (KIP-595); null when they do not. */
  readonly diverging: EpochEnd | null
}

export interface FetchLimits {
  readonly byTopicId: boolean
  /** Who may answer. */
  readonly from: ServedBy
  /** Where the client is; empty: not said. */
  readonly rack: string
  readonly isolation: Isolation
  /** For all partitions together. */
  readonly maxBytes: number
  /** Whether the client may read the topic; left out: every topic. */
  readonly mayRead: ((topic: string) => boolean) | undefined
  /** Who fetches: a broker, or below 0 a consumer. */
  readonly replicaId: number
}

export interface FetchResult {
  readonly reads: readonly PartitionRead[]
  readonly sizeBytes: number
  /** There is something to say that should not wait: an error, or a log that diverges. */
  readonly isUrgent: boolean
}

const denied: Located = { errorCode: ErrorCodes.TOPIC_AUTHORIZATION_FAILED, partition: undefined }
const nothing: LogSlice = { buffers: [], sizeBytes: 0 }

/**
 * Reads the partitions in order, each up to its own limit and all up to the common one. The first batch of the first
 * partition that has any is given whole, however large, so that a consumer always gets on.
 */
export function readPartitions(
  broker: BrokerContext,
  wanted: Iterable<SessionPartition>,
  { byTopicId, from, rack, isolation, maxBytes, mayRead, replicaId }: FetchLimits,
): FetchResult {
  const reads: PartitionRead[] = []
  let sizeBytes = 0
  let isUrgent = false
  for (const one of wanted) {
    const found = byTopicId
      ? locateWithinSession(broker, one, from)
      : locate(broker, one.topic, one.partition, one.currentLeaderEpoch, from)
    const name = byTopicId ? one.resolvedName : one.topic
    const located = mayRead === undefined || name === '' || mayRead(name) ? found : denied
    const leftBytes = sizeBytes === 0 ? maxBytes : Math.max(0, maxBytes - sizeBytes)
    const nearerReplica = rack === '' ? -1 : nearest(broker, located, rack, one.fetchOffset)
    const read =
      nearerReplica === -1
        ? readOne(one, forReplica(located, replicaId), isolation, leftBytes, sizeBytes === 0)
        : { ...noRecords(one, located), nearerReplica }
    sizeBytes += read.records.sizeBytes
    isUrgent ||= read.errorCode !== ErrorCodes.NONE || read.diverging !== null || nearerReplica !== -1
    reads.push(read)
  }
  return { reads, sizeBytes, isUrgent }
}

/** A session remembers a topic that its id was found for once, so that it can tell what became of it. */
function locateWithinSession(broker: BrokerContext, wanted: SessionPartition, from: ServedBy): Located {
  const located = locateById(broker, wanted.topicId, wanted.partition, wanted.currentLeaderEpoch, from)
  if (located.partition !== undefined) wanted.resolvedName = located.partition.topic.name
  if (located.errorCode !== ErrorCodes.UNKNOWN_TOPIC_ID || wanted.resolvedName === '') return located
  const isMadeAgain = broker.topics.byName(wanted.resolvedName) !== undefined
  const errorCode = isMadeAgain ? ErrorCodes.INCONSISTENT_TOPIC_ID : ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
  return { errorCode, partition: undefined }
}

/** A broker may follow the partitions that it is assigned. */
function forReplica(located: Located, replicaId: number): Located {
  const { errorCode, partition } = located
  if (replicaId < 0 || errorCode !== ErrorCodes.NONE || partition?.replicas.includes(replicaId) === true) {
    return located
  }
  return { errorCode: ErrorCodes.NOT_LEADER_OR_FOLLOWER, partition }
}

function noRecords(wanted: SessionPartition, { errorCode, partition }: Located): PartitionRead {
  return { wanted, errorCode, partition, records: nothing, nearerReplica: -1, diverging: null }
}

function readOne(
  wanted: SessionPartition,
  { errorCode, partition }: Located,
  isolation: Isolation,
  leftBytes: number,
  atLeastOne: boolean,
): PartitionRead {
  const nothingRead = noRecords(wanted, { errorCode, partition })
  if (errorCode !== ErrorCodes.NONE || partition === undefined) return nothingRead
  const { log } = partition
  const { fetchOffset, lastFetchedEpoch } = wanted
  if (lastFetchedEpoch >= 0) {
    const end = log.epochs.endOf(lastFetchedEpoch, log.endOffset)
    if (end.endOffset < 0) return { ...nothingRead, errorCode: ErrorCodes.OFFSET_OUT_OF_RANGE }
    if (end.epoch < lastFetchedEpoch || end.endOffset < fetchOffset) return { ...nothingRead, diverging: end }
  }
  if (!(fetchOffset >= log.startOffset && fetchOffset <= log.endOffset)) {
    return { ...nothingRead, errorCode: ErrorCodes.OFFSET_OUT_OF_RANGE }
  }
  const maxBytes = Math.min(wanted.maxBytes, leftBytes)
  if (maxBytes < 0) return { ...nothingRead, errorCode: ErrorCodes.UNKNOWN_SERVER_ERROR }
  // There are records from here on, and they are not committed yet.
  const endOffset = partition.readableUpTo(isolation)
  if (fetchOffset >= endOffset) return nothingRead
  return { ...nothingRead, records: log.read(fetchOffset, maxBytes, atLeastOne, endOffset) }
}
