import { type Assignor, compareMembers, type GroupAssignment, type GroupMember } from './assignor.ts'

/**
 * Kafka's default assignor. Each topic by itself: its partitions, in order, are cut into as many runs as there are
 * members that want the topic; when they do not come out even, the first members get one more. Topics with equal
 * partition counts and equal subscribers are so cut alike, which keeps co-partitioned topics together.
 *
 * Racks are not looked at (KIP-881): without racks the outcome is the Java client's to the last partition.
 */
export const rangeAssignor: Assignor = {
  name: 'range',
  rebalanceProtocol: 'eager',

  assign(members, partitionCounts) {
    const assignment: GroupAssignment = new Map()
    for (const member of members) assignment.set(member.memberId, [])
    for (const [topic, subscribers] of subscribersByTopic(members)) {
      const partitions = partitionCounts.get(topic) ?? 0
      const each = Math.floor(partitions / subscribers.length)
      const withOneMore = partitions % subscribers.length
      let next = 0
      subscribers.forEach((member, index) => {
        const end = next + each + (index < withOneMore ? 1 : 0)
        const own = assignment.get(member.memberId)!
        for (; next < end; next++) own.push({ topic, partition: next })
      })
    }
    return assignment
  },
}

function subscribersByTopic(members: readonly GroupMember[]): Map<string, GroupMember[]> {
  const subscribers = new Map<string, GroupMember[]>()
  for (const member of [...members].sort(compareMembers)) {
    for (const topic of new Set(member.topics)) {
      const list = subscribers.get(topic)
      if (list === undefined) subscribers.set(topic, [member])
      else list.push(member)
    }
  }
  return subscribers
}
