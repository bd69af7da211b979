import { ErrorCodes } from '../../../protocol/error-codes.ts'
import type { MemberClaim } from '../group-coordinator.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'

/** What a commit is about, as far as the group has to know. */
export interface OffsetsToCommit {
  /** Whether the request is of a version that tells member epochs from generations. */
  readonly knowsEpochs: boolean
  readonly partitions: readonly { readonly topicId: string; readonly partition: number }[]
}

/**
 * A commit by who says to be a member, the generation being its epoch. One from an epoch before is taken as long as the
 * member has held all its partitions since then (KIP-1251).
 */
export function checkMemberCommit(
  group: ConsumerGroup,
  { memberId, generationId }: MemberClaim,
  { knowsEpochs, partitions }: OffsetsToCommit,
): number {
  const member = group.member(memberId)
  if (member === undefined) return ErrorCodes.UNKNOWN_MEMBER_ID
  if (member.self.classic !== null) {
    return generationId === member.epoch ? ErrorCodes.NONE : ErrorCodes.ILLEGAL_GENERATION
  }
  if (!knowsEpochs) return ErrorCodes.UNSUPPORTED_VERSION
  if (generationId === member.epoch) return ErrorCodes.NONE
  if (generationId > member.epoch) return ErrorCodes.STALE_MEMBER_EPOCH
  const isHeld = partitions.every((one) => isHeldSince(member, one.topicId, one.partition, generationId))
  return isHeld ? ErrorCodes.NONE : ErrorCodes.STALE_MEMBER_EPOCH
}

function isHeldSince(member: ConsumerMember, topicId: string, partition: number, epoch: number): boolean {
  const since = member.heldSince(topicId, partition)
  return since !== undefined && since <= epoch
}

/** Who names no member and no epoch (an admin client) may see the offsets; a member has to be in its epoch. */
export function checkMemberFetch(group: ConsumerGroup, memberId: string | null, memberEpoch: number): number {
  // Kafka does not see this coming: a member's epoch without the member.
  if (memberId === null) return memberEpoch < 0 ? ErrorCodes.NONE : ErrorCodes.UNKNOWN_SERVER_ERROR
  const member = group.member(memberId)
  if (member === undefined) return ErrorCodes.UNKNOWN_MEMBER_ID
  return memberEpoch === member.epoch ? ErrorCodes.NONE : ErrorCodes.STALE_MEMBER_EPOCH
}

/** LeaveGroup, by which an administrator may remove members of consumer groups too: an error for each. */
export function removeMembers(
  group: ConsumerGroup,
  leaving: readonly Omit<MemberClaim, 'generationId'>[],
): number[] {
  const gone = new Set<ConsumerMember>()
  const errors = leaving.map(({ memberId, groupInstanceId }) => {
    const member = groupInstanceId === null ? group.member(memberId) : group.staticMember(groupInstanceId)
    if (member === undefined) return ErrorCodes.UNKNOWN_MEMBER_ID
    // A static member may be named by its instance id alone.
    if (memberId !== '' && memberId !== member.memberId) return ErrorCodes.FENCED_INSTANCE_ID
    gone.add(member)
    return ErrorCodes.NONE
  })
  group.remove(...gone)
  return errors
}
