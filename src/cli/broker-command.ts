import { ConfigurationError } from '../errors.ts'
import type { Logger } from '../runtime/runtime.ts'
import { type Broker, type BrokerOptions, startBroker } from '../testing/index.ts'
import { type FlagSpec, type Flags, readFlags, UsageError } from './flags.ts'
import type { Terminal } from './terminal.ts'

export const brokerHelp = `usage: odradek broker [flags]

Runs a Kafka cluster for development in this process until it is interrupted. Records are
kept in memory alone: nothing survives its end.

  --port PORT          of the first broker; others take those after it. 0: free ones.
                       Default: 9092
  --host ADDRESS       to listen on. Default: 127.0.0.1
  --brokers N          how many brokers. Default: 1
  --topic NAME[:N]     a topic, with N partitions, to be there from the start; any number
                       of times
  --config NAME=VALUE  a broker config by Kafka's name, as
                       --config auto.create.topics.enable=false; any number of times
  --version VERSION    the release of Kafka that it is like: 2.8, 3.3, 3.9 or 4.3.
                       Default: 4.3
  -h, --help           this`

const specs = {
  port: { type: 'string' },
  host: { type: 'string' },
  brokers: { type: 'string' },
  topic: { type: 'string', multiple: true },
  config: { type: 'string', multiple: true },
  version: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies Record<string, FlagSpec>

const defaultPort = 9092

/** Runs brokers until the terminal interrupts them; gives the exit code. */
export async function brokerCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const flags = readFlags(args, specs)
  if (flags.help !== undefined) {
    terminal.tell(brokerHelp)
    return 0
  }
  const options = { ...optionsOf(flags), logger: loggerTo(terminal) }
  const interrupted = terminal.untilInterrupted()
  const broker = await start(options)
  try {
    tellOf(broker, options, terminal)
    await interrupted
  } finally {
    await broker.close()
  }
  return 0
}

function optionsOf(flags: Flags<keyof typeof specs>): BrokerOptions {
  const { host, version } = flags
  return {
    port: integer('--port', flags.port?.[0]) ?? defaultPort,
    brokers: integer('--brokers', flags.brokers?.[0]) ?? 1,
    topics: Object.fromEntries((flags.topic ?? []).map(topicOf)),
    configs: Object.fromEntries((flags.config ?? []).map(configOf)),
    ...(host !== undefined && { host: host[0] }),
    // Checked, as all of them are, by `startBroker`.
    ...(version !== undefined && { version: version[0] as '4.3' }),
  }
}

function integer(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text)
  throw new UsageError(`${flag} must be a number, not '${text}'`)
}

function topicOf(text: string): [name: string, topic: { partitions?: number }] {
  const [, name, partitions] = /^([^:]+)(?::(\d+))?$/.exec(text) ?? []
  if (name === undefined) throw new UsageError(`--topic takes NAME or NAME:PARTITIONS, not '${text}'`)
  return [name, partitions === undefined ? {} : { partitions: Number(partitions) }]
}

function configOf(text: string): [name: string, value: string] {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError(`--config takes NAME=VALUE, not '${text}'`)
  return [text.slice(0, at), text.slice(at + 1)]
}

async function start(options: BrokerOptions): Promise<Broker> {
  try {
    return await startBroker(options)
  } catch (error) {
    if (error instanceof ConfigurationError) throw new UsageError(error.message)
    const { code, port } = error as { code?: string; port?: number }
    if (code === 'EADDRINUSE') throw new UsageError(`port ${port} is taken: choose another with --port`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new UsageError(`${options.host} is no address of this machine`)
    throw error
  }
}

function tellOf(broker: Broker, { topics = {}, version = '4.3' }: BrokerOptions, terminal: Terminal): void {
  const names = Object.keys(topics)
  terminal.tell(`Kafka ${version} for development listens on ${broker.brokers.join(',')}`)
  if (names.length > 0)
    terminal.tell(`with the ${names.length === 1 ? 'topic' : 'topics'} ${names.join(', ')}`)
  terminal.tell('Records are kept in memory alone. Ctrl+C ends it.')
}

/** What is worth knowing goes where complaints go. */
function loggerTo(terminal: Terminal): Logger {
  const complain = (_fields: Record<string, unknown>, message: string) => terminal.complain(message)
  return { debug() {}, info() {}, warn: complain, error: complain }
}
