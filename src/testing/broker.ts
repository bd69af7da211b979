import { nodeRuntime } from '../runtime/node.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { silentLogger } from '../runtime/silent-logger.ts'
import { handlers } from './apis/index.ts'
import type { Matchable } from './faults/fault-match.ts'
import { FaultRules } from './faults/fault-rules.ts'
import type { Broker } from './handle/broker-handle.ts'
import { RunningBroker } from './handle/running-broker.ts'
import { BrokerProcess } from './node/broker-process.ts'
import { type BrokerOptions, checkBrokerOptions, type Delay } from './options.ts'
import { guarded } from './security/guards/guarded.ts'
import { Security } from './security/security.ts'
import { withTls } from './security/with-tls.ts'
import { BrokerConfigs } from './state/broker-configs.ts'
import { ClusterState } from './state/cluster-state.ts'
import { adjustable } from './time/adjustable-runtime.ts'
import { offerOf } from './versions/offer.ts'
import { releases } from './versions/releases.ts'
import { telemetryApis } from './versions/telemetry-apis.ts'

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
