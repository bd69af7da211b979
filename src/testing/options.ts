import { ConfigurationError } from '../errors.ts'
import { OptionChecks } from '../option-checks.ts'
import type { Logger, Runtime } from '../runtime/runtime.ts'
import {
  type AuthorizerOptions,
  type CheckedAuthorizerOptions,
  type CheckedSaslOptions,
  checkAuthorizerOptions,
  checkSaslOptions,
  checkTlsOptions,
  type SaslOptions,
  type TlsOptions,
} from './security/options.ts'
import { newestRelease, type ReleaseName, releaseNames } from './versions/releases.ts'

/** A topic to be there from the start. */
export interface TopicOptions {
  /** Default: the broker config `num.partitions`, 1. */
  partitions?: number
  /** On how many brokers each partition is. Default: all of them, at most three. */
  replicas?: number
  /** By Kafka's names, as `{ 'retention.ms': '60000' }`. */
  configs?: Readonly<Record<string, string>>
}

/** Always as long, or drawn between the two each time. In milliseconds. */
export type Delay = number | readonly [least: number, most: number]

/** How long things take inside the cluster. Default: no time at all. */
export interface DelayOptions {
  /** Records, from a leader to a follower. */
  replicationMs?: Delay
  /** What the controller decides, to a broker. */
  metadataMs?: Delay
  /** A coordinator that takes over, to read what its predecessor has written. */
  coordinatorLoadMs?: Delay
}

export interface BrokerOptions {
  /** How many brokers the cluster has, with the ids 1, 2 and so on. Default: 1; the most: 100. */
  brokers?: number
  /** The rack of each broker, in the order of their ids. Default: none. */
  racks?: readonly string[]
  /** Default: no delays. */
  delays?: DelayOptions
  /** Topics to be there from the start, each with its number of partitions or more to say. Default: none. */
  topics?: Readonly<Record<string, number | TopicOptions>>
  /**
   * The release of Kafka whose APIs, versions and features are offered, as far as the schemas of 4.3 have them.
   * Default: `4.3`.
   */
  version?: ReleaseName
  /**
   * Takes the metrics that clients push (KIP-714), as a Kafka does that has a receiver of them: Kafka tells clients of it
   * only then. What was pushed is in `broker.telemetry`. Default: false.
   */
  telemetry?: boolean
  /** The port of the first broker; the others take those after it. Default: 0, which takes free ones. */
  port?: number
  /** The address to listen on, an address of this machine. Default: `127.0.0.1`. */
  host?: string
  /**
   * Broker configs by Kafka's names, as `{ 'auto.create.topics.enable': 'false' }`. The defaults are Kafka's, but for
   * `group.initial.rebalance.delay.ms`, which is 0.
   */
  configs?: Readonly<Record<string, string>>
  /** The memory for records of all topics, in bytes. When it is used up Produce fails. Default: 1 GiB. */
  maxStoredBytes?: number
  /** A key and a certificate in PEM; with them the broker speaks TLS. */
  tls?: TlsOptions
  /** With it clients have to log in. */
  sasl?: SaslOptions
  /** With it nobody may do what no ACL allows, but for its super users. Default: everybody may do everything. */
  authorizer?: true | AuthorizerOptions
  /** Where time, chance and sockets come from. Default: Node. */
  runtime?: Runtime
  /** Default: silent. */
  logger?: Logger
}

export interface CheckedBrokerOptions {
  readonly brokers: number
  readonly racks: readonly string[]
  readonly delays: Required<DelayOptions>
  readonly topics: Readonly<Record<string, number | TopicOptions>>
  readonly version: ReleaseName
  readonly telemetry: boolean
  readonly port: number
  readonly host: string
  readonly configs: Readonly<Record<string, string>>
  readonly maxStoredBytes: number
  readonly tls: TlsOptions | undefined
  readonly sasl: CheckedSaslOptions | undefined
  readonly authorizer: CheckedAuthorizerOptions | undefined
  readonly runtime: Runtime | undefined
  readonly logger: Logger | undefined
}

const defaultMaxStoredBytes = 1024 ** 3

/** @throws ConfigurationError for an option that is unknown, of the wrong type or out of range */
export function checkBrokerOptions(options: BrokerOptions): CheckedBrokerOptions {
  const checks = new OptionChecks('startBroker', options)
  const values = {
    brokers: checks.integer('brokers', 1, 1, 100),
    racks: (checks.value('racks') ?? []) as readonly string[],
    delays: checkDelays(checks.value('delays')),
    topics: checks.value('topics') as CheckedBrokerOptions['topics'] | undefined,
    version: checks.oneOf('version', newestRelease, releaseNames),
    telemetry: checks.boolean('telemetry', false),
    port: checks.integer('port', 0, 0, 65535),
    host: checks.name('host') ?? '127.0.0.1',
    configs: checks.value('configs') as CheckedBrokerOptions['configs'] | undefined,
    maxStoredBytes: checks.integer('maxStoredBytes', defaultMaxStoredBytes, 1, Number.MAX_SAFE_INTEGER),
    tls: checked(checks.value('tls'), checkTlsOptions),
    sasl: checked(checks.value('sasl'), checkSaslOptions),
    authorizer: checked(checks.value('authorizer'), checkAuthorizerOptions),
    runtime: checks.value('runtime') as Runtime | undefined,
    logger: checks.value('logger') as Logger | undefined,
  }
  checks.finish()
  return { ...values, topics: values.topics ?? {}, configs: values.configs ?? {} }
}

function checked<Options, Checked>(
  options: unknown,
  check: (options: Options) => Checked,
): Checked | undefined {
  return options === undefined ? undefined : check(options as Options)
}

function checkDelays(delays: unknown): Required<DelayOptions> {
  const checks = new OptionChecks('startBroker delays', (delays ?? {}) as object)
  const delay = (name: keyof DelayOptions): Delay => {
    const value = checks.value(name) ?? 0
    const [least, most] = Array.isArray(value) ? value : [value, value]
    if (typeof least === 'number' && typeof most === 'number' && least >= 0 && most >= least)
      return [least, most]
    throw new ConfigurationError(
      `startBroker delays: ${name} is a number of milliseconds, 0 or more, or the least and the most of them`,
    )
  }
  const checked = {
    replicationMs: delay('replicationMs'),
    metadataMs: delay('metadataMs'),
    coordinatorLoadMs: delay('coordinatorLoadMs'),
  }
  checks.finish()
  return checked
}

/** @throws ConfigurationError for an option that is unknown or of the wrong type */
export function checkTopicOptions(
  name: string,
  topic: number | TopicOptions,
): { partitions: number; replicas: number; configs: Readonly<Record<string, string>> } {
  const checks = new OptionChecks(
    `topic "${name}"`,
    typeof topic === 'number' ? { partitions: topic } : topic,
  )
  const checked = {
    partitions: checks.integer('partitions', -1, -1),
    replicas: checks.integer('replicas', -1, -1),
    configs: (checks.value('configs') ?? {}) as Readonly<Record<string, string>>,
  }
  checks.finish()
  return checked
}
