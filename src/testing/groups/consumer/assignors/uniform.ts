import type { Assignment } from '../assignment.ts'
import { type AssignmentTask, wantTheSame } from './assignor.ts'
import { uniformForAll } from './uniform-for-all.ts'
import { uniformForEach } from './uniform-for-each.ts'

/** Members get as many partitions as each other, as far as their subscriptions let them, and keep what they have. */
export function uniform(task: AssignmentTask): ReadonlyMap<string, Assignment> {
  if (task.members.size === 0) return new Map()
  return wantTheSame(task) ? uniformForAll(task) : uniformForEach(task)
}
