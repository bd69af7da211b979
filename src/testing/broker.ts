import { ConfigurationError } from '../errors.ts'
import { Kafka, type KafkaOptions } from '../kafka.ts'
import { nodeRuntime } from '../runtime/node.ts'
import type { Logger, Runtime } from '../runtime/runtime.ts'
import { silentLogger } from '../runtime/silent-logger.ts'
import { handlers } from './apis/index.ts'
import type { Place } from './control/links.ts'
import type { Matchable } from './faults/fault-match.ts'
import { FaultRules, type Faults } from './faults/fault-rules.ts'
import { rememberCluster } from './internals.ts'
import { BrokerProcess, type ProcessState } from './node/broker-process.ts'
import {
  type BrokerOptions,
  checkBrokerOptions,
  checkTopicOptions,
  type Delay,
  type TopicOptions,
} from './options.ts'
import { guarded } from './security/guards/guarded.ts'
import { Security } from './security/security.ts'
import { withTls } from './security/with-tls.ts'
import type { ConnectionFacts } from './server/broker-server.ts'
import { planPartitions } from './state/add-partitions.ts'
import { BrokerConfigs } from './state/broker-configs.ts'
import { ClusterState } from './state/cluster-state.ts'
import type { CoordinatorKind } from './state/coordinators.ts'
import { createTopic } from './state/create-topic.ts'
import { internalTopicOf, partitionOfKey } from './state/internal-topics.ts'
import type { Partition } from './state/partition.ts'
import type { Topic } from './state/topic.ts'
import type { PushedMetrics } from './telemetry/telemetry.ts'
import { type AdjustableRuntime, adjustable } from './time/adjustable-runtime.ts'
import { type BrokerTime, brokerTime } from './time/broker-time.ts'

import { offerOf } from './versions/offer.ts'
import { releases } from './versions/releases.ts'
import { telemetryApis } from './versions/telemetry-apis.ts'

/** One broker of the cluster, to be stopped and started. */
export interface BrokerNodeHandle {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly state: ProcessState
  /** Starts it again, on the port that it had, with the records that it had. */
  start(): Promise<void>
  /** Ends it in peace: others lead its partitions before it hangs up. */
  stop(): Promise<void>
  /**
   * Ends it as `kill -9` does: connections break, and the cluster finds out after `broker.session.timeout.ms`. Its
   * records stay, but for those that followers do not have and a new leader does without.
   */
  kill(): Promise<void>
  /** `stop`, or `kill` when it is paused, and `start`. */
  restart(): Promise<void>
  /** Holds it still as `kill -STOP` does: connections stay open and nothing is answered. */
  pause(): void
  /** Ends the pause. */
  resume(): void
  /** Closes the connections of clients that the filter picks, all without one, and gives their number. */
  dropConnections(filter?: (connection: ConnectionFacts) => boolean): number
}

/** A partition as the cluster has it at this moment. */
export interface PartitionStatus {
  /** The leader's id; -1: there is none. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  /** The replicas that are in sync. */
  readonly isr: readonly number[]
  /** The leader's; -1 when there is none. */
  readonly startOffset: number
  readonly highWatermark: number
  /** Where the log of each replica ends, by broker id. */
  readonly endOffsets: ReadonlyMap<number, number>
}

/** A running broker, or a cluster of them, for development and tests; see `startBroker`. */
export interface Broker extends AsyncDisposable {
  /** What clients take for `brokers`, as `['127.0.0.1:53211']`: the addresses of all brokers. */
  readonly brokers: string[]
  /** Of the first broker. */
  readonly host: string
  /** Of the first broker. */
  readonly port: number
  /** Kafka's 22-character form. */
  readonly clusterId: string
  readonly nodes: readonly BrokerNodeHandle[]
  /** What is to go wrong: cut connections, errors, delays and more, for requests of your choice. */
  readonly faults: Faults
  /** Its clock and timers, and those of the clients that `kafka` makes. */
  readonly time: BrokerTime
  /** The metrics that clients have pushed, the oldest first; the last 1000. None without the option `telemetry`. */
  readonly telemetry: readonly PushedMetrics[]
  /** @throws ConfigurationError when there is no broker of this id */
  node(id: number): BrokerNodeHandle
  /** A `Kafka` for this broker, in the same runtime. It is closed with the broker, if not before. */
  kafka(options?: Omit<KafkaOptions, 'brokers' | 'runtime'>): Kafka
  /** @throws ConfigurationError for a topic that cannot be, or is there already */
  createTopic(name: string, topic?: number | TopicOptions): void
  /**
   * Gives the topic partitions, up to `count` in all.
   *
   * @throws ConfigurationError when there is no such topic, or it has as many
   */
  addPartitions(name: string, count: number): void
  /** @throws ConfigurationError when there is no such topic */
  deleteTopic(name: string): void
  /** @throws ConfigurationError when there is no such partition */
  partition(topic: string, index: number): PartitionStatus
  /**
   * Makes `to`, a replica that is in sync, the leader; the next such replica when it is left out.
   *
   * @throws ConfigurationError when it cannot lead
   */
  moveLeader(topic: string, index: number, to?: number): void
  /**
   * Makes another broker the coordinator of a group (or of a transactional id, or a share partition): `to`, or the next
   * in sync.
   *
   * @throws ConfigurationError when it cannot be
   */
  moveCoordinator(key: string, to?: number, kind?: CoordinatorKind): void
  /**
   * Makes another broker the one that clients are told of as the controller: `to`, or the next that is alive.
   *
   * @throws ConfigurationError when it is not alive
   */
  moveController(to?: number): void
  /** Cuts the link between two brokers, or between a broker and the controller. Clients reach both all the same. */
  cut(a: number | 'controller', b: number | 'controller'): void
  /** Mends the link between the two; without them, all links. */
  heal(a?: number | 'controller', b?: number | 'controller'): void
  /** Closes what `kafka` has made, drops all connections and forgets everything. Idempotent. */
  close(): Promise<void>
}

/**
 * Starts a Kafka cluster inside this process, on free ports of the loopback interface, in a few milliseconds: one broker,
 * or as many as `brokers` says. It answers any Kafka client, and behaves as Kafka 4.3 does.
 *
 * **It is for development and tests.** Records are kept in memory alone: nothing survives `close`, and when
 * `maxStoredBytes` are used up producing fails.
 *
 * ```ts
 * await using broker = await startBroker({ topics: { orders: 3 } })
 * const kafka = broker.kafka({ clientId: 'test' })
 * ```
 *
 * @throws ConfigurationError for an option, a config or a topic that cannot be
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const checked = checkBrokerOptions(options)
  const { topics, port, host, version, maxStoredBytes, delays, sasl, authorizer } = checked
  const runtime = adjustable(withTls(checked.runtime ?? nodeRuntime(), checked.tls))
  const logger = checked.logger ?? silentLogger
  const delay = (between: Delay) => drawn(between, runtime)
  const configs = new BrokerConfigs(clusterConfigs(checked.configs, checked.brokers))
  const security = await Security.of(runtime, configs, { sasl, authorizer })
  const cluster = new ClusterState({
    runtime,
    configs,
    security,
    maxStoredBytes,
    offer: offerOf(
      releases[version],
      guarded(handlers, security),
      checked.telemetry ? telemetryApis(version) : [],
    ),
    delays: {
      replicationMs: delay(delays.replicationMs),
      metadataMs: delay(delays.metadataMs),
      coordinatorLoadMs: delay(delays.coordinatorLoadMs),
    },
  })
  const faults = new FaultRules({ world: matchableIn(cluster), runtime, logger })
  const broker = new RunningBroker(cluster, faults, runtime, checked.logger)
  try {
    for (let index = 0; index < checked.brokers; index++) {
      const ownPort = port === 0 ? 0 : port + index
      const rack = checked.racks[index] ?? null
      const process = new BrokerProcess(cluster, {
        id: index + 1,
        host,
        port: ownPort,
        rack,
        runtime,
        logger,
        faults,
      })
      await process.start()
    }
    for (const [name, topic] of Object.entries(topics)) broker.createTopic(name, topic)
    return broker
  } catch (error) {
    await broker.close()
    throw error
  }
}

/** With several brokers, topics are on three of them unless it is said otherwise. Kafka's default is one. */
function clusterConfigs(
  configs: Readonly<Record<string, string>>,
  brokers: number,
): Readonly<Record<string, string>> {
  return { 'default.replication.factor': String(Math.min(3, brokers)), ...configs }
}

function drawn(between: Delay, runtime: Runtime): () => number {
  const [least, most] = typeof between === 'number' ? [between, between] : between
  return least === most ? () => least : () => least + runtime.random.unit() * (most - least)
}

/** What rules of faults may speak of. */
function matchableIn(cluster: ClusterState): Matchable {
  return {
    nodeIds: () => [...cluster.nodes()].map(({ id }) => id),
    topicNames: () => [...cluster.topics].map(({ name }) => name),
    apis: new Map([...cluster.offer.handlers.values()].map(({ api }) => [api.key, api.name])),
  }
}

class RunningBroker implements Broker {
  readonly clusterId: string
  readonly faults: Faults
  readonly time: BrokerTime
  readonly #cluster: ClusterState
  readonly #runtime: Runtime
  readonly #logger: Logger | undefined
  readonly #clients = new Set<Kafka>()
  #closing: Promise<void> | undefined

  constructor(cluster: ClusterState, faults: Faults, runtime: AdjustableRuntime, logger: Logger | undefined) {
    this.clusterId = cluster.clusterId
    this.faults = faults
    this.time = brokerTime(runtime)
    this.#cluster = cluster
    this.#runtime = runtime
    this.#logger = logger
    rememberCluster(this, cluster)
  }

  get brokers(): string[] {
    return this.nodes.map(({ host, port }) => `${host}:${port}`)
  }

  get host(): string {
    return this.nodes[0].host
  }

  get port(): number {
    return this.nodes[0].port
  }

  get nodes(): readonly BrokerNodeHandle[] {
    return [...this.#cluster.processes()].map((process) => new NodeHandle(process))
  }

  get telemetry(): readonly PushedMetrics[] {
    return this.#cluster.telemetry.pushed
  }

  node(id: number): BrokerNodeHandle {
    const process = this.#cluster.process(id)
    if (process === undefined) throw new ConfigurationError(`there is no broker ${id} in this cluster`)
    return new NodeHandle(process)
  }

  kafka(options: Omit<KafkaOptions, 'brokers' | 'runtime'> = {}): Kafka {
    if (this.#cluster.security.sasl !== undefined) {
      throw new ConfigurationError(
        'kafka: a broker with sasl asks for a login, and this client cannot log in yet',
      )
    }
    const kafka = new Kafka({
      ...(this.#logger !== undefined && { logger: this.#logger }),
      ...options,
      brokers: this.brokers,
      runtime: this.#runtime,
    })
    this.#clients.add(kafka)
    return kafka
  }

  createTopic(name: string, topic: number | TopicOptions = {}): void {
    const { partitions, replicas, configs } = checkTopicOptions(name, topic)
    const created = createTopic(this.#cluster, {
      name,
      partitions,
      replicationFactor: replicas,
      configs: Object.entries(configs).map(([config, value]) => ({ name: config, value: String(value) })),
    })
    if ('errorCode' in created) {
      throw new ConfigurationError(`the topic "${name}" cannot be: ${created.errorMessage}`)
    }
  }

  addPartitions(name: string, count: number): void {
    const topic = this.#topic(name)
    const assignments = planPartitions(this.#cluster, topic, count, null)
    if ('errorCode' in assignments) {
      throw new ConfigurationError(`"${name}" cannot have ${count} partitions: ${assignments.errorMessage}`)
    }
    this.#cluster.controller.addPartitions(topic, assignments)
  }

  deleteTopic(name: string): void {
    this.#cluster.controller.deleteTopic(this.#topic(name))
  }

  partition(topic: string, index: number): PartitionStatus {
    const truth = this.#partition(topic, index)
    const { leaderId, leaderEpoch, replicas, isr } = truth
    const replicaOf = (id: number) => this.#cluster.process(id)?.replicas.replicaOf(truth.topic.id, index)
    const leader = replicaOf(leaderId)
    return {
      leader: leaderId,
      leaderEpoch,
      replicas,
      isr,
      startOffset: leader?.log.startOffset ?? -1,
      highWatermark: leader?.highWatermark ?? -1,
      endOffsets: new Map(replicas.map((id) => [id, replicaOf(id)?.log.endOffset ?? 0])),
    }
  }

  moveLeader(topic: string, index: number, to?: number): void {
    const partition = this.#partition(topic, index)
    const target = to ?? nextInSync(partition)
    const outcome = this.#cluster.controller.elect(partition.topic, index, target)
    if (outcome === 'elected' || (outcome === 'not needed' && to !== undefined)) return
    throw new ConfigurationError(
      `broker ${target} cannot lead ${topic}[${index}] now: it is not in sync, or not alive`,
    )
  }

  moveCoordinator(key: string, to?: number, kind: CoordinatorKind = 'group'): void {
    this.#cluster.createInternalTopic(kind)
    const { name, partitions } = internalTopicOf(kind, this.#cluster.configs)
    this.moveLeader(name, partitionOfKey(key, partitions), to)
  }

  moveController(to?: number): void {
    this.#cluster.moveController(to)
  }

  cut(a: Place, b: Place): void {
    this.#cluster.cut(a, b)
  }

  heal(a?: Place, b?: Place): void {
    if (a === undefined || b === undefined) this.#cluster.mendAll()
    else this.#cluster.mend(a, b)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.faults.clear()
    await Promise.all([...this.#clients].map((kafka) => kafka.close()))
    const processes = [...this.#cluster.processes()]
    await Promise.all(processes.map((process) => process.end()))
    this.#cluster.close()
  }

  #topic(name: string): Topic {
    const topic = this.#cluster.topics.byName(name)
    if (topic === undefined) throw new ConfigurationError(`there is no topic "${name}"`)
    return topic
  }

  #partition(topic: string, index: number): Partition {
    const partition = this.#topic(topic).partitions[index]
    if (partition === undefined) throw new ConfigurationError(`"${topic}" has no partition ${index}`)
    return partition
  }
}

/** The in-sync replica after the leader, going round. */
function nextInSync({ replicas, isr, leaderId }: Partition): number {
  const candidates = replicas.filter((id) => isr.includes(id))
  return candidates[(candidates.indexOf(leaderId) + 1) % candidates.length]
}

class NodeHandle implements BrokerNodeHandle {
  readonly #process: BrokerProcess

  constructor(process: BrokerProcess) {
    this.#process = process
  }

  get id(): number {
    return this.#process.id
  }

  get host(): string {
    return this.#process.node.host
  }

  get port(): number {
    return this.#process.node.port
  }

  get state(): ProcessState {
    return this.#process.state
  }

  start(): Promise<void> {
    return this.#process.start()
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }

  kill(): Promise<void> {
    return this.#process.kill()
  }

  async restart(): Promise<void> {
    if (this.state === 'running') await this.stop()
    else if (this.state === 'paused') await this.kill()
    await this.start()
  }

  pause(): void {
    this.#process.pause()
  }

  resume(): void {
    this.#process.resume()
  }

  dropConnections(filter?: (connection: ConnectionFacts) => boolean): number {
    return this.#process.dropConnections(filter)
  }
}
