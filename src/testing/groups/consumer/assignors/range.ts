import { type Assignment, AssignmentBuilder } from '../assignment.ts'
import { type AssignmentTask, subscribersOf } from './assignor.ts'

/**
 * Each topic's partitions in one stretch for each of its subscribers, the first ones a partition longer where it does
 * not come out even. Topics with as many partitions and the same subscribers are split alike, so that records that
 * belong together by key meet in one member. Static members come first, by instance id, so that a member that is
 * replaced changes nothing.
 */
export function range(task: AssignmentTask): ReadonlyMap<string, Assignment> {
  const builders = new Map([...task.members.keys()].map((memberId) => [memberId, new AssignmentBuilder()]))
  for (const [topicId, memberIds] of subscribersOf(task)) {
    memberIds.sort((one, other) => compare(task, one, other))
    const count = task.partitionCount(topicId)
    const least = Math.floor(count / memberIds.length)
    let extras = count % memberIds.length
    let next = 0
    for (const memberId of memberIds) {
      const end = next + least + (extras > 0 ? 1 : 0)
      extras -= 1
      for (; next < end; next++) builders.get(memberId)!.add(topicId, next)
    }
  }
  return new Map([...builders].map(([memberId, builder]) => [memberId, builder.build()]))
}

function compare({ members }: AssignmentTask, one: string, other: string): number {
  const [oneInstance, otherInstance] = [members.get(one)!.instanceId, members.get(other)!.instanceId]
  if (oneInstance !== null && otherInstance !== null) return order(oneInstance, otherInstance)
  if (oneInstance !== null) return -1
  return otherInstance !== null ? 1 : order(one, other)
}

function order(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
