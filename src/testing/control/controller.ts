import type { Random } from '../../runtime/runtime.ts'
import type { BrokerConfigs } from '../state/broker-configs.ts'
import type { Partition } from '../state/partition.ts'
import { firstRegistration, type PartitionRegistration } from '../state/registration.ts'
import type { Topic } from '../state/topic.ts'
import { randomUuid, recordOf, type TopicRecord, Topics } from '../state/topics.ts'
import { appoint, type ElectionRules, preferFirst, settle, withIsr } from './elections.ts'

export interface TopicPlan {
  readonly name: string
  /** The brokers of each partition, the leader first. */
  readonly assignments: readonly (readonly number[])[]
  readonly configs: ReadonlyMap<string, string>
}

/** A decision that brokers are to hear of. */
export type Decision =
  | { readonly kind: 'topic'; readonly topic: TopicRecord }
  | { readonly kind: 'topic deleted'; readonly id: string; readonly name: string }

export interface ControllerOptions {
  readonly random: Random
  readonly configs: BrokerConfigs
  /** Whether a broker has its session with the controller. */
  readonly isAlive: (id: number) => boolean
  readonly publish: (decision: Decision) => void
}

/** Why a leader was not elected, in the words of Kafka's errors. */
export type ElectionOutcome = 'elected' | 'not needed' | 'not eligible' | 'preferred not available'

/** The truth about topics and partitions, and the only writer of it. Who asks has checked that what it asks for can be done. */
export class Controller {
  readonly topics: Topics
  readonly #options: ControllerOptions

  constructor(options: ControllerOptions) {
    this.#options = options
    this.topics = new Topics(options.configs)
  }

  createTopic({ name, assignments, configs }: TopicPlan): Topic {
    const id = randomUuid(this.#options.random)
    this.#put({ name, id, configs, partitions: assignments.map((replicas) => this.#first(replicas)) })
    return this.topics.byId(id)!
  }

  addPartitions(topic: Topic, assignments: readonly (readonly number[])[]): void {
    const record = this.#record(topic)
    const added = assignments.map((replicas) => this.#first(replicas))
    this.#put({ ...record, partitions: [...record.partitions, ...added] })
  }

  configure(topic: Topic, configs: ReadonlyMap<string, string>): void {
    this.#put({ ...this.#record(topic), configs })
  }

  deleteTopic({ id, name }: Topic): void {
    this.topics.remove(id)
    this.#options.publish({ kind: 'topic deleted', id, name })
  }

  /** Brokers have come or gone: each partition that is concerned gets the leader that it can have. */
  settleAll(): void {
    for (const topic of this.topics) {
      this.#change(topic, (registration) => settle(registration, this.#rules(topic, registration)))
    }
  }

  /** Brings every partition back to its preferred leader that can have it. */
  preferAll(): void {
    for (const topic of this.topics) {
      this.#change(topic, (registration) => preferFirst(registration, this.#rules(topic, registration)))
    }
  }

  /** Makes `to` the leader, or when it is left out the preferred one. */
  elect(topic: Topic, index: number, to?: number): ElectionOutcome {
    const before = this.topics.byId(topic.id)!.partitions[index].registration
    const target = to ?? before.replicas[0]
    if (before.leaderId === target) return 'not needed'
    if (!before.replicas.includes(target)) return 'not eligible'
    if (!before.isr.includes(target) || !this.#options.isAlive(target)) return 'preferred not available'
    this.#changeOne(topic, index, (known) => appoint(known, target, this.#rules(topic, known)))
    return 'elected'
  }

  /** Makes a living replica the leader of a partition that has none, at the cost of the records that it lacks. */
  electUnclean(topic: Topic, index: number): ElectionOutcome {
    const known = this.topics.byId(topic.id)!.partitions[index].registration
    if (known.leaderId !== -1) return 'not needed'
    const target = known.replicas.find(this.#options.isAlive)
    if (target === undefined) return 'not eligible'
    this.#changeOne(topic, index, (registration) =>
      appoint(registration, target, this.#rules(topic, registration)),
    )
    return 'elected'
  }

  /** Moves a partition to other brokers: they copy first, and then those that go let go. */
  reassign(topic: Topic, index: number, target: readonly number[]): void {
    this.#changeOne(topic, index, (known) => {
      const present = known.replicas.filter((id) => !known.adding.includes(id))
      const adding = target.filter((id) => !present.includes(id))
      const removing = present.filter((id) => !target.includes(id))
      const replicas = [...target, ...removing]
      const moved = { ...known, replicas, adding, removing, partitionEpoch: known.partitionEpoch + 1 }
      return withIsr(moved, moved.isr, this.#rules(topic, moved))
    })
  }

  /** Ends a move that is under way: all stay where they were. */
  cancelReassignment(topic: Topic, index: number): void {
    this.#changeOne(topic, index, (known) => {
      const replicas = known.replicas.filter((id) => !known.adding.includes(id))
      const isr = known.isr.filter((id) => replicas.includes(id))
      return settle(
        { ...known, replicas, isr, adding: [], removing: [], partitionEpoch: known.partitionEpoch + 1 },
        this.#rules(topic, known),
      )
    })
  }

  /**
   * The leader of a partition says who is in sync. Only the present leader is heard, only when it has heard of the last
   * decision (KIP-497), and only of living brokers. Gives the partition epoch of the decision; undefined when there is none.
   */
  alterIsr(leaderId: number, said: Partition, isr: readonly number[]): number | undefined {
    const topic = this.topics.byId(said.topic.id)
    const known = topic?.partitions[said.index]?.registration
    if (topic === undefined || known === undefined) return undefined
    if (known.leaderId !== leaderId || known.leaderEpoch !== said.leaderEpoch) return undefined
    if (known.partitionEpoch !== said.registration.partitionEpoch) return undefined
    const alive = isr.filter((id) => known.replicas.includes(id) && this.#options.isAlive(id))
    if (!alive.includes(leaderId)) return undefined
    this.#changeOne(topic, said.index, (now) => withIsr(now, alive, this.#rules(topic, now)))
    return topic.partitions[said.index].registration.partitionEpoch
  }

  #first(replicas: readonly number[]): PartitionRegistration {
    const registration = firstRegistration(replicas)
    const alive = replicas.filter(this.#options.isAlive)
    if (alive.length === replicas.length) return registration
    return { ...registration, isr: alive.length > 0 ? alive : replicas, leaderId: alive[0] ?? -1 }
  }

  #changeOne(
    topic: Topic,
    index: number,
    decide: (known: PartitionRegistration) => PartitionRegistration,
  ): void {
    this.#change(topic, (known, at) => (at === index ? decide(known) : known))
  }

  #change(
    { id }: Topic,
    decide: (known: PartitionRegistration, index: number) => PartitionRegistration,
  ): void {
    const topic = this.topics.byId(id)
    if (topic === undefined) return
    const record = recordOf(topic)
    const partitions = record.partitions.map(decide)
    if (partitions.some((registration, index) => registration !== record.partitions[index])) {
      this.#put({ ...record, partitions })
    }
  }

  #record({ id }: Topic): TopicRecord {
    return recordOf(this.topics.byId(id)!)
  }

  #put(topic: TopicRecord): void {
    this.topics.put(topic)
    this.#options.publish({ kind: 'topic', topic })
  }

  #rules({ settings }: Topic, { replicas }: PartitionRegistration): ElectionRules {
    return {
      isAlive: this.#options.isAlive,
      allowsUnclean: settings.allowsUncleanElection,
      minInsyncReplicas: Math.min(settings.minInsyncReplicas, replicas.length),
    }
  }
}
