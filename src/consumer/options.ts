import { ConfigurationError, type KafkaError } from '../errors.ts'
import { OptionChecks } from '../option-checks.ts'
import { bytes, type Deserializer } from '../records/index.ts'
import type { TopicPartition } from './topic-partition.ts'

/**
 * A place in a partition to start from.
 *
 * - `earliest`: the first record that there is.
 * - `latest`: after the last one there is now.
 * - `none`: nowhere; the iteration throws. For those who want to decide themselves.
 * - `{ timestamp }`: the first record with this time (milliseconds since the epoch, or a Date) or a later one; the end
 *   of the log when there is none.
 * - `{ offset }`: this offset. When it is not in the log, the earliest that is.
 */
export type StartPosition =
  | 'earliest'
  | 'latest'
  | 'none'
  | { readonly offset: bigint }
  | { readonly timestamp: number | Date }

/** A partition to read. */
export interface PartitionToRead extends TopicPartition {
  /** Default: what the group committed, or else `autoOffsetReset`. Given, it wins over what was committed. */
  from?: StartPosition
}

export interface ConsumerOptions<K = Buffer, V = Buffer> {
  /** The group to share topics with and to commit in. Without it: every partition, and no commits. */
  groupId?: string
  /** The name of a static member (KIP-345): a restart within the session timeout keeps its partitions. */
  groupInstanceId?: string
  /** Topics to subscribe to. One of `topics` and `partitions` is needed. */
  topics?: readonly string[]
  /** Partitions to read, shared with nobody; with a `groupId` only their commits go to the group. */
  partitions?: readonly PartitionToRead[]
  /**
   * Where a partition starts that has no position yet: without a group every one, in a group those for which nothing
   * was committed. It is also where a partition goes on whose position has left the log (OFFSET_OUT_OF_RANGE).
   *
   * Default: `earliest`. Java's is `latest`, which skips what was written before a new group's first assignment and
   * before a new partition was noticed; here skipping records has to be asked for.
   */
  autoOffsetReset?: StartPosition
  /**
   * Ends the iteration where the end of each partition was when the reading began. Not for members of a group, whose
   * partitions come and go.
   */
  until?: 'end'
  /** Default: `read_committed`: records of open and aborted transactions are not seen. */
  isolationLevel?: 'read_committed' | 'read_uncommitted'
  /** The least a broker answers a fetch with before `maxWaitMs` is over. Default: 1. */
  minBytes?: number
  /** How long a broker may hold a fetch when there is less than `minBytes`. Default: 500. */
  maxWaitMs?: number
  /** The most that one fetch brings, save for a single batch that is larger (KIP-74). Default: 50 MiB. */
  maxBytes?: number
  /**
   * The most that one fetch brings of one partition, save for a single batch that is larger; about twice as much of a
   * partition is buffered at a time. Default: 1 MiB. With 4 MiB three partitions on one broker were read 15 % faster.
   */
  maxPartitionBytes?: number
  /**
   * No more is fetched while this much, as it came over the wire, waits to be handed out. Default: 64 MiB. What
   * one fetch brings may go past it.
   */
  maxBufferedBytes?: number
  /** The largest size that one compressed batch may have when decompressed. Default: 128 MiB. */
  maxDecompressedBatchBytes?: number
  /** Check the checksum of every batch. Default: true. */
  checkCrcs?: boolean
  /** Where this consumer runs: brokers that know racks then name a nearer replica to read from (KIP-392). */
  rack?: string
  /** Without a heartbeat for this long, the group gives the member's partitions to others. Default: 45,000. */
  sessionTimeoutMs?: number
  /** Default: 3,000. */
  heartbeatIntervalMs?: number
  /**
   * How long a member may take to come back to its group, and so how long it may keep the record or batch in hand
   * (Java's `max.poll.interval.ms`); past it, it leaves the group. Default: 300,000.
   */
  rebalanceTimeoutMs?: number
  /** Commit what has been processed at intervals, in rebalances and on close. Default: true with a group. */
  autoCommit?: boolean
  /** Default: 5,000. */
  autoCommitIntervalMs?: number
  /** Default: the bytes, as a Buffer. It is not called for a null key. */
  keyDeserializer?: Deserializer<K>
  /** Default: the bytes, as a Buffer. It is not called for a null value. */
  valueDeserializer?: Deserializer<V>
  /** Ends the iteration. What is in hand then counts as processed when the next is asked for, as always. */
  signal?: AbortSignal
  /** After the group gave partitions to this member and before their first record is handed out. Awaited. */
  onAssigned?: (partitions: readonly TopicPartition[]) => void | Promise<void>
  /**
   * Before partitions are given back. With `lost` the group has given them to others already and a commit would be
   * refused. Awaited; it counts towards `rebalanceTimeoutMs`.
   */
  onRevoked?: (partitions: readonly TopicPartition[], how: { lost: boolean }) => void | Promise<void>
  /** What went wrong and is being tried again: for logs and counters. */
  onError?: (error: KafkaError) => void
}

/** The options of one consumer, checked, with every default in place. */
export interface ConsumerSettings<K = unknown, V = unknown> {
  readonly groupId: string | null
  readonly groupInstanceId: string | null
  readonly topics: readonly string[]
  readonly partitions: readonly PartitionToRead[]
  readonly autoOffsetReset: StartPosition
  readonly untilEnd: boolean
  readonly isolationLevel: 'read_committed' | 'read_uncommitted'
  readonly minBytes: number
  readonly maxWaitMs: number
  readonly maxBytes: number
  readonly maxPartitionBytes: number
  readonly maxBufferedBytes: number
  readonly maxDecompressedBatchBytes: number
  readonly checkCrcs: boolean
  readonly rack: string | null
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly rebalanceTimeoutMs: number
  readonly autoCommit: boolean
  readonly autoCommitIntervalMs: number
  readonly keyDeserializer: Deserializer<K>
  readonly valueDeserializer: Deserializer<V>
  readonly signal: AbortSignal | undefined
  readonly onAssigned: ConsumerOptions['onAssigned']
  readonly onRevoked: ConsumerOptions['onRevoked']
  readonly onError: ConsumerOptions['onError']
}

/** Their numbers on the wire. */
export const isolationLevels = { read_uncommitted: 0, read_committed: 1 } as const

const mebibyte = 1024 * 1024

/** Checks every option once. Throws `ConfigurationError`, which names the nearest option for an unknown one. */
export function checkConsumerOptions<K, V>(options: ConsumerOptions<K, V>): ConsumerSettings<K, V> {
  const checks = new OptionChecks('consumer', options)
  const groupId = checks.name('groupId')
  const maxPartitionBytes = checks.integer('maxPartitionBytes', mebibyte, 1)
  const settings: ConsumerSettings<K, V> = {
    groupId,
    groupInstanceId: checks.name('groupInstanceId'),
    topics: topicsOf(checks),
    partitions: partitionsOf(checks),
    autoOffsetReset: startOf(checks, 'autoOffsetReset', checks.value('autoOffsetReset') ?? 'earliest'),
    untilEnd: checks.value('until') !== undefined && checks.oneOf('until', 'end', ['end']) === 'end',
    isolationLevel: checks.oneOf('isolationLevel', 'read_committed', ['read_committed', 'read_uncommitted']),
    minBytes: checks.integer('minBytes', 1, 0),
    maxWaitMs: checks.integer('maxWaitMs', 500, 0),
    maxBytes: checks.integer('maxBytes', 50 * mebibyte, 1),
    maxPartitionBytes,
    maxBufferedBytes: checks.integer('maxBufferedBytes', 64 * mebibyte, 1, Number.MAX_SAFE_INTEGER),
    maxDecompressedBatchBytes: checks.integer('maxDecompressedBatchBytes', 128 * mebibyte, 1),
    checkCrcs: checks.boolean('checkCrcs', true),
    rack: checks.name('rack'),
    sessionTimeoutMs: checks.integer('sessionTimeoutMs', 45_000, 1),
    heartbeatIntervalMs: checks.integer('heartbeatIntervalMs', 3_000, 1),
    rebalanceTimeoutMs: checks.integer('rebalanceTimeoutMs', 300_000, 1),
    autoCommit: checks.boolean('autoCommit', groupId !== null),
    autoCommitIntervalMs: checks.integer('autoCommitIntervalMs', 5_000, 1),
    keyDeserializer: checks.function<Deserializer<K>>('keyDeserializer') ?? (bytes as Deserializer<K>),
    valueDeserializer: checks.function<Deserializer<V>>('valueDeserializer') ?? (bytes as Deserializer<V>),
    signal: signalOf(checks),
    onAssigned: checks.function('onAssigned'),
    onRevoked: checks.function('onRevoked'),
    onError: checks.function('onError'),
  }
  checks.finish()
  refuseContradictions(settings)
  return settings
}

function refuseContradictions(settings: ConsumerSettings): void {
  const { groupId, topics, partitions, heartbeatIntervalMs, sessionTimeoutMs } = settings
  if (topics.length === 0 && partitions.length === 0)
    throw new ConfigurationError('consumer: give topics to subscribe to, or partitions to read')
  if (topics.length > 0 && partitions.length > 0)
    throw new ConfigurationError('consumer: give topics or partitions, not both')
  if (settings.groupInstanceId !== null && (groupId === null || topics.length === 0))
    throw new ConfigurationError(
      'consumer: groupInstanceId is for a member of a group; give groupId and topics',
    )
  if (settings.autoCommit && groupId === null)
    throw new ConfigurationError('consumer: autoCommit needs a groupId to commit in')
  if (settings.untilEnd && groupId !== null && topics.length > 0)
    throw new ConfigurationError("consumer: until 'end' is not for members of a group; leave out groupId")
  if (groupId !== null && heartbeatIntervalMs >= sessionTimeoutMs)
    throw new ConfigurationError(
      `consumer: heartbeatIntervalMs (${heartbeatIntervalMs}) must be below sessionTimeoutMs (${sessionTimeoutMs}); ` +
        'a third of it is usual',
    )
}

function topicsOf(checks: OptionChecks): string[] {
  const topics = checks.value('topics') ?? []
  if (!Array.isArray(topics) || topics.some((topic) => typeof topic !== 'string' || topic === ''))
    return checks.refuse('topics', 'must be an array of topic names')
  return [...new Set<string>(topics)]
}

function partitionsOf(checks: OptionChecks): PartitionToRead[] {
  const partitions = checks.value('partitions') ?? []
  if (!Array.isArray(partitions))
    return checks.refuse('partitions', 'must be an array of { topic, partition }')
  const seen = new Set<string>()
  for (const item of partitions) {
    if (typeof item?.topic !== 'string' || !Number.isInteger(item.partition) || item.partition < 0)
      return checks.refuse('partitions', 'must be an array of { topic, partition }')
    if (item.from !== undefined) startOf(checks, 'partitions', item.from)
    const key = `${item.topic}-${item.partition}`
    if (seen.has(key)) checks.refuse('partitions', `must name each partition once, and names ${key} twice`)
    seen.add(key)
  }
  return partitions
}

function startOf(checks: OptionChecks, name: string, value: unknown): StartPosition {
  if (value === 'earliest' || value === 'latest' || value === 'none') return value
  if (typeof value === 'object' && value !== null) {
    if ('offset' in value && typeof value.offset === 'bigint' && value.offset >= 0n)
      return { offset: value.offset }
    if ('timestamp' in value) {
      const { timestamp } = value
      const milliseconds = timestamp instanceof Date ? timestamp.getTime() : timestamp
      if (Number.isSafeInteger(milliseconds) && (milliseconds as number) >= 0)
        return { timestamp: milliseconds as number }
    }
  }
  return checks.refuse(
    name,
    "must start at 'earliest', 'latest', 'none', { offset: 42n } or { timestamp: milliseconds or Date }",
  )
}

function signalOf(checks: OptionChecks): AbortSignal | undefined {
  const signal = checks.value('signal') ?? undefined
  return signal === undefined || signal instanceof AbortSignal
    ? signal
    : checks.refuse('signal', 'must be an AbortSignal')
}
