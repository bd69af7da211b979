import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { BrokerSettings } from '../state/broker-configs.ts'
import { type Problem, problem } from '../state/create-topic.ts'
import type { GroupConfigs } from '../state/group-configs.ts'
import { randomUuid } from '../state/topics.ts'
import { ClassicGroup } from './classic-group.ts'
import { CommittedOffsets } from './committed-offsets.ts'
import {
  checkMemberCommit,
  checkMemberFetch,
  type OffsetsToCommit,
  removeMembers,
} from './consumer/claims.ts'
import { beatAsClassic, joinAsClassic, syncAsClassic } from './consumer/classic-members.ts'
import { ConsumerGroup, type Inheritance } from './consumer/consumer-group.ts'
import { bequeath, inherit } from './consumer/conversion.ts'
import { consumerGroupSettings } from './consumer/group-settings.ts'
import { type HeartbeatAnswer, type HeartbeatRequest, heartbeat, leave } from './consumer/heartbeat.ts'
import type { TopicDirectory } from './consumer/topic-directory.ts'
import type { Group } from './group.ts'
import { join } from './joining.ts'
import { type JoinAnswer, type JoinRequest, refusedJoin, refusedSync, type SyncAnswer } from './member.ts'
import type { StoredGroup } from './stored-group.ts'

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

/** Far more than any test has; it keeps a loop that makes groups from filling the memory. */
const maxGroups = 10_000

/** The groups of a cluster, of both protocols, and what their requests are answered. */
export class GroupCoordinator {
  readonly #groups = new Map<string, Group>()
  readonly #runtime: Runtime
  readonly #settings: BrokerSettings
  readonly #configs: GroupConfigs
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
    this.#configs = configs
    this.#isTaken = isTaken
  }

  [Symbol.iterator](): IterableIterator<Group> {
    return this.#groups.values()
  }

  get(groupId: string): Group | undefined {
    return this.#groups.get(groupId)
  }

  classic(groupId: string): ClassicGroup | undefined {
    const group = this.#groups.get(groupId)
    return group?.type === 'classic' ? group : undefined
  }

  consumer(groupId: string): ConsumerGroup | undefined {
    const group = this.#groups.get(groupId)
    return group?.type === 'consumer' ? group : undefined
  }

  /**
   * A group for classic members; one of the consumer protocol that has no members turns into one. Undefined when there
   * are too many groups for another, or the group has members of the consumer protocol.
   */
  getOrCreate(groupId: string): ClassicGroup | undefined {
    const group = this.#groups.get(groupId)
    if (group?.type === 'classic') return group
    if (group === undefined ? this.#groups.size >= maxGroups : group.state !== 'Empty') return undefined
    const made = this.#makeClassicGroup(groupId, group?.offsets ?? new CommittedOffsets())
    this.#put(made)
    return made
  }

  #makeClassicGroup(groupId: string, offsets: CommittedOffsets, stored?: StoredGroup): ClassicGroup {
    const options = {
      timers: this.#runtime.timers,
      initialRebalanceDelayMs: this.#settings.groupInitialRebalanceDelayMs,
      nowMs: () => this.#runtime.clock.now(),
    }
    return new ClassicGroup(groupId, offsets, options, stored)
  }

  /** Puts a group into the place of one of the same name, if there is any; who waits there is told the error. */
  #put(group: Group, errorCode?: number): void {
    this.#groups.get(group.groupId)?.end(errorCode)
    this.#groups.set(group.groupId, group)
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
    const group = this.#groups.get(groupId)
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
    const group = this.#groups.get(groupId)
    if (group?.type === 'consumer') return beatAsClassic(group, claim)
    const error = checkGeneration(group, claim)
    if (group === undefined || error !== ErrorCodes.NONE) return error
    group.touch(group.members.get(claim.memberId)!)
    return group.state === 'PreparingRebalance' ? ErrorCodes.REBALANCE_IN_PROGRESS : ErrorCodes.NONE
  }

  /** LeaveGroup: an error for each of the members, in their order. */
  leave(groupId: string, leaving: readonly Omit<MemberClaim, 'generationId'>[]): number[] {
    const group = this.#groups.get(groupId)
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
    const group = this.#groups.get(groupId)
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
    const made = this.#makeConsumerGroup(groupId, topics)
    if ('errorCode' in made) return made
    const answer = heartbeat(made, this.#named(request), topics)
    // A group that nobody could join is none, and a classic group stays what it is.
    if ('errorCode' in answer) made.end()
    else this.#put(made, ErrorCodes.REBALANCE_IN_PROGRESS)
    return answer
  }

  /** Who joins without an id, as the first version of the protocol lets it, gets one. */
  #named(request: HeartbeatRequest): HeartbeatRequest {
    return request.memberId === '' ? { ...request, memberId: randomUuid(this.#runtime.random) } : request
  }

  #noConsumers(groupId: string): Problem {
    const what = this.#groups.has(groupId) ? 'is not a consumer group' : 'is not there'
    return problem(ErrorCodes.GROUP_ID_NOT_FOUND, `the group ${groupId} ${what}`)
  }

  /** A group for members of the consumer protocol; a classic group turns into one where that can be. */
  #makeConsumerGroup(groupId: string, topics: TopicDirectory): ConsumerGroup | Problem {
    const { groupConsumerAssignors, groupConsumerMaxSize } = this.#settings
    const classic = this.classic(groupId)
    if (classic === undefined && this.#groups.size >= maxGroups) {
      return problem(ErrorCodes.COORDINATOR_NOT_AVAILABLE, 'there are too many groups for another')
    }
    const inheritance = this.#inherit(classic, topics)
    if (typeof inheritance === 'string') {
      const what = `the classic group ${groupId} cannot become a consumer group: ${inheritance}`
      return problem(ErrorCodes.GROUP_ID_NOT_FOUND, what)
    }
    const options = {
      timers: this.#runtime.timers,
      nowMs: () => this.#runtime.clock.now(),
      settings: () => consumerGroupSettings(this.#configs, groupId),
      assignors: groupConsumerAssignors,
      maxSize: groupConsumerMaxSize,
      turnClassic: (group: ConsumerGroup, why: 'left' | 'replaced') => this.#turnClassic(group, why),
    }
    return new ConsumerGroup(groupId, classic?.offsets ?? new CommittedOffsets(), options, inheritance)
  }

  /** What a consumer group takes over from a classic group; undefined: nothing; a text: why it cannot. */
  #inherit(classic: ClassicGroup | undefined, topics: TopicDirectory): Inheritance | undefined | string {
    if (classic === undefined || classic.state === 'Empty') return undefined
    const { groupConsumerMigrationPolicy: policy, groupConsumerMaxSize } = this.#settings
    if (policy !== 'upgrade' && policy !== 'bidirectional')
      return 'group.consumer.migration.policy forbids it'
    if (classic.members.size > groupConsumerMaxSize) return 'it has more members than group.consumer.max.size'
    return inherit(classic, topics)
  }

  /** All members speak the classic protocol. */
  #turnClassic(group: ConsumerGroup, why: 'left' | 'replaced'): boolean {
    const { groupConsumerMigrationPolicy: policy, groupMaxSize } = this.#settings
    if (policy !== 'downgrade' && policy !== 'bidirectional') return false
    if (group.size > groupMaxSize) return false
    const classic = this.#makeClassicGroup(group.groupId, group.offsets, bequeath(group))
    this.#put(classic)
    if (why === 'left') classic.rebalance()
    return true
  }

  /** DeleteGroups. */
  delete(groupId: string): number {
    const group = this.#groups.get(groupId)
    if (group === undefined) return ErrorCodes.GROUP_ID_NOT_FOUND
    if (group.state !== 'Empty') return ErrorCodes.NON_EMPTY_GROUP
    this.#drop(group)
    return ErrorCodes.NONE
  }

  /** A topic is gone, and what was committed for it. */
  forgetTopic(topic: string): void {
    for (const group of this.#groups.values()) group.offsets.deleteTopic(topic)
  }

  /** Drops the offsets of groups that have been empty for the retention, and groups that hold nothing any more. */
  expire(nowMs: number): void {
    const sinceMs = nowMs - this.#settings.offsetsRetentionMs
    for (const group of [...this.#groups.values()]) {
      if (group.type === 'consumer') group.offsets.expire(sinceMs, group.subscribedTopics())
      if (group.state !== 'Empty') continue
      if (group.type === 'classic' && group.stateSinceMs < sinceMs) group.offsets.expire(sinceMs)
      const isAwaited = group.type === 'classic' && group.hasPendingIds
      if (group.offsets.isEmpty && !isAwaited) this.#drop(group)
    }
  }

  /**
   * The coordinator of these groups is another broker now. It goes on with what was written down: members of consumer
   * groups as they are, classic groups in their last generation that had its assignments, and committed offsets.
   */
  handOver(isMoved: (groupId: string) => boolean): void {
    for (const group of [...this.#groups.values()]) {
      if (!isMoved(group.groupId)) continue
      if (group.type === 'consumer') group.handOver()
      else this.#restore(group)
    }
  }

  #restore(group: ClassicGroup): void {
    const { groupId, offsets, stored } = group
    this.#groups.delete(groupId)
    if (stored !== undefined || !offsets.isEmpty) {
      this.#groups.set(groupId, this.#makeClassicGroup(groupId, offsets, stored))
    }
    group.end(ErrorCodes.NOT_COORDINATOR)
  }

  close(): void {
    for (const group of [...this.#groups.values()]) this.#drop(group)
  }

  #drop(group: Group): void {
    this.#groups.delete(group.groupId)
    group.end()
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
