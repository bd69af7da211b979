import { ConfigurationError } from '../errors.ts'
import { Kafka, type KafkaOptions } from '../kafka.ts'
import { nodeRuntime } from '../runtime/node.ts'
import type { Logger, Runtime } from '../runtime/runtime.ts'
import { handlers } from './apis/index.ts'
import { type BrokerOptions, checkBrokerOptions, checkTopicOptions, type TopicOptions } from './options.ts'
import type { BrokerServer } from './server/broker-server.ts'
import { startNode } from './start-node.ts'
import { BrokerConfigs } from './state/broker-configs.ts'
import { ClusterState } from './state/cluster-state.ts'
import { createTopic } from './state/create-topic.ts'
import { offerOf } from './versions/offer.ts'
import { releases } from './versions/releases.ts'

const nodeId = 1

/** A running broker for development and tests; see `startBroker`. */
export interface Broker extends AsyncDisposable {
  /** What clients take for `brokers`, as `['127.0.0.1:53211']`. */
  readonly brokers: string[]
  readonly host: string
  readonly port: number
  /** Kafka's 22-character form. */
  readonly clusterId: string
  /** A `Kafka` for this broker, in the same runtime. It is closed with the broker, if not before. */
  kafka(options?: Omit<KafkaOptions, 'brokers' | 'runtime'>): Kafka
  /** Closes what `kafka` has made, drops all connections and forgets everything. Idempotent. */
  close(): Promise<void>
}

/**
 * Starts a Kafka broker inside this process, on a free port of the loopback interface, in a few milliseconds. It
 * answers any Kafka client, and behaves as Kafka 4.3 does for what it knows: producing (idempotent too), fetching,
 * the classic group protocol, topics and their configs. It has no transactions, no KIP-848 groups, no share groups
 * and no compaction.
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
  const { topics, port, host, version, configs, maxStoredBytes, ...given } = checkBrokerOptions(options)
  const runtime = given.runtime ?? nodeRuntime()
  const logger = given.logger ?? silent
  const cluster = new ClusterState({
    runtime,
    configs: new BrokerConfigs(configs),
    maxStoredBytes,
    offer: offerOf(releases[version], handlers),
  })
  let server: BrokerServer | undefined
  try {
    server = await startNode(cluster, { id: nodeId, host, port, runtime, logger })
    for (const [name, topic] of Object.entries(topics)) makeTopic(cluster, name, topic)
    return new RunningBroker(cluster, server, runtime, given.logger)
  } catch (error) {
    await server?.close()
    cluster.close()
    throw error
  }
}

function makeTopic(cluster: ClusterState, name: string, topic: number | TopicOptions): void {
  const { partitions, configs } = checkTopicOptions(name, topic)
  const created = createTopic(cluster, {
    name,
    partitions,
    configs: Object.entries(configs).map(([config, value]) => ({ name: config, value: String(value) })),
  })
  if ('errorCode' in created)
    throw new ConfigurationError(`the topic "${name}" cannot be: ${created.errorMessage}`)
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

class RunningBroker implements Broker {
  readonly host: string
  readonly port: number
  readonly clusterId: string
  readonly #cluster: ClusterState
  readonly #server: BrokerServer
  readonly #runtime: Runtime
  readonly #logger: Logger | undefined
  readonly #clients = new Set<Kafka>()
  #closing: Promise<void> | undefined

  constructor(cluster: ClusterState, server: BrokerServer, runtime: Runtime, logger: Logger | undefined) {
    const node = cluster.node(nodeId)!
    this.host = node.host
    this.port = node.port
    this.clusterId = cluster.clusterId
    this.#cluster = cluster
    this.#server = server
    this.#runtime = runtime
    this.#logger = logger
  }

  get brokers(): string[] {
    return [`${this.host}:${this.port}`]
  }

  kafka(options: Omit<KafkaOptions, 'brokers' | 'runtime'> = {}): Kafka {
    const kafka = new Kafka({
      ...(this.#logger !== undefined && { logger: this.#logger }),
      ...options,
      brokers: this.brokers,
      runtime: this.#runtime,
    })
    this.#clients.add(kafka)
    return kafka
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#clients].map((kafka) => kafka.close()))
    await this.#server.close()
    this.#cluster.close()
  }
}
