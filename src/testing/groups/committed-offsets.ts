export interface CommittedOffset {
  readonly offset: bigint
  /** -1: unknown. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly committedAtMs: number
}

/** The offsets that a group has committed, by topic and partition. */
export class CommittedOffsets {
  readonly #topics = new Map<string, Map<number, CommittedOffset>>()

  get isEmpty(): boolean {
    return this.#topics.size === 0
  }

  topics(): IterableIterator<string> {
    return this.#topics.keys()
  }

  partitionsOf(topic: string): ReadonlyMap<number, CommittedOffset> {
    return this.#topics.get(topic) ?? new Map()
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.#topics.get(topic)?.get(partition)
  }

  set(topic: string, partition: number, committed: CommittedOffset): void {
    let partitions = this.#topics.get(topic)
    if (partitions === undefined) {
      partitions = new Map()
      this.#topics.set(topic, partitions)
    }
    partitions.set(partition, committed)
  }

  delete(topic: string, partition: number): void {
    const partitions = this.#topics.get(topic)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#topics.delete(topic)
  }

  deleteTopic(topic: string): void {
    this.#topics.delete(topic)
  }

  /** Forgets what was committed before `sinceMs`. */
  expire(sinceMs: number): void {
    for (const [topic, partitions] of this.#topics) {
      for (const [partition, { committedAtMs }] of partitions) {
        if (committedAtMs < sinceMs) this.delete(topic, partition)
      }
    }
  }
}
