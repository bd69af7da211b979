import type { Cluster, PartitionView, TopicView } from '../../cluster/index.ts'
import { KafkaError } from '../../errors.ts'
import { ZERO_UUID } from '../../protocol/reader.ts'
import { asKafkaError } from '../failures.ts'
import { BrokerFetcher } from './broker-fetcher.ts'
import type { FetchContext } from './fetcher.ts'
import type { PartitionState } from './partition.ts'

export interface RouterEvents {
  /** The topic was made again: nothing is left of what its partition was. */
  onNewTopic: (partition: PartitionState) => void
  /** Metadata came that was asked for, or could not be had. */
  onAnswer: () => void
  onFailure: (error: KafkaError) => void
}

/** A partition without a leader is reported whenever it has been so for this long. */
const homelessReportMs = 60_000
/** How long a leader's word about a nearer replica is believed; the leader is asked again then. */
const preferredReplicaMs = 300_000

/**
 * Puts each partition with the loop of the broker that it is to be read from: its leader, or a replica that the leader
 * has named. Loops are made when they are first needed, and end when they have nothing left to do.
 */
export class Router {
  readonly #cluster: Cluster
  readonly #context: FetchContext
  readonly #events: RouterEvents
  readonly #brokers = new Map<number, BrokerFetcher>()
  /** Loops that are ending. */
  readonly #ending = new Set<Promise<void>>()
  readonly #abort = new AbortController()
  /** Metadata of topics that are not known is on its way. */
  #asking = false

  constructor(context: FetchContext, events: RouterEvents) {
    this.#cluster = context.cluster
    this.#context = context
    this.#events = events
  }

  /** Routes all partitions by what is known now. Returns those that have nobody to be read from. */
  route(partitions: Iterable<PartitionState>): PartitionState[] {
    const homeless: PartitionState[] = []
    for (const partition of partitions) {
      this.#learnLeader(partition)
      this.#place(partition)
      if (partition.brokerId === -1) homeless.push(partition)
      else partition.homelessSinceMs = -1
    }
    for (const [brokerId, broker] of this.#brokers) if (broker.size === 0) this.#end(brokerId, broker)
    return homeless
  }

  /** Asks for metadata, without waiting; reports partitions that have been homeless for long. */
  findHomes(homeless: readonly PartitionState[]): void {
    const now = this.#cluster.runtime.clock.monotonicMs()
    const unknown = new Set<string>()
    for (const partition of homeless) {
      const topic = this.#cluster.topic(partition.topic)
      if (topic === undefined) unknown.add(partition.topic)
      if (partition.homelessSinceMs === -1) partition.homelessSinceMs = now
      else if (now - partition.homelessSinceMs >= homelessReportMs) {
        partition.homelessSinceMs = now
        this.#events.onFailure(homelessError(partition, topic))
      }
    }
    if (unknown.size > 0) void this.#ask([...unknown])
    else this.#cluster.staleMetadata(`${homeless[0].key} has no leader that is known`)
  }

  /** Reads from this replica, as its leader says; -1: from the leader again (KIP-392). */
  readFrom(partition: PartitionState, replica: number): void {
    partition.preferredReplica = replica
    partition.preferredUntilMs = this.#cluster.runtime.clock.monotonicMs() + preferredReplicaMs
    this.#place(partition)
  }

  remove(partition: PartitionState): void {
    this.#brokers.get(partition.brokerId)?.remove(partition)
  }

  /** Wakes the loop that reads this partition, or all of them. */
  wake(partition?: PartitionState): void {
    if (partition !== undefined) this.#brokers.get(partition.brokerId)?.wake()
    else for (const broker of this.#brokers.values()) broker.wake()
  }

  /** Ends every loop. Never rejects. */
  async close(): Promise<void> {
    this.#abort.abort()
    for (const [brokerId, broker] of this.#brokers) this.#end(brokerId, broker)
    await Promise.all(this.#ending)
  }

  #end(brokerId: number, broker: BrokerFetcher): void {
    this.#brokers.delete(brokerId)
    const ending = broker.stop().then(() => {
      this.#ending.delete(ending)
    })
    this.#ending.add(ending)
  }

  /** Asks for topics that nothing is known about yet. */
  async #ask(topics: string[]): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const { signal } = this.#abort
    try {
      await this.#cluster.refresh({ topics, signal, reason: 'partitions to be read' })
    } catch (cause) {
      if (!signal.aborted) this.#events.onFailure(asKafkaError(cause))
    }
    this.#asking = false
    this.#events.onAnswer()
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
      this.#context.topicNames.set(topic.topicId, topic.name)
      if (before !== ZERO_UUID && topic.topicId !== ZERO_UUID) this.#events.onNewTopic(partition)
    }
    if (partition.leaderId === view.leaderId && partition.leaderEpoch === view.leaderEpoch) return
    partition.leaderId = view.leaderId
    partition.leaderEpoch = view.leaderEpoch
    partition.preferredReplica = -1
    // News of the leader are what a pause was for.
    partition.recovered()
  }

  #place(partition: PartitionState): void {
    const { preferredReplica, preferredUntilMs } = partition
    const near = preferredReplica !== -1 && this.#cluster.runtime.clock.monotonicMs() < preferredUntilMs
    const brokerId = near ? preferredReplica : partition.leaderId
    if (partition.brokerId === brokerId) return
    this.remove(partition)
    partition.brokerId = brokerId
    if (brokerId === -1) return
    let broker = this.#brokers.get(brokerId)
    if (broker === undefined) {
      broker = new BrokerFetcher(brokerId, this.#context)
      this.#brokers.set(brokerId, broker)
    }
    broker.add(partition)
  }
}

function homelessError({ topic, partition }: PartitionState, view: TopicView | undefined): KafkaError {
  const context = { topic, partition }
  const count = view?.partitions.length ?? 0
  const missing = partition >= count
  const [code, what] = missing
    ? [
        'UNKNOWN_TOPIC_OR_PARTITION',
        `it does not exist, or may not be seen: the topic has ${count} partitions`,
      ]
    : ['LEADER_NOT_AVAILABLE', 'it has no leader; check that the brokers with its replicas are up']
  const message = `${topic}[${partition}] could not be read for ${homelessReportMs / 1000} s: ${what}`
  return new KafkaError(code, message, { retriable: !missing, context })
}
