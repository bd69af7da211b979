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
  | 'protocols'
>

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
      // Only that of the generation is written down.
      protocols: member.protocols.filter(({ name }) => name === protocolName),
    })),
  }
}

/** The members as they were, the leader first: who comes first leads. */
export function restoreMembers({ members, leaderId, protocolType }: StoredGroup): Member[] {
  const restored = members.map((stored) => {
    const member = new Member(stored.memberId, {
      ...stored,
      protocolType: protocolType ?? '',
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
