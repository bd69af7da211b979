import type { Random } from '../../runtime/runtime.ts'
import type { BrokerConfigs } from './broker-configs.ts'
import { Partition } from './partition.ts'
import type { PartitionRegistration } from './registration.ts'
import { Topic } from './topic.ts'
import { collisionKey } from './topic-name.ts'

/** What there is to know of a topic, its records apart. */
export interface TopicRecord {
  readonly name: string
  /** Kafka's 22-character form. */
  readonly id: string
  readonly configs: ReadonlyMap<string, string>
  readonly partitions: readonly PartitionRegistration[]
}

/** The topics as a broker, or the controller, knows them, by name and by id. */
export class Topics {
  readonly #byName = new Map<string, Topic>()
  readonly #byId = new Map<string, Topic>()
  readonly #collisionKeys = new Map<string, Topic>()
  readonly #brokerConfigs: BrokerConfigs

  constructor(brokerConfigs: BrokerConfigs) {
    this.#brokerConfigs = brokerConfigs
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

  /**
   * Takes over what a record says: a new topic, or what has changed of a known one.
   *
   * @returns the partitions of which there is something new
   */
  put({ name, id, configs, partitions }: TopicRecord): Partition[] {
    let topic = this.#byId.get(id)
    if (topic === undefined) {
      topic = new Topic(name, id, configs, this.#brokerConfigs)
      this.#byName.set(name, topic)
      this.#byId.set(id, topic)
      this.#collisionKeys.set(collisionKey(name), topic)
    } else if (topic.configs !== configs) topic.configure(configs)
    const changed: Partition[] = []
    for (const [index, registration] of partitions.entries()) {
      const known = topic.partitions[index]
      if (known === undefined) {
        const partition = new Partition(topic, index, registration)
        topic.partitions.push(partition)
        changed.push(partition)
      } else if (known.registration !== registration) {
        known.registration = registration
        changed.push(known)
      }
    }
    return changed
  }

  /** @returns the partitions that there were */
  remove(id: string): readonly Partition[] {
    const topic = this.#byId.get(id)
    if (topic === undefined) return []
    this.#byId.delete(id)
    // A topic of the same name may have been made meanwhile.
    if (this.#byName.get(topic.name) === topic) {
      this.#byName.delete(topic.name)
      this.#collisionKeys.delete(collisionKey(topic.name))
    }
    for (const partition of topic.partitions) partition.discard()
    return topic.partitions
  }
}

export function recordOf({ name, id, configs, partitions }: Topic): TopicRecord {
  return { name, id, configs, partitions: partitions.map(({ registration }) => registration) }
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
