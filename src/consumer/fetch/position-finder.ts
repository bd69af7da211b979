import { type Cluster, invalidatesMetadata } from '../../cluster/index.ts'
import { KafkaError } from '../../errors.ts'
import { asKafkaError } from '../failures.ts'
import type { CommittedOffset } from '../group/group-offsets.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { listOffsets, type OffsetQuery, type OffsetSpec } from './list-offsets.ts'
import type { PartitionState, Whereabouts } from './partition.ts'

export interface PositionFinderOptions {
  isolationLevel: 'read_committed' | 'read_uncommitted'
  retryDelayMs: (attempts: number) => number
  /** The committed offsets of the group, where there is one; what has none is left out of the answer. */
  committed?: (
    partitions: TopicPartition[],
    signal: AbortSignal,
  ) => Promise<Map<string, CommittedOffset | KafkaError>>
  /** A lookup came to an end, whatever its outcome. */
  onAnswer: () => void
  onFailure: (error: KafkaError) => void
}

/**
 * Finds the offsets from which partitions are read: what their group committed, or a place in the log. Partitions
 * that can be asked about together are, and one that cannot be found yet holds back no other.
 */
export class PositionFinder {
  readonly #cluster: Cluster
  readonly #options: PositionFinderOptions
  readonly #abort = new AbortController()
  /** What is being asked about now. */
  readonly #asking = new Set<PartitionState>()

  constructor(cluster: Cluster, options: PositionFinderOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  /** Starts to look for all that is due. Returns the time at which something else will be, else Infinity. */
  look(partitions: Iterable<PartitionState>): number {
    const now = this.#cluster.runtime.clock.monotonicMs()
    let nextAtMs = Number.POSITIVE_INFINITY
    const committed: PartitionState[] = []
    const byLeader = new Map<number, PartitionState[]>()
    for (const partition of partitions) {
      if (partition.state !== 'locating' || this.#asking.has(partition)) continue
      if (partition.notBeforeMs > now) {
        nextAtMs = Math.min(nextAtMs, partition.notBeforeMs)
        continue
      }
      const { whereabouts } = partition
      if (endIsMissing(partition) || isLookedUp(whereabouts)) {
        if (partition.leaderId === -1) continue
        const list = byLeader.get(partition.leaderId)
        if (list === undefined) byLeader.set(partition.leaderId, [partition])
        else list.push(partition)
      } else if (whereabouts === 'committed') committed.push(partition)
      else if (whereabouts === 'none') {
        this.#failed(partition, noOffset(partition))
        nextAtMs = Math.min(nextAtMs, partition.notBeforeMs)
      } else partition.locatedAt(whereabouts.offset)
    }
    if (committed.length > 0) void this.#askGroup(committed)
    for (const [leader, list] of byLeader) void this.#askLeader(leader, list)
    return nextAtMs
  }

  stop(): void {
    this.#abort.abort()
  }

  #askGroup(partitions: PartitionState[]): Promise<void> {
    const answers = this.#options.committed!(partitions, this.#abort.signal)
    return this.#ask(partitions, answers, (partition, answer) => {
      if (answer === undefined) return partition.locate(partition.from)
      partition.locatedAt(answer.offset)
      partition.committed = answer.offset
    })
  }

  #askLeader(leader: number, partitions: PartitionState[]): Promise<void> {
    const queries = partitions.map((state): OffsetQuery => {
      const { topic, partition, leaderEpoch, whereabouts } = state
      return {
        topic,
        partition,
        leaderEpoch,
        spec: endIsMissing(state) ? 'latest' : (whereabouts as OffsetSpec),
      }
    })
    const { isolationLevel } = this.#options
    const answers = listOffsets(this.#cluster, leader, queries, {
      isolationLevel,
      signal: this.#abort.signal,
    })
    return this.#ask(partitions, answers, (partition, answer) => {
      if (answer === undefined) this.#failed(partition, missingAnswer(partition))
      else if (endIsMissing(partition)) partition.stopBefore = answer
      else partition.locatedAt(answer)
    })
  }

  /** Gives each partition its answer, unless it has come to be somewhere else, or of someone else, meanwhile. */
  async #ask<T>(
    partitions: PartitionState[],
    answers: Promise<ReadonlyMap<string, T | KafkaError>>,
    found: (partition: PartitionState, answer: T | undefined) => void,
  ): Promise<void> {
    for (const partition of partitions) this.#asking.add(partition)
    const incarnations = partitions.map((partition) => partition.incarnation)
    const outcome = await answers.catch(asKafkaError)
    for (const partition of partitions) this.#asking.delete(partition)
    if (this.#abort.signal.aborted) return
    partitions.forEach((partition, index) => {
      if (partition.incarnation !== incarnations[index]) return
      const answer = outcome instanceof KafkaError ? outcome : outcome.get(partition.key)
      if (answer instanceof KafkaError) this.#failed(partition, answer)
      else found(partition, answer)
    })
    this.#options.onAnswer()
  }

  #failed(partition: PartitionState, error: KafkaError): void {
    const delayMs = this.#options.retryDelayMs(partition.failures + 1)
    partition.failed(this.#cluster.runtime.clock.monotonicMs(), delayMs)
    if (invalidatesMetadata(error)) this.#cluster.staleMetadata(`${error.code} for ${partition.key}`)
    this.#options.onFailure(error)
  }
}

/** The end comes first: what is written after the reading began is not part of it. */
function endIsMissing(partition: PartitionState): boolean {
  return partition.untilEnd && partition.stopBefore === -1n
}

/** Whether the leader of the partition has to be asked. */
function isLookedUp(whereabouts: Whereabouts): whereabouts is OffsetSpec {
  if (typeof whereabouts === 'object') return 'timestamp' in whereabouts
  return whereabouts === 'earliest' || whereabouts === 'latest'
}

function noOffset({ topic, partition }: PartitionState): KafkaError {
  const message =
    `${topic}[${partition}] has no committed offset, or one that is not in the log any more, and 'from' is 'none'; ` +
    'seek to an offset, or choose another start'
  return new KafkaError('NO_OFFSET', message, { context: { topic, partition } })
}

function missingAnswer({ topic, partition }: PartitionState): KafkaError {
  const message = `the broker left ${topic}[${partition}] out of its answer to ListOffsets`
  return new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', message, {
    retriable: true,
    context: { topic, partition },
  })
}
