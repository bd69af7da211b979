import { ConfigurationError } from '../src/errors.ts'
import { Kafka } from '../src/kafka.ts'
import { CreatePartitions } from '../src/protocol/messages/create-partitions.ts'
import { CreateTopics } from '../src/protocol/messages/create-topics.ts'
import type { Logger } from '../src/runtime/runtime.ts'
import { readLog } from './actors/auditor.ts'
import { type Broker, type BrokerNodeHandle, startCluster } from './actors/cluster.ts'
import { SimulatedConsumer } from './actors/simulated-consumer.ts'
import { SimulatedProducer } from './actors/simulated-producer.ts'
import type { Fact } from './facts.ts'
import type { Fault } from './faults/fault.ts'
import { faultKind } from './faults/index.ts'
import { castOf } from './faults/schedule.ts'
import type { Scenario } from './scenarios/scenario.ts'
import type { Chance } from './world/chance.ts'
import type { Host } from './world/host.ts'
import type { World } from './world/world.ts'

/** After the last fault: the time in which everything has to come to rest. */
export const drainWithinMs = 60_000
const lookEveryMs = 250
const vitalsEveryMs = 1_000

export interface StageParts {
  readonly world: World
  readonly scenario: Scenario
  readonly faults: readonly Fault[]
  /** How long there are faults and work, in virtual milliseconds. */
  readonly forMs: number
  readonly add: (fact: Fact) => void
}

/** Who takes part in a run, and its course: work and faults, then calm until all has come to rest, then the end. */
export class Stage {
  readonly world: World
  readonly scenario: Scenario
  readonly group = 'group-a'
  readonly producers = new Map<string, SimulatedProducer>()
  readonly consumers = new Map<string, SimulatedConsumer>()
  /** Nobody sends any more. */
  calm = false
  readonly add: (fact: Fact) => void
  readonly #faults: readonly Fault[]
  readonly #forMs: number
  readonly #unsettled = new Set<string>()
  readonly #processed = new Set<string>()
  /** The host of those who watch and administer; no fault touches it. */
  readonly #watcher: Host
  #cluster: Broker | undefined
  #calls = 0
  #ended = false

  constructor({ world, scenario, faults, forMs, add }: StageParts) {
    this.world = world
    this.scenario = scenario
    this.#faults = faults
    this.#forMs = forMs
    this.#watcher = world.host('auditor')
    this.add = (fact) => {
      this.#remember(fact)
      add(fact)
    }
  }

  /** The whole run. Resolves when everything is closed. */
  async play(): Promise<void> {
    this.#cluster = await startCluster(this.world, this.scenario, this.world.chance.stream('cluster'))
    const starts = this.world.chance.stream('starts')
    for (const name of castOf(this.scenario).clients) {
      this.world.after(starts.int(0, 3_000_000), () => this.startClient(name))
    }
    for (const fault of this.#faults) {
      this.world.after(fault.atMs * 1000, () => this.#do(fault))
    }
    this.#watchVitals()
    await this.#watcher.sleep(this.#forMs)
    await this.#settleDown()
    await this.#end()
  }

  /** A `Kafka` as a client on this host has it. */
  kafka(host: Host, chance: Chance): Kafka {
    return new Kafka({
      brokers: this.#cluster!.brokers,
      clientId: host.name,
      runtime: host,
      logger: this.#logger(host.name),
      requestTimeoutMs: chance.int(2_000, 6_000),
      connectTimeoutMs: chance.int(1_000, 4_000),
      // Short enough for a partition that is added last to be noticed before all has to have come to rest.
      metadataMaxAgeMs: chance.pick([2_000, 20_000]),
      connectionsMaxIdleMs: chance.pick([540_000, 540_000, 4_000]),
    })
  }

  startClient(name: string): void {
    if (this.#ended || this.producers.has(name) || this.consumers.has(name)) return
    if (name.startsWith('producer')) this.producers.set(name, new SimulatedProducer(this, name))
    else this.consumers.set(name, new SimulatedConsumer(this, name))
  }

  closeClient(name: string): void {
    void this.#client(name)?.close()
  }

  killClient(name: string): void {
    if (this.#client(name) === undefined) return
    this.producers.delete(name)
    this.consumers.delete(name)
    this.world.network.bury(this.world.host(name))
    this.add({ kind: 'client-died', client: name })
  }

  addPartitions(topic: string, count: number): void {
    void this.#administer(async (kafka) => {
      const described = await kafka.request({ controller: true }, CreatePartitions, {
        topics: [{ name: topic, count: (this.scenario.topics[topic] ?? 1) + count, assignments: null }],
        timeoutMs: 5_000,
      })
      return described.results[0].errorCode
    })
  }

  makeTopic(name: string, numPartitions: number): void {
    void this.#administer(async (kafka) => {
      const topics = [{ name, numPartitions, replicationFactor: 1 }]
      const created = await kafka.request({ controller: true }, CreateTopics, { topics, timeoutMs: 5_000 })
      return created.topics[0].errorCode
    })
  }

  /** Ends a broker, or holds it still, for a while. */
  takeDown(id: number, how: 'kill' | 'stop' | 'pause', forMs: number): void {
    this.onCluster(async (cluster) => {
      const node = cluster.node(id)
      if (node.state !== 'running') return
      await node[how]()
      this.world.after(forMs * 1000, () => this.onCluster(() => bringUp(node)))
    })
  }

  /** Cuts a broker off another one for a while; 0 stands for the controller. */
  cutBrokers(a: number, b: number, forMs: number): void {
    const other = b === 0 ? 'controller' : b
    this.onCluster((cluster) => {
      cluster.cut(a, other)
      this.world.after(forMs * 1000, () => this.onCluster(() => cluster.heal(a, other)))
    })
  }

  /** Does something to the cluster. What cannot be done now, as to let a broker lead that is not in sync, is let be. */
  onCluster(action: (cluster: Broker) => void | Promise<void>): void {
    const cluster = this.#cluster
    if (cluster === undefined || this.#ended) return
    const refused = (error: unknown) => {
      if (!(error instanceof ConfigurationError)) throw error
    }
    try {
      action(cluster)?.catch(refused)
    } catch (error) {
      refused(error)
    }
  }

  /** Watches a promise that a client gave until it settles. */
  async call<T>(client: string, what: string, promise: Promise<T>): Promise<T> {
    const settled = this.begin(client, what)
    try {
      return await promise
    } finally {
      settled()
    }
  }

  /** A call has begun; the function that comes back says that it is settled. */
  begin(client: string, what: string): () => void {
    const call = ++this.#calls
    this.add({ kind: 'called', call, client, what })
    return () => this.add({ kind: 'settled', call, client })
  }

  // -- the course of a run

  #do(fault: Fault): void {
    this.add({ kind: 'fault', fault })
    faultKind(fault).apply(fault, this)
  }

  /** Faults end, nobody sends any more, and everything has to come to rest in time. */
  async #settleDown(): Promise<void> {
    this.calm = true
    this.world.network.heal()
    this.#healCluster()
    for (const host of this.world.hosts()) host.resume()
    for (const consumer of this.consumers.values()) consumer.delayMs = 0
    this.add({ kind: 'calm', withinMs: drainWithinMs })
    const untilMs = this.world.nowMs + drainWithinMs
    const inTime = () => this.world.nowMs < untilMs
    while (this.#unsettled.size > 0 && inTime()) await this.#watcher.sleep(lookEveryMs)
    for (const producer of this.producers.values()) void producer.probe()
    while (this.#unsettled.size > 0 && inTime()) await this.#watcher.sleep(lookEveryMs)
    const kafka = this.kafka(this.#watcher, this.world.chance.stream('auditor'))
    const stored = await this.call('auditor', 'reading the log', readLog(kafka, this))
    await kafka.close()
    const isBehind = () =>
      stored.some(({ topic, partition, offset }) => !this.#processed.has(`${topic}[${partition}]@${offset}`))
    while (isBehind() && inTime()) await this.#watcher.sleep(lookEveryMs)
    if (this.#unsettled.size === 0 && !isBehind()) this.add({ kind: 'drained' })
    for (const fact of stored) this.add(fact)
  }

  #healCluster(): void {
    this.onCluster(async (cluster) => {
      cluster.heal()
      for (const node of cluster.nodes) await bringUp(node)
    })
  }

  async #end(): Promise<void> {
    this.#ended = true
    const clients = [...this.producers.values(), ...this.consumers.values()]
    await Promise.all(clients.map((client) => client.close()))
    await this.#cluster?.close()
    await this.#watcher.sleep(1_000)
    const { openTimers: timers, openSockets: sockets } = this.world.host('cluster')
    this.add({ kind: 'client-closed', client: 'cluster', timers, sockets })
  }

  #client(name: string): SimulatedProducer | SimulatedConsumer | undefined {
    return this.producers.get(name) ?? this.consumers.get(name)
  }

  async #administer(action: (kafka: Kafka) => Promise<number>): Promise<void> {
    const kafka = this.kafka(this.#watcher, this.world.chance.stream('administrator'))
    try {
      await this.call('auditor', 'a change of topics', action(kafka))
    } finally {
      await kafka.close()
    }
  }

  #watchVitals(): void {
    for (const client of [...this.producers.keys(), ...this.consumers.keys()]) {
      const { openTimers: timers, openSockets: sockets } = this.world.host(client)
      this.add({ kind: 'vitals', client, timers, sockets })
    }
    this.world.after(vitalsEveryMs * 1000, () => {
      if (!this.#ended) this.#watchVitals()
    })
  }

  #remember(fact: Fact): void {
    if (fact.kind === 'sent') this.#unsettled.add(fact.id)
    else if (fact.kind === 'acknowledged' || fact.kind === 'refused') this.#unsettled.delete(fact.id)
    else if (fact.kind === 'processed') this.#processed.add(`${fact.topic}[${fact.partition}]@${fact.offset}`)
    else if (fact.kind === 'client-died')
      for (const id of this.#unsettled) if (id.startsWith(`${fact.client}:`)) this.#unsettled.delete(id)
  }

  #logger(who: string): Logger {
    const at = (level: string) => (fields: Record<string, unknown>, message: string) => {
      const { error } = fields
      const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
      this.add({ kind: 'logged', who, level, message: `${message}${code}` })
    }
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }
}

async function bringUp(node: BrokerNodeHandle): Promise<void> {
  if (node.state === 'paused') node.resume()
  else if (node.state === 'stopped') await node.start()
}
