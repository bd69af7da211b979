import type { Assignment } from '../assignment.ts'

/** A member, as the sharing out of partitions sees it. */
export interface AssignedMember {
  /** The topics that it wants, by id; all of them exist. */
  readonly topicIds: ReadonlySet<string>
  /** Set for static members. */
  readonly instanceId: string | null
  /** What it was to have until now. */
  readonly previous: Assignment
}

export interface AssignmentTask {
  /** By member id. */
  readonly members: ReadonlyMap<string, AssignedMember>
  readonly partitionCount: (topicId: string) => number
}

/** Gives each partition of each wanted topic to one member that wants it. By member id, each member of the task. */
export type Assignor = (task: AssignmentTask) => ReadonlyMap<string, Assignment>

/** Who wants a topic, by topic id, members in the order of the task. */
export function subscribersOf({ members }: AssignmentTask): Map<string, string[]> {
  const subscribers = new Map<string, string[]>()
  for (const [memberId, { topicIds }] of members) {
    for (const topicId of topicIds) {
      const known = subscribers.get(topicId)
      if (known === undefined) subscribers.set(topicId, [memberId])
      else known.push(memberId)
    }
  }
  return subscribers
}

/** Whether all members want the same topics. */
export function wantTheSame({ members }: AssignmentTask): boolean {
  const [first] = members.values()
  for (const { topicIds } of members.values()) {
    if (topicIds.size !== first.topicIds.size) return false
    for (const topicId of topicIds) if (!first.topicIds.has(topicId)) return false
  }
  return true
}
