/** The configuration of a broker, a controller and ZooKeeper, as plain properties. */
import type { Properties } from './options.ts'
import type { Address } from './raw-request.ts'
import type { VersionTraits } from './versions.ts'

export const CONTROLLER_LISTENER = 'CONTROLLER'
/** How long a broker that ZooKeeper does not hear of is taken to live, and the granularity of that. */
const ZOOKEEPER_SESSION_MS = 6_000
const ZOOKEEPER_TICK_MS = 2_000
/** The longest that the place of a killed broker stays taken. */
export const ZOOKEEPER_REGISTRATION_MS = ZOOKEEPER_SESSION_MS + 2 * ZOOKEEPER_TICK_MS

export interface Listener {
  name: string
  protocol: string
  /** `host:port` that it binds; the host may be empty for all interfaces. */
  bind: string
  /** `host:port` that others are told; none for a controller's. */
  advertised?: string
}

/**
 * What every broker of a test has: everything at once in place of after a while, and little memory and few files for the
 * internal topics, since a test has one group or two.
 */
export function brokerConfig(traits: VersionTraits, brokers: number): Properties {
  const replicas = String(brokers)
  const minIsr = brokers === 1 ? '1' : '2'
  return {
    'group.initial.rebalance.delay.ms': '0',
    'default.replication.factor': replicas,
    'min.insync.replicas': minIsr,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': minIsr,
    'transaction.state.log.num.partitions': '4',
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '200',
    'log.cleaner.dedupe.buffer.size': String(16 * 1024 * 1024),
    'log.cleaner.backoff.ms': '500',
    ...(traits.shareGroups && {
      'share.coordinator.state.topic.replication.factor': replicas,
      'share.coordinator.state.topic.min.isr': minIsr,
      'share.coordinator.state.topic.num.partitions': '4',
    }),
  }
}

/** The part of a KRaft node that says who it is and where it listens. */
export function kraftConfig(node: {
  id: number
  roles: readonly ('broker' | 'controller')[]
  /** `id@host:port` of each controller. */
  voters: readonly string[]
  listeners: readonly Listener[]
  /** The listener through which brokers talk to each other. */
  interBroker: string
  logDir: string
}): Properties {
  return {
    'process.roles': node.roles.join(','),
    'node.id': String(node.id),
    'controller.quorum.voters': node.voters.join(','),
    'controller.listener.names': CONTROLLER_LISTENER,
    ...listenerConfig(node.listeners),
    // A controller alone has no such listener, and must still know its protocol.
    ...(node.roles.includes('broker') && { 'inter.broker.listener.name': node.interBroker }),
    // A dead broker is noticed in 4 s in place of 9.
    'broker.heartbeat.interval.ms': '1000',
    'broker.session.timeout.ms': '4000',
    'log.dirs': node.logDir,
  }
}

/** The part of a broker with ZooKeeper that says who it is and where it listens. */
export function zookeeperBrokerConfig(node: {
  id: number
  zookeeper: string
  listeners: readonly Listener[]
  interBroker: string
  logDir: string
}): Properties {
  return {
    'broker.id': String(node.id),
    'zookeeper.connect': node.zookeeper,
    'zookeeper.session.timeout.ms': String(ZOOKEEPER_SESSION_MS),
    ...listenerConfig(node.listeners),
    'inter.broker.listener.name': node.interBroker,
    'log.dirs': node.logDir,
  }
}

export function zookeeperConfig({ host, port }: Address, dataDir: string): Properties {
  return {
    clientPort: String(port),
    clientPortAddress: host,
    dataDir,
    tickTime: String(ZOOKEEPER_TICK_MS),
    maxClientCnxns: '0',
    'admin.enableServer': 'false',
  }
}

function listenerConfig(listeners: readonly Listener[]): Properties {
  const protocols = new Map(listeners.map(({ name, protocol }) => [name, protocol]))
  if (!protocols.has(CONTROLLER_LISTENER)) protocols.set(CONTROLLER_LISTENER, 'PLAINTEXT')
  const advertised = listeners.filter((listener) => listener.advertised !== undefined)
  return {
    listeners: listeners.map(({ name, bind }) => `${name}://${bind}`).join(','),
    ...(advertised.length > 0 && {
      'advertised.listeners': advertised
        .map((listener) => `${listener.name}://${listener.advertised}`)
        .join(','),
    }),
    'listener.security.protocol.map': [...protocols]
      .map(([name, protocol]) => `${name}:${protocol}`)
      .join(','),
  }
}

/** The text of a properties file; backslashes and line ends in values are written so that Java reads them back. */
export function propertiesText(properties: Properties): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`)
    .join('')
}
