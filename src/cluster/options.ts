import { ConfigurationError } from '../errors.ts'
import type { ConnectionOptions } from '../network/connection-options.ts'
import type { Dialer, MapAddress } from '../network/dialer.ts'
import { OptionChecks } from '../option-checks.ts'
import { nodeRuntime } from '../runtime/node.ts'
import type { Logger, Runtime, SocketAddress } from '../runtime/runtime.ts'
import { silentLogger } from '../runtime/silent-logger.ts'

/** How to find a cluster and how to talk to it; shared by all clients of it. */
export interface ClusterOptions {
  /**
   * Addresses to begin with, as `host:port` or `[::1]:9092`; all brokers are learned from whichever of them
   * answers. A name may stand for several addresses, which are all tried.
   */
  brokers: readonly string[]
  /** Names this client in the brokers' logs, metrics and quotas. Default: `odradek`. */
  clientId?: string
  /** Time, chance and sockets. Default: Node's. */
  runtime?: Runtime
  /** Where log lines go, of the shape that Pino has. Default: nowhere. */
  logger?: Logger
  /** How long one request waits for its answer, in milliseconds. Default: 30,000. */
  requestTimeoutMs?: number
  /** How long a call may take with all its retries when it is not told otherwise, in milliseconds. Default: 60,000. */
  defaultApiTimeoutMs?: number
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
  /**
   * When metadata was asked for in vain for so long, the brokers that are known are given up and looked for anew at
   * `brokers` (KIP-1102), in milliseconds. Default: 300,000.
   */
  metadataRecoveryRebootstrapTriggerMs?: number
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
  /** Puts another address in place of the one that a broker advertises, as behind port forwarding. */
  mapAddress?: MapAddress
}

/** The options with every default filled in. */
export interface ClusterSettings {
  readonly bootstrap: readonly SocketAddress[]
  readonly runtime: Runtime
  readonly logger: Logger
  readonly requestTimeoutMs: number
  readonly defaultApiTimeoutMs: number
  readonly metadataMaxAgeMs: number
  readonly metadataMaxIdleMs: number
  readonly metadataRecoveryRebootstrapTriggerMs: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  readonly reconnectBackoffMs: number
  readonly reconnectBackoffMaxMs: number
  /** What every connection is made with. */
  readonly connection: Omit<ConnectionOptions, 'host' | 'port' | 'brokerId'>
}

/** What brokers are told of this software (KIP-511). The version is that of package.json, which a test holds it to. */
export const SOFTWARE_NAME = 'odradek'
export const SOFTWARE_VERSION = '0.1.0'

/** Checks the options and fills in the defaults. Throws `ConfigurationError`. */
export function checkClusterOptions(options: ClusterOptions): ClusterSettings {
  const checks = new OptionChecks('kafka', options)
  const runtime = (checks.value('runtime') as Runtime | undefined) ?? nodeRuntime()
  const logger = (checks.value('logger') as Logger | undefined) ?? silentLogger
  const requestTimeoutMs = checks.integer('requestTimeoutMs', 30_000, 1)
  const [retryBackoffMs, retryBackoffMaxMs] = backoff(checks, 'retryBackoff', 100, 1000)
  const [reconnectBackoffMs, reconnectBackoffMaxMs] = backoff(checks, 'reconnectBackoff', 50, 1000)
  const settings: ClusterSettings = {
    bootstrap: bootstrapAddresses(checks),
    runtime,
    logger,
    requestTimeoutMs,
    defaultApiTimeoutMs: checks.integer('defaultApiTimeoutMs', 60_000, 1),
    metadataMaxAgeMs: checks.integer('metadataMaxAgeMs', 300_000, 1),
    metadataMaxIdleMs: checks.integer('metadataMaxIdleMs', 300_000, 1),
    metadataRecoveryRebootstrapTriggerMs: checks.integer('metadataRecoveryRebootstrapTriggerMs', 300_000, 1),
    retryBackoffMs,
    retryBackoffMaxMs,
    reconnectBackoffMs,
    reconnectBackoffMaxMs,
    connection: {
      runtime,
      logger,
      clientId: checks.name('clientId') ?? SOFTWARE_NAME,
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

/** The first pause and the longest one, which must not be shorter. */
function backoff(checks: OptionChecks, name: string, firstMs: number, maxMs: number): [number, number] {
  const first = checks.integer(`${name}Ms`, firstMs, 0)
  const longest = checks.integer(`${name}MaxMs`, Math.max(first, maxMs), 0)
  if (longest < first) checks.refuse(`${name}MaxMs`, `must not be below ${name}Ms (${first})`)
  return [first, longest]
}

function bootstrapAddresses(checks: OptionChecks): SocketAddress[] {
  const brokers = checks.value('brokers')
  if (!Array.isArray(brokers) || brokers.length === 0) {
    return checks.refuse('brokers', "must be a list of addresses like ['localhost:9092']")
  }
  const addresses = new Map<string, SocketAddress>()
  for (const [index, broker] of brokers.entries()) {
    const address = typeof broker === 'string' ? parseAddress(broker) : undefined
    if (address === undefined) {
      const given = typeof broker === 'string' ? `'${broker}'` : String(broker)
      throw new ConfigurationError(
        `kafka: brokers[${index}] must be an address like 'localhost:9092' or '[::1]:9092', not ${given}`,
      )
    }
    addresses.set(`${address.host} ${address.port}`, address)
  }
  return [...addresses.values()]
}

/** `host:port`, or `[address]:port` for IPv6; undefined for anything else. */
export function parseAddress(text: string): SocketAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%\w+)?)\]|([^\s:/,[\]]+)):(\d{1,5})$/.exec(text)
  if (match === null) return undefined
  const port = Number(match[3])
  return port >= 1 && port <= 65_535 ? { host: match[1] ?? match[2], port } : undefined
}
