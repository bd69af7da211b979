import type { CommittedOffset } from './committed-offsets.ts'

/** An offset that counts once its transaction is committed. */
export interface PendingOffset {
  readonly topic: string
  readonly partition: number
  readonly committed: CommittedOffset
  /** Which commits of the group came before this one. */
  readonly order: number
}

/** The offsets of a group that were committed in transactions which have not ended, by producer. */
export class PendingOffsets {
  /** Of one producer, the last one of each partition counts. */
  readonly #byProducer = new Map<bigint, Map<string, PendingOffset>>()

  get isEmpty(): boolean {
    return this.#byProducer.size === 0
  }

  has(topic: string, partition: number): boolean {
    const key = keyOf(topic, partition)
    for (const offsets of this.#byProducer.values()) if (offsets.has(key)) return true
    return false
  }

  set(producerId: bigint, offset: PendingOffset): void {
    let offsets = this.#byProducer.get(producerId)
    if (offsets === undefined) {
      offsets = new Map()
      this.#byProducer.set(producerId, offsets)
    }
    offsets.set(keyOf(offset.topic, offset.partition), offset)
  }

  /** The producer's transaction has ended: takes out what was pending for it. */
  take(producerId: bigint): Iterable<PendingOffset> {
    const offsets = this.#byProducer.get(producerId)
    this.#byProducer.delete(producerId)
    return offsets?.values() ?? []
  }

  delete(topic: string, partition: number): void {
    this.#drop((offset) => offset.topic === topic && offset.partition === partition)
  }

  deleteTopic(topic: string): void {
    this.#drop((offset) => offset.topic === topic)
  }

  #drop(isGone: (offset: PendingOffset) => boolean): void {
    for (const [producerId, offsets] of this.#byProducer) {
      for (const [key, offset] of offsets) if (isGone(offset)) offsets.delete(key)
      if (offsets.size === 0) this.#byProducer.delete(producerId)
    }
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`
}
