/** Partitions by topic id. No topic has an empty set. */
export type Assignment = ReadonlyMap<string, ReadonlySet<number>>

/** Partitions that a member holds, by topic id, each with the member epoch in which it was given (KIP-1251). */
export type HeldPartitions = ReadonlyMap<string, ReadonlyMap<number, number>>

/** Partitions as messages list them. */
export interface TopicPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
}

export const noPartitions: Assignment = new Map()
export const nothingHeld: HeldPartitions = new Map()

/** What is being put together. */
export class AssignmentBuilder {
  readonly #topics = new Map<string, Set<number>>()

  add(topicId: string, partition: number): void {
    const partitions = this.#topics.get(topicId)
    if (partitions === undefined) this.#topics.set(topicId, new Set([partition]))
    else partitions.add(partition)
  }

  build(): Assignment {
    return this.#topics
  }
}

export function assignmentOf(listed: readonly TopicPartitions[]): Assignment {
  const builder = new AssignmentBuilder()
  for (const { topicId, partitions } of listed) {
    for (const partition of partitions) builder.add(topicId, partition)
  }
  return builder.build()
}

/** Each partition with its topic's id, in order within a topic. */
export function* partitionsOf(assignment: Assignment | HeldPartitions): Generator<[string, number]> {
  for (const [topicId, partitions] of assignment) {
    for (const partition of sorted(partitions)) yield [topicId, partition]
  }
}

/** As messages list them, partitions in order. */
export function listed(assignment: Assignment | HeldPartitions): { topicId: string; partitions: number[] }[] {
  return [...assignment].map(([topicId, partitions]) => ({ topicId, partitions: sorted(partitions) }))
}

export function sizeOf(assignment: Assignment | HeldPartitions): number {
  let size = 0
  for (const partitions of assignment.values()) size += partitions.size
  return size
}

export function holds(assignment: Assignment | HeldPartitions, topicId: string, partition: number): boolean {
  return assignment.get(topicId)?.has(partition) === true
}

/** Whether all of `part` is in `whole`. */
export function isWithin(part: Assignment, whole: Assignment | HeldPartitions): boolean {
  for (const [topicId, partition] of partitionsOf(part)) {
    if (!holds(whole, topicId, partition)) return false
  }
  return true
}

export function overlap(one: Assignment, other: Assignment | HeldPartitions): boolean {
  for (const [topicId, partition] of partitionsOf(one)) if (holds(other, topicId, partition)) return true
  return false
}

/** Whether both name the same partitions; since when they are held makes no difference. */
export function haveSamePartitions(
  one: Assignment | HeldPartitions,
  other: Assignment | HeldPartitions,
): boolean {
  if (sizeOf(one) !== sizeOf(other)) return false
  for (const [topicId, partition] of partitionsOf(one)) if (!holds(other, topicId, partition)) return false
  return true
}

function sorted(partitions: ReadonlySet<number> | ReadonlyMap<number, number>): number[] {
  return [...partitions.keys()].sort((a, b) => a - b)
}
