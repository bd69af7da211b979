import type { TopicPartition } from '../../topic-partition.ts'

/** A member of a group as its leader sees it: who it is and what it asked for. */
export interface GroupMember {
  memberId: string
  /** The name of a static member (KIP-345), null for a dynamic one. */
  groupInstanceId: string | null
  topics: readonly string[]
  /** What the member says it holds; empty under the eager protocol. */
  ownedPartitions: readonly TopicPartition[]
  /** The generation in which it got them, -1 when it does not say (KIP-792). */
  generationId: number
  rackId: string | null
  userData: Buffer | null
}

/** What each member of the group gets, by member id. Every member has an entry, be it an empty one. */
export type GroupAssignment = Map<string, TopicPartition[]>

/**
 * Shares the partitions of a group's topics among its members. Pure: the same members and topics give the same
 * assignment, whoever leads the group.
 */
export interface Assignor {
  /** The protocol's name on the wire; all members of a group must offer the one that is used. */
  readonly name: string
  /** `eager`: members give everything back before they join again. */
  readonly rebalanceProtocol: 'eager' | 'cooperative'
  /** `partitionCounts` has no entry for a topic that does not exist. */
  assign(members: readonly GroupMember[], partitionCounts: ReadonlyMap<string, number>): GroupAssignment
}

/**
 * The order in which assignors serve members: static members first, by their name, which survives a restart; then
 * dynamic ones by member id.
 */
export function compareMembers(a: GroupMember, b: GroupMember): number {
  if (a.groupInstanceId !== null && b.groupInstanceId !== null)
    return compareStrings(a.groupInstanceId, b.groupInstanceId)
  if (a.groupInstanceId !== null) return -1
  if (b.groupInstanceId !== null) return 1
  return compareStrings(a.memberId, b.memberId)
}

/** By UTF-16 code units, as Java's `String.compareTo`, so that mixed groups agree. */
export function compareStrings(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
