import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type JoinAnswer, type JoinRequest, type Member, refusedJoin } from './member.ts'

export interface JoiningRules {
  readonly maxSize: number
  /** A member id that nobody has, beginning with what tells whose it is. */
  readonly newMemberId: (prefix: string) => string
}

/** JoinGroup, by what the group knows of the member and what state it is in. */
export function join(
  group: ClassicGroup,
  request: JoinRequest,
  rules: JoiningRules,
): JoinAnswer | Promise<JoinAnswer> {
  const { memberId } = request
  if (!hasRoomFor(group, memberId, rules.maxSize)) return refusedJoin(ErrorCodes.GROUP_MAX_SIZE_REACHED, '')
  if (!group.accepts(request)) return refusedJoin(ErrorCodes.INCONSISTENT_GROUP_PROTOCOL, memberId)
  return memberId === '' ? joinAsNewcomer(group, request, rules) : joinAgain(group, request)
}

function hasRoomFor(group: ClassicGroup, memberId: string, maxSize: number): boolean {
  const { members } = group
  switch (group.state) {
    case 'PreparingRebalance':
      return (
        members.get(memberId)?.awaitsJoin === true || members.count((member) => member.awaitsJoin) < maxSize
      )
    case 'CompletingRebalance':
    case 'Stable':
      return members.get(memberId) !== undefined || members.size < maxSize
    default:
      return true
  }
}

function joinAsNewcomer(
  group: ClassicGroup,
  request: JoinRequest,
  rules: JoiningRules,
): JoinAnswer | Promise<JoinAnswer> {
  const { groupInstanceId } = request
  const memberId = rules.newMemberId(groupInstanceId ?? request.clientId)
  if (groupInstanceId !== null) {
    const knownId = group.members.staticIdOf(groupInstanceId)
    if (knownId === undefined) return group.add(memberId, request)
    return returnAsStatic(group, group.members.get(knownId)!, memberId, request)
  }
  if (!request.requiresKnownMemberId) return group.add(memberId, request)
  group.addPendingId(memberId, request.sessionTimeoutMs)
  return refusedJoin(ErrorCodes.MEMBER_ID_REQUIRED, memberId)
}

/** A static member that was restarted: it takes its old place, without a rebalance where that does. */
function returnAsStatic(
  group: ClassicGroup,
  previous: Member,
  memberId: string,
  request: JoinRequest,
): JoinAnswer | Promise<JoinAnswer> {
  const leaderBefore = group.members.leaderId!
  const protocolBefore = group.protocolName
  const member = group.replaceStatic(previous, memberId, request)
  if (group.state === 'PreparingRebalance') return group.park(member)
  // The leader may have been told the old id, so its assignment would not reach the new one.
  if (group.state === 'CompletingRebalance') return group.rejoin(member, request)
  if (group.members.electProtocol() !== protocolBefore) return group.rejoin(member, request)
  const answer = group.joined(member)
  if (request.supportsSkippedAssignment) return { ...answer, skipAssignment: answer.members.length > 0 }
  // An old client that is told that it leads would share out the partitions. It goes on under its old assignment.
  return { ...answer, leader: leaderBefore, members: [] }
}

function joinAgain(group: ClassicGroup, request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
  const { memberId, groupInstanceId } = request
  if (groupInstanceId === null && group.isPendingId(memberId)) return group.add(memberId, request)
  const error = group.checkMember(memberId, groupInstanceId)
  if (error !== ErrorCodes.NONE) return refusedJoin(error, memberId)
  const member = group.members.get(memberId)!
  switch (group.state) {
    case 'CompletingRebalance':
      // The answer to its join was lost on the way.
      return member.saysTheSame(request.protocols) ? group.joined(member) : group.rejoin(member, request)
    case 'Stable':
      // A leader that joins again has seen the topics change.
      if (memberId === group.members.leaderId || !member.saysTheSame(request.protocols)) {
        return group.rejoin(member, request)
      }
      return group.joined(member)
    default:
      return group.rejoin(member, request)
  }
}
