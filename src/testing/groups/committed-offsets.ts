import { PendingOffsets } from './pending-offsets.ts'

export interface CommittedOffset {
  readonly offset: bigint
  /** -1: unknown. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly committedAtMs: number
}

/** A committed offset, and which commits of the group came before it. */
interface KnownOffset extends CommittedOffset {
  readonly order: number
}

/** The offsets that a group has committed, by topic and partition, and those that wait for the end of a transaction. */
export class CommittedOffsets {
  readonly #topics = new Map<string, Map<number, KnownOffset>>()
  readonly #pending = new PendingOffsets()
  #commits = 0

  /** Also nothing that waits for the end of a transaction. */
  get isEmpty(): boolean {
    return this.#topics.size === 0 && this.#pending.isEmpty
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

  /** Whether a transaction that has not ended has committed an offset for the partition. */
  isPending(topic: string, partition: number): boolean {
    return this.#pending.has(topic, partition)
  }

  set(topic: string, partition: number, committed: CommittedOffset): void {
    this.#put(topic, partition, { ...committed, order: this.#nextOrder() })
  }

  /** Commits an offset in a transaction of this producer. Nobody sees it before `endTransaction`. */
  setPending(producerId: bigint, topic: string, partition: number, committed: CommittedOffset): void {
    this.#pending.set(producerId, { topic, partition, committed, order: this.#nextOrder() })
  }

  /** What the producer's transaction has committed counts now, where nothing came after it, or never. */
  endTransaction(producerId: bigint, isCommit: boolean): void {
    for (const { topic, partition, committed, order } of this.#pending.take(producerId)) {
      const known = this.#topics.get(topic)?.get(partition)
      if (isCommit && (known === undefined || known.order < order)) {
        this.#put(topic, partition, { ...committed, order })
      }
    }
  }

  #nextOrder(): number {
    this.#commits += 1
    return this.#commits
  }

  #put(topic: string, partition: number, known: KnownOffset): void {
    let partitions = this.#topics.get(topic)
    if (partitions === undefined) {
      partitions = new Map()
      this.#topics.set(topic, partitions)
    }
    partitions.set(partition, known)
  }

  delete(topic: string, partition: number): void {
    this.#pending.delete(topic, partition)
    this.#forget(topic, partition)
  }

  #forget(topic: string, partition: number): void {
    const partitions = this.#topics.get(topic)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#topics.delete(topic)
  }

  deleteTopic(topic: string): void {
    this.#topics.delete(topic)
    this.#pending.deleteTopic(topic)
  }

  /**
   * Forgets what was committed before `sinceMs`, but for topics that are `kept`, and partitions where something waits
   * for its transaction.
   */
  expire(sinceMs: number, kept: ReadonlySet<string> = new Set()): void {
    for (const [topic, partitions] of this.#topics) {
      if (kept.has(topic)) continue
      for (const [partition, { committedAtMs }] of partitions) {
        if (committedAtMs < sinceMs && !this.isPending(topic, partition)) this.#forget(topic, partition)
      }
    }
  }
}
