import { type CompressionName, checkCompressionLevel, compressionNames } from '../compression/index.ts'
import { OptionChecks } from '../option-checks.ts'
import type { Partitioner } from './partitioner.ts'
import { type PartitionerName, partitioners } from './partitioners.ts'

/** What `kafka.producer(options)` takes; every field has a default that serves one send a second and a million. */
export interface ProducerOptions {
  /**
   * Who has to have a batch before it counts as written: `'all'` (or -1) every replica in sync, `1` the leader
   * alone, `0` nobody: the send resolves when the bytes are written to the socket. Default: `'all'`.
   */
  acks?: 'all' | -1 | 0 | 1
  /**
   * How long a batch waits for company before it leaves, in milliseconds. With 0 a batch leaves as soon as its
   * broker has a free place in flight, together with all that was sent in the same turn of the event loop;
   * under load batches grow by themselves. Default: 0, as Java's up to 3.9 (5 since 4.0).
   */
  lingerMs?: number
  /**
   * The size at which a batch is full, in bytes before compression. A batch starts in a small buffer and grows
   * as it fills, so a high limit costs nothing where traffic is low. Keep it below the topic's
   * `max.message.bytes` (1,048,588 unless changed); `maxRequestSizeBytes` caps it. Default: 500,000, where Java
   * has 16,384; see `REQUEST_FILL_BYTES`.
   */
  batchSizeBytes?: number
  /** The largest request, and so the largest record, in bytes before compression. Default: 1,048,576, as Java's. */
  maxRequestSizeBytes?: number
  /** Bounds the memory of all records that wait or are on their way, in bytes. Default: 67,108,864 (64 MiB). */
  bufferMemoryBytes?: number
  /** How long a send waits for room in the buffer and for the topic's metadata, in milliseconds. Default: 60,000. */
  maxBlockMs?: number
  /** How long one request waits for its answer, in milliseconds. Default: 30,000. */
  requestTimeoutMs?: number
  /**
   * How long a record may take from its place in a batch to its acknowledgement, retries included, in
   * milliseconds. Default: 120,000.
   */
  deliveryTimeoutMs?: number
  /** The pause before the first retry of a batch, in milliseconds; it doubles with each further one. Default: 100. */
  retryBackoffMs?: number
  /** The longest pause between two retries of a batch, in milliseconds. Default: 1,000. */
  retryBackoffMaxMs?: number
  /** Requests on their way to one broker at a time. Default: 5. */
  maxInFlightRequests?: number
  /**
   * A batch that is sent again is not written again, and the batches of a partition are written in the order in which
   * they were sent (KIP-98). It needs `acks: 'all'` and at most 5 requests on their way. Default: true where these hold.
   */
  idempotent?: boolean
  /** The codec of the batches, with a level where the codec has levels. Default: `'none'`. */
  compression?: CompressionName | { codec: CompressionName; level?: number }
  /**
   * Chooses the partition of records that name none: a function, or the name of one of `partitioners`. Default:
   * `'murmur2Random'`: by the key's murmur2 hash as the Java client does; without a key one partition for a while, then
   * another (KIP-480).
   */
  partitioner?: PartitionerName | Partitioner
  /**
   * Lets keys have no say in the partition: all records are spread as those without a key are. Not together with
   * another `partitioner` than the default. Default: false. (`partitioner.ignore.keys`, KIP-794)
   */
  ignoreKeys?: boolean
  /**
   * Gives partitions of brokers that do not keep up fewer of the records without a key: the more waits for a broker, the
   * fewer. With false every partition with a leader gets as many bytes. Default: true.
   * (`partitioner.adaptive.partitioning.enable`, KIP-794)
   */
  adaptivePartitioning?: boolean
  /**
   * Once a batch that may leave has waited so long for its broker, in milliseconds, records without a key go to the
   * partitions of other brokers until it has left, from the next turn on; 0 for never. Needs `adaptivePartitioning`.
   * Default: 0.
   * (`partitioner.availability.timeout.ms`, KIP-794)
   */
  partitionerAvailabilityTimeoutMs?: number
  /** Lets the broker make topics that do not exist, where it is configured to. Default: true. */
  allowAutoTopicCreation?: boolean
}

/** The options with every default filled in. */
export interface ProducerSettings {
  /** As on the wire: -1 for all. */
  readonly acks: -1 | 0 | 1
  readonly lingerMs: number
  readonly batchSizeBytes: number
  readonly maxRequestSizeBytes: number
  readonly bufferMemoryBytes: number
  readonly maxBlockMs: number
  readonly requestTimeoutMs: number
  readonly deliveryTimeoutMs: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  readonly maxInFlightRequests: number
  readonly idempotent: boolean
  readonly compression: CompressionName
  readonly compressionLevel: number | undefined
  /** Undefined for the default, which needs no call for each record. */
  readonly partitioner: Partitioner | undefined
  readonly ignoreKeys: boolean
  readonly adaptivePartitioning: boolean
  readonly partitionerAvailabilityTimeoutMs: number
  readonly allowAutoTopicCreation: boolean
}

/**
 * A request takes further batches up to this size, and a full batch fills it. A broker holds a request in one piece
 * of memory, and from 512 KiB on that is a `humongous object` for its collector with up to 2 GB of heap: measured
 * with ready-made requests on 4.3.1, 110 kB took the broker 350 ns a record, 500 kB 480 and 1 MB 1,000; and 20,000
 * sends outstanding made 1,250 thousand records/s in requests of 500 kB, 750 in requests of 1 MB.
 */
export const REQUEST_FILL_BYTES = 500_000

/**
 * While further places in flight are free, requests and batches stop at this size, so that client and broker work at
 * the same time: with all of 1,000 sends outstanding in one request, one of them always waits for the other (970
 * thousand records/s; 1,670 in two requests at a time).
 */
export const EAGER_FILL_BYTES = 65_536

/** A broker knows again the last five batches that a producer wrote to a partition, so no more may be on their way. */
const REMEMBERED_BATCHES = 5

/** Checks the options and fills in the defaults. Throws `ConfigurationError`. */
export function checkProducerOptions(options: ProducerOptions = {}): ProducerSettings {
  const checks = new OptionChecks('producer', options)
  const { codec, level } = compressionOf(checks)
  const maxRequestSizeBytes = checks.integer('maxRequestSizeBytes', 1_048_576, 1_024)
  const acks = acksOf(checks)
  const maxInFlightRequests = checks.integer('maxInFlightRequests', 5, 1, 1_000)
  const settings: ProducerSettings = {
    acks,
    lingerMs: checks.integer('lingerMs', 0, 0),
    batchSizeBytes: Math.min(checks.integer('batchSizeBytes', REQUEST_FILL_BYTES, 1), maxRequestSizeBytes),
    maxRequestSizeBytes,
    bufferMemoryBytes: checks.integer('bufferMemoryBytes', 64 * 1_048_576, 65_536, Number.MAX_SAFE_INTEGER),
    maxBlockMs: checks.integer('maxBlockMs', 60_000, 0),
    requestTimeoutMs: checks.integer('requestTimeoutMs', 30_000, 1),
    deliveryTimeoutMs: checks.integer('deliveryTimeoutMs', 120_000, 1),
    retryBackoffMs: checks.integer('retryBackoffMs', 100, 0),
    retryBackoffMaxMs: checks.integer('retryBackoffMaxMs', 1_000, 0),
    maxInFlightRequests,
    idempotent: idempotentOf(checks, acks, maxInFlightRequests),
    compression: codec,
    compressionLevel: level,
    partitioner: partitionerOf(checks),
    ignoreKeys: checks.boolean('ignoreKeys', false),
    adaptivePartitioning: checks.boolean('adaptivePartitioning', true),
    partitionerAvailabilityTimeoutMs: checks.integer('partitionerAvailabilityTimeoutMs', 0, 0),
    allowAutoTopicCreation: checks.boolean('allowAutoTopicCreation', true),
  }
  checks.finish()
  if (settings.retryBackoffMaxMs < settings.retryBackoffMs) {
    checks.refuse('retryBackoffMaxMs', `must not be below retryBackoffMs (${settings.retryBackoffMs})`)
  }
  if (settings.ignoreKeys && settings.partitioner !== undefined) {
    checks.refuse('ignoreKeys', 'is for the default partitioner and must be false beside another')
  }
  if (settings.partitionerAvailabilityTimeoutMs > 0 && !settings.adaptivePartitioning) {
    checks.refuse('partitionerAvailabilityTimeoutMs', 'must be 0 when adaptivePartitioning is false')
  }
  if (settings.deliveryTimeoutMs < settings.lingerMs) {
    checks.refuse('deliveryTimeoutMs', `must not be below lingerMs (${settings.lingerMs})`)
  }
  return settings
}

function acksOf(checks: OptionChecks): -1 | 0 | 1 {
  const acks = checks.value('acks') ?? 'all'
  if (acks === 'all' || acks === -1) return -1
  return acks === 0 || acks === 1 ? acks : checks.refuse('acks', "must be 'all' (or -1), 1 or 0")
}

function idempotentOf(checks: OptionChecks, acks: number, maxInFlightRequests: number): boolean {
  const isPossible = acks === -1 && maxInFlightRequests <= REMEMBERED_BATCHES
  const isWanted = checks.boolean('idempotent', isPossible)
  if (isWanted && acks !== -1) checks.refuse('idempotent', "needs acks: 'all'")
  if (isWanted && !isPossible) {
    checks.refuse('idempotent', `needs maxInFlightRequests of ${REMEMBERED_BATCHES} or less`)
  }
  return isWanted
}

function partitionerOf(checks: OptionChecks): Partitioner | undefined {
  const given = checks.value('partitioner') ?? 'murmur2Random'
  if (given === 'murmur2Random') return undefined
  if (typeof given === 'function') return given as Partitioner
  if (typeof given === 'string' && Object.hasOwn(partitioners, given)) {
    return partitioners[given as PartitionerName]()
  }
  const names = Object.keys(partitioners).map((name) => `'${name}'`)
  return checks.refuse('partitioner', `must be a function or one of ${names.join(', ')}`)
}

function compressionOf(checks: OptionChecks): { codec: CompressionName; level: number | undefined } {
  const given = checks.value('compression') ?? 'none'
  const { codec, level, ...unknown } =
    given !== null && typeof given === 'object'
      ? (given as { codec?: unknown; level?: unknown })
      : { codec: given, level: undefined }
  if (!compressionNames.includes(codec as CompressionName) || Object.keys(unknown).length > 0) {
    return checks.refuse(
      'compression',
      "must be one of 'none', 'gzip', 'snappy', 'lz4', 'zstd', or { codec, level } with one of them",
    )
  }
  checkCompressionLevel(codec as CompressionName, level as number | undefined)
  return { codec: codec as CompressionName, level: level as number | undefined }
}
