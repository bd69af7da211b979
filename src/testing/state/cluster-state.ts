import { ConfigurationError } from '../../errors.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { Controller, type Decision } from '../control/controller.ts'
import { Links, type Place } from '../control/links.ts'
import { Sessions } from '../control/sessions.ts'
import { Upkeep } from '../control/upkeep.ts'
import { GroupCoordinator } from '../groups/group-coordinator.ts'
import { StorageBudget } from '../log/storage-budget.ts'
import type { BrokerProcess } from '../node/broker-process.ts'
import type { ReplicaManager, ReplicaPeers } from '../replication/replica-manager.ts'
import type { Security } from '../security/security.ts'
import { ShareCoordinator } from '../share/share-coordinator.ts'
import { Telemetry } from '../telemetry/telemetry.ts'
import { clusterMarkerPorts } from '../transactions/cluster-markers.ts'
import { TransactionService } from '../transactions/transaction-service.ts'
import type { Offer } from '../versions/offer.ts'
import type { BrokerConfigs } from './broker-configs.ts'
import type { CoordinatorKind } from './coordinators.ts'
import { spread } from './create-topic.ts'
import { Features } from './features.ts'
import { GroupConfigs } from './group-configs.ts'
import { Housekeeping } from './housekeeping.ts'
import { coordinatedBy, internalTopicOf, partitionOfKey } from './internal-topics.ts'
import { LogLevels } from './log-levels.ts'
import type { Announcement } from './metadata-view.ts'
import type { Partition } from './partition.ts'
import { randomUuid, type Topics } from './topics.ts'

/** A broker as clients are told of it. */
export interface BrokerNode {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** How long things take inside the cluster, in milliseconds; each is drawn anew each time. */
export interface ClusterDelays {
  /** Records, from a leader to a follower. */
  readonly replicationMs: () => number
  /** A decision of the controller, to a broker. */
  readonly metadataMs: () => number
  /** A coordinator, to know what its predecessor knew. */
  readonly coordinatorLoadMs: () => number
}

export interface ClusterStateOptions {
  readonly runtime: Runtime
  readonly configs: BrokerConfigs
  readonly maxStoredBytes: number
  readonly security: Security
  readonly offer: Offer
  readonly delays: ClusterDelays
}

/**
 * What the brokers of a cluster have in common: the controller with the truth about topics, the links between them, and
 * what coordinators know of groups, which counts as replicated. What a broker has for itself is in its `BrokerProcess`.
 */
export class ClusterState implements ReplicaPeers {
  readonly clusterId: string
  readonly configs: BrokerConfigs
  /** What every broker of the cluster does, and of which release. */
  readonly offer: Offer
  readonly features: Features
  readonly storage: StorageBudget
  readonly controller: Controller
  readonly groups: GroupCoordinator
  readonly groupConfigs: GroupConfigs
  readonly logLevels = new LogLevels()
  readonly telemetry: Telemetry
  readonly shareGroups: ShareCoordinator
  readonly transactions: TransactionService
  readonly security: Security
  readonly links = new Links()
  readonly delays: ClusterDelays
  readonly #runtime: Runtime
  readonly #processes = new Map<number, BrokerProcess>()
  readonly #sessions: Sessions
  readonly #housekeeping: Housekeeping
  readonly #upkeep: Upkeep
  /** Until when coordinators still read what their predecessors wrote, by topic id and partition. */
  readonly #loadingUntilMs = new Map<string, number>()
  readonly #coordinatorEpochs = new Map<string, number>()
  readonly #unannounced: Announcement[] = []
  readonly #awaitingController: { readonly id: number; readonly heard: () => void }[] = []
  #controllerId = -1
  #nextProducerId = 0n

  constructor({ runtime, configs, maxStoredBytes, security, offer, delays }: ClusterStateOptions) {
    this.#runtime = runtime
    this.clusterId = randomUuid(runtime.random)
    this.configs = configs
    this.offer = offer
    this.features = new Features(offer)
    this.delays = delays
    this.storage = new StorageBudget(maxStoredBytes)
    this.#sessions = new Sessions({
      timers: runtime.timers,
      timeoutMs: configs.settings.brokerSessionTimeoutMs,
      onChange: () => this.#brokersChanged(),
    })
    this.controller = new Controller({
      random: runtime.random,
      configs,
      isAlive: (id) => this.#sessions.isAlive(id),
      publish: (decision) => this.#decided(decision),
    })
    this.groupConfigs = new GroupConfigs(configs)
    this.groups = new GroupCoordinator(runtime, configs.settings, this.groupConfigs, (groupId) => {
      return this.shareGroups.get(groupId) !== undefined
    })
    this.telemetry = new Telemetry(runtime)
    this.shareGroups = new ShareCoordinator({
      runtime,
      settings: configs.settings,
      configs: this.groupConfigs,
      topics: this.topics,
      isTaken: (groupId) => this.groups.get(groupId) !== undefined,
    })
    this.transactions = new TransactionService(runtime, {
      settings: configs.settings,
      nextProducerId: () => this.nextProducerId(),
      ...clusterMarkerPorts(this),
    })
    this.security = security
    this.#housekeeping = new Housekeeping(this, runtime)
    this.#upkeep = new Upkeep(this, runtime.timers)
  }

  /** Takes configs that were set while the brokers run, for one of them or for all. */
  configureBrokers(brokerId: string, configs: ReadonlyMap<string, string>): void {
    this.configs.configure(brokerId, configs, this.#processes.size === 1)
    for (const topic of this.topics) topic.refresh()
    for (const { view } of this.#processes.values()) for (const topic of view.topics) topic.refresh()
  }

  /** The truth about topics. What one broker knows of it is its `view`. */
  get topics(): Topics {
    return this.controller.topics
  }

  processes(): IterableIterator<BrokerProcess> {
    return this.#processes.values()
  }

  process(id: number): BrokerProcess | undefined {
    return this.#processes.get(id)
  }

  /** Every broker of the cluster, dead or alive. */
  *nodes(): Generator<BrokerNode> {
    for (const { node } of this.#processes.values()) yield node
  }

  node(id: number): BrokerNode | undefined {
    return this.#processes.get(id)?.node
  }

  addProcess(process: BrokerProcess): void {
    this.#processes.set(process.id, process)
    // With one broker alone there is nothing to look after.
    if (this.#processes.size === 2) this.#upkeep.start()
  }

  nextProducerId(): bigint {
    const id = this.#nextProducerId
    this.#nextProducerId += 1n
    return id
  }

  // --- who is alive, and who hears of what ---

  livingNodes(): BrokerNode[] {
    return [...this.nodes()].filter(({ id }) => this.#sessions.isAlive(id))
  }

  /** A broker has started, stopped, paused or gone on, or a link was cut or mended: everybody finds out what they can. */
  connectionsChanged(): void {
    for (const process of this.#processes.values()) {
      const isHeard = process.isResponsive && this.links.isOpen(process.id, 'controller')
      if (isHeard && !process.announcements.isListening) {
        process.view.catchUp(this.topics, this.livingNodes(), this.#controllerId)
        process.replicas.keepOnly((topicId) => this.topics.byId(topicId) !== undefined)
        process.announcements.listen()
      } else if (!isHeard) process.announcements.stop()
      this.#sessions.heard(process.id, isHeard)
    }
    for (const process of this.#processes.values()) if (process.isResponsive) process.replicas.catchUp()
    for (const waiting of this.#awaitingController.splice(0)) {
      if (this.#processes.get(waiting.id)?.announcements.isListening === true) waiting.heard()
      else this.#awaitingController.push(waiting)
    }
  }

  /** Resolves when the broker can reach the controller. */
  whenControllerIsHeard(id: number): Promise<void> {
    return new Promise((heard) => this.#awaitingController.push({ id, heard }))
  }

  /** The broker that is told to clients as the controller: any will do, because each passes on what is the controller's. */
  get controllerId(): number {
    return this.#controllerId
  }

  /** @throws ConfigurationError when the broker is not alive */
  moveController(to?: number): void {
    const living = this.livingNodes().map(({ id }) => id)
    const target = to ?? living[(living.indexOf(this.#controllerId) + 1) % living.length]
    if (!living.includes(target)) throw new ConfigurationError(`broker ${target} is not alive`)
    this.#controllerId = target
    this.#announceBrokers()
  }

  #announceBrokers(): void {
    this.#announce({ kind: 'brokers', brokers: this.livingNodes(), controllerId: this.#controllerId })
  }

  /** The broker stops in peace: others lead before it is gone. */
  sayGoodbye(id: number): void {
    if (this.links.isOpen(id, 'controller')) this.#sessions.goodbye(id)
  }

  #brokersChanged(): void {
    if (!this.#sessions.isAlive(this.#controllerId)) this.#controllerId = this.livingNodes()[0]?.id ?? -1
    this.#announceBrokers()
    this.controller.settleAll()
  }

  #decided(decision: Decision): void {
    if (decision.kind === 'topic') this.#watchCoordinators(decision)
    else {
      this.groups.forgetTopic(decision.name)
      this.shareGroups.forgetTopic(decision.id)
    }
    this.#announce(decision)
  }

  /** Brokers act on what they hear, and the controller on that: all hear everything in the same order. */
  #announce(announcement: Announcement): void {
    this.#unannounced.push(announcement)
    if (this.#unannounced.length > 1) return
    while (this.#unannounced.length > 0) {
      for (const { announcements } of this.#processes.values()) announcements.publish(this.#unannounced[0])
      this.#unannounced.shift()
    }
  }

  // --- between brokers ---

  reach(from: number, to: number): ReplicaManager | undefined {
    const process = this.#processes.get(to)
    const areAwake = process?.isResponsive === true && this.#processes.get(from)?.isResponsive === true
    return areAwake && this.links.isOpen(from, to) ? process.replicas : undefined
  }

  alterIsr(from: number, partition: Partition, isr: readonly number[]): number | undefined {
    if (!this.links.isOpen(from, 'controller')) return undefined
    return this.controller.alterIsr(from, partition, isr)
  }

  isAlive(asking: number, id: number): boolean {
    return this.#processes.get(asking)?.view.brokers.has(id) === true
  }

  cut(a: Place, b: Place): void {
    this.links.cut(a, b)
    this.connectionsChanged()
  }

  mend(a: Place, b: Place): void {
    this.links.mend(a, b)
    this.connectionsChanged()
  }

  mendAll(): void {
    this.links.mendAll()
    this.connectionsChanged()
  }

  /** The partition as its present leader has it, for what coordinators write into it. Undefined while there is none. */
  leaderPartition(topicName: string, index: number): Partition | undefined {
    const truth = this.topics.byName(topicName)?.partitions[index]
    if (truth === undefined) return undefined
    const process = this.#processes.get(truth.leaderId)
    if (process?.isResponsive !== true) return undefined
    return process.replicas.leads(truth, truth.leaderEpoch)
  }

  // --- coordinators ---

  /** Makes the topic whose partitions' leaders are the coordinators, when there are brokers for it. */
  createInternalTopic(kind: CoordinatorKind): void {
    const { name, partitions, replicas } = internalTopicOf(kind, this.configs)
    const living = this.livingNodes().map(({ id }) => id)
    if (this.topics.byName(name) !== undefined || living.length === 0) return
    const configs = new Map([
      ['cleanup.policy', kind === 'share' ? 'delete' : 'compact'],
      ['segment.bytes', '104857600'],
    ])
    const assignments = spread(living, 0, partitions, Math.min(replicas, living.length))
    this.controller.createTopic({ name, configs, assignments })
  }

  isLoading({ topic, index }: Partition): boolean {
    const untilMs = this.#loadingUntilMs.get(`${topic.id}/${index}`)
    return untilMs !== undefined && untilMs > this.#runtime.clock.monotonicMs()
  }

  /** A coordinator's successor begins with what is written down. */
  #watchCoordinators({ topic }: Extract<Decision, { kind: 'topic' }>): void {
    const kind = coordinatedBy(topic.name)
    if (kind === undefined) return
    const moved = new Set<number>()
    for (const [index, { leaderEpoch }] of topic.partitions.entries()) {
      const key = `${topic.id}/${index}`
      const known = this.#coordinatorEpochs.get(key) ?? 0
      this.#coordinatorEpochs.set(key, leaderEpoch)
      if (leaderEpoch === known) continue
      moved.add(index)
      this.#loadingUntilMs.set(key, this.#runtime.clock.monotonicMs() + this.delays.coordinatorLoadMs())
    }
    if (moved.size === 0) return
    const isMoved = (key: string) => moved.has(partitionOfKey(key, topic.partitions.length))
    this.#handOver[kind](isMoved)
  }

  /** What is to be done for the keys whose coordinator is another broker now. */
  readonly #handOver: Record<CoordinatorKind, (isMoved: (key: string) => boolean) => void> = {
    group: (isMoved) => this.groups.handOver(isMoved),
    // A transaction that is being ended finds its new coordinator by itself.
    transaction: () => {},
    share: () => {},
  }

  close(): void {
    this.#housekeeping.stop()
    this.#upkeep.stop()
    this.#sessions.close()
    this.transactions.stop()
    this.groups.close()
    this.shareGroups.close()
  }
}
