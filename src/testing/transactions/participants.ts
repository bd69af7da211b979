/** One partition of a topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** What takes part in a transaction: partitions with records, and groups with offsets. */
export class Participants {
  readonly #topics = new Map<string, Set<number>>()
  readonly #groups = new Set<string>()

  get isEmpty(): boolean {
    return this.#topics.size === 0 && this.#groups.size === 0
  }

  get groups(): ReadonlySet<string> {
    return this.#groups
  }

  topics(): IterableIterator<[topic: string, partitions: ReadonlySet<number>]> {
    return this.#topics.entries()
  }

  *partitions(): Generator<TopicPartition> {
    for (const [topic, partitions] of this.#topics) {
      for (const partition of partitions) yield { topic, partition }
    }
  }

  has({ topic, partition }: TopicPartition): boolean {
    return this.#topics.get(topic)?.has(partition) === true
  }

  add({ topic, partition }: TopicPartition): void {
    let partitions = this.#topics.get(topic)
    if (partitions === undefined) {
      partitions = new Set()
      this.#topics.set(topic, partitions)
    }
    partitions.add(partition)
  }

  remove({ topic, partition }: TopicPartition): void {
    const partitions = this.#topics.get(topic)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#topics.delete(topic)
  }

  addGroup(groupId: string): void {
    this.#groups.add(groupId)
  }

  removeGroup(groupId: string): void {
    this.#groups.delete(groupId)
  }

  clear(): void {
    this.#topics.clear()
    this.#groups.clear()
  }
}
