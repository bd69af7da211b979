import type { Cluster, Lane } from '../../cluster/index.ts'
import type { KafkaError } from '../../errors.ts'
import type { ConsumerSettings, StartPosition } from '../options.ts'
import { Wakeup } from '../wakeup.ts'
import { FetchBuffer } from './fetch-buffer.ts'
import type { PartitionState, Whereabouts } from './partition.ts'
import { PositionFinder, type PositionFinderOptions } from './position-finder.ts'
import { Router } from './router.ts'

/** What the loops of one fetcher share. */
export interface FetchContext {
  readonly cluster: Cluster
  /** Connections for fetches alone: a fetch is held by the broker, and all behind it with it. */
  readonly lane: Lane
  readonly settings: ConsumerSettings
  readonly buffer: FetchBuffer
  /** By `partitionKey`. */
  readonly partitions: ReadonlyMap<string, PartitionState>
  /** Answers name topics by id. */
  readonly topicNames: Map<string, string>
  retryDelayMs(attempts: number): number
  /** Read from this replica, as its leader says; -1: from the leader again. */
  readFrom(partition: PartitionState, replica: number): void
  outOfRange(partition: PartitionState, error: KafkaError): void
  /** There is nothing between the position and `offset`. */
  passTo(partition: PartitionState, offset: bigint): void
  onFailure(error: KafkaError): void
}

export interface FetcherOptions {
  settings: ConsumerSettings
  committed?: PositionFinderOptions['committed']
  retryDelayMs: (attempts: number) => number
  /** Something failed. It is being tried again, whether it looks hopeful (`retriable`) or not. */
  onFailure: (error: KafkaError) => void
  /** Records of a partition cannot be decoded, not even those of a second fetch. */
  onBroken: (error: unknown) => void
  /** There may be records to hand out, or nothing more to wait for. */
  onProgress: () => void
}

/** A topic that is read stays in use, so that metadata goes on being asked for, also when nothing happens for long. */
const keepTopicsMs = 60_000

/**
 * Keeps the partitions that it is given supplied with records: finds where each starts, asks the broker that each is to
 * be read from, one loop a broker, and puts what comes into the buffer. It does so until a partition is removed;
 * errors cost a partition time and nothing else.
 */
export class Fetcher {
  readonly buffer: FetchBuffer
  readonly #cluster: Cluster
  readonly #options: FetcherOptions
  readonly #context: FetchContext
  readonly #finder: PositionFinder
  readonly #partitions = new Map<string, PartitionState>()
  readonly #router: Router
  readonly #wakeup: Wakeup
  readonly #unsubscribe: () => void
  #running: Promise<void> | undefined
  #closed = false

  constructor(cluster: Cluster, options: FetcherOptions) {
    const { settings, retryDelayMs, onFailure, onProgress } = options
    this.#cluster = cluster
    this.#options = options
    this.#wakeup = new Wakeup(cluster.runtime.timers)
    this.buffer = new FetchBuffer(settings, {
      onRoom: (partition) => this.#router.wake(partition),
      onData: onProgress,
      onBroken: (partition, error) => this.#broken(partition, error),
    })
    this.#context = {
      cluster,
      lane: cluster.lane('fetch'),
      settings,
      buffer: this.buffer,
      partitions: this.#partitions,
      topicNames: new Map(),
      retryDelayMs,
      readFrom: (partition, replica) => this.#router.readFrom(partition, replica),
      outOfRange: (partition, error) => this.#outOfRange(partition, error),
      passTo: (partition, offset) => this.#passTo(partition, offset),
      onFailure,
    }
    this.#router = new Router(this.#context, {
      // Its offsets have nothing to do with those of the old one, and it is all new.
      onNewTopic: (partition) => this.locate(partition, partition.from === 'none' ? 'none' : 'earliest'),
      onAnswer: () => this.#wakeup.wake(),
      onFailure,
    })
    this.#finder = new PositionFinder(cluster, {
      isolationLevel: settings.isolationLevel,
      retryDelayMs,
      committed: options.committed,
      onAnswer: () => this.#wakeup.wake(),
      onFailure,
    })
    this.#unsubscribe = cluster.onMetadata(() => this.#wakeup.wake())
  }

  get partitions(): ReadonlyMap<string, PartitionState> {
    return this.#partitions
  }

  add(partitions: Iterable<PartitionState>): void {
    for (const partition of partitions) this.#partitions.set(partition.key, partition)
    this.#running ??= this.#tend()
    this.#wakeup.wake()
  }

  /** Drops the partitions and all that is buffered of them. */
  remove(partitions: Iterable<PartitionState>): void {
    for (const partition of partitions) {
      this.#partitions.delete(partition.key)
      this.#router.remove(partition)
      this.buffer.discard(partition)
      partition.drop()
    }
  }

  /** Goes on from `offset`; what is buffered is dropped. */
  seek(partition: PartitionState, offset: bigint): void {
    this.buffer.discard(partition)
    partition.locatedAt(offset)
    this.#router.wake(partition)
  }

  /** Looks for the position anew; what is buffered is dropped. */
  locate(partition: PartitionState, whereabouts: Whereabouts): void {
    this.buffer.discard(partition)
    partition.locate(whereabouts)
    this.#wakeup.wake()
  }

  pause(partition: PartitionState): void {
    partition.paused = true
    this.buffer.paused(partition)
  }

  resume(partition: PartitionState): void {
    partition.paused = false
    this.buffer.resumed(partition)
    this.#router.wake(partition)
  }

  /** Ends every loop, session and connection; resolves when all are gone. */
  async close(): Promise<void> {
    this.#closed = true
    this.#unsubscribe()
    this.#finder.stop()
    this.#wakeup.wake()
    await this.#running
    await this.#router.close()
    this.remove([...this.#partitions.values()])
    await this.#context.lane.close()
  }

  async #tend(): Promise<void> {
    const { clock } = this.#cluster.runtime
    let attempts = 0
    while (!this.#closed) {
      const homeless = this.#router.route(this.#partitions.values())
      const nextAtMs = this.#finder.look(this.#partitions.values())
      this.#router.wake()
      this.#options.onProgress()
      let waitMs = Math.min(nextAtMs - clock.monotonicMs(), keepTopicsMs)
      if (homeless.length === 0) attempts = 0
      else {
        attempts += 1
        waitMs = Math.min(waitMs, this.#options.retryDelayMs(attempts))
        this.#router.findHomes(homeless)
      }
      await this.#wakeup.wait(waitMs)
    }
  }

  #passTo(partition: PartitionState, offset: bigint): void {
    if (partition.position !== partition.fetchOffset) return
    partition.fetchOffset = offset
    partition.position = offset
    this.#options.onProgress()
  }

  #outOfRange(partition: PartitionState, error: KafkaError): void {
    const { topic, partition: index, fetchOffset, from } = partition
    const fields = { topic, partition: index, offset: fetchOffset.toString(), from: JSON.stringify(from) }
    this.#cluster.logger.warn({ ...fields, error: error.code }, 'the position is not in the log any more')
    this.locate(partition, afterOutOfRange(from))
  }

  /**
   * A partition whose records cannot be decoded is fetched once more, because bytes do get damaged on their way; after
   * that the application hears of it, as often as it is tried.
   */
  #broken(partition: PartitionState, error: unknown): void {
    partition.brokenTimes += 1
    this.buffer.discard(partition)
    partition.failed(
      this.#cluster.runtime.clock.monotonicMs(),
      this.#options.retryDelayMs(partition.brokenTimes),
    )
    this.#router.wake(partition)
    if (partition.brokenTimes > 1) this.#options.onBroken(error)
    else this.#cluster.logger.warn({ error }, 'fetched records cannot be decoded; fetching them again')
  }
}

/** An offset that is not in the log cannot be gone back to; every other start can. */
function afterOutOfRange(from: StartPosition): StartPosition {
  return typeof from === 'object' && 'offset' in from ? 'earliest' : from
}
