import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Timer, Timers } from '../../runtime/runtime.ts'
import type { CommittedOffsets } from './committed-offsets.ts'
import {
  type JoinAnswer,
  type JoinRequest,
  Member,
  refusedJoin,
  refusedSync,
  type SyncAnswer,
} from './member.ts'
import { Members } from './members.ts'
import { PendingIds } from './pending-ids.ts'
import { restoreMembers, type StoredGroup, writeDown } from './stored-group.ts'

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

const allowedMoves: Record<GroupState, readonly GroupState[]> = {
  Empty: ['PreparingRebalance', 'Dead'],
  PreparingRebalance: ['CompletingRebalance', 'Empty', 'Dead'],
  CompletingRebalance: ['Stable', 'PreparingRebalance', 'Dead'],
  Stable: ['PreparingRebalance', 'Dead'],
  Dead: [],
}

/** How long a newcomer's first join is held back at most; then its client has surely given up and asks again. */
const newMemberJoinTimeoutMs = 5 * 60_000

export interface GroupOptions {
  readonly timers: Timers
  /** What the first member of an empty group waits for others, `group.initial.rebalance.delay.ms`. */
  readonly initialRebalanceDelayMs: number
  readonly nowMs: () => number
}

/**
 * One group of the classic protocol as its coordinator keeps it: who is a member, and where the group is on its way
 * from one generation to the next. What a request may do in which state is in joining.ts, syncing.ts and leaving.ts.
 *
 *   Empty --first join--> PreparingRebalance --all rejoined, or time is up--> CompletingRebalance
 *     ^                    |     ^       ^                                      |          |
 *     +---- nobody left ---+     |       +--- join, leave, session expired -----+          | leader's sync
 *                                +------- join, leave, session expired --- Stable <--------+
 *
 *   any --deleted--> Dead
 */
export class ClassicGroup {
  readonly type = 'classic'
  readonly groupId: string
  readonly members = new Members()
  readonly offsets: CommittedOffsets
  readonly #pendingIds: PendingIds
  /** Members that know of their new generation and have not asked for their assignment. */
  readonly #pendingSyncs = new Set<string>()
  readonly #options: GroupOptions
  #state: GroupState = 'Empty'
  #stateSinceMs: number
  #generationId = 0
  #protocolType: string | null = null
  #protocolName: string | null = null
  /** Ends the wait for joins or for syncs. */
  #phase: Timer | undefined
  /** The group was empty when this rebalance began: newcomers are waited for. */
  #isInitialRebalance = false
  #hasNewcomer = false
  #stored: StoredGroup | undefined

  /** `stored`: what a coordinator before had written down; sessions begin anew. */
  constructor(groupId: string, offsets: CommittedOffsets, options: GroupOptions, stored?: StoredGroup) {
    this.groupId = groupId
    this.offsets = offsets
    this.#options = options
    this.#pendingIds = new PendingIds(options.timers)
    this.#stateSinceMs = options.nowMs()
    if (stored === undefined) return
    this.#stored = stored
    this.#generationId = stored.generationId
    this.#protocolType = stored.protocolType
    this.#protocolName = stored.protocolName
    for (const member of restoreMembers(stored)) {
      this.members.add(member)
      this.touch(member)
    }
    if (this.members.size === 0) return
    this.#state = 'Stable'
    this.#protocolName ??= this.members.electProtocol()
  }

  /** What a coordinator that takes over knows of the group; undefined before its first generation. */
  get stored(): StoredGroup | undefined {
    return this.#stored
  }

  get state(): GroupState {
    return this.#state
  }

  get stateSinceMs(): number {
    return this.#stateSinceMs
  }

  get generationId(): number {
    return this.#generationId
  }

  get protocolType(): string | null {
    return this.#protocolType
  }

  /** The protocol that the current generation shares out partitions by. */
  get protocolName(): string | null {
    return this.#protocolName
  }

  get hasPendingIds(): boolean {
    return this.#pendingIds.size > 0
  }

  /** The only writer of the state. */
  #move(to: GroupState): void {
    if (!allowedMoves[this.#state].includes(to)) {
      throw new Error(`group ${this.groupId} cannot go from ${this.#state} to ${to}`)
    }
    this.#state = to
    this.#stateSinceMs = this.#options.nowMs()
  }

  // --- who belongs to the group ---

  /** Whether somebody with these protocols could be a member beside those that are. */
  accepts(request: JoinRequest): boolean {
    if (this.members.size === 0) return request.protocolType !== '' && request.protocols.length > 0
    const common = this.members.commonProtocols()
    return (
      request.protocolType === this.#protocolType &&
      request.protocols.some(({ name }) => common.includes(name))
    )
  }

  /** The error of a request by somebody who says to be this member; `NONE` when it is. */
  checkMember(memberId: string, groupInstanceId: string | null): number {
    if (groupInstanceId !== null) {
      const known = this.members.staticIdOf(groupInstanceId)
      if (known === undefined) return ErrorCodes.UNKNOWN_MEMBER_ID
      if (known !== memberId) return ErrorCodes.FENCED_INSTANCE_ID
    }
    return this.members.get(memberId) === undefined ? ErrorCodes.UNKNOWN_MEMBER_ID : ErrorCodes.NONE
  }

  /** Remembers an id that was given out. The group waits for a join with it, for as long as it does not lapse. */
  addPendingId(memberId: string, timeoutMs: number): void {
    this.#pendingIds.add(memberId, timeoutMs, () => this.#completeJoinWhenAllAreHere())
  }

  isPendingId(memberId: string): boolean {
    return this.#pendingIds.has(memberId)
  }

  removePendingId(memberId: string): void {
    this.#pendingIds.remove(memberId)
    this.#completeJoinWhenAllAreHere()
  }

  /** Takes in a new member, whose join is answered when the rebalance is through. */
  add(memberId: string, request: JoinRequest): Promise<JoinAnswer> {
    const member = new Member(memberId, request)
    if (this.members.size === 0) this.#protocolType = request.protocolType
    if (this.#state === 'PreparingRebalance' && this.#isInitialRebalance) this.#hasNewcomer = true
    this.#pendingIds.remove(memberId)
    this.members.add(member)
    const answer = this.#parkJoin(member)
    this.#expireAfter(member, newMemberJoinTimeoutMs)
    this.rebalance()
    return answer
  }

  /** A member joins again, perhaps with something new to say. */
  rejoin(member: Member, request: JoinRequest): Promise<JoinAnswer> {
    member.update(request)
    const answer = this.#parkJoin(member)
    this.rebalance()
    return answer
  }

  /** A static member came back without its member id: it goes on under a new one, and the old one is fenced. */
  replaceStatic(previous: Member, memberId: string, request: JoinRequest): Member {
    const next = new Member(memberId, request)
    next.assignment = previous.assignment
    next.isNew = false
    previous.session?.cancel()
    previous.settleJoin(refusedJoin(ErrorCodes.FENCED_INSTANCE_ID, previous.memberId))
    previous.settleSync(refusedSync(ErrorCodes.FENCED_INSTANCE_ID))
    this.members.replace(previous, next)
    if (this.#state === 'Stable') this.#stored = writeDown(this)
    if (this.#pendingSyncs.delete(previous.memberId)) this.#pendingSyncs.add(memberId)
    this.touch(next)
    return next
  }

  /** Holds a member's join back until the rebalance is through. */
  park(member: Member): Promise<JoinAnswer> {
    const answer = this.#parkJoin(member)
    this.#completeJoinWhenAllAreHere()
    return answer
  }

  #parkJoin(member: Member): Promise<JoinAnswer> {
    return member.parkJoin(refusedJoin(ErrorCodes.REBALANCE_IN_PROGRESS, member.memberId))
  }

  /** Members that are gone leave the group, which shares their partitions out anew. */
  remove(gone: readonly Member[]): void {
    for (const member of gone) this.#forget(member)
    if (gone.length === 0) return
    if (this.#state === 'Stable' || this.#state === 'CompletingRebalance') this.rebalance()
    else this.#completeJoinWhenAllAreHere()
  }

  #forget(member: Member, errorCode: number = ErrorCodes.UNKNOWN_MEMBER_ID): void {
    member.session?.cancel()
    member.settleJoin(refusedJoin(errorCode, member.memberId))
    member.settleSync(refusedSync(errorCode))
    this.members.remove(member)
    this.#pendingSyncs.delete(member.memberId)
  }

  /** The member has shown that it lives: its session begins anew. */
  touch(member: Member): void {
    this.#expireAfter(member, member.sessionTimeoutMs)
  }

  #expireAfter(member: Member, timeoutMs: number): void {
    member.session?.cancel()
    member.session = this.#options.timers.after(timeoutMs, () => {
      // Who waits for our answer cannot be expected to send heartbeats meanwhile.
      if (!member.isNew && (member.awaitsJoin || member.awaitsSync)) return
      this.remove([member])
    })
  }

  // --- from one generation to the next ---

  /** Begins to gather joins for the next generation, or counts again who is there when it has begun already. */
  rebalance(): void {
    if (this.#state === 'PreparingRebalance') {
      this.#completeJoinWhenAllAreHere()
      return
    }
    if (this.#state === 'CompletingRebalance') this.#refuseSyncs()
    this.#phase?.cancel()
    this.#isInitialRebalance = this.#state === 'Empty'
    this.#move('PreparingRebalance')
    const rebalanceTimeoutMs = this.#rebalanceTimeoutMs()
    if (this.#isInitialRebalance) {
      const delayMs = this.#options.initialRebalanceDelayMs
      this.#waitForNewcomers(delayMs, Math.max(0, rebalanceTimeoutMs - delayMs))
    } else {
      this.#phase = this.#options.timers.after(rebalanceTimeoutMs, () => this.#completeJoin())
      this.#completeJoinWhenAllAreHere()
    }
  }

  /** As long as newcomers keep coming, the group's first generation waits for more, within the rebalance timeout. */
  #waitForNewcomers(delayMs: number, remainingMs: number): void {
    this.#hasNewcomer = false
    this.#phase = this.#options.timers.after(delayMs, () => {
      if (!this.#hasNewcomer) return this.#completeJoin()
      const nextMs = Math.min(this.#options.initialRebalanceDelayMs, remainingMs)
      this.#waitForNewcomers(nextMs, remainingMs - nextMs)
    })
  }

  #rebalanceTimeoutMs(): number {
    let longest = 0
    for (const member of this.members) longest = Math.max(longest, member.rebalanceTimeoutMs)
    return longest
  }

  #completeJoinWhenAllAreHere(): void {
    if (this.#state !== 'PreparingRebalance' || this.#isInitialRebalance) return
    if (this.#pendingIds.size > 0 || !this.members.every((member) => member.awaitsJoin)) return
    this.#completeJoin()
  }

  /** Whoever has joined makes up the next generation; static members may be late. */
  #completeJoin(): void {
    this.#phase?.cancel()
    for (const member of [...this.members]) {
      if (!member.awaitsJoin && !member.isStatic) this.#forget(member)
    }
    if (this.members.size > 0 && !this.members.electAwaiting()) {
      // Static members alone, and none of them here: their sessions decide.
      this.#phase = this.#options.timers.after(this.#rebalanceTimeoutMs(), () => this.#completeJoin())
      return
    }
    this.#generationId += 1
    if (this.members.size === 0) {
      this.#protocolName = null
      this.#move('Empty')
      this.#stored = writeDown(this)
      return
    }
    this.#protocolName = this.members.electProtocol()
    this.#move('CompletingRebalance')
    for (const member of this.members) {
      this.#pendingSyncs.add(member.memberId)
      member.isNew = false
      this.touch(member)
      member.settleJoin(this.joined(member))
    }
    this.#phase = this.#options.timers.after(this.#rebalanceTimeoutMs(), () => this.#expireSyncs())
  }

  /** What a member of the current generation is told when it joins. */
  joined(member: Member): JoinAnswer {
    return {
      errorCode: ErrorCodes.NONE,
      memberId: member.memberId,
      generationId: this.#generationId,
      protocolType: this.#protocolType,
      protocolName: this.#protocolName,
      leader: this.members.leaderId ?? '',
      skipAssignment: false,
      members: member.memberId === this.members.leaderId ? this.#describeForLeader() : [],
    }
  }

  #describeForLeader(): JoinAnswer['members'] {
    return [...this.members].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: member.metadataFor(this.#protocolName!),
    }))
  }

  // --- assignments ---

  /** A member asks for its assignment before the leader has brought it. */
  parkSync(member: Member): Promise<SyncAnswer> {
    this.#pendingSyncs.delete(member.memberId)
    return member.parkSync(refusedSync(ErrorCodes.REBALANCE_IN_PROGRESS))
  }

  /** The leader has shared out the partitions; whoever waits for its share gets it. */
  assign(assignments: ReadonlyMap<string, Buffer>): void {
    this.#move('Stable')
    for (const member of this.members) {
      member.assignment = assignments.get(member.memberId) ?? Buffer.alloc(0)
    }
    this.#stored = writeDown(this)
    for (const member of this.members) {
      if (!member.awaitsSync) continue
      this.touch(member)
      member.settleSync(this.assigned(member))
    }
  }

  assigned(member: Member): SyncAnswer {
    this.#pendingSyncs.delete(member.memberId)
    return {
      errorCode: ErrorCodes.NONE,
      protocolType: this.#protocolType,
      protocolName: this.#protocolName,
      assignment: member.assignment,
    }
  }

  /** Who has not asked for its assignment within the rebalance timeout is taken for gone. */
  #expireSyncs(): void {
    const late = [...this.#pendingSyncs].map((memberId) => this.members.get(memberId)!)
    this.#pendingSyncs.clear()
    this.remove(late)
  }

  #refuseSyncs(): void {
    for (const member of this.members) {
      member.assignment = Buffer.alloc(0)
      member.settleSync(refusedSync(ErrorCodes.REBALANCE_IN_PROGRESS))
    }
  }

  /** The group is deleted, or looked after elsewhere: nothing of it runs on, and who waits is told the error. */
  end(errorCode: number = ErrorCodes.UNKNOWN_MEMBER_ID): void {
    this.#phase?.cancel()
    this.#pendingIds.clear()
    for (const member of [...this.members]) this.#forget(member, errorCode)
    this.#move('Dead')
  }
}
