import { type HeldPartitions, partitionsOf } from './assignment.ts'

/** Which partitions are held by members of a group, whoever it is. */
export class Holders {
  readonly #topics = new Map<string, Set<number>>()

  isFree(topicId: string, partition: number): boolean {
    return this.#topics.get(topicId)?.has(partition) !== true
  }

  hold(held: HeldPartitions): void {
    for (const [topicId, partition] of partitionsOf(held)) {
      const partitions = this.#topics.get(topicId)
      if (partitions === undefined) this.#topics.set(topicId, new Set([partition]))
      else partitions.add(partition)
    }
  }

  release(held: HeldPartitions): void {
    for (const [topicId, partition] of partitionsOf(held)) {
      const partitions = this.#topics.get(topicId)
      partitions?.delete(partition)
      if (partitions?.size === 0) this.#topics.delete(topicId)
    }
  }
}
