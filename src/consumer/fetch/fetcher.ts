import type { Cluster, Lane, PartitionView, TopicView } from '../../cluster/index.ts'
import { KafkaError } from '../../errors.ts'
import { ZERO_UUID } from '../../protocol/reader.ts'
import { asKafkaError } from '../failures.ts'
import type { ConsumerSettings, StartPosition } from '../options.ts'
import { Wakeup } from '../wakeup.ts'
import { BrokerFetcher } from './broker-fetcher.ts'
import { FetchBuffer } from './fetch-buffer.ts'
import type { PartitionState, Whereabouts } from './partition.ts'
import { PositionFinder, type PositionFinderOptions } from './position-finder.ts'

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
  readonly topicNames: ReadonlyMap<string, string>
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
/** A partition without a leader is reported whenever it has been so for this long. */
const homelessReportMs = 60_000
/** How long a leader's word about a nearer replica is believed; the leader is asked again then. */
const preferredReplicaMs = 300_000

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
  readonly #topicNames = new Map<string, string>()
  readonly #brokers = new Map<number, BrokerFetcher>()
  /** Loops that have nothing left to do and are ending. */
  readonly #stopped = new Set<Promise<void>>()
  readonly #wakeup: Wakeup
  readonly #unsubscribe: () => void
  #running: Promise<void> | undefined
  readonly #abort = new AbortController()
  /** Metadata of topics that are not known is on its way. */
  #asking = false
  #closed = false

  constructor(cluster: Cluster, options: FetcherOptions) {
    const { settings, retryDelayMs, onFailure, onProgress } = options
    this.#cluster = cluster
    this.#options = options
    this.#wakeup = new Wakeup(cluster.runtime.timers)
    this.buffer = new FetchBuffer(settings, {
      onRoom: (partition) => this.#wakeBrokers(partition),
      onData: onProgress,
      onBroken: (partition, error) => this.#broken(partition, error),
    })
    this.#context = {
      cluster,
      lane: cluster.lane('fetch'),
      settings,
      buffer: this.buffer,
      partitions: this.#partitions,
      topicNames: this.#topicNames,
      retryDelayMs,
      readFrom: (partition, replica) => this.#readFrom(partition, replica),
      outOfRange: (partition, error) => this.#outOfRange(partition, error),
      passTo: (partition, offset) => this.#passTo(partition, offset),
      onFailure,
    }
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
      this.#brokers.get(partition.brokerId)?.remove(partition)
      this.buffer.discard(partition)
      partition.drop()
    }
  }

  /** Goes on from `offset`; what is buffered is dropped. */
  seek(partition: PartitionState, offset: bigint): void {
    this.buffer.discard(partition)
    partition.locatedAt(offset)
    this.#wakeBrokers(partition)
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
    this.#wakeBrokers(partition)
  }

  /** Ends every loop, session and connection; resolves when all are gone. */
  async close(): Promise<void> {
    this.#closed = true
    this.#abort.abort()
    this.#unsubscribe()
    this.#finder.stop()
    this.#wakeup.wake()
    await this.#running
    for (const broker of this.#brokers.values()) this.#stopped.add(broker.stop())
    await Promise.all(this.#stopped)
    this.remove([...this.#partitions.values()])
    await this.#context.lane.close()
  }

  async #tend(): Promise<void> {
    const { clock } = this.#cluster.runtime
    let attempts = 0
    while (!this.#closed) {
      const homeless = this.#route()
      const nextAtMs = this.#finder.look(this.#partitions.values())
      this.#wakeBrokers()
      this.#options.onProgress()
      let waitMs = Math.min(nextAtMs - clock.monotonicMs(), keepTopicsMs)
      if (homeless.length === 0) attempts = 0
      else {
        attempts += 1
        waitMs = Math.min(waitMs, this.#options.retryDelayMs(attempts))
        this.#findHomes(homeless)
      }
      await this.#wakeup.wait(waitMs)
    }
  }

  /** Puts every partition with the broker to read it from. Returns those that have none. */
  #route(): PartitionState[] {
    const homeless: PartitionState[] = []
    for (const partition of this.#partitions.values()) {
      this.#learnLeader(partition)
      this.#place(partition)
      if (partition.brokerId === -1) homeless.push(partition)
      else partition.homelessSinceMs = -1
    }
    for (const [brokerId, broker] of this.#brokers) {
      if (broker.size > 0) continue
      this.#brokers.delete(brokerId)
      const stopped = broker.stop()
      this.#stopped.add(stopped)
      void stopped.then(() => this.#stopped.delete(stopped))
    }
    return homeless
  }

  /** Asks for metadata; reports partitions that have been without a leader for long. */
  #findHomes(homeless: readonly PartitionState[]): void {
    const now = this.#cluster.runtime.clock.monotonicMs()
    const unknown = new Set<string>()
    for (const partition of homeless) {
      const topic = this.#cluster.topic(partition.topic)
      if (topic === undefined) unknown.add(partition.topic)
      if (partition.homelessSinceMs === -1) partition.homelessSinceMs = now
      else if (now - partition.homelessSinceMs >= homelessReportMs) {
        partition.homelessSinceMs = now
        this.#options.onFailure(homelessError(partition, topic))
      }
    }
    if (unknown.size > 0) this.#ask([...unknown])
    else this.#cluster.staleMetadata(`${homeless[0].key} has no leader that is known`)
  }

  /** Asks for topics that nothing is known about yet. */
  #ask(topics: string[]): void {
    if (this.#asking) return
    this.#asking = true
    this.#cluster
      .refresh({ topics, signal: this.#abort.signal, reason: 'partitions to be read' })
      .catch((error) => {
        if (!this.#closed) this.#options.onFailure(asKafkaError(error))
      })
      .finally(() => {
        this.#asking = false
        this.#wakeup.wake()
      })
  }

  #learnLeader(partition: PartitionState): void {
    const topic = this.#cluster.topic(partition.topic)
    const view: PartitionView | undefined = topic?.partitions[partition.partition]
    if (topic === undefined || view === undefined) {
      partition.leaderId = -1
      return
    }
    if (topic.topicId !== partition.topicId) {
      const before = partition.topicId
      partition.topicId = topic.topicId
      this.#topicNames.set(topic.topicId, topic.name)
      // A new topic of the same name: its offsets have nothing to do with those of the old one.
      if (before !== ZERO_UUID && topic.topicId !== ZERO_UUID)
        this.locate(partition, partition.from === 'none' ? 'none' : 'earliest')
    }
    if (partition.leaderId === view.leaderId && partition.leaderEpoch === view.leaderEpoch) return
    partition.leaderId = view.leaderId
    partition.leaderEpoch = view.leaderEpoch
    partition.preferredReplica = -1
    partition.recovered()
  }

  #place(partition: PartitionState): void {
    const { preferredReplica, preferredUntilMs } = partition
    const near = preferredReplica !== -1 && this.#cluster.runtime.clock.monotonicMs() < preferredUntilMs
    const brokerId = near ? preferredReplica : partition.leaderId
    if (partition.brokerId === brokerId) return
    this.#brokers.get(partition.brokerId)?.remove(partition)
    partition.brokerId = brokerId
    if (brokerId === -1) return
    let broker = this.#brokers.get(brokerId)
    if (broker === undefined) {
      broker = new BrokerFetcher(brokerId, this.#context)
      this.#brokers.set(brokerId, broker)
    }
    broker.add(partition)
  }

  #readFrom(partition: PartitionState, replica: number): void {
    partition.preferredReplica = replica
    partition.preferredUntilMs = this.#cluster.runtime.clock.monotonicMs() + preferredReplicaMs
    this.#place(partition)
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
    this.#wakeBrokers(partition)
    if (partition.brokenTimes > 1) this.#options.onBroken(error)
    else this.#cluster.logger.warn({ error }, 'fetched records cannot be decoded; fetching them again')
  }

  /** All of them when no partition is given. */
  #wakeBrokers(partition?: PartitionState): void {
    if (partition !== undefined) this.#brokers.get(partition.brokerId)?.wake()
    else for (const broker of this.#brokers.values()) broker.wake()
  }
}

function homelessError({ topic, partition }: PartitionState, view: TopicView | undefined): KafkaError {
  const context = { topic, partition }
  const missing = view === undefined || view.partitions[partition] === undefined
  const [code, what] = missing
    ? [
        'UNKNOWN_TOPIC_OR_PARTITION',
        `does not exist, or may not be seen; the topic has ${view?.partitions.length ?? 0}`,
      ]
    : ['LEADER_NOT_AVAILABLE', 'has no leader; check that the brokers with its replicas are up']
  const seconds = homelessReportMs / 1000
  const message = `${topic}[${partition}] could not be read for ${seconds} s: the partition ${what}`
  return new KafkaError(code, message, { retriable: !missing, context })
}

/** An offset that is not in the log cannot be gone back to; every other start can. */
function afterOutOfRange(from: StartPosition): StartPosition {
  return typeof from === 'object' && 'offset' in from ? 'earliest' : from
}
