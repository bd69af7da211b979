import { ConfigurationError } from '../../errors.ts'
import { nearestName } from '../../option-checks.ts'
import { type ConfigDefinition, listWords, valueProblem } from './config-definition.ts'
import { type ConfigValue, configSources } from './config-sources.ts'

const longMost = '9223372036854775807'

/** The broker configs that act here, by Kafka's names and, but for one, with Kafka 4.3's defaults. */
export const brokerConfigDefinitions: readonly ConfigDefinition[] = [
  { name: 'auto.create.topics.enable', type: 'boolean', defaultValue: 'true' },
  { name: 'auto.leader.rebalance.enable', type: 'boolean', defaultValue: 'true' },
  { name: 'broker.rack', type: 'string', defaultValue: '' },
  // Kafka waits 9000 ms for a broker that it hears nothing of; a test should not.
  { name: 'broker.session.timeout.ms', type: 'int', defaultValue: '500', least: 0n },
  { name: 'connections.max.idle.ms', type: 'long', defaultValue: '600000' },
  { name: 'default.replication.factor', type: 'int', defaultValue: '1', least: 1n },
  { name: 'delegation.token.expiry.time.ms', type: 'long', defaultValue: '86400000', least: 1n },
  { name: 'delegation.token.max.lifetime.ms', type: 'long', defaultValue: '604800000', least: 1n },
  { name: 'delete.topic.enable', type: 'boolean', defaultValue: 'true' },
  { name: 'fetch.max.bytes', type: 'int', defaultValue: '57671680', least: 1024n },
  { name: 'group.consumer.assignment.interval.ms', type: 'int', defaultValue: '1000', least: 0n },
  {
    name: 'group.consumer.assignors',
    type: 'list',
    defaultValue: 'uniform,range',
    values: ['uniform', 'range'],
  },
  { name: 'group.consumer.heartbeat.interval.ms', type: 'int', defaultValue: '5000', least: 1n },
  { name: 'group.consumer.max.assignment.interval.ms', type: 'int', defaultValue: '15000', least: 0n },
  { name: 'group.consumer.max.heartbeat.interval.ms', type: 'int', defaultValue: '15000', least: 1n },
  { name: 'group.consumer.max.session.timeout.ms', type: 'int', defaultValue: '60000', least: 1n },
  { name: 'group.consumer.max.size', type: 'int', defaultValue: '2147483647', least: 1n },
  {
    name: 'group.consumer.migration.policy',
    type: 'string',
    defaultValue: 'bidirectional',
    values: ['bidirectional', 'upgrade', 'downgrade', 'disabled'],
  },
  { name: 'group.consumer.min.assignment.interval.ms', type: 'int', defaultValue: '0', least: 0n },
  { name: 'group.consumer.min.heartbeat.interval.ms', type: 'int', defaultValue: '5000', least: 1n },
  { name: 'group.consumer.min.session.timeout.ms', type: 'int', defaultValue: '45000', least: 1n },
  { name: 'group.consumer.session.timeout.ms', type: 'int', defaultValue: '45000', least: 1n },
  // Kafka waits 3000 ms for more members; a test should not.
  { name: 'group.initial.rebalance.delay.ms', type: 'int', defaultValue: '0', least: 0n },
  { name: 'group.max.session.timeout.ms', type: 'int', defaultValue: '1800000' },
  { name: 'group.max.size', type: 'int', defaultValue: '2147483647', least: 1n },
  { name: 'group.min.session.timeout.ms', type: 'int', defaultValue: '6000' },
  { name: 'leader.imbalance.check.interval.seconds', type: 'long', defaultValue: '300', least: 1n },
  { name: 'group.share.assignment.interval.ms', type: 'int', defaultValue: '1000', least: 0n },
  { name: 'group.share.delivery.count.limit', type: 'int', defaultValue: '5', least: 2n },
  { name: 'group.share.heartbeat.interval.ms', type: 'int', defaultValue: '5000', least: 1n },
  { name: 'group.share.max.assignment.interval.ms', type: 'int', defaultValue: '15000', least: 0n },
  { name: 'group.share.max.delivery.count.limit', type: 'int', defaultValue: '10', least: 5n },
  { name: 'group.share.max.heartbeat.interval.ms', type: 'int', defaultValue: '15000', least: 1n },
  { name: 'group.share.max.partition.max.record.locks', type: 'int', defaultValue: '4000', least: 2000n },
  { name: 'group.share.max.record.lock.duration.ms', type: 'int', defaultValue: '60000', least: 30000n },
  { name: 'group.share.max.session.timeout.ms', type: 'int', defaultValue: '60000', least: 1n },
  { name: 'group.share.max.share.sessions', type: 'int', defaultValue: '2000', least: 1n },
  { name: 'group.share.max.size', type: 'int', defaultValue: '200', least: 1n },
  { name: 'group.share.min.assignment.interval.ms', type: 'int', defaultValue: '0', least: 0n },
  { name: 'group.share.min.delivery.count.limit', type: 'int', defaultValue: '2', least: 2n },
  { name: 'group.share.min.heartbeat.interval.ms', type: 'int', defaultValue: '5000', least: 1n },
  { name: 'group.share.min.partition.max.record.locks', type: 'int', defaultValue: '100', least: 100n },
  { name: 'group.share.min.record.lock.duration.ms', type: 'int', defaultValue: '15000', least: 1000n },
  { name: 'group.share.min.session.timeout.ms', type: 'int', defaultValue: '45000', least: 1n },
  { name: 'group.share.partition.max.record.locks', type: 'int', defaultValue: '2000', least: 100n },
  { name: 'group.share.record.lock.duration.ms', type: 'int', defaultValue: '30000', least: 1000n },
  { name: 'group.share.session.timeout.ms', type: 'int', defaultValue: '45000', least: 1n },
  { name: 'log.cleaner.backoff.ms', type: 'long', defaultValue: '15000', least: 0n },
  { name: 'log.cleaner.enable', type: 'boolean', defaultValue: 'true' },
  { name: 'log.cleanup.policy', type: 'list', defaultValue: 'delete', values: ['compact', 'delete'] },
  { name: 'log.message.timestamp.after.max.ms', type: 'long', defaultValue: '3600000', least: 0n },
  { name: 'log.message.timestamp.before.max.ms', type: 'long', defaultValue: longMost, least: 0n },
  {
    name: 'log.message.timestamp.type',
    type: 'string',
    defaultValue: 'CreateTime',
    values: ['CreateTime', 'LogAppendTime'],
  },
  { name: 'log.retention.bytes', type: 'long', defaultValue: '-1' },
  { name: 'log.retention.check.interval.ms', type: 'long', defaultValue: '300000', least: 1n },
  { name: 'log.retention.ms', type: 'long', defaultValue: '604800000', least: -1n },
  { name: 'max.incremental.fetch.session.cache.slots', type: 'int', defaultValue: '1000', least: 0n },
  { name: 'message.max.bytes', type: 'int', defaultValue: '1048588', least: 0n },
  { name: 'min.insync.replicas', type: 'int', defaultValue: '1', least: 1n },
  { name: 'num.partitions', type: 'int', defaultValue: '1', least: 1n },
  { name: 'offset.metadata.max.bytes', type: 'int', defaultValue: '4096' },
  { name: 'offsets.retention.minutes', type: 'int', defaultValue: '10080', least: 1n },
  { name: 'offsets.topic.num.partitions', type: 'int', defaultValue: '50', least: 1n },
  // As many as there are brokers, when they are fewer.
  { name: 'offsets.topic.replication.factor', type: 'short', defaultValue: '3', least: 1n },
  { name: 'producer.id.expiration.ms', type: 'int', defaultValue: '86400000', least: 1n },
  { name: 'replica.lag.time.max.ms', type: 'long', defaultValue: '30000', least: 1n },
  { name: 'replica.selector.class', type: 'string', defaultValue: '' },
  { name: 'share.coordinator.state.topic.num.partitions', type: 'int', defaultValue: '50', least: 1n },
  { name: 'share.coordinator.state.topic.replication.factor', type: 'short', defaultValue: '3', least: 1n },
  { name: 'socket.request.max.bytes', type: 'int', defaultValue: '104857600', least: 1n },
  {
    name: 'transaction.abort.timed.out.transaction.cleanup.interval.ms',
    type: 'int',
    defaultValue: '10000',
    least: 1n,
  },
  { name: 'transaction.max.timeout.ms', type: 'int', defaultValue: '900000', least: 1n },
  { name: 'transaction.partition.verification.enable', type: 'boolean', defaultValue: 'true' },
  { name: 'transaction.state.log.num.partitions', type: 'int', defaultValue: '50', least: 1n },
  { name: 'transaction.state.log.replication.factor', type: 'short', defaultValue: '3', least: 1n },
  { name: 'transactional.id.expiration.ms', type: 'int', defaultValue: '604800000', least: 1n },
  { name: 'unclean.leader.election.enable', type: 'boolean', defaultValue: 'false' },
]

const definitionsByName = new Map(brokerConfigDefinitions.map((definition) => [definition.name, definition]))

/** The broker configs, parsed. */
export interface BrokerSettings {
  readonly autoCreateTopics: boolean
  readonly autoLeaderRebalance: boolean
  readonly brokerSessionTimeoutMs: number
  readonly connectionsMaxIdleMs: number
  readonly defaultReplicationFactor: number
  readonly deleteTopicEnable: boolean
  readonly fetchMaxBytes: number
  /** The default first. */
  readonly groupConsumerAssignors: readonly string[]
  readonly groupConsumerMaxSize: number
  /** `upgrade`, `downgrade`, `bidirectional` or `disabled`. */
  readonly groupConsumerMigrationPolicy: string
  readonly groupInitialRebalanceDelayMs: number
  readonly groupMaxSessionTimeoutMs: number
  readonly groupMaxSize: number
  readonly groupMinSessionTimeoutMs: number
  readonly imbalanceCheckIntervalMs: number
  readonly shareGroupMaxSize: number
  readonly shareSessionsMax: number
  readonly retentionCheckIntervalMs: number
  /** How long after one look for what can be compacted the next one comes; Infinity: never. */
  readonly compactionIntervalMs: number
  readonly fetchSessionSlots: number
  readonly numPartitions: number
  readonly offsetMetadataMaxBytes: number
  readonly offsetsRetentionMs: number
  readonly producerIdExpirationMs: number
  readonly replicaLagTimeMaxMs: number
  /** Consumers are sent to a replica in their rack (KIP-392). */
  readonly prefersNearReplicas: boolean
  readonly requestMaxBytes: number
  readonly transactionTimeoutCheckIntervalMs: number
  readonly transactionMaxTimeoutMs: number
  readonly transactionPartitionVerificationEnable: boolean
  readonly transactionalIdExpirationMs: number
  readonly tokenExpiryMs: number
  readonly tokenMaxLifetimeMs: number
}

/** The configs that Kafka lets change while a broker runs; the others are read when it starts. */
const dynamicConfigs = new Set([
  'log.cleanup.policy',
  'log.message.timestamp.after.max.ms',
  'log.message.timestamp.before.max.ms',
  'log.message.timestamp.type',
  'log.retention.bytes',
  'log.retention.ms',
  'message.max.bytes',
  'min.insync.replicas',
  'producer.id.expiration.ms',
  'transaction.partition.verification.enable',
  'unclean.leader.election.enable',
])

export function isDynamicConfig(name: string): boolean {
  return dynamicConfigs.has(name)
}

export function brokerConfigDefinition(name: string): ConfigDefinition | undefined {
  return definitionsByName.get(name)
}

type Configs = ReadonlyMap<string, string>

/** Stands for all brokers where one is named. */
export const allBrokers = ''

/** What brokers were configured with, when they started and since then, and Kafka's defaults for the rest. */
export class BrokerConfigs {
  readonly #given = new Map<string, string>()
  /** What was set while the brokers run, by the id of one, or for all. */
  readonly #dynamic = new Map<string, Configs>()
  /** The broker that is alone in the cluster, whose own configs act therefore. */
  #lone: string | undefined
  /** As they are now: who keeps the object sees changes. */
  readonly settings: BrokerSettings

  /** @throws ConfigurationError for an unknown name, with the nearest known one, or a value out of range */
  constructor(configs: Readonly<Record<string, string>> = {}) {
    for (const [name, value] of Object.entries(configs)) this.#take(name, value)
    this.settings = this.#parse()
  }

  /** The text of a config of the table above. */
  value(name: string): string {
    return this.sourcesOf(name, this.#lone)[0].value
  }

  /** It was set, when the brokers started or since then. */
  isGiven(name: string): boolean {
    return definitionsByName.has(name) && this.sourcesOf(name, this.#lone).length > 1
  }

  /** A config of the table above: where its value comes from, what holds first, down to Kafka's default. */
  sourcesOf(name: string, brokerId?: string): ConfigValue[] {
    const own = brokerId === undefined ? undefined : this.dynamicOf(brokerId).get(name)
    const [ofAll, given] = [this.dynamicOf(allBrokers).get(name), this.#given.get(name)]
    const sources: ConfigValue[] = []
    if (own !== undefined) sources.push({ name, value: own, source: configSources.dynamicBroker })
    if (ofAll !== undefined) sources.push({ name, value: ofAll, source: configSources.dynamicDefault })
    if (given !== undefined) sources.push({ name, value: given, source: configSources.staticBroker })
    const { defaultValue } = definitionsByName.get(name)!
    return [...sources, { name, value: defaultValue, source: configSources.default }]
  }

  /** What was set for a broker, or for all, while they run. */
  dynamicOf(brokerId: string): Configs {
    return this.#dynamic.get(brokerId) ?? new Map()
  }

  /**
   * Takes checked configs in the place of those that were set for a broker, or for all.
   *
   * @param isAlone there is no other broker, so that what is set for this one acts
   */
  configure(brokerId: string, configs: Configs, isAlone: boolean): void {
    this.#dynamic.set(brokerId, configs)
    if (isAlone && brokerId !== allBrokers) this.#lone = brokerId
    Object.assign(this.settings, this.#parse())
  }

  #parse(): BrokerSettings {
    const text = (name: string) => this.value(name)
    const number = (name: string) => Number(this.value(name))
    return {
      autoCreateTopics: text('auto.create.topics.enable').toLowerCase() === 'true',
      autoLeaderRebalance: text('auto.leader.rebalance.enable').toLowerCase() === 'true',
      brokerSessionTimeoutMs: number('broker.session.timeout.ms'),
      connectionsMaxIdleMs: number('connections.max.idle.ms'),
      defaultReplicationFactor: number('default.replication.factor'),
      deleteTopicEnable: text('delete.topic.enable').toLowerCase() === 'true',
      fetchMaxBytes: number('fetch.max.bytes'),
      groupConsumerAssignors: listWords(text('group.consumer.assignors')),
      groupConsumerMaxSize: number('group.consumer.max.size'),
      groupConsumerMigrationPolicy: text('group.consumer.migration.policy'),
      groupInitialRebalanceDelayMs: number('group.initial.rebalance.delay.ms'),
      groupMaxSessionTimeoutMs: number('group.max.session.timeout.ms'),
      groupMaxSize: number('group.max.size'),
      groupMinSessionTimeoutMs: number('group.min.session.timeout.ms'),
      imbalanceCheckIntervalMs: number('leader.imbalance.check.interval.seconds') * 1000,
      shareGroupMaxSize: number('group.share.max.size'),
      shareSessionsMax: number('group.share.max.share.sessions'),
      retentionCheckIntervalMs: number('log.retention.check.interval.ms'),
      compactionIntervalMs:
        text('log.cleaner.enable').toLowerCase() === 'true'
          ? number('log.cleaner.backoff.ms')
          : Number.POSITIVE_INFINITY,
      fetchSessionSlots: number('max.incremental.fetch.session.cache.slots'),
      numPartitions: number('num.partitions'),
      offsetMetadataMaxBytes: number('offset.metadata.max.bytes'),
      offsetsRetentionMs: number('offsets.retention.minutes') * 60_000,
      producerIdExpirationMs: number('producer.id.expiration.ms'),
      replicaLagTimeMaxMs: number('replica.lag.time.max.ms'),
      prefersNearReplicas: text('replica.selector.class').endsWith('RackAwareReplicaSelector'),
      requestMaxBytes: number('socket.request.max.bytes'),
      transactionTimeoutCheckIntervalMs: number(
        'transaction.abort.timed.out.transaction.cleanup.interval.ms',
      ),
      transactionMaxTimeoutMs: number('transaction.max.timeout.ms'),
      transactionPartitionVerificationEnable:
        text('transaction.partition.verification.enable').toLowerCase() === 'true',
      transactionalIdExpirationMs: number('transactional.id.expiration.ms'),
      tokenExpiryMs: number('delegation.token.expiry.time.ms'),
      tokenMaxLifetimeMs: number('delegation.token.max.lifetime.ms'),
    }
  }

  #take(name: string, value: string): void {
    const definition = definitionsByName.get(name)
    if (definition === undefined) {
      const nearest = nearestName(name, definitionsByName.keys())
      const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`
      throw new ConfigurationError(`"${name}" is not a config of the test broker${hint}`)
    }
    const problem = valueProblem(definition, String(value))
    if (problem !== undefined)
      throw new ConfigurationError(`the config ${name} cannot be "${value}": ${problem}`)
    this.#given.set(name, String(value).trim())
  }
}
