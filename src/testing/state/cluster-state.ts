import type { Runtime } from '../../runtime/runtime.ts'
import { GroupCoordinator } from '../groups/group-coordinator.ts'
import { StorageBudget } from '../log/storage-budget.ts'
import type { Offer } from '../versions/offer.ts'
import type { BrokerConfigs } from './broker-configs.ts'
import type { CoordinatorKind } from './coordinators.ts'
import { Features } from './features.ts'
import { Housekeeping } from './housekeeping.ts'
import { randomUuid, Topics } from './topics.ts'

/** A broker as clients are told of it. */
export interface BrokerNode {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export interface ClusterStateOptions {
  readonly runtime: Runtime
  readonly configs: BrokerConfigs
  readonly maxStoredBytes: number
  readonly offer: Offer
}

/** What all brokers of a cluster share: the nodes, the topics with their logs, the groups, the producer ids. */
export class ClusterState {
  readonly clusterId: string
  readonly configs: BrokerConfigs
  /** What every broker of the cluster does, and of which release. */
  readonly offer: Offer
  readonly features: Features
  readonly storage: StorageBudget
  readonly topics: Topics
  readonly groups: GroupCoordinator
  readonly #nodes = new Map<number, BrokerNode>()
  readonly #housekeeping: Housekeeping
  #nextProducerId = 0n

  constructor({ runtime, configs, maxStoredBytes, offer }: ClusterStateOptions) {
    this.clusterId = randomUuid(runtime.random)
    this.configs = configs
    this.offer = offer
    this.features = new Features(offer)
    this.storage = new StorageBudget(maxStoredBytes)
    this.topics = new Topics(runtime.random, configs, this.storage)
    this.groups = new GroupCoordinator(runtime, configs.settings)
    this.#housekeeping = new Housekeeping(this, runtime)
  }

  nodes(): IterableIterator<BrokerNode> {
    return this.#nodes.values()
  }

  node(id: number): BrokerNode | undefined {
    return this.#nodes.get(id)
  }

  /** The broker that the cluster's decisions are made on; -1 while there is none. */
  get controllerId(): number {
    return this.#nodes.keys().next().value ?? -1
  }

  /** Which broker looks after a group, a transactional id or a share partition. */
  coordinatorOf(_kind: CoordinatorKind, _key: string): BrokerNode | undefined {
    return this.#nodes.values().next().value
  }

  addNode(node: BrokerNode): void {
    this.#nodes.set(node.id, node)
  }

  nextProducerId(): bigint {
    const id = this.#nextProducerId
    this.#nextProducerId += 1n
    return id
  }

  close(): void {
    this.#housekeeping.stop()
    this.groups.close()
    for (const topic of [...this.topics]) this.topics.delete(topic)
  }
}
