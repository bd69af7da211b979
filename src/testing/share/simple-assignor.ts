/** Partitions by the id of their topic. */
export type Assignment = ReadonlyMap<string, readonly number[]>

export interface AssignorMember {
  readonly memberId: string
  readonly topicIds: ReadonlySet<string>
  /** What it has now; as much of it as is fair it keeps. */
  readonly assignment: Assignment
}

export interface AssignorTopic {
  readonly topicId: string
  readonly partitions: number
}

interface Slot {
  readonly topicId: string
  readonly partition: number
  readonly holders: Set<string>
}

/**
 * Shares out partitions as Kafka's `simple` assignor does as far as members can see: each partition has a member, and
 * when there are more members than partitions several have the same one, so that each member has something to do. A
 * partition has no more members than it takes for that, and no member has two more than another of like subscription.
 */
export function assignSimply(
  members: readonly AssignorMember[],
  topics: readonly AssignorTopic[],
): Map<string, Assignment> {
  const loads = new Map(members.map(({ memberId }) => [memberId, 0]))
  const slotsOfAll: Slot[] = []
  for (const { subscribers, topics: alike } of bySubscribers(members, topics)) {
    const count = alike.reduce((sum, { partitions }) => sum + partitions, 0)
    const sharers = Math.max(1, Math.ceil(subscribers.length / count))
    const fairShare = Math.floor((count * sharers) / subscribers.length)
    /** So many members may have one more than the others. */
    let luckyOnes = (count * sharers) % subscribers.length
    const slots = alike.flatMap(({ topicId, partitions }) =>
      Array.from(
        { length: partitions },
        (_, partition): Slot => ({ topicId, partition, holders: new Set() }),
      ),
    )
    const kept = new Map<string, number>()
    for (const slot of slots) {
      for (const { memberId, assignment } of subscribers) {
        if (slot.holders.size >= sharers) break
        const own = kept.get(memberId) ?? 0
        if (assignment.get(slot.topicId)?.includes(slot.partition) !== true) continue
        if (own > fairShare || (own === fairShare && luckyOnes === 0)) continue
        if (own === fairShare) luckyOnes -= 1
        give(slot, memberId, loads)
        kept.set(memberId, own + 1)
      }
    }
    for (const slot of slots) {
      while (slot.holders.size < sharers) {
        const free = subscribers.filter(({ memberId }) => !slot.holders.has(memberId))
        const least = Math.min(...free.map(({ memberId }) => loads.get(memberId)!))
        give(slot, free.find(({ memberId }) => loads.get(memberId) === least)!.memberId, loads)
      }
    }
    slotsOfAll.push(...slots)
  }
  return new Map(members.map(({ memberId }) => [memberId, assignmentOf(memberId, slotsOfAll)]))
}

/** Topics that the same members subscribe to are shared out as one. */
function bySubscribers(members: readonly AssignorMember[], topics: readonly AssignorTopic[]) {
  const groups = new Map<string, { subscribers: AssignorMember[]; topics: AssignorTopic[] }>()
  for (const topic of topics) {
    const subscribers = members.filter(({ topicIds }) => topicIds.has(topic.topicId))
    if (subscribers.length === 0 || topic.partitions === 0) continue
    const key = subscribers.map(({ memberId }) => memberId).join('\n')
    const known = groups.get(key)
    if (known === undefined) groups.set(key, { subscribers, topics: [topic] })
    else known.topics.push(topic)
  }
  return groups.values()
}

function give(slot: Slot, memberId: string, loads: Map<string, number>): void {
  slot.holders.add(memberId)
  loads.set(memberId, loads.get(memberId)! + 1)
}

function assignmentOf(memberId: string, slots: readonly Slot[]): Assignment {
  const assignment = new Map<string, number[]>()
  for (const { topicId, partition, holders } of slots) {
    if (!holders.has(memberId)) continue
    const partitions = assignment.get(topicId)
    if (partitions === undefined) assignment.set(topicId, [partition])
    else partitions.push(partition)
  }
  return assignment
}
