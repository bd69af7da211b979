import { type Assignment, AssignmentBuilder, partitionsOf } from '../assignment.ts'
import type { AssignmentTask } from './assignor.ts'

/**
 * The uniform assignor where all members want the same topics: each member gets the same number of partitions, some
 * get one more. Who has more than that gives the rest back; nothing else moves. The places with one more go to
 * members that have so many already, and then to the last of the others, as in Kafka.
 */
export function uniformForAll(task: AssignmentTask): ReadonlyMap<string, Assignment> {
  const { members, partitionCount } = task
  const [{ topicIds }] = members.values()
  let total = 0
  for (const topicId of topicIds) total += partitionCount(topicId)
  const least = Math.floor(total / members.size)
  let extras = total % members.size

  const unowned = new PartitionPool(task, topicIds)
  const givenBack: [string, number][] = []
  const builders = new Map<string, AssignmentBuilder>()
  const short: { builder: AssignmentBuilder; missing: number }[] = []
  for (const [memberId, { previous }] of members) {
    const builder = new AssignmentBuilder()
    builders.set(memberId, builder)
    const quota = least + (extras > 0 ? 1 : 0)
    let kept = 0
    for (const [topicId, partition] of partitionsOf(previous)) {
      if (!unowned.take(topicId, partition)) continue
      if (kept === quota) {
        givenBack.push([topicId, partition])
        continue
      }
      builder.add(topicId, partition)
      kept += 1
    }
    if (kept > least) extras -= 1
    else short.push({ builder, missing: least - kept })
  }

  const free = [...unowned.rest(), ...givenBack]
  let next = 0
  for (const [index, { builder, missing }] of short.entries()) {
    const end = next + missing + (index >= short.length - extras ? 1 : 0)
    for (; next < end; next++) builder.add(...free[next])
  }
  return new Map([...builders].map(([memberId, builder]) => [memberId, builder.build()]))
}

/** The partitions that nobody has, of topics that are there. */
class PartitionPool {
  readonly #topics: Map<string, Set<number>>

  constructor({ partitionCount }: AssignmentTask, topicIds: ReadonlySet<string>) {
    const all = (topicId: string) =>
      new Set(Array.from({ length: partitionCount(topicId) }, (_, index) => index))
    this.#topics = new Map([...topicIds].map((topicId) => [topicId, all(topicId)]))
  }

  /** False when there is no such partition, or somebody has it. */
  take(topicId: string, partition: number): boolean {
    return this.#topics.get(topicId)?.delete(partition) === true
  }

  rest(): [string, number][] {
    return [...partitionsOf(this.#topics)]
  }
}
