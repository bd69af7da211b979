import type { Random } from '../../runtime/runtime.ts'
import type { StorageBudget } from '../log/storage-budget.ts'
import type { BrokerConfigs } from './broker-configs.ts'
import { Topic } from './topic.ts'
import { collisionKey } from './topic-name.ts'

export interface TopicPlan {
  readonly name: string
  /** The brokers of each partition, the leader first. */
  readonly assignments: readonly (readonly number[])[]
  readonly configs: ReadonlyMap<string, string>
}

/** The topics of a cluster, by name and by id. Who asks has checked that what it asks for can be done. */
export class Topics {
  readonly #byName = new Map<string, Topic>()
  readonly #byId = new Map<string, Topic>()
  readonly #collisionKeys = new Map<string, Topic>()
  readonly #random: Random
  readonly #brokerConfigs: BrokerConfigs
  readonly #budget: StorageBudget

  constructor(random: Random, brokerConfigs: BrokerConfigs, budget: StorageBudget) {
    this.#random = random
    this.#brokerConfigs = brokerConfigs
    this.#budget = budget
  }

  [Symbol.iterator](): IterableIterator<Topic> {
    return this.#byName.values()
  }

  /** Of all topics together. */
  get partitionCount(): number {
    let count = 0
    for (const { partitions } of this.#byName.values()) count += partitions.length
    return count
  }

  byName(name: string): Topic | undefined {
    return this.#byName.get(name)
  }

  byId(id: string): Topic | undefined {
    return this.#byId.get(id)
  }

  /** A topic whose name differs from this one in "." and "_" alone. */
  collidingWith(name: string): Topic | undefined {
    return this.#collisionKeys.get(collisionKey(name))
  }

  create({ name, assignments, configs }: TopicPlan): Topic {
    const topic = new Topic(name, randomUuid(this.#random), configs, this.#brokerConfigs)
    this.#byName.set(name, topic)
    this.#byId.set(topic.id, topic)
    this.#collisionKeys.set(collisionKey(name), topic)
    this.addPartitions(topic, assignments)
    return topic
  }

  addPartitions(topic: Topic, assignments: readonly (readonly number[])[]): void {
    for (const replicas of assignments) topic.addPartition(replicas, this.#budget)
  }

  delete(topic: Topic): void {
    this.#byName.delete(topic.name)
    this.#byId.delete(topic.id)
    this.#collisionKeys.delete(collisionKey(topic.name))
    for (const partition of topic.partitions) partition.discard()
  }
}

/** A new id in Kafka's 22-character form. */
export function randomUuid(random: Random): string {
  const bytes = random.bytes(16)
  // A random UUID by RFC 9562: version 4, variant 1.
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const text = bytes.toString('base64url')
  // An id that begins with a dash looks like an option to Kafka's command line, so it gives none out.
  return text.startsWith('-') ? randomUuid(random) : text
}
