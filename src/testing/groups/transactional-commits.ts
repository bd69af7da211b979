import { ErrorCodes } from '../../protocol/error-codes.ts'
import { checkMemberCommit, type OffsetsToCommit } from './consumer/claims.ts'
import type { GroupCoordinator, MemberClaim } from './group-coordinator.ts'

/**
 * Whether offsets may be committed in a transaction by who claims to be this member. Who claims nothing may always:
 * producers that know no group metadata cannot (KIP-447).
 */
export function checkTransactionalCommit(
  groups: GroupCoordinator,
  groupId: string,
  claim: MemberClaim,
  partitions: OffsetsToCommit['partitions'],
): number {
  const { memberId, groupInstanceId, generationId } = claim
  const group = groups.get(groupId)
  if (group === undefined) {
    if (generationId >= 0) return ErrorCodes.ILLEGAL_GENERATION
    return groups.getOrCreate(groupId) === undefined ? ErrorCodes.COORDINATOR_NOT_AVAILABLE : ErrorCodes.NONE
  }
  if (generationId < 0 && group.state === 'Empty') return ErrorCodes.NONE
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return ErrorCodes.NONE
  if (group.type === 'consumer') {
    const refusal = checkMemberCommit(group, claim, { knowsEpochs: true, partitions })
    // Producers knew generations before there were epochs.
    return refusal === ErrorCodes.STALE_MEMBER_EPOCH ? ErrorCodes.ILLEGAL_GENERATION : refusal
  }
  const error = group.checkMember(memberId, groupInstanceId)
  if (error !== ErrorCodes.NONE) return error
  return generationId === group.generationId ? ErrorCodes.NONE : ErrorCodes.ILLEGAL_GENERATION
}
