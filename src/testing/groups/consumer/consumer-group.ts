import type { Timers } from '../../../runtime/runtime.ts'
import type { CommittedOffsets } from '../committed-offsets.ts'
import { type Assignment, holds, noPartitions, nothingHeld, partitionsOf } from './assignment.ts'
import { type AssignedMember, assignors } from './assignors/index.ts'
import { awayEpoch, type ConsumerMember, type MemberSelf } from './consumer-member.ts'
import { Holders } from './holders.ts'
import { isReconciled, type MemberPosition } from './position.ts'
import type { KnownTopic, TopicDirectory } from './topic-directory.ts'
import { TopicPatterns } from './topic-patterns.ts'
import { TopicWatch } from './topic-watch.ts'

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable' | 'Dead'

const allowedMoves: Record<ConsumerGroupState, readonly ConsumerGroupState[]> = {
  Empty: ['Assigning', 'Dead'],
  Assigning: ['Reconciling', 'Empty', 'Dead'],
  Reconciling: ['Stable', 'Assigning', 'Empty', 'Dead'],
  Stable: ['Assigning', 'Reconciling', 'Empty', 'Dead'],
  Dead: [],
}

/** What can be set for a group while it lives. */
export interface ConsumerGroupSettings {
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** The least time from one target assignment to the next. */
  readonly assignmentIntervalMs: number
}

export interface ConsumerGroupOptions {
  readonly timers: Timers
  readonly nowMs: () => number
  readonly settings: () => ConsumerGroupSettings
  /** The assignors that members may ask for; the first is taken when they do not. */
  readonly assignors: readonly string[]
  readonly maxSize: number
  /**
   * The last member of the consumer protocol is gone. True when the group goes on as a classic one, whose members join
   * again when somebody `left`.
   */
  readonly turnClassic: (group: ConsumerGroup, why: 'left' | 'replaced') => boolean
}

/** What a classic group was when it turned into a consumer group. */
export interface Inheritance {
  readonly epoch: number
  readonly members: readonly ConsumerMember[]
}

/**
 * One group of the consumer protocol (KIP-848) as its coordinator keeps it. The group's epoch goes up whenever its
 * members, what they want or the topics change; the target assignment is made for an epoch and follows it; and each
 * member has an epoch of its own, which follows the target's as the member gives up and gets partitions. What a
 * heartbeat does with all this is in heartbeat.ts.
 *
 *   Empty --somebody joins--> Assigning --a target for the epoch--> Reconciling --all members have theirs--> Stable
 *     ^                         |  ^                                 |  |   ^                                |  |
 *     +------ nobody is left ---+  +---- the group's epoch went up --+--|---|--------------------------------+  |
 *     |                                                                 |   +-- a static member is away --------+
 *     +---- nobody is left ---------------------------------------------+---------------------------------------+
 *
 *   any --deleted--> Dead
 */
export class ConsumerGroup {
  readonly type = 'consumer'
  readonly protocolType = 'consumer'
  readonly groupId: string
  readonly offsets: CommittedOffsets
  readonly patterns = new TopicPatterns()
  readonly options: ConsumerGroupOptions
  readonly #members = new Map<string, ConsumerMember>()
  readonly #byInstance = new Map<string, ConsumerMember>()
  readonly #holders = new Holders()
  readonly #topicWatch = new TopicWatch()
  #state: ConsumerGroupState = 'Empty'
  #epoch = 1
  #assignmentEpoch = 0
  #assignedAtMs = Number.NEGATIVE_INFINITY

  constructor(
    groupId: string,
    offsets: CommittedOffsets,
    options: ConsumerGroupOptions,
    inheritance?: Inheritance,
  ) {
    this.groupId = groupId
    this.offsets = offsets
    this.options = options
    if (inheritance === undefined) return
    this.#epoch = inheritance.epoch
    this.#assignmentEpoch = inheritance.epoch
    for (const member of inheritance.members) {
      this.add(member)
      this.touch(member)
    }
    this.#state = 'Stable'
  }

  get state(): ConsumerGroupState {
    return this.#state
  }

  get epoch(): number {
    return this.#epoch
  }

  /** The epoch that the target assignment was made for. */
  get assignmentEpoch(): number {
    return this.#assignmentEpoch
  }

  /** What most members ask for, of those that ask. */
  get assignorName(): string {
    const votes = new Map<string, number>()
    for (const { self } of this.#members.values()) {
      if (self.assignor !== null) votes.set(self.assignor, (votes.get(self.assignor) ?? 0) + 1)
    }
    const [[elected] = [this.options.assignors[0]]] = [...votes].sort(([, one], [, other]) => other - one)
    return elected
  }

  /** The only writer of the state. */
  #move(to: ConsumerGroupState): void {
    if (!allowedMoves[this.#state].includes(to)) {
      throw new Error(`group ${this.groupId} cannot go from ${this.#state} to ${to}`)
    }
    this.#state = to
  }

  /** The state follows from the members and the epochs. */
  #follow(): void {
    const to = this.#stateNow()
    if (to !== this.#state) this.#move(to)
  }

  #stateNow(): ConsumerGroupState {
    if (this.#members.size === 0) return 'Empty'
    if (this.#epoch > this.#assignmentEpoch) return 'Assigning'
    for (const { position } of this.#members.values()) {
      if (!isReconciled(position, this.#assignmentEpoch)) return 'Reconciling'
    }
    return 'Stable'
  }

  // --- who belongs to the group ---

  get size(): number {
    return this.#members.size
  }

  members(): IterableIterator<ConsumerMember> {
    return this.#members.values()
  }

  member(memberId: string): ConsumerMember | undefined {
    return this.#members.get(memberId)
  }

  staticMember(instanceId: string): ConsumerMember | undefined {
    return this.#byInstance.get(instanceId)
  }

  /** Whether all members speak the classic protocol. */
  get isClassicAlone(): boolean {
    for (const { self } of this.#members.values()) if (self.classic === null) return false
    return true
  }

  add(member: ConsumerMember): void {
    this.#members.set(member.memberId, member)
    if (member.self.instanceId !== null) this.#byInstance.set(member.self.instanceId, member)
    this.#holders.hold(member.position.assigned)
  }

  /** Members are gone for good: the others share their partitions. */
  remove(...gone: readonly ConsumerMember[]): void {
    if (gone.length === 0) return
    for (const member of gone) this.#takeOut(member)
    this.#dropPatterns()
    this.#topicWatch.keepOnly(this.subscribedTopics())
    if (this.#members.size > 0 && this.isClassicAlone && this.options.turnClassic(this, 'left')) return
    this.bump()
  }

  /** `next` takes over all that `previous` has, which was away: nothing changes for the others. */
  replace(previous: ConsumerMember, next: ConsumerMember): void {
    next.target = previous.target
    next.position = { ...previous.position, epoch: 0, previousEpoch: 0 }
    this.#takeOut(previous)
    this.add(next)
    this.#dropPatterns()
  }

  /** A static member leaves and will be back (KIP-345): it keeps what it has until its session is over. */
  sendAway(member: ConsumerMember): void {
    member.meetDeadline()
    const { epoch, assigned } = member.position
    this.place(member, {
      state: 'Stable',
      epoch: awayEpoch,
      previousEpoch: epoch,
      assigned,
      revoking: nothingHeld,
    })
  }

  #takeOut(member: ConsumerMember): void {
    member.cancelTimers()
    for (const held of member.held()) this.#holders.release(held)
    this.#members.delete(member.memberId)
    if (member.self.instanceId !== null) this.#byInstance.delete(member.self.instanceId)
  }

  /** The member says something else of itself than before. */
  update(member: ConsumerMember, self: MemberSelf): void {
    member.self = self
    if (self.instanceId !== null) this.#byInstance.set(self.instanceId, member)
    this.#dropPatterns()
  }

  /** Nobody wants what matches them any more. */
  #dropPatterns(): void {
    this.patterns.keepOnly(new Set([...this.#members.values()].map(({ self }) => self.topicPattern)))
  }

  /** The member has shown that it lives: its session begins anew. */
  touch(member: ConsumerMember): void {
    member.session?.cancel()
    const { sessionTimeoutMs } = member.self.classic ?? this.options.settings()
    member.session = this.options.timers.after(sessionTimeoutMs, () => this.remove(member))
  }

  // --- what the members want ---

  topicNamesOf({ self }: ConsumerMember): ReadonlySet<string> {
    if (self.topicPattern === '') return self.topicNames
    return new Set([...self.topicNames, ...this.patterns.topicsOf(self.topicPattern)])
  }

  subscribedTopics(): ReadonlySet<string> {
    const names = new Set<string>()
    for (const member of this.#members.values()) for (const name of this.topicNamesOf(member)) names.add(name)
    return names
  }

  topicsOf(member: ConsumerMember, topics: TopicDirectory): KnownTopic[] {
    return [...this.topicNamesOf(member)]
      .map((name) => topics.byName(name))
      .filter((topic) => topic !== undefined)
  }

  /** The topics as they were when somebody last asked for something that needs them. */
  get topics(): TopicDirectory | undefined {
    return this.#topicWatch.directory
  }

  /** Whether topics that the group wants came, went or grew since the last call. */
  seesChanges(topics: TopicDirectory): boolean {
    return this.#topicWatch.seesChanges(this.subscribedTopics(), topics)
  }

  // --- who shall have what ---

  /** Something changed that calls for a new target assignment. */
  bump(): void {
    this.#epoch += 1
    this.#follow()
  }

  /** Makes the target assignment for the group's epoch, unless there is one, or the last was made just now. */
  assign(topics: TopicDirectory): void {
    this.#follow()
    const nowMs = this.options.nowMs()
    const { assignmentIntervalMs } = this.options.settings()
    if (this.#state !== 'Assigning' || nowMs - this.#assignedAtMs < assignmentIntervalMs) return
    const targets = this.#share(topics)
    for (const member of this.#members.values()) member.target = targets.get(member.memberId) ?? noPartitions
    this.#assignedAtMs = nowMs
    this.#assignmentEpoch = this.#epoch
    this.#follow()
  }

  #share(topics: TopicDirectory): ReadonlyMap<string, Assignment> {
    const members = new Map<string, AssignedMember>()
    for (const member of this.#members.values()) {
      const topicIds = new Set(this.topicsOf(member, topics).map(({ id }) => id))
      const { instanceId } = member.self
      members.set(member.memberId, { topicIds, instanceId, previous: member.target })
    }
    const partitionCount = (topicId: string) => topics.byId(topicId)!.partitions.length
    return assignors.get(this.assignorName)!({ members, partitionCount })
  }

  // --- who has what ---

  isFree(topicId: string, partition: number): boolean {
    return this.#holders.isFree(topicId, partition)
  }

  /** The member goes on to another position; the only writer of positions of members of the group. */
  place(member: ConsumerMember, position: MemberPosition): void {
    for (const held of member.held()) this.#holders.release(held)
    member.position = position
    for (const held of member.held()) this.#holders.hold(held)
    member.meetDeadline()
    if (position.state === 'UnrevokedPartitions') this.expectOf(member)
    this.#follow()
  }

  /** Who does not do within its rebalance timeout what others wait for is taken for dead. */
  expectOf(member: ConsumerMember): void {
    member.meetDeadline()
    const { rebalanceTimeoutMs } = member.self
    member.deadline = this.options.timers.after(rebalanceTimeoutMs, () => this.remove(member))
  }

  /** Whether all that the member is still to get is there to be had. */
  isAllFreeFor({ target, position }: ConsumerMember): boolean {
    for (const [topicId, partition] of partitionsOf(target)) {
      if (!holds(position.assigned, topicId, partition) && !this.isFree(topicId, partition)) return false
    }
    return true
  }

  /** The group is deleted, or the broker stops: nothing of it runs on. */
  end(): void {
    for (const member of this.#members.values()) member.cancelTimers()
    this.#move('Dead')
  }

  /** Another broker looks after the group now: it hears of each member anew. */
  handOver(): void {
    for (const member of this.#members.values()) {
      this.touch(member)
      if (member.position.state === 'UnrevokedPartitions') this.expectOf(member)
    }
  }
}
