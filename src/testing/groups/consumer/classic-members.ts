import { ErrorCodes } from '../../../protocol/error-codes.ts'
import type { MemberClaim, SyncRequest } from '../group-coordinator.ts'
import { type JoinAnswer, type JoinRequest, refusedJoin, refusedSync, type SyncAnswer } from '../member.ts'
import { byId, consumerProtocolType, readSubscription, writeAssignment } from './classic-protocol.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { progress, unsaid } from './progress.ts'
import type { TopicDirectory } from './topic-directory.ts'

/*
 * Members of the classic protocol in a consumer group, on its way from one protocol to the other (KIP-848, "Upgrade
 * Plan"): a join is a heartbeat that says everything, its generation the member's epoch, and a heartbeat is answered
 * REBALANCE_IN_PROGRESS when the member has to join again to get on.
 */

/** JoinGroup. Nobody waits for anybody here, so it is answered at once. */
export function joinAsClassic(
  group: ConsumerGroup,
  request: JoinRequest,
  newMemberId: () => string,
  topics: TopicDirectory,
): JoinAnswer {
  const { groupInstanceId } = request
  if (group.size >= group.options.maxSize && group.member(request.memberId) === undefined) {
    return refusedJoin(ErrorCodes.GROUP_MAX_SIZE_REACHED, '')
  }
  if (!isSupported(group, request)) return refusedJoin(ErrorCodes.INCONSISTENT_GROUP_PROTOCOL, '')
  const memberId = request.memberId === '' ? newMemberId() : request.memberId
  if (request.memberId === '' && request.requiresKnownMemberId) {
    return refusedJoin(ErrorCodes.MEMBER_ID_REQUIRED, memberId)
  }
  const known = groupInstanceId === null ? group.member(memberId) : group.staticMember(groupInstanceId)
  if (known !== undefined && request.memberId !== '' && known.memberId !== memberId) {
    return refusedJoin(ErrorCodes.FENCED_INSTANCE_ID, '')
  }
  if (known === undefined && groupInstanceId !== null && request.memberId !== '') {
    return refusedJoin(ErrorCodes.UNKNOWN_MEMBER_ID, '')
  }
  const subscription = readSubscription(request.protocols[0].metadata)
  // Kafka does not see this coming.
  if (subscription === undefined) return refusedJoin(ErrorCodes.UNKNOWN_SERVER_ERROR, '')
  const { clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs, protocols } = request
  const before = known?.self ?? unsaid
  const self = {
    ...before,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    instanceId: groupInstanceId ?? before.instanceId,
    rackId: subscription.rackId ?? before.rackId,
    topicNames: new Set(subscription.topics),
    classic: { sessionTimeoutMs, protocols },
  }
  const owned = byId(subscription.ownedPartitions, topics)
  const member = progress(group, { known, memberId, self, owned, wantsOthers: false }, topics)
  group.touch(member)
  group.expectOf(member)
  const answer = joined(member, protocols[0].name)
  // The last member of the consumer protocol may have been the one whose place it took.
  if (known !== undefined && known !== member && group.isClassicAlone)
    group.options.turnClassic(group, 'replaced')
  return answer
}

function isSupported(group: ConsumerGroup, { protocolType, protocols }: JoinRequest): boolean {
  if (protocolType !== consumerProtocolType || protocols.length === 0) return false
  const others = [...group.members()].flatMap(({ self }) => (self.classic === null ? [] : [self.classic]))
  return protocols.some(({ name }) =>
    others.every((other) => other.protocols.some((one) => one.name === name)),
  )
}

function joined({ memberId, epoch }: ConsumerMember, protocolName: string): JoinAnswer {
  return {
    errorCode: ErrorCodes.NONE,
    memberId,
    generationId: epoch,
    protocolType: consumerProtocolType,
    protocolName,
    // Partitions are shared out here.
    leader: '',
    skipAssignment: false,
    members: [],
  }
}

/** SyncGroup: what the member has in its generation. */
export function syncAsClassic(group: ConsumerGroup, request: SyncRequest): SyncAnswer {
  const member = classicMember(group, request)
  if (typeof member === 'number') return refusedSync(member)
  const { classic } = member.self
  const [{ name, metadata }] = classic!.protocols
  const { protocolType, protocolName } = request
  if (
    (protocolType !== null && protocolType !== consumerProtocolType) ||
    (protocolName !== null && protocolName !== name)
  ) {
    return refusedSync(ErrorCodes.INCONSISTENT_GROUP_PROTOCOL)
  }
  // Who gives something up has joined for this generation already, and joins again when it has.
  if (member.epoch < group.epoch && member.position.state !== 'UnrevokedPartitions') {
    group.expectOf(member)
    return refusedSync(ErrorCodes.REBALANCE_IN_PROGRESS)
  }
  if (member.position.state !== 'UnrevokedPartitions') member.meetDeadline()
  group.touch(member)
  const assignment = writeAssignment(member.position.assigned, group.topics, metadata)
  return { errorCode: ErrorCodes.NONE, protocolType, protocolName, assignment }
}

/** Heartbeat. */
export function beatAsClassic(group: ConsumerGroup, claim: MemberClaim): number {
  const member = classicMember(group, claim)
  if (typeof member === 'number') return member
  group.touch(member)
  const { state } = member.position
  const hasToJoin =
    member.epoch < group.epoch ||
    state === 'UnrevokedPartitions' ||
    (state === 'UnreleasedPartitions' && group.isAllFreeFor(member))
  if (!hasToJoin) return ErrorCodes.NONE
  if (!member.isExpected) group.expectOf(member)
  return ErrorCodes.REBALANCE_IN_PROGRESS
}

/** The member that somebody says to be, or the error. */
function classicMember(
  group: ConsumerGroup,
  { memberId, groupInstanceId, generationId }: MemberClaim,
): ConsumerMember | number {
  const member = groupInstanceId === null ? group.member(memberId) : group.staticMember(groupInstanceId)
  if (member === undefined) return ErrorCodes.UNKNOWN_MEMBER_ID
  if (member.memberId !== memberId) return ErrorCodes.FENCED_INSTANCE_ID
  if (member.self.classic === null) return ErrorCodes.UNKNOWN_MEMBER_ID
  return generationId === member.epoch ? member : ErrorCodes.ILLEGAL_GENERATION
}
