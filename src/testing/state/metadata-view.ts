import type { BrokerConfigs } from './broker-configs.ts'
import type { BrokerNode } from './cluster-state.ts'
import type { Partition } from './partition.ts'
import { recordOf, type TopicRecord, Topics } from './topics.ts'

/** What a broker is told by the controller. */
export type Announcement =
  | { readonly kind: 'topic'; readonly topic: TopicRecord }
  | { readonly kind: 'topic deleted'; readonly id: string }
  | { readonly kind: 'brokers'; readonly brokers: readonly BrokerNode[]; readonly controllerId: number }

/** Who acts on what is new in a view. */
export interface ViewListener {
  changed(partition: Partition): void
  removed(partition: Partition): void
  /** Brokers have come or gone. */
  catchUp(): void
}

/** The cluster as one broker knows it, which may be less than what the controller has decided by now. */
export class MetadataView {
  readonly topics: Topics
  readonly #listener: ViewListener
  #brokers: ReadonlyMap<number, BrokerNode> = new Map()
  #controllerId = -1

  constructor(configs: BrokerConfigs, listener: ViewListener) {
    this.topics = new Topics(configs)
    this.#listener = listener
  }

  /** The brokers that are alive, in the order of their ids. */
  get brokers(): ReadonlyMap<number, BrokerNode> {
    return this.#brokers
  }

  /** The broker that clients are told of as the controller. Any will do, because brokers pass on what is the controller's. */
  get controllerId(): number {
    return this.#controllerId
  }

  take(announcement: Announcement): void {
    switch (announcement.kind) {
      case 'topic':
        for (const partition of this.topics.put(announcement.topic)) this.#listener.changed(partition)
        break
      case 'topic deleted':
        for (const partition of this.topics.remove(announcement.id)) this.#listener.removed(partition)
        break
      case 'brokers':
        this.#brokers = new Map(announcement.brokers.map((broker) => [broker.id, broker]))
        this.#controllerId = announcement.controllerId
        this.#listener.catchUp()
    }
  }

  /** Takes over all that is new in `truth`: what a broker does that missed announcements. */
  catchUp(truth: Topics, brokers: readonly BrokerNode[], controllerId: number): void {
    this.take({ kind: 'brokers', brokers, controllerId })
    for (const { id } of [...this.topics]) {
      if (truth.byId(id) === undefined) this.take({ kind: 'topic deleted', id })
    }
    for (const topic of truth) this.take({ kind: 'topic', topic: recordOf(topic) })
  }
}
