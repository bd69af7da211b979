import { type Assignment, AssignmentBuilder, partitionsOf } from '../assignment.ts'
import { type AssignmentTask, subscribersOf } from './assignor.ts'

/**
 * The uniform assignor where members want different topics: what a member has and still wants stays with it; what is
 * free goes to the subscriber with the least; then single partitions move from who has much to who has at least two
 * less, until no such move is left. Each move brings the loads closer together (the sum of their squares falls), so
 * the last step comes to an end.
 */
export function uniformForEach(task: AssignmentTask): ReadonlyMap<string, Assignment> {
  const balance = new Balance(task)
  balance.keep()
  balance.fill()
  while (balance.level());
  return balance.result()
}

class Balance {
  readonly #task: AssignmentTask
  /** By topic id, those with few takers to a partition first: their partitions have the least choice. */
  readonly #subscribers: ReadonlyMap<string, readonly string[]>
  /** The owner of each partition, by topic id; undefined for none. */
  readonly #owners = new Map<string, (string | undefined)[]>()
  readonly #loads = new Map<string, number>()

  constructor(task: AssignmentTask) {
    this.#task = task
    const choice = ([topicId, memberIds]: [string, string[]]) =>
      memberIds.length / task.partitionCount(topicId)
    this.#subscribers = new Map([...subscribersOf(task)].sort((one, other) => choice(one) - choice(other)))
    for (const topicId of this.#subscribers.keys()) {
      this.#owners.set(topicId, new Array(task.partitionCount(topicId)).fill(undefined))
    }
    for (const memberId of task.members.keys()) this.#loads.set(memberId, 0)
  }

  keep(): void {
    for (const [memberId, { topicIds, previous }] of this.#task.members) {
      for (const [topicId, partition] of partitionsOf(previous)) {
        const owners = this.#owners.get(topicId)
        if (!topicIds.has(topicId) || owners === undefined || partition >= owners.length) continue
        if (owners[partition] === undefined) this.#give(topicId, partition, memberId)
      }
    }
  }

  fill(): void {
    for (const [topicId, memberIds] of this.#subscribers) {
      const owners = this.#owners.get(topicId)!
      for (let partition = 0; partition < owners.length; partition++) {
        if (owners[partition] === undefined) this.#give(topicId, partition, this.#leastOf(memberIds))
      }
    }
  }

  /** One round over all topics; whether anything moved. */
  level(): boolean {
    let moved = false
    for (const [topicId, memberIds] of this.#subscribers) {
      while (this.#moveOne(topicId, memberIds)) moved = true
    }
    return moved
  }

  #moveOne(topicId: string, memberIds: readonly string[]): boolean {
    const owners = this.#owners.get(topicId)!
    const least = this.#leastOf(memberIds)
    let heaviest = 0
    for (let partition = 1; partition < owners.length; partition++) {
      if (this.#load(owners[partition]!) >= this.#load(owners[heaviest]!)) heaviest = partition
    }
    if (this.#load(owners[heaviest]!) - this.#load(least) < 2) return false
    this.#give(topicId, heaviest, least)
    return true
  }

  #give(topicId: string, partition: number, memberId: string): void {
    const owners = this.#owners.get(topicId)!
    const before = owners[partition]
    if (before !== undefined) this.#loads.set(before, this.#load(before) - 1)
    this.#loads.set(memberId, this.#load(memberId) + 1)
    owners[partition] = memberId
  }

  #load(memberId: string): number {
    return this.#loads.get(memberId)!
  }

  #leastOf(memberIds: readonly string[]): string {
    return memberIds.reduce((least, memberId) =>
      this.#load(memberId) < this.#load(least) ? memberId : least,
    )
  }

  result(): ReadonlyMap<string, Assignment> {
    const builders = new Map(
      [...this.#task.members.keys()].map((memberId) => [memberId, new AssignmentBuilder()]),
    )
    for (const [topicId, owners] of this.#owners) {
      for (const [partition, owner] of owners.entries()) builders.get(owner!)!.add(topicId, partition)
    }
    return new Map([...builders].map(([memberId, builder]) => [memberId, builder.build()]))
  }
}
