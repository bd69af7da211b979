import { ClosedError, ConnectionError, KafkaError, TimeoutError } from '../errors.ts'
import type { BrokerVersions } from '../network/broker-versions.ts'
import type { Api, Draft } from '../protocol/message.ts'
import { FindCoordinator } from '../protocol/messages/find-coordinator.ts'
import { Deadline } from '../runtime/deadline.ts'
import type { Logger, Runtime } from '../runtime/runtime.ts'
import { BrokerDirectory } from './broker-directory.ts'
import { brokerError, invalidatesCoordinator, invalidatesMetadata, isRetriable } from './broker-error.ts'
import { Coordinators, type CoordinatorType } from './coordinators.ts'
import { Features } from './features.ts'
import { Lane, type LaneContext } from './lane.ts'
import { MetadataRefresher } from './metadata-refresher.ts'
import { MetadataSource } from './metadata-source.ts'
import {
  type BrokerNode,
  type LeaderHint,
  MetadataView,
  type NodeEndpoint,
  type TopicView,
} from './metadata-view.ts'
import { type ClusterOptions, type ClusterSettings, checkClusterOptions } from './options.ts'
import { RetryPolicy, retrying } from './retry.ts'
import { routingErrorOf } from './routing-error.ts'

/** Where a request is to go. */
export type Target =
  | { readonly broker: number }
  /** Whichever broker is connected and has the fewest requests in flight. */
  | { readonly anyBroker: true }
  | { readonly controller: true }
  | { readonly leader: { readonly topic: string; readonly partition: number } }
  /** The coordinator of a group. */
  | { readonly group: string }
  /** The coordinator of a transactional id. */
  | { readonly transactionalId: string }

export interface CallOptions {
  signal?: AbortSignal
  /** How long all of the call may take, retries included, in milliseconds. Default: 60,000. */
  timeoutMs?: number
  /** The same as a moment; it wins over `timeoutMs`. */
  deadline?: Deadline
}

export interface RequestOptions extends CallOptions {
  /** Sends in this version and no other. Default: the highest that both sides know and that is stable. */
  version?: number
  /** Negotiates no higher than this. */
  maxVersion?: number
  /** Tries again when the broker cannot be reached or is not the right one. Default: true. */
  retry?: boolean
}

export interface TopicsOptions extends CallOptions {
  /** Lets the broker make topics that do not exist, where it is configured to. Default: false. */
  allowAutoTopicCreation?: boolean
}

export interface LaneOptions {
  /** Requests on their way to one broker at a time. Default: 5. */
  maxInFlightRequests?: number
}

const defaultCallMs = 60_000
const defaultMaxInFlightRequests = 5
const controlMaxInFlightRequests = 100

/**
 * The shared view of a cluster: who leads what, who coordinates what, and how to reach them. All clients of one
 * `Kafka` share it; the connections are each owner's own (see `lane`).
 *
 * Nothing is connected until something is asked for.
 */
export class Cluster {
  readonly settings: ClusterSettings
  readonly #directory: BrokerDirectory
  readonly #source: MetadataSource
  readonly #refresher: MetadataRefresher
  readonly #coordinators: Coordinators
  readonly #features = new Features()
  readonly #policy: RetryPolicy
  readonly #control: Lane
  readonly #lanes = new Set<Lane>()
  readonly #listeners = new Set<() => void>()
  #view = MetadataView.empty
  #closed = false

  constructor(options: ClusterOptions) {
    this.settings = checkClusterOptions(options)
    const { runtime, bootstrap, retryBackoffMs, retryBackoffMaxMs } = this.settings
    this.#policy = new RetryPolicy(runtime.random, retryBackoffMs, retryBackoffMaxMs)
    this.#directory = new BrokerDirectory(bootstrap, () => this.#view)
    this.#control = this.lane('control', { maxInFlightRequests: controlMaxInFlightRequests })
    this.#source = new MetadataSource(this.settings, this.#directory, this.#control)
    this.#refresher = new MetadataRefresher({
      settings: this.settings,
      ask: (message) => this.#source.ask(message),
      apply: (response, wanted) => this.#changeView(this.#view.withResponse(response, wanted)),
    })
    this.#coordinators = new Coordinators({
      pick: async () => {
        const brokerId = await this.#anyBroker()
        return { brokerId, version: await this.#control.version(brokerId, FindCoordinator) }
      },
      ask: (brokerId, message) => this.#control.send(brokerId, FindCoordinator, message),
      learnNode: (node) => this.#learnNode(node),
    })
  }

  get runtime(): Runtime {
    return this.settings.runtime
  }

  get logger(): Logger {
    return this.settings.logger
  }

  /** Null until metadata came. */
  get clusterId(): string | null {
    return this.#view.clusterId
  }

  /** The controller's broker id; -1 until metadata came, or when there is none. */
  get controllerId(): number {
    return this.#view.controllerId
  }

  /** The brokers that are known; empty until metadata came. */
  brokers(): BrokerNode[] {
    return [...this.#view.brokers.values()]
  }

  /** What is known of a topic now, without asking anybody. It keeps the topic among those that refreshes ask for. */
  topic(name: string): TopicView | undefined {
    this.#refresher.use(name)
    return this.#view.topics.get(name)
  }

  /** The same by Kafka's id of the topic. */
  topicById(topicId: string): TopicView | undefined {
    const topic = this.#view.topicById(topicId)
    if (topic !== undefined) this.#refresher.use(topic.name)
    return topic
  }

  /**
   * The topics, from what is known or else from a broker. Waits, within the deadline, for topics that do not exist
   * yet. Rejects with a `BrokerError` of the topic that failed (as INVALID_TOPIC_EXCEPTION), or a `TimeoutError`.
   */
  topics(names: readonly string[], options: TopicsOptions = {}): Promise<TopicView[]> {
    const { signal, allowAutoTopicCreation } = options
    const deadline = this.#deadlineOf(options)
    const { runtime } = this.settings
    const what = `metadata of ${names.join(', ')}`
    const isKnown = (name: string) => this.topic(name)?.errorCode === 0
    return retrying({ runtime, policy: this.#policy, deadline, signal, what }, async () => {
      const missing = names.filter((name) => !isKnown(name))
      if (missing.length > 0)
        await this.#refresher.refresh({ topics: missing, allowAutoTopicCreation }, deadline, signal)
      return names.map((name) => this.#topicOrThrow(name))
    })
  }

  /** Asks for metadata now and resolves when it is in; who asks at the same time shares the request. */
  refresh(options: CallOptions & { topics?: readonly string[]; reason?: string } = {}): Promise<void> {
    return this.#refresher.refresh({ topics: options.topics }, this.#deadlineOf(options), options.signal)
  }

  /** Says that metadata is out of date: it is asked for soon. Does not wait. */
  staleMetadata(reason: string): void {
    this.#refresher.stale(reason)
  }

  /** Runs `listener` after each change of the view. Returns a function that ends it. */
  onMetadata(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes over leaders that came with a Produce or Fetch response (KIP-951); older epochs are ignored. */
  applyLeaderHints(hints: readonly LeaderHint[], endpoints: readonly NodeEndpoint[]): void {
    this.#changeView(this.#view.withHints(hints, endpoints))
  }

  /** The broker id of a coordinator, asked for when it is not known; retries within the deadline. */
  coordinator(type: CoordinatorType, key: string, options: CallOptions = {}): Promise<number> {
    const { runtime } = this.settings
    const deadline = this.#deadlineOf(options)
    const what = `finding the coordinator of ${type} ${key}`
    return retrying({ runtime, policy: this.#policy, deadline, signal: options.signal, what }, async () =>
      this.#coordinators.find(type, key),
    )
  }

  /** Forgets a coordinator that turned out to be the wrong one; with `brokerId` only if it is still that one. */
  forgetCoordinator(type: CoordinatorType, key: string, brokerId?: number): void {
    this.#coordinators.forget(type, key, brokerId)
  }

  /** The features that the cluster has finalized; waits for the first broker to tell. */
  async features(options: CallOptions = {}): Promise<Features> {
    if (this.#view.brokers.size === 0) await this.refresh(options)
    return this.#features
  }

  /** Connections of an owner's own, one a broker. The owner closes them; the cluster closes what is left. */
  lane(name: string, options: LaneOptions = {}): Lane {
    if (this.#closed) throw new ClosedError(`the cluster was closed: ${name} can have no connections`)
    const context: LaneContext = {
      settings: this.settings,
      addressOf: (brokerId) => this.#directory.addressOf(brokerId),
      learned: (_, versions: BrokerVersions) => this.#features.learn(versions),
      failed: (brokerId, error) => this.#onBrokerFailed(brokerId, error),
    }
    const lane: Lane = new Lane(
      name,
      context,
      options.maxInFlightRequests ?? defaultMaxInFlightRequests,
      () => this.#lanes.delete(lane),
    )
    this.#lanes.add(lane)
    return lane
  }

  /**
   * Sends any message to where it belongs and resolves with the response: the low-level door to everything that
   * a broker offers. Retries while the broker cannot be reached, or says that it is not the controller or
   * coordinator; error codes in the response are otherwise the caller's to read.
   */
  request<Req, Res>(
    target: Target,
    api: Api<Req, Res>,
    message: Draft<Req>,
    options: RequestOptions = {},
  ): Promise<Res> {
    const deadline = this.#deadlineOf(options)
    const { runtime } = this.settings
    const attempt = () => this.#requestOnce(target, api, message, options, deadline)
    if (options.retry === false) return attempt()
    return retrying(
      { runtime, policy: this.#policy, deadline, signal: options.signal, what: api.name },
      attempt,
    )
  }

  /** Closes every connection and settles everything that waits, with `ClosedError`. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#refresher.close()
    this.#listeners.clear()
    await Promise.all([...this.#lanes].map((lane) => lane.close()))
  }

  async #requestOnce<Req, Res>(
    target: Target,
    api: Api<Req, Res>,
    message: Draft<Req>,
    options: RequestOptions,
    deadline: Deadline,
  ): Promise<Res> {
    const { signal, version, maxVersion } = options
    const brokerId = await this.#route(target, deadline, signal)
    const timeoutMs = Math.min(this.settings.requestTimeoutMs, deadline.remainingMs())
    if (timeoutMs <= 0) throw new TimeoutError(`${api.name} has no time left`, { context: { api: api.name } })
    try {
      const response = await this.#control.send(brokerId, api, message, {
        signal,
        version,
        maxVersion,
        timeoutMs,
      })
      const wrong = routingErrorOf(response)
      if (wrong !== undefined && options.retry !== false) {
        throw brokerError(wrong, { api: api.name, broker: `${brokerId}` }, api.name)
      }
      return response
    } catch (error) {
      if (error instanceof KafkaError && isRetriable(error)) this.#onRequestFailed(target, brokerId, error)
      throw error
    }
  }

  #onRequestFailed(target: Target, brokerId: number, error: KafkaError): void {
    if ('group' in target && invalidatesCoordinator(error))
      this.forgetCoordinator('group', target.group, brokerId)
    if ('transactionalId' in target && invalidatesCoordinator(error)) {
      this.forgetCoordinator('transaction', target.transactionalId, brokerId)
    }
    if (invalidatesMetadata(error)) this.staleMetadata(error.message)
  }

  #onBrokerFailed(brokerId: number, error: KafkaError): void {
    if (this.#closed) return
    this.#coordinators.forgetBroker(brokerId)
    this.logger.debug({ brokerId, error: error.message }, 'lost a connection')
    if (brokerId >= 0) this.staleMetadata(`broker ${brokerId} cannot be reached`)
  }

  async #route(target: Target, deadline: Deadline, signal: AbortSignal | undefined): Promise<number> {
    if ('broker' in target) {
      if (!this.#view.brokers.has(target.broker)) await this.refresh({ deadline, signal })
      return target.broker
    }
    if ('group' in target) return this.#coordinators.find('group', target.group)
    if ('transactionalId' in target) return this.#coordinators.find('transaction', target.transactionalId)
    if ('controller' in target) {
      if (this.controllerId === -1) await this.refresh({ deadline, signal })
      return this.controllerId === -1 ? this.#anyBroker() : this.controllerId
    }
    if ('leader' in target)
      return this.#leaderOf(target.leader.topic, target.leader.partition, deadline, signal)
    return this.#anyBroker()
  }

  async #leaderOf(
    name: string,
    index: number,
    deadline: Deadline,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const [topic] = await this.topics([name], { deadline, signal })
    const partition = topic.partitions[index]
    if (partition !== undefined && partition.leaderId !== -1) return partition.leaderId
    this.staleMetadata(`${name}[${index}] has no leader`)
    throw new ConnectionError(`${name}[${index}] has no leader that is known`, {
      context: { topic: name, partition: index },
    })
  }

  /** A broker that can be asked anything: connected and idle if there is one. */
  async #anyBroker(): Promise<number> {
    const ready = this.#directory
      .brokerIds()
      .filter((brokerId) => this.#control.ready(brokerId))
      .sort((a, b) => this.#control.inFlight(a) - this.#control.inFlight(b))
    if (ready.length > 0) return ready[0]
    if (this.#view.brokers.size === 0) await this.refresh()
    const ids = this.#directory.brokerIds()
    return ids[Math.floor(this.runtime.random.unit() * ids.length)]
  }

  #topicOrThrow(name: string): TopicView {
    const topic = this.topic(name)
    if (topic !== undefined && topic.errorCode === 0) return topic
    throw brokerError(topic?.errorCode ?? unknownTopicOrPartition, { topic: name }, 'metadata')
  }

  #learnNode(node: NodeEndpoint): void {
    if (!this.#view.brokers.has(node.nodeId)) this.#changeView(this.#view.withNode(node))
  }

  #changeView(view: MetadataView): void {
    if (view === this.#view || this.#closed) return
    this.#view = view
    for (const listener of this.#listeners) listener()
  }

  #deadlineOf({ deadline, timeoutMs }: CallOptions): Deadline {
    return deadline ?? Deadline.in(this.runtime.clock, timeoutMs ?? defaultCallMs)
  }
}

const unknownTopicOrPartition = 3
