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
  /** Kafka's id of the topic; `AAAAAAAAAAAAAAAAAAAAAA` while no broker told it (those before 2.8 do not). */
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

/** How much a Metadata response tells. */
export interface ResponseScope {
  /** Topics that are in use; what is known of others is dropped unless the response tells it. */
  readonly wanted: ReadonlySet<string>
  /** All topics were asked for, so one that is not in the response is not there. */
  readonly allTopics: boolean
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
  /** Topics that have an error now, as they were before it: a broker that lags must not make us forget epochs. */
  readonly #beforeError: ReadonlyMap<string, TopicView>
  readonly #namesById = new Map<string, string>()

  private constructor(
    clusterId: string | null,
    controllerId: number,
    brokers: ReadonlyMap<number, BrokerNode>,
    topics: ReadonlyMap<string, TopicView>,
    beforeError: ReadonlyMap<string, TopicView>,
  ) {
    this.clusterId = clusterId
    this.controllerId = controllerId
    this.brokers = brokers
    this.topics = topics
    this.#beforeError = beforeError
    for (const { name, topicId } of topics.values()) {
      if (topicId !== ZERO_UUID) this.#namesById.set(topicId, name)
    }
  }

  static readonly empty = new MetadataView(null, -1, new Map(), new Map(), new Map())

  topicById(topicId: string): TopicView | undefined {
    const name = this.#namesById.get(topicId)
    return name === undefined ? undefined : this.topics.get(name)
  }

  /**
   * The view after a Metadata response. Brokers are replaced. Topics in the response replace what was known of
   * them, but a partition whose leader epoch went back keeps what it had (KIP-320), unless the topic was made
   * again with another id. A topic that is gone has an error code and no partitions while somebody wants it. An
   * answer of another cluster begins anew.
   */
  withResponse(response: MetadataResponse, { wanted, allTopics }: ResponseScope): MetadataView {
    if (this.#isOfAnotherCluster(response))
      return MetadataView.empty.withResponse(response, { wanted, allTopics })
    const brokers = new Map<number, BrokerNode>()
    for (const endpoint of response.brokers) brokers.set(endpoint.nodeId, brokerNode(endpoint))
    const topics = new Map<string, TopicView>()
    const beforeError = new Map<string, TopicView>()
    if (!allTopics) {
      for (const [name, topic] of this.topics) if (wanted.has(name)) topics.set(name, topic)
      for (const [name, topic] of this.#beforeError) if (wanted.has(name)) beforeError.set(name, topic)
    }
    for (const told of response.topics) {
      const name = told.name ?? this.#namesById.get(told.topicId)
      if (name === undefined || (isGone(told.errorCode) && !wanted.has(name))) continue
      const before = this.#lastWell(name)
      topics.set(name, topicView(name, told, before))
      if (told.errorCode === ErrorCodes.NONE) beforeError.delete(name)
      else if (before !== undefined) beforeError.set(name, before)
    }
    return new MetadataView(response.clusterId, response.controllerId, brokers, topics, beforeError)
  }

  /**
   * The view after hints of a Produce or Fetch response (KIP-951): only newer epochs of partitions that are known
   * count. The same view when none do.
   */
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
    for (const endpoint of endpoints) brokers.set(endpoint.nodeId, brokerNode(endpoint))
    return new MetadataView(this.clusterId, this.controllerId, brokers, topics, this.#beforeError)
  }

  /** The view with a broker that another response named before metadata did. */
  withNode(endpoint: NodeEndpoint): MetadataView {
    const brokers = new Map(this.brokers).set(endpoint.nodeId, brokerNode(endpoint))
    return new MetadataView(this.clusterId, this.controllerId, brokers, this.topics, this.#beforeError)
  }

  #lastWell(name: string): TopicView | undefined {
    const topic = this.topics.get(name)
    return topic?.errorCode === ErrorCodes.NONE ? topic : this.#beforeError.get(name)
  }

  #isOfAnotherCluster({ clusterId }: MetadataResponse): boolean {
    return this.clusterId !== null && clusterId !== null && clusterId !== this.clusterId
  }
}

/** More than any cluster has in a topic; keeps a made-up index from becoming a list of that length. */
const maxPartitions = 1_000_000

type TopicTold = MetadataResponse['topics'][number]
type PartitionTold = TopicTold['partitions'][number]

/** What is told of a topic, over what was known of it `before`, which may have been another topic of that name. */
function topicView(name: string, told: TopicTold, before: TopicView | undefined): TopicView {
  const { errorCode, isInternal: internal } = told
  // A broker that tells no id (before 2.8, or because it does not know the topic) does not say that it is another.
  const isSame = before !== undefined && (told.topicId === before.topicId || told.topicId === ZERO_UUID)
  const topicId = isSame ? before.topicId : told.topicId
  const partitions: PartitionView[] = []
  for (const partition of told.partitions) {
    const index = partition.partitionIndex
    if (!(index >= 0 && index < maxPartitions)) continue
    partitions[index] = partitionView(partition, isSame ? before.partitions[index] : undefined)
  }
  for (let index = 0; index < partitions.length; index++) partitions[index] ??= absentPartition(index)
  return { name, topicId, partitions, internal, errorCode }
}

function partitionView(told: PartitionTold, before: PartitionView | undefined): PartitionView {
  const { partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas, errorCode } = told
  if (before !== undefined && leaderEpoch !== -1 && leaderEpoch < before.leaderEpoch) return before
  return {
    index: partitionIndex,
    leaderId,
    leaderEpoch,
    replicas: replicaNodes,
    isr: isrNodes,
    offlineReplicas,
    errorCode,
  }
}

/** Stands for a partition that a response left out although it has later ones. */
function absentPartition(index: number): PartitionView {
  const errorCode = ErrorCodes.LEADER_NOT_AVAILABLE
  return { index, leaderId: -1, leaderEpoch: -1, replicas: [], isr: [], offlineReplicas: [], errorCode }
}

function brokerNode({ nodeId, host, port, rack }: NodeEndpoint): BrokerNode {
  return { id: nodeId, host, port, rack }
}

function isGone(errorCode: number): boolean {
  return errorCode === ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION || errorCode === ErrorCodes.UNKNOWN_TOPIC_ID
}
