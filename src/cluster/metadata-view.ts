import { ErrorCodes } from '../protocol/error-codes.ts'
import type { MetadataResponse } from '../protocol/messages/metadata.ts'
import { ZERO_UUID } from '../protocol/reader.ts'

export interface BrokerNode {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export interface PartitionView {
  readonly index: number
  /** The leader's broker id; -1 when there is none now. */
  readonly leaderId: number
  /** Grows with each election (KIP-320); -1 when the broker does not tell. */
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offlineReplicas: readonly number[]
  /** The broker's word on this partition, 0 when it is well. */
  readonly errorCode: number
}

export interface TopicView {
  readonly name: string
  /** Kafka's id of the topic; `AAAAAAAAAAAAAAAAAAAAAA` from brokers before 2.8. */
  readonly topicId: string
  /** By index, without gaps. */
  readonly partitions: readonly PartitionView[]
  readonly internal: boolean
  /** The broker's word on the topic, 0 when it is well. */
  readonly errorCode: number
}

/** News of a leader that came with a Produce or Fetch response (KIP-951). */
export interface LeaderHint {
  readonly topic: string
  readonly partition: number
  readonly leaderId: number
  readonly leaderEpoch: number
}

/** Where a broker listens, as responses with hints tell it. */
export interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/**
 * What is known of a cluster at one moment. A view does not change: news makes a new one, so whoever holds a
 * view may look at it as long as it likes.
 */
export class MetadataView {
  readonly clusterId: string | null
  readonly controllerId: number
  readonly brokers: ReadonlyMap<number, BrokerNode>
  readonly topics: ReadonlyMap<string, TopicView>
  readonly #namesById = new Map<string, string>()

  constructor(
    clusterId: string | null,
    controllerId: number,
    brokers: ReadonlyMap<number, BrokerNode>,
    topics: ReadonlyMap<string, TopicView>,
  ) {
    this.clusterId = clusterId
    this.controllerId = controllerId
    this.brokers = brokers
    this.topics = topics
    for (const { name, topicId } of topics.values()) {
      if (topicId !== ZERO_UUID) this.#namesById.set(topicId, name)
    }
  }

  static readonly empty = new MetadataView(null, -1, new Map(), new Map())

  topicById(topicId: string): TopicView | undefined {
    const name = this.#namesById.get(topicId)
    return name === undefined ? undefined : this.topics.get(name)
  }

  /**
   * The view after a Metadata response. Brokers are replaced. Topics in the response replace what was known of
   * them, but a partition whose leader epoch went back keeps what it had (KIP-320), unless the topic was made
   * again with another id. Of the other topics those in `wanted` are kept.
   */
  withResponse(response: MetadataResponse, wanted: ReadonlySet<string>): MetadataView {
    const brokers = new Map<number, BrokerNode>()
    for (const { nodeId, host, port, rack } of response.brokers)
      brokers.set(nodeId, { id: nodeId, host, port, rack })
    const topics = new Map<string, TopicView>()
    for (const [name, topic] of this.topics) if (wanted.has(name)) topics.set(name, topic)
    for (const told of response.topics) {
      const name = told.name ?? this.#namesById.get(told.topicId)
      if (name === undefined) continue
      const known = this.topics.get(name)
      const topic = topicView(name, told, known?.topicId === told.topicId ? known : undefined)
      if (isGone(topic.errorCode) && known === undefined && !wanted.has(name)) continue
      topics.set(name, topic)
    }
    return new MetadataView(response.clusterId, response.controllerId, brokers, topics)
  }

  /** The view after hints; only newer epochs of partitions that are known count. The same view when none do. */
  withHints(hints: readonly LeaderHint[], endpoints: readonly NodeEndpoint[]): MetadataView {
    const topics = new Map(this.topics)
    let changed = false
    for (const { topic: name, partition: index, leaderId, leaderEpoch } of hints) {
      const topic = topics.get(name)
      const partition = topic?.partitions[index]
      if (topic === undefined || partition === undefined || leaderEpoch <= partition.leaderEpoch) continue
      const partitions = topic.partitions.with(index, { ...partition, leaderId, leaderEpoch, errorCode: 0 })
      topics.set(name, { ...topic, partitions })
      changed = true
    }
    if (!changed) return this
    const brokers = new Map(this.brokers)
    for (const { nodeId, host, port, rack } of endpoints)
      brokers.set(nodeId, { id: nodeId, host, port, rack })
    return new MetadataView(this.clusterId, this.controllerId, brokers, topics)
  }

  /** The view with a broker that another response named before metadata did. */
  withNode({ nodeId, host, port, rack }: NodeEndpoint): MetadataView {
    const brokers = new Map(this.brokers).set(nodeId, { id: nodeId, host, port, rack })
    return new MetadataView(this.clusterId, this.controllerId, brokers, this.topics)
  }
}

/** More than any cluster has in a topic; keeps a made-up index from becoming a list of that length. */
const maxPartitions = 1_000_000

type TopicTold = MetadataResponse['topics'][number]

function topicView(name: string, told: TopicTold, known: TopicView | undefined): TopicView {
  const partitions: PartitionView[] = []
  for (const partition of told.partitions) {
    if (!(partition.partitionIndex >= 0 && partition.partitionIndex < maxPartitions)) continue
    const before = known?.partitions[partition.partitionIndex]
    const wentBack =
      before !== undefined && partition.leaderEpoch !== -1 && partition.leaderEpoch < before.leaderEpoch
    partitions[partition.partitionIndex] = wentBack
      ? before
      : {
          index: partition.partitionIndex,
          leaderId: partition.leaderId,
          leaderEpoch: partition.leaderEpoch,
          replicas: partition.replicaNodes,
          isr: partition.isrNodes,
          offlineReplicas: partition.offlineReplicas,
          errorCode: partition.errorCode,
        }
  }
  for (let index = 0; index < partitions.length; index++) partitions[index] ??= absentPartition(index)
  return { name, topicId: told.topicId, partitions, internal: told.isInternal, errorCode: told.errorCode }
}

/** Stands for a partition that a response left out although it has later ones. */
function absentPartition(index: number): PartitionView {
  const errorCode = ErrorCodes.LEADER_NOT_AVAILABLE
  return { index, leaderId: -1, leaderEpoch: -1, replicas: [], isr: [], offlineReplicas: [], errorCode }
}

function isGone(errorCode: number): boolean {
  return errorCode === ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION || errorCode === ErrorCodes.UNKNOWN_TOPIC_ID
}
