import { ErrorCodes } from '../../../protocol/error-codes.ts'
import { type Problem, problem } from '../../state/create-topic.ts'
import { PatternError } from '../patterns/parse.ts'
import {
  type Assignment,
  assignmentOf,
  type HeldPartitions,
  haveSamePartitions,
  isWithin,
  nothingHeld,
  type TopicPartitions,
} from './assignment.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { awayEpoch, type ConsumerMember, type MemberSelf } from './consumer-member.ts'
import { progress, unsaid } from './progress.ts'
import type { TopicDirectory } from './topic-directory.ts'

/** ConsumerGroupHeartbeat. What is null has not changed since the member last said it. */
export interface HeartbeatRequest {
  readonly memberId: string
  /** 0: joins; -1: leaves; -2: leaves and will be back. */
  readonly memberEpoch: number
  readonly clientId: string
  readonly clientHost: string
  readonly instanceId: string | null
  readonly rackId: string | null
  /** -1: not changed. */
  readonly rebalanceTimeoutMs: number
  readonly topicNames: readonly string[] | null
  readonly topicPattern: string | null
  readonly assignor: string | null
  /** What the member owns. */
  readonly owned: readonly TopicPartitions[] | null
}

export interface HeartbeatAnswer {
  readonly memberId: string
  readonly memberEpoch: number
  /** 0 for who leaves. */
  readonly heartbeatIntervalMs: number
  /** Undefined when it is as it was told before. */
  readonly assignment: HeldPartitions | undefined
}

export const leaveEpoch = -1

/** A heartbeat of who is a member or joins. Nothing of the group changes when it is refused. */
export function heartbeat(
  group: ConsumerGroup,
  request: HeartbeatRequest,
  topics: TopicDirectory,
): HeartbeatAnswer | Problem {
  const owned = request.owned === null ? undefined : assignmentOf(request.owned)
  const known = findMember(group, request, owned)
  if (known !== undefined && 'errorCode' in known) return known
  const before = known?.self ?? unsaid
  const self = { ...before, ...changesOf(request), classic: null }
  const wasKnownPattern = group.patterns.has(self.topicPattern)
  const refusal = self.topicPattern === '' ? undefined : addPattern(group, self.topicPattern)
  if (refusal !== undefined) return refusal
  // Other topics for a pattern that is new are found after the answer.
  const wantsOthers =
    self.topicPattern !== before.topicPattern && (self.topicPattern === '' || wasKnownPattern)
  const heldBefore = known?.position.assigned ?? nothingHeld
  const member = progress(group, { known, memberId: request.memberId, self, owned, wantsOthers }, topics)
  group.touch(member)
  const { assigned, epoch } = member.position
  const isTold = request.memberEpoch === 0 || isFull(request) || !haveSamePartitions(assigned, heldBefore)
  if (group.patterns.refresh(topics, group.options.nowMs())) {
    group.seesChanges(topics)
    group.bump()
  }
  return {
    memberId: member.memberId,
    memberEpoch: epoch,
    heartbeatIntervalMs: group.options.settings().heartbeatIntervalMs,
    assignment: isTold ? assigned : undefined,
  }
}

/** Who sends the request; undefined for a newcomer. */
function findMember(
  group: ConsumerGroup,
  request: HeartbeatRequest,
  owned: Assignment | undefined,
): ConsumerMember | Problem | undefined {
  const { memberId, memberEpoch, instanceId } = request
  const joins = memberEpoch === 0
  if (joins && group.size >= group.options.maxSize && group.member(memberId) === undefined) {
    const what = `the group has ${group.size} members and takes no more`
    return problem(ErrorCodes.GROUP_MAX_SIZE_REACHED, what)
  }
  if (instanceId === null) {
    const member = group.member(memberId)
    if (member === undefined) return joins ? undefined : notAMember(group, memberId)
    return epochProblem(member, memberEpoch, owned) ?? member
  }
  const member = group.staticMember(instanceId)
  if (joins) {
    // A member that has been there without an instance id may get one.
    if (member === undefined) return group.member(memberId)
    if (member.epoch === awayEpoch || member.self.classic !== null) return member
    const what = `the instance id ${instanceId} belongs to a member that is there`
    return problem(ErrorCodes.UNRELEASED_INSTANCE_ID, what)
  }
  return staticProblem(member, request) ?? epochProblem(member!, memberEpoch, owned) ?? member
}

function staticProblem(
  member: ConsumerMember | undefined,
  { memberId, instanceId }: HeartbeatRequest,
): Problem | undefined {
  if (member === undefined) {
    return problem(ErrorCodes.UNKNOWN_MEMBER_ID, `the instance id ${instanceId} is unknown`)
  }
  if (member.memberId === memberId) return undefined
  return problem(ErrorCodes.FENCED_INSTANCE_ID, `${member.memberId} has the instance id ${instanceId} now`)
}

function notAMember({ groupId }: ConsumerGroup, memberId: string): Problem {
  return problem(ErrorCodes.UNKNOWN_MEMBER_ID, `${memberId} is not a member of the group ${groupId}`)
}

/** A member may name its epoch before when the answer with the new one was lost: it owns nothing then that is not its own. */
function epochProblem(
  { position }: ConsumerMember,
  memberEpoch: number,
  owned: Assignment | undefined,
): Problem | undefined {
  if (memberEpoch === 0 || memberEpoch === position.epoch) return undefined
  const isBehind = memberEpoch < position.epoch && memberEpoch === position.previousEpoch
  if (isBehind && owned !== undefined && isWithin(owned, position.assigned)) return undefined
  const what = `the member is in epoch ${position.epoch}, not ${memberEpoch}: it has to join again`
  return problem(ErrorCodes.FENCED_MEMBER_EPOCH, what)
}

function changesOf(request: HeartbeatRequest): Partial<MemberSelf> {
  const { clientId, clientHost, instanceId, rackId, rebalanceTimeoutMs, topicNames, topicPattern, assignor } =
    request
  return {
    clientId,
    clientHost,
    ...(instanceId !== null && { instanceId }),
    ...(rackId !== null && { rackId }),
    ...(rebalanceTimeoutMs !== -1 && { rebalanceTimeoutMs }),
    ...(topicNames !== null && { topicNames: new Set(topicNames) }),
    ...(topicPattern !== null && { topicPattern }),
    ...(assignor !== null && { assignor }),
  }
}

function addPattern(group: ConsumerGroup, pattern: string): Problem | undefined {
  try {
    group.patterns.add(pattern)
    return undefined
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    const what = `the subscribedTopicRegex ${pattern} is not a valid regular expression: ${error.message}`
    return problem(ErrorCodes.INVALID_REGULAR_EXPRESSION, what)
  }
}

/** A member says everything anew when it is not sure what the coordinator knows of it. */
function isFull({ rebalanceTimeoutMs, topicNames, topicPattern, owned }: HeartbeatRequest): boolean {
  return rebalanceTimeoutMs !== -1 && (topicNames !== null || topicPattern !== null) && owned !== null
}

/** Who leaves for good is removed; a static member may leave for a while. */
export function leave(group: ConsumerGroup, request: HeartbeatRequest): HeartbeatAnswer | Problem {
  const { memberId, memberEpoch, instanceId } = request
  const member = instanceId === null ? group.member(memberId) : group.staticMember(instanceId)
  if (instanceId !== null) {
    const refusal = staticProblem(member, request)
    if (refusal !== undefined) return refusal
  }
  if (member === undefined) return notAMember(group, memberId)
  if (memberEpoch === awayEpoch) group.sendAway(member)
  else group.remove(member)
  return { memberId, memberEpoch, heartbeatIntervalMs: 0, assignment: undefined }
}
