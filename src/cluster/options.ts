import type { ConnectionOptions } from '../network/connection.ts'
import type { Dialer, MapAddress } from '../network/dialer.ts'
import { OptionChecks } from '../option-checks.ts'
import { nodeRuntime } from '../runtime/node.ts'
import type { Logger, Runtime, SocketAddress } from '../runtime/runtime.ts'

/** How to find a cluster and how to talk to it; shared by all clients of it. */
export interface ClusterOptions {
  /** Addresses to begin with, as `host:port` or `[::1]:9092`; the others are learned from these. */
  brokers: readonly string[]
  /** Names this client in the brokers' logs, metrics and quotas. Default: `odradek`. */
  clientId?: string
  /** Time, chance and sockets. Default: Node's. */
  runtime?: Runtime
  /** Where log lines go, of the shape that Pino has. Default: nowhere. */
  logger?: Logger
  /** How long one request waits for its answer, in milliseconds. Default: 30,000. */
  requestTimeoutMs?: number
  /** How long all of connecting to a broker may take, in milliseconds. Default: 10,000. */
  connectTimeoutMs?: number
  /** A connection that was not used for so long is closed, in milliseconds. Default: 540,000, as Java's. */
  connectionsMaxIdleMs?: number
  /** The largest response that is taken, in bytes. Default: 104,857,600 (100 MiB), what brokers take as a request. */
  maxResponseBytes?: number
  /** Metadata is asked for again when it is older, in milliseconds. Default: 300,000. */
  metadataMaxAgeMs?: number
  /** A topic that nobody used for so long is not asked for any more, in milliseconds. Default: 300,000. */
  metadataMaxIdleMs?: number
  /** Without any metadata for so long the brokers are looked for anew (KIP-1102), in milliseconds. Default: 300,000. */
  metadataRebootstrapTriggerMs?: number
  /** The pause before a first retry, in milliseconds; it doubles with each further one (KIP-580). Default: 100. */
  retryBackoffMs?: number
  /** The longest pause between two retries, in milliseconds. Default: 1,000. */
  retryBackoffMaxMs?: number
  /** The pause before connecting again to a broker that failed, in milliseconds; it doubles. Default: 50. */
  reconnectBackoffMs?: number
  /** The longest pause before connecting again, in milliseconds. Default: 1,000. */
  reconnectBackoffMaxMs?: number
  /** Connects by a way of its own, as through a proxy or a tunnel. */
  dialer?: Dialer
  /** Puts another address in place of the one that a broker advertises. */
  mapAddress?: MapAddress
}

/** The options with every default filled in. */
export interface ClusterSettings {
  readonly bootstrap: readonly SocketAddress[]
  readonly runtime: Runtime
  readonly logger: Logger
  readonly requestTimeoutMs: number
  readonly metadataMaxAgeMs: number
  readonly metadataMaxIdleMs: number
  readonly metadataRebootstrapTriggerMs: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  readonly reconnectBackoffMs: number
  readonly reconnectBackoffMaxMs: number
  /** What every connection is made with. */
  readonly connection: Omit<ConnectionOptions, 'host' | 'port' | 'brokerId'>
}

export const SOFTWARE_NAME = 'odradek'
export const SOFTWARE_VERSION = '0.1.0'

/** Checks the options and fills in the defaults. Throws `ConfigurationError`. */
export function checkClusterOptions(options: ClusterOptions): ClusterSettings {
  const checks = new OptionChecks('kafka', options)
  const bootstrap = bootstrapAddresses(checks)
  const clientId = checks.name('clientId') ?? SOFTWARE_NAME
  const runtime = (checks.value('runtime') as Runtime | undefined) ?? nodeRuntime()
  const logger = (checks.value('logger') as Logger | undefined) ?? silent
  const requestTimeoutMs = checks.integer('requestTimeoutMs', 30_000, 1)
  const settings: ClusterSettings = {
    bootstrap,
    runtime,
    logger,
    requestTimeoutMs,
    metadataMaxAgeMs: checks.integer('metadataMaxAgeMs', 300_000, 1),
    metadataMaxIdleMs: checks.integer('metadataMaxIdleMs', 300_000, 1),
    metadataRebootstrapTriggerMs: checks.integer('metadataRebootstrapTriggerMs', 300_000, 1),
    retryBackoffMs: checks.integer('retryBackoffMs', 100, 0),
    retryBackoffMaxMs: checks.integer('retryBackoffMaxMs', 1000, 0),
    reconnectBackoffMs: checks.integer('reconnectBackoffMs', 50, 0),
    reconnectBackoffMaxMs: checks.integer('reconnectBackoffMaxMs', 1000, 0),
    connection: {
      runtime,
      logger,
      clientId,
      softwareName: SOFTWARE_NAME,
      softwareVersion: SOFTWARE_VERSION,
      requestTimeoutMs,
      connectTimeoutMs: checks.integer('connectTimeoutMs', 10_000, 1),
      idleTimeoutMs: checks.integer('connectionsMaxIdleMs', 540_000, 1),
      maxResponseBytes: checks.integer('maxResponseBytes', 104_857_600, 1024),
      dialer: checks.function<Dialer>('dialer'),
      mapAddress: checks.function<MapAddress>('mapAddress'),
    },
  }
  checks.finish()
  return settings
}

function bootstrapAddresses(checks: OptionChecks): SocketAddress[] {
  const brokers = checks.value('brokers')
  const rule = "must be a list of addresses like 'localhost:9092'"
  if (!Array.isArray(brokers) || brokers.length === 0) return checks.refuse('brokers', rule)
  return brokers.map(
    (broker) => (typeof broker === 'string' && parseAddress(broker)) || checks.refuse('brokers', rule),
  )
}

/** `host:port`, or `[address]:port` for IPv6; undefined for anything else. */
export function parseAddress(text: string): SocketAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(text)
  if (match === null) return undefined
  const port = Number(match[3])
  return port >= 1 && port <= 65_535 ? { host: match[1] ?? match[2], port } : undefined
}

const nothing = () => {}
const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
