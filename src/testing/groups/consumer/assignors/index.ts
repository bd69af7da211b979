import type { Assignor } from './assignor.ts'
import { range } from './range.ts'
import { uniform } from './uniform.ts'

export type { AssignedMember, AssignmentTask, Assignor } from './assignor.ts'

/** The assignors of the broker, by the names that clients and `group.consumer.assignors` call them. */
export const assignors: ReadonlyMap<string, Assignor> = new Map([
  ['uniform', uniform],
  ['range', range],
])
