import { ClosedError, KafkaError } from '../errors.ts'
import type { Api, Draft } from '../protocol/message.ts'
import { FindCoordinator } from '../protocol/messages/find-coordinator.ts'
import type { Logger, Runtime } from '../runtime/runtime.ts'
import { BrokerChoice } from './broker-choice.ts'
import { BrokerDirectory } from './broker-directory.ts'
import { brokerError, invalidatesCoordinator, invalidatesMetadata, isRetriable } from './broker-error.ts'
import type { LinkContext } from './broker-link.ts'
import { type CallLimits, type CallOptions, Calls } from './calls.ts'
import { ClusterMetadata, type RefreshOptions, type TopicsOptions } from './cluster-metadata.ts'
import { Coordinators, type CoordinatorType } from './coordinators.ts'
import { Features } from './features.ts'
import { Lane } from './lane.ts'
import { MetadataSource } from './metadata-source.ts'
import type { BrokerNode, LeaderHint, MetadataView, NodeEndpoint, TopicView } from './metadata-view.ts'
import { type ClusterOptions, type ClusterSettings, checkClusterOptions } from './options.ts'
import { ReconnectBackoff } from './reconnect-backoff.ts'
import { RetryPolicy } from './retry.ts'
import { Router, type Target } from './routing.ts'
import { routingErrorOf } from './routing-error.ts'

export interface RequestOptions extends CallOptions {
  /** Sends in this version and no other. Default: the highest that both sides know and that is stable. */
  readonly version?: number
  /** Negotiates no higher version than this. */
  readonly maxVersion?: number
  /** Tries again when the broker cannot be reached or is not the right one. Default: true. */
  readonly retry?: boolean
}

export interface LaneOptions {
  /** Requests on their way to one broker at a time. Default: 5. */
  readonly maxInFlightRequests?: number
}

const defaultMaxInFlightRequests = 5
const controlMaxInFlightRequests = 100

/**
 * The shared view of a cluster: who leads what, who coordinates what, and how to reach them. All clients of one
 * `Kafka` share it; the connections are each owner's own (see `lane`).
 *
 * Nothing is connected until something is asked for. Every call that may wait takes an `AbortSignal` and a
 * deadline; a call that `close` meets rejects with `ClosedError`.
 */
export class Cluster {
  readonly settings: ClusterSettings
  readonly #closing = new AbortController()
  readonly #calls: Calls
  readonly #backoff: ReconnectBackoff
  readonly #directory: BrokerDirectory
  readonly #features = new Features()
  readonly #lanes = new Set<Lane>()
  /** For everything that is nobody's own and does not wait at the broker. */
  readonly #control: Lane
  readonly #metadata: ClusterMetadata
  readonly #coordinators: Coordinators
  readonly #router: Router

  /** Throws `ConfigurationError`. */
  constructor(options: ClusterOptions) {
    const settings = checkClusterOptions(options)
    const { runtime, reconnectBackoffMs, reconnectBackoffMaxMs } = settings
    this.settings = settings
    this.#calls = new Calls(settings, this.#closing.signal)
    const reconnects = new RetryPolicy(runtime.random, reconnectBackoffMs, reconnectBackoffMaxMs)
    this.#backoff = new ReconnectBackoff(runtime.clock, reconnects)
    this.#directory = new BrokerDirectory(settings.bootstrap, () => this.#metadata.view)
    this.#control = this.lane('control', { maxInFlightRequests: controlMaxInFlightRequests })
    const choice = new BrokerChoice(this.#control, this.#backoff, runtime.random)
    this.#metadata = new ClusterMetadata({
      settings,
      calls: this.#calls,
      source: new MetadataSource(settings, this.#directory, this.#control, choice),
      changed: (before, after) => this.#onChange(before, after),
      replaced: (answeredBy) => this.#onReplaced(answeredBy),
    })
    this.#coordinators = new Coordinators({
      pick: async () => {
        const brokerId = await this.#router.anyBroker()
        return { brokerId, version: await this.#control.version(brokerId, FindCoordinator) }
      },
      ask: (brokerId, message) => this.#control.send(brokerId, FindCoordinator, message),
      learnNode: (node) => this.#learnNode(node),
    })
    this.#router = new Router({
      directory: this.#directory,
      choice,
      coordinators: this.#coordinators,
      refresher: this.#metadata.refresher,
      view: () => this.#metadata.view,
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
    return this.#metadata.view.clusterId
  }

  /** The controller's broker id; -1 until metadata came, or when there is none. */
  get controllerId(): number {
    return this.#metadata.view.controllerId
  }

  /** The brokers that are known; empty until metadata came. */
  brokers(): BrokerNode[] {
    return [...this.#metadata.view.brokers.values()]
  }

  /** A broker as errors name it: `1 (kafka-1:9092)`, or its id alone when it is not known. */
  brokerLabel(brokerId: number): string {
    return this.#directory.labelOf(brokerId)
  }

  /** What is known of a topic now, without asking anybody. It keeps the topic among those that refreshes ask for. */
  topic(name: string): TopicView | undefined {
    return this.#metadata.topic(name)
  }

  /** The same by Kafka's id of the topic. */
  topicById(topicId: string): TopicView | undefined {
    return this.#metadata.topicById(topicId)
  }

  /**
   * The topics, from what is known or else from a broker, in the order of `names`; who asks at the same time shares
   * the request. A topic with a problem that time may solve (it does not exist yet) is waited for within the deadline,
   * with `wait: false` not at all; any other one rejects at once. Rejects with the `BrokerError` of the first topic
   * that failed, as INVALID_TOPIC_EXCEPTION, or with a `TimeoutError` that has it as its `cause`.
   */
  topics(names: readonly string[], options: TopicsOptions = {}): Promise<TopicView[]> {
    return this.#metadata.topics(names, options)
  }

  /** The same by Kafka's ids of the topics (KIP-516). */
  topicsById(topicIds: readonly string[], options: TopicsOptions = {}): Promise<TopicView[]> {
    return this.#metadata.topicsById(topicIds, options)
  }

  /** Every topic of the cluster that this client may see, asked for now. */
  allTopics(options: CallOptions = {}): Promise<TopicView[]> {
    return this.#metadata.allTopics(options)
  }

  /** Keeps every topic of the cluster known, and `onMetadata` told of new ones, until the function returned is called. */
  followAllTopics(): () => void {
    return this.#metadata.refresher.followAll()
  }

  /**
   * Asks for metadata now and resolves when it is in; who asks at the same time shares the request. What became
   * of a topic is then in its `topic`: an error of a single topic does not reject.
   */
  refresh(options: RefreshOptions = {}): Promise<void> {
    return this.#metadata.refresh(options)
  }

  /** Says that metadata is out of date: it is asked for soon. Does not wait. */
  staleMetadata(reason: string): void {
    this.#metadata.refresher.stale(reason)
  }

  /** Runs `listener` after each change of brokers or topics. The function returned ends it. */
  onMetadata(listener: () => void): () => void {
    return this.#metadata.onChange(listener)
  }

  /** Takes over leaders that came with a Produce or Fetch response (KIP-951); older epochs are ignored. */
  applyLeaderHints(hints: readonly LeaderHint[], endpoints: readonly NodeEndpoint[]): void {
    this.#metadata.change(this.#metadata.view.withHints(hints, endpoints))
  }

  /**
   * The broker id of a coordinator, from what is known or else from a broker. Waits, within the deadline, for a
   * cluster that has none yet; rejects at once with a `BrokerError`, as GROUP_AUTHORIZATION_FAILED.
   */
  coordinator(type: CoordinatorType, key: string, options: CallOptions = {}): Promise<number> {
    const limits = this.#calls.limits(`finding the coordinator of ${type} ${key}`, options)
    return this.#calls.retrying(limits, () => this.#calls.wait(limits, this.#coordinators.find(type, key)))
  }

  /** Forgets a coordinator that turned out to be the wrong one; with `brokerId` only if it is still that one. */
  forgetCoordinator(type: CoordinatorType, key: string, brokerId?: number): void {
    this.#coordinators.forget(type, key, brokerId)
  }

  /** The features that the cluster has finalized. Waits for the first broker to tell. */
  async features(options: CallOptions = {}): Promise<Features> {
    if (this.#metadata.view.brokers.size === 0) await this.refresh(options)
    return this.#features
  }

  /** Connections of an owner's own, one a broker. The owner closes them; the cluster closes what is left. */
  lane(name: string, options: LaneOptions = {}): Lane {
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason
    const context: LinkContext = {
      settings: this.settings,
      directory: this.#directory,
      backoff: this.#backoff,
      learned: (versions) => this.#features.learn(versions),
      failed: (brokerId, error) => this.#onBrokerFailed(brokerId, error),
    }
    const { maxInFlightRequests = defaultMaxInFlightRequests } = options
    const lane: Lane = new Lane(name, context, maxInFlightRequests, () => this.#lanes.delete(lane))
    this.#lanes.add(lane)
    return lane
  }

  /**
   * Sends any message to where it belongs and resolves with the response: the low-level door to everything that
   * a broker offers. Retries, within the deadline, while the broker cannot be reached or says that it is not the
   * controller, leader or coordinator; error codes in the response are otherwise the caller's to read. A request
   * that was sent when its connection broke may have been carried out twice.
   */
  request<Req, Res>(
    target: Target,
    api: Api<Req, Res>,
    message: Draft<Req>,
    options: RequestOptions = {},
  ): Promise<Res> {
    const limits = this.#calls.limits(api.name, options)
    if (options.retry === false) return this.#requestOnce(target, api, message, options, limits, false)
    let mistrust = false
    return this.#calls.retrying(limits, async () => {
      try {
        return await this.#requestOnce(target, api, message, options, limits, mistrust)
      } catch (error) {
        mistrust = error instanceof KafkaError && invalidatesMetadata(error)
        throw error
      }
    })
  }

  /** Closes every connection and settles everything that waits, with `ClosedError`. Idempotent. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(new ClosedError('the cluster was closed'))
    this.#metadata.close()
    await Promise.all([...this.#lanes].map((lane) => lane.close()))
  }

  async #requestOnce<Req, Res>(
    target: Target,
    api: Api<Req, Res>,
    message: Draft<Req>,
    { version, maxVersion, retry }: RequestOptions,
    limits: CallLimits,
    mistrust: boolean,
  ): Promise<Res> {
    const { signal, deadline } = limits
    const brokerId = await this.#calls.wait(limits, this.#router.route(target, mistrust))
    const timeoutMs = Math.max(1, Math.min(this.settings.requestTimeoutMs, deadline.remainingMs()))
    try {
      const response = await this.#control.send(brokerId, api, message, {
        signal,
        version,
        maxVersion,
        timeoutMs,
      })
      const code = routingErrorOf(target, response)
      if (code === undefined) return response
      const error = brokerError(code, { api: api.name, broker: this.brokerLabel(brokerId) }, api.name)
      if (retry !== false) throw error
      this.#onMisrouted(target, brokerId, error)
      return response
    } catch (error) {
      if (error instanceof KafkaError && isRetriable(error)) this.#onMisrouted(target, brokerId, error)
      throw error
    }
  }

  #onMisrouted(target: Target, brokerId: number, error: KafkaError): void {
    if (invalidatesCoordinator(error)) {
      if ('group' in target) this.forgetCoordinator('group', target.group, brokerId)
      if ('transactionalId' in target) this.forgetCoordinator('transaction', target.transactionalId, brokerId)
    }
    if (invalidatesMetadata(error)) this.staleMetadata(error.message)
  }

  #onBrokerFailed(brokerId: number, error: KafkaError): void {
    if (this.#closing.signal.aborted) return
    const broker = this.brokerLabel(brokerId)
    this.logger.debug({ broker, error: error.message }, 'a broker cannot be reached, or broke a connection')
    this.#coordinators.forgetBroker(brokerId)
    this.staleMetadata(`broker ${broker} cannot be reached`)
  }

  #onChange(before: MetadataView, after: MetadataView): void {
    let moved = false
    for (const [id, { host, port }] of before.brokers) {
      const now = after.brokers.get(id)
      if (now === undefined) this.#backoff.forget(id)
      moved ||= now?.host !== host || now.port !== port
    }
    if (moved) for (const lane of this.#lanes) lane.followMoves()
  }

  #onReplaced(answeredBy: number): void {
    this.#coordinators.clear()
    const versions = this.#control.versions(answeredBy)
    if (versions !== undefined) this.#features.replace(versions)
  }

  #learnNode(node: NodeEndpoint): void {
    if (!this.#metadata.view.brokers.has(node.nodeId))
      this.#metadata.change(this.#metadata.view.withNode(node))
  }
}
