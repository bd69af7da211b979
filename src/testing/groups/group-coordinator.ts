import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { BrokerSettings } from '../state/broker-configs.ts'
import { type Problem, problem } from '../state/create-topic.ts'
import type { GroupConfigs } from '../state/group-configs.ts'
import { randomUuid } from '../state/topics.ts'
import type { ClassicGroup } from './classic-group.ts'
import {
  checkMemberCommit,
  checkMemberFetch,
  type OffsetsToCommit,
  removeMembers,
} from './consumer/claims.ts'
import { beatAsClassic, joinAsClassic, syncAsClassic } from './consumer/classic-members.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import { type HeartbeatAnswer, type HeartbeatRequest, heartbeat, leave } from './consumer/heartbeat.ts'
import type { TopicDirectory } from './consumer/topic-directory.ts'
import type { Group } from './group.ts'
import { GroupTable } from './group-table.ts'
import { join } from './joining.ts'
import { type JoinAnswer, type JoinRequest, refusedJoin, refusedSync, type SyncAnswer } from './member.ts'

/** Who sends a request, as it says. */
export interface MemberClaim {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationId: number
}

export interface SyncRequest extends MemberClaim {
  /** Null: not said. */
  readonly protocolType: string | null
  readonly protocolName: string | null
  /** By member id; of the leader alone. */
  readonly assignments: ReadonlyMap<string, Buffer>
}

/** The groups of a cluster, of both protocols, and what their requests are answered. */
export class GroupCoordinator {
  readonly #table: GroupTable
  readonly #runtime: Runtime
  readonly #settings: BrokerSettings
  readonly #isTaken: (groupId: string) => boolean

  /** @param isTaken whether there is a share group of this name */
  constructor(
    runtime: Runtime,
    settings: BrokerSettings,
    configs: GroupConfigs,
    isTaken: (groupId: string) => boolean = () => false,
  ) {
    this.#runtime = runtime
    this.#settings = settings
    this.#table = new GroupTable(runtime, settings, configs)
    this.#isTaken = isTaken
  }

  [Symbol.iterator](): IterableIterator<Group> {
    return this.#table.all().values()
  }

  get(groupId: string): Group | undefined {
    return this.#table.get(groupId)
  }

  classic(groupId: string): ClassicGroup | undefined {
    return this.#table.classic(groupId)
  }

  consumer(groupId: string): ConsumerGroup | undefined {
    return this.#table.consumer(groupId)
  }

  /** Undefined when there cannot be such a classic group. */
  getOrCreate(groupId: string): ClassicGroup | undefined {
    return this.#table.getOrCreate(groupId)
  }

  /** JoinGroup. The answer waits for the rebalance that it is part of. */
  join(groupId: string, request: JoinRequest, topics: TopicDirectory): JoinAnswer | Promise<JoinAnswer> {
    const { groupMinSessionTimeoutMs, groupMaxSessionTimeoutMs, groupMaxSize } = this.#settings
    const { memberId, sessionTimeoutMs } = request
    if (groupId === '') return refusedJoin(ErrorCodes.INVALID_GROUP_ID, memberId)
    if (sessionTimeoutMs < groupMinSessionTimeoutMs || sessionTimeoutMs > groupMaxSessionTimeoutMs) {
      return refusedJoin(ErrorCodes.INVALID_SESSION_TIMEOUT, memberId)
    }
    const consumers = this.#consumers(groupId)
    if (consumers !== undefined) {
      return joinAsClassic(consumers, request, () => randomUuid(this.#runtime.random), topics)
    }
    if (this.#isTaken(groupId)) return refusedJoin(ErrorCodes.INCONSISTENT_GROUP_PROTOCOL, memberId)
    const group = memberId === '' ? this.getOrCreate(groupId) : this.classic(groupId)
    if (group === undefined) {
      const error = memberId === '' ? ErrorCodes.COORDINATOR_NOT_AVAILABLE : ErrorCodes.UNKNOWN_MEMBER_ID
      return refusedJoin(error, memberId)
    }
    return join(group, request, {
      maxSize: groupMaxSize,
      newMemberId: (prefix) => `${prefix}-${this.#uuid()}`,
    })
  }

  /** The group when it has members of the consumer protocol, or had when they came. */
  #consumers(groupId: string): ConsumerGroup | undefined {
    const group = this.consumer(groupId)
    return group?.state === 'Empty' ? undefined : group
  }

  /** SyncGroup. A follower's answer waits for the leader's assignment. */
  sync(groupId: string, request: SyncRequest): SyncAnswer | Promise<SyncAnswer> {
    if (groupId === '') return refusedSync(ErrorCodes.INVALID_GROUP_ID)
    const group = this.#table.get(groupId)
    if (group?.type === 'consumer') return syncAsClassic(group, request)
    const error = checkGeneration(group, request)
    if (group === undefined || error !== ErrorCodes.NONE) return refusedSync(error)
    if (
      differs(request.protocolType, group.protocolType) ||
      differs(request.protocolName, group.protocolName)
    ) {
      return refusedSync(ErrorCodes.INCONSISTENT_GROUP_PROTOCOL)
    }
    const member = group.members.get(request.memberId)!
    if (group.state === 'PreparingRebalance') return refusedSync(ErrorCodes.REBALANCE_IN_PROGRESS)
    if (group.state === 'CompletingRebalance') {
      const answer = group.parkSync(member)
      if (member.memberId === group.members.leaderId) group.assign(request.assignments)
      return answer
    }
    group.touch(member)
    return group.assigned(member)
  }

  /** Heartbeat. */
  heartbeat(groupId: string, claim: MemberClaim): number {
    if (groupId === '') return ErrorCodes.INVALID_GROUP_ID
    const group = this.#table.get(groupId)
    if (group?.type === 'consumer') return beatAsClassic(group, claim)
    const error = checkGeneration(group, claim)
    if (group === undefined || error !== ErrorCodes.NONE) return error
    group.touch(group.members.get(claim.memberId)!)
    return group.state === 'PreparingRebalance' ? ErrorCodes.REBALANCE_IN_PROGRESS : ErrorCodes.NONE
  }

  /** LeaveGroup: an error for each of the members, in their order. */
  leave(groupId: string, leaving: readonly Omit<MemberClaim, 'generationId'>[]): number[] {
    const group = this.#table.get(groupId)
    if (group === undefined) return leaving.map(() => ErrorCodes.UNKNOWN_MEMBER_ID)
    if (group.type === 'consumer') return removeMembers(group, leaving)
    const gone = []
    const errors = []
    for (const { memberId: claimedId, groupInstanceId } of leaving) {
      // A static member may be named by its instance id alone.
      const byInstance = claimedId === '' && groupInstanceId !== null
      const memberId = byInstance ? (group.members.staticIdOf(groupInstanceId) ?? '') : claimedId
      if (groupInstanceId === null && group.isPendingId(memberId)) {
        group.removePendingId(memberId)
        errors.push(ErrorCodes.NONE)
        continue
      }
      const error = group.checkMember(memberId, groupInstanceId)
      errors.push(error)
      if (error === ErrorCodes.NONE) gone.push(group.members.get(memberId)!)
    }
    group.remove(gone)
    return errors
  }

  /**
   * Whether a commit by this claim may be taken. Who claims no generation makes a group of offsets alone where there is
   * none; who does is told `noGroup`.
   */
  checkCommit(groupId: string, claim: MemberClaim, noGroup: number, commit: OffsetsToCommit): number {
    const group = this.#table.get(groupId)
    if (group === undefined) {
      if (this.#isTaken(groupId)) return ErrorCodes.GROUP_ID_NOT_FOUND
      if (claim.generationId >= 0) return noGroup
      const made = this.getOrCreate(groupId)
      return made === undefined ? ErrorCodes.COORDINATOR_NOT_AVAILABLE : ErrorCodes.NONE
    }
    if (claim.generationId < 0 && group.state === 'Empty') return ErrorCodes.NONE
    if (group.type === 'consumer') return checkMemberCommit(group, claim, commit)
    const error = checkGeneration(group, claim)
    if (error !== ErrorCodes.NONE) return error
    if (group.state === 'CompletingRebalance') return ErrorCodes.REBALANCE_IN_PROGRESS
    group.touch(group.members.get(claim.memberId)!)
    return ErrorCodes.NONE
  }

  /** Whether the group's offsets may be told to who says to be this member, of this epoch. */
  checkFetch(groupId: string, memberId: string | null, memberEpoch: number): number {
    const group = this.consumer(groupId)
    return group === undefined ? ErrorCodes.NONE : checkMemberFetch(group, memberId, memberEpoch)
  }

  /** ConsumerGroupHeartbeat. */
  consumerHeartbeat(
    groupId: string,
    request: HeartbeatRequest,
    topics: TopicDirectory,
  ): HeartbeatAnswer | Problem {
    const group = this.consumer(groupId)
    if (request.memberEpoch < 0)
      return group === undefined ? this.#noConsumers(groupId) : leave(group, request)
    if (group !== undefined) return heartbeat(group, this.#named(request), topics)
    if (request.memberEpoch > 0 || this.#isTaken(groupId)) return this.#noConsumers(groupId)
    const made = this.#table.makeConsumerGroup(groupId, topics)
    if ('errorCode' in made) return made
    const answer = heartbeat(made, this.#named(request), topics)
    // A group that nobody could join is none, and a classic group stays what it is.
    if ('errorCode' in answer) made.end()
    else this.#table.put(made, ErrorCodes.REBALANCE_IN_PROGRESS)
    return answer
  }

  /** Who joins without an id, as the first version of the protocol lets it, gets one. */
  #named(request: HeartbeatRequest): HeartbeatRequest {
    return request.memberId === '' ? { ...request, memberId: randomUuid(this.#runtime.random) } : request
  }

  #noConsumers(groupId: string): Problem {
    const what = this.#table.get(groupId) !== undefined ? 'is not a consumer group' : 'is not there'
    return problem(ErrorCodes.GROUP_ID_NOT_FOUND, `the group ${groupId} ${what}`)
  }

  /** DeleteGroups. */
  delete(groupId: string): number {
    const group = this.#table.get(groupId)
    if (group === undefined) return ErrorCodes.GROUP_ID_NOT_FOUND
    if (group.state !== 'Empty') return ErrorCodes.NON_EMPTY_GROUP
    this.#table.drop(group)
    return ErrorCodes.NONE
  }

  /** A topic is gone, and what was committed for it. */
  forgetTopic(topic: string): void {
    for (const group of this.#table.all()) group.offsets.deleteTopic(topic)
  }

  /** Drops the offsets of groups that have been empty for the retention, and groups that hold nothing any more. */
  expire(nowMs: number): void {
    const sinceMs = nowMs - this.#settings.offsetsRetentionMs
    for (const group of this.#table.all()) {
      if (group.type === 'consumer') group.offsets.expire(sinceMs, group.subscribedTopics())
      if (group.state !== 'Empty') continue
      if (group.type === 'classic' && group.stateSinceMs < sinceMs) group.offsets.expire(sinceMs)
      const isAwaited = group.type === 'classic' && group.hasPendingIds
      if (group.offsets.isEmpty && !isAwaited) this.#table.drop(group)
    }
  }

  /**
   * The coordinator of these groups is another broker now. It goes on with what was written down: members of consumer
   * groups as they are, classic groups in their last generation that had its assignments, and committed offsets.
   */
  handOver(isMoved: (groupId: string) => boolean): void {
    for (const group of this.#table.all()) {
      if (!isMoved(group.groupId)) continue
      if (group.type === 'consumer') group.handOver()
      else this.#table.restore(group)
    }
  }

  close(): void {
    for (const group of this.#table.all()) this.#table.drop(group)
  }

  #uuid(): string {
    const hex = this.#runtime.random.bytes(16).toString('hex')
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  }
}

/** The error of a claim to be a member of the group's current generation. */
function checkGeneration(group: ClassicGroup | undefined, claim: MemberClaim): number {
  if (group === undefined) return ErrorCodes.UNKNOWN_MEMBER_ID
  const error = group.checkMember(claim.memberId, claim.groupInstanceId)
  if (error !== ErrorCodes.NONE) return error
  return claim.generationId === group.generationId ? ErrorCodes.NONE : ErrorCodes.ILLEGAL_GENERATION
}

function differs(said: string | null, known: string | null): boolean {
  return said !== null && said !== known
}
