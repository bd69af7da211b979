import type { ClassicGroup } from './classic-group.ts'
import { Member } from './member.ts'

/**
 * A classic group as its coordinator writes it down: when a generation has its assignments, and when nobody is left. A
 * coordinator that takes over begins with it; what was on its way meanwhile is not known to it.
 */
export interface StoredGroup {
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leaderId: string | null
  readonly members: readonly StoredMember[]
}

type StoredMember = Pick<
  Member,
  | 'memberId'
  | 'groupInstanceId'
  | 'clientId'
  | 'clientHost'
  | 'sessionTimeoutMs'
  | 'rebalanceTimeoutMs'
  | 'assignment'
> & {
  /** What it said for the protocol of the generation. */
  readonly metadata: Buffer
}

export function writeDown({ generationId, protocolType, protocolName, members }: ClassicGroup): StoredGroup {
  return {
    generationId,
    protocolType,
    protocolName,
    leaderId: members.leaderId,
    members: [...members].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      sessionTimeoutMs: member.sessionTimeoutMs,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      assignment: member.assignment,
      metadata: member.metadataFor(protocolName ?? ''),
    })),
  }
}

/** The members as they were, the leader first: who comes first leads. */
export function restoreMembers({ members, leaderId, protocolType, protocolName }: StoredGroup): Member[] {
  const restored = members.map((stored) => {
    const member = new Member(stored.memberId, {
      ...stored,
      protocolType: protocolType ?? '',
      protocols: [{ name: protocolName ?? '', metadata: stored.metadata }],
      requiresKnownMemberId: false,
      supportsSkippedAssignment: false,
    })
    member.assignment = stored.assignment
    member.isNew = false
    return member
  })
  return restored.sort(
    (one, other) => Number(other.memberId === leaderId) - Number(one.memberId === leaderId),
  )
}
