import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { BrokerSettings } from '../state/broker-configs.ts'
import { ClassicGroup } from './classic-group.ts'
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

/** Far more than any test has; it keeps a loop that makes groups from filling the memory. */
const maxGroups = 10_000

/** The groups of a cluster, and what their requests are answered. */
export class GroupCoordinator {
  readonly #groups = new Map<string, ClassicGroup>()
  readonly #runtime: Runtime
  readonly #settings: BrokerSettings

  constructor(runtime: Runtime, settings: BrokerSettings) {
    this.#runtime = runtime
    this.#settings = settings
  }

  [Symbol.iterator](): IterableIterator<ClassicGroup> {
    return this.#groups.values()
  }

  get(groupId: string): ClassicGroup | undefined {
    return this.#groups.get(groupId)
  }

  /** Undefined when there are too many groups for another. */
  getOrCreate(groupId: string): ClassicGroup | undefined {
    let group = this.#groups.get(groupId)
    if (group === undefined) {
      if (this.#groups.size >= maxGroups) return undefined
      group = new ClassicGroup(groupId, {
        timers: this.#runtime.timers,
        initialRebalanceDelayMs: this.#settings.groupInitialRebalanceDelayMs,
        nowMs: () => this.#runtime.clock.now(),
      })
      this.#groups.set(groupId, group)
    }
    return group
  }

  /** JoinGroup. The answer waits for the rebalance that it is part of. */
  join(groupId: string, request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    const { groupMinSessionTimeoutMs, groupMaxSessionTimeoutMs, groupMaxSize } = this.#settings
    const { memberId, sessionTimeoutMs } = request
    if (groupId === '') return refusedJoin(ErrorCodes.INVALID_GROUP_ID, memberId)
    if (sessionTimeoutMs < groupMinSessionTimeoutMs || sessionTimeoutMs > groupMaxSessionTimeoutMs) {
      return refusedJoin(ErrorCodes.INVALID_SESSION_TIMEOUT, memberId)
    }
    const group = memberId === '' ? this.getOrCreate(groupId) : this.#groups.get(groupId)
    if (group === undefined) {
      const error = memberId === '' ? ErrorCodes.COORDINATOR_NOT_AVAILABLE : ErrorCodes.UNKNOWN_MEMBER_ID
      return refusedJoin(error, memberId)
    }
    return join(group, request, {
      maxSize: groupMaxSize,
      newMemberId: (prefix) => `${prefix}-${this.#uuid()}`,
    })
  }

  /** SyncGroup. A follower's answer waits for the leader's assignment. */
  sync(groupId: string, request: SyncRequest): SyncAnswer | Promise<SyncAnswer> {
    if (groupId === '') return refusedSync(ErrorCodes.INVALID_GROUP_ID)
    const group = this.#groups.get(groupId)
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
    const error = checkGeneration(group, claim)
    if (group === undefined || error !== ErrorCodes.NONE) return error
    group.touch(group.members.get(claim.memberId)!)
    return group.state === 'PreparingRebalance' ? ErrorCodes.REBALANCE_IN_PROGRESS : ErrorCodes.NONE
  }

  /** LeaveGroup: an error for each of the members, in their order. */
  leave(groupId: string, leaving: readonly Omit<MemberClaim, 'generationId'>[]): number[] {
    const group = this.#groups.get(groupId)
    if (group === undefined) return leaving.map(() => ErrorCodes.UNKNOWN_MEMBER_ID)
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
  checkCommit(groupId: string, claim: MemberClaim, noGroup: number): number {
    const group = this.#groups.get(groupId)
    if (group === undefined) {
      if (claim.generationId >= 0) return noGroup
      const made = this.getOrCreate(groupId)
      return made === undefined ? ErrorCodes.COORDINATOR_NOT_AVAILABLE : ErrorCodes.NONE
    }
    if (claim.generationId < 0 && group.state === 'Empty') return ErrorCodes.NONE
    const error = checkGeneration(group, claim)
    if (error !== ErrorCodes.NONE) return error
    if (group.state === 'CompletingRebalance') return ErrorCodes.REBALANCE_IN_PROGRESS
    group.touch(group.members.get(claim.memberId)!)
    return ErrorCodes.NONE
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
      if (group.state !== 'Empty') continue
      if (group.stateSinceMs < sinceMs) group.offsets.expire(sinceMs)
      if (group.offsets.isEmpty && !group.hasPendingIds) this.#drop(group)
    }
  }

  /** The coordinator of these groups is another broker now. */
  handOver(_isMoved: (groupId: string) => boolean): void {}

  close(): void {
    for (const group of [...this.#groups.values()]) this.#drop(group)
  }

  #drop(group: ClassicGroup): void {
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
