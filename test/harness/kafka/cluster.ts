/** A running Kafka, as tests and benchmarks see it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Outcome, RunOptions } from '../run.ts'
import { CLIENT_LISTENER } from './jvm-cluster.ts'
import type { ClusterParts, KafkaNode } from './node.ts'
import { type Address, createTopics, hostAndPort, leads, type NewTopic, readMetadata } from './raw-request.ts'
import { brokerReady } from './ready.ts'
import { runTool, type Tools } from './tools.ts'
import type { KafkaVersion } from './versions.ts'

const LEADERS_TIMEOUT_MS = 30_000
const POLL_MS = 20

/** One broker; `stop`, `kill`, `pause` and the like act on this one alone. */
export class KafkaBroker {
  readonly #node: KafkaNode
  readonly #address: Address

  constructor(node: KafkaNode) {
    this.#node = node
    this.#address = node.listeners[CLIENT_LISTENER]
  }

  get id(): number {
    return this.#node.id
  }

  /** Where clients connect. */
  get host(): string {
    return this.#address.host
  }

  get port(): number {
    return this.#address.port
  }

  get pid(): number {
    return this.#node.pid
  }

  get logFile(): string {
    return this.#node.logFile
  }

  /** Whether its process is there, paused or not. */
  get running(): boolean {
    return this.#node.ended === undefined
  }

  /** `host:port` of one of its listeners. */
  address(listener = CLIENT_LISTENER): string {
    const address = this.#node.listeners[listener]
    if (address === undefined) throw new Error(`broker ${this.id} has no listener ${listener}`)
    return hostAndPort(address)
  }

  /** Starts it again after `stop` or `kill`, on the same port with the same data; resolves when it is ready. */
  async start(): Promise<void> {
    await this.#node.start()
    await this.ready()
  }

  /** Resolves when it answers and sees itself and a controller in the cluster. */
  async ready(brokers: readonly number[] = [this.id]): Promise<void> {
    await brokerReady(this.#node, this.#address, (metadata) => {
      const seen = new Set(metadata.brokers.map(({ id }) => id))
      return metadata.controllerId >= 0 && brokers.every((id) => seen.has(id))
    })
  }

  /** An orderly shutdown: leaders move first. */
  stop(): Promise<void> {
    return this.#node.stop()
  }

  /** SIGKILL: the others notice after 4 s (6 s with ZooKeeper). */
  kill(): Promise<void> {
    return this.#node.kill()
  }

  /** SIGSTOP: connections stay open and nothing is answered. */
  pause(): Promise<void> {
    return this.#node.pause()
  }

  resume(): Promise<void> {
    return this.#node.resume()
  }
}

/** Runs a class of Kafka's jars to its end, however it ends. */
export type ToolRunner = (
  className: string,
  args: readonly string[],
  options?: RunOptions,
) => Promise<Outcome>

export class KafkaCluster implements AsyncDisposable {
  readonly version: KafkaVersion
  readonly brokers: readonly KafkaBroker[]
  /** How `tool` runs; a plain value, so that other processes can run tools, too. */
  readonly tools: Tools
  readonly #parts: ClusterParts

  constructor(version: KafkaVersion, parts: ClusterParts, tools: Tools) {
    this.version = version
    this.tools = tools
    this.#parts = parts
    this.brokers = parts.nodes.filter((node) => node.role === 'broker').map((node) => new KafkaBroker(node))
  }

  /** `host:port` of every broker. */
  get bootstrap(): string[] {
    return this.addresses()
  }

  /** Logs and configurations; they stay for a day after the end. */
  get folder(): string {
    return this.#parts.folder
  }

  /** `host:port` of one listener of every broker. */
  addresses(listener?: string): string[] {
    return this.brokers.map((broker) => broker.address(listener))
  }

  /**
   * Runs a class of Kafka's jars (of the newest release, whatever the brokers are) to its end, however it ends, as
   * `tool('org.apache.kafka.tools.TopicCommand', ['--bootstrap-server', kafka.bootstrap.join(','), '--list'])`.
   */
  tool(className: string, args: readonly string[], options?: RunOptions): Promise<Outcome> {
    return runTool(this.tools, className, args, options)
  }

  /** Creates a topic and waits until every running broker knows a leader for each of its partitions. */
  async createTopic(name: string, settings: Omit<NewTopic, 'name'> = {}): Promise<void> {
    await createTopic(
      this.brokers.filter(({ running }) => running),
      { name, ...settings },
    )
  }

  /** The broker that leads a partition, as a running broker sees it. */
  async leaderOf(topic: string, partition: number): Promise<KafkaBroker> {
    const asked = this.brokers.find(({ running }) => running)
    if (asked === undefined) throw new Error('no broker runs')
    const leader = (await readMetadata(asked, [topic])).topics.get(topic)?.leaders[partition]
    const broker = this.brokers.find(({ id }) => id === leader)
    if (broker === undefined) throw new Error(`${topic}[${partition}] has no leader`)
    return broker
  }

  /** Ends every process at once and removes the data; logs stay. */
  async close(): Promise<void> {
    await this.#parts.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** Creates a topic through any of the brokers given, and waits until each of them knows its leaders and those serve it. */
export async function createTopic(brokers: readonly Address[], topic: NewTopic): Promise<void> {
  const { brokers: known, controllerId } = await readMetadata(brokers[0])
  const controller = known.find(({ id }) => id === controllerId)
  if (controller === undefined) throw new Error('the cluster has no controller')
  await createTopics(controller, [topic])
  const giveUpAt = Date.now() + LEADERS_TIMEOUT_MS
  for (const broker of brokers) {
    while (!(await isServed(broker, topic))) {
      if (Date.now() > giveUpAt) {
        throw new Error(`topic ${topic.name} is not served after ${LEADERS_TIMEOUT_MS / 1000} s`)
      }
      await sleep(POLL_MS)
    }
  }
}

/** Whether `broker` knows all leaders of the topic, and those know that they lead: they may hear of it later. */
async function isServed(broker: Address, { name, partitions = 1 }: NewTopic): Promise<boolean> {
  const { brokers, topics } = await readMetadata(broker, [name])
  const found = topics.get(name)
  if (found === undefined || found.errorCode !== 0 || found.leaders.length < partitions) return false
  for (const leader of new Set(found.leaders)) {
    const address = brokers.find(({ id }) => id === leader)
    const led = found.leaders.flatMap((id, partition) => (id === leader ? [partition] : []))
    if (address === undefined || !(await leads(address, name, led))) return false
  }
  return true
}
