import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Timer, Timers } from '../../runtime/runtime.ts'
import type { SharePartition } from './share-partition.ts'
import { type Assignment, assignSimply } from './simple-assignor.ts'

export type ShareGroupState = 'Empty' | 'Stable' | 'Dead'

const allowedMoves: Record<ShareGroupState, readonly ShareGroupState[]> = {
  Empty: ['Stable', 'Dead'],
  Stable: ['Empty', 'Dead'],
  Dead: [],
}

export interface ShareMember {
  readonly memberId: string
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** In alphabetical order. */
  readonly topicNames: readonly string[]
  readonly epoch: number
  readonly assignment: Assignment
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

interface KnownMember extends Mutable<ShareMember> {
  previousEpoch: number
  session: Timer | undefined
}

/** What a member says of itself; null: as before. */
export interface MemberNews {
  readonly memberId: string
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly topicNames: readonly string[] | null
}

/** A topic that members subscribe to and that is there. */
export interface SubscribedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: number
  /** How many of the partitions the group has a state of, and so may hand out. */
  readonly ready: number
}

export interface ShareGroupOptions {
  readonly timers: Timers
  readonly nowMs: () => number
  readonly sessionTimeoutMs: () => number
  /** How long after one assignment the next is worked out at the earliest. */
  readonly assignmentIntervalMs: () => number
}

const nothing: Assignment = new Map()

/**
 * One share group as its coordinator keeps it: who is a member and which partitions each should read. Nobody owns a
 * partition, so nothing has to be given up before another may have it: a member learns of its new assignment with its
 * next heartbeat.
 *
 *   Empty <--first member joins / last one leaves or falls silent--> Stable
 *
 *   any --deleted--> Dead
 */
export class ShareGroup {
  readonly groupId: string
  /** What the group has of partitions, by topic id. */
  readonly partitions = new Map<string, Map<number, SharePartition>>()
  readonly #options: ShareGroupOptions
  readonly #members = new Map<string, KnownMember>()
  #state: ShareGroupState = 'Empty'
  #epoch = 1
  #assignmentEpoch = 1
  #assignedAtMs = Number.NEGATIVE_INFINITY
  #targets: ReadonlyMap<string, Assignment> = new Map()
  /** What the last epoch was made for: topics with their partitions. */
  #topicsKey = ''
  /** The heartbeat in hand has made a new epoch; it makes no second one. */
  #isNewEpoch = false

  constructor(groupId: string, options: ShareGroupOptions) {
    this.groupId = groupId
    this.#options = options
  }

  get state(): ShareGroupState {
    return this.#state
  }

  /** Grows with each change of members, subscriptions or topics. */
  get epoch(): number {
    return this.#epoch
  }

  /** The epoch that the assignment was worked out for. */
  get assignmentEpoch(): number {
    return this.#assignmentEpoch
  }

  get members(): readonly ShareMember[] {
    return [...this.#members.values()]
  }

  get memberCount(): number {
    return this.#members.size
  }

  get topicNames(): ReadonlySet<string> {
    return new Set([...this.#members.values()].flatMap(({ topicNames }) => topicNames))
  }

  member(memberId: string): ShareMember | undefined {
    return this.#members.get(memberId)
  }

  partition(topicId: string, index: number): SharePartition | undefined {
    return this.partitions.get(topicId)?.get(index)
  }

  /** The error of a heartbeat that says to come from this member in this epoch; `NONE` when it may. */
  checkMember(memberId: string, epoch: number): number {
    const member = this.#members.get(memberId)
    if (member === undefined) return ErrorCodes.UNKNOWN_MEMBER_ID
    const isKnown = epoch === member.epoch || epoch === member.previousEpoch
    return isKnown ? ErrorCodes.NONE : ErrorCodes.FENCED_MEMBER_EPOCH
  }

  /** A member comes, or comes back, or changes its subscription. */
  update({ memberId, rackId, clientId, clientHost, topicNames }: MemberNews): void {
    const known = this.#members.get(memberId)
    const names = topicNames === null ? (known?.topicNames ?? []) : [...new Set(topicNames)].sort()
    const isChanged = known === undefined || known.topicNames.join() !== names.join()
    if (known === undefined) {
      const member = { memberId, rackId, clientId, clientHost, topicNames: names, epoch: 0, previousEpoch: 0 }
      this.#members.set(memberId, { ...member, assignment: nothing, session: undefined })
      if (this.#state === 'Empty') this.#move('Stable')
    } else {
      Object.assign(known, { rackId: rackId ?? known.rackId, clientId, clientHost, topicNames: names })
    }
    if (!isChanged) return
    this.#epoch += 1
    this.#isNewEpoch = true
  }

  /**
   * Takes a heartbeat of a member: its session begins anew, and it gets what is worked out for it.
   *
   * @param topics those that members subscribe to, as they are now
   * @returns whether its assignment is another than before
   */
  heartbeat(memberId: string, topics: readonly SubscribedTopic[]): boolean {
    const member = this.#members.get(memberId)!
    this.#noteTopics(topics)
    this.#assign(topics)
    this.#watchSession(member)
    if (member.epoch === this.#assignmentEpoch) return false
    member.previousEpoch = member.epoch
    member.epoch = this.#assignmentEpoch
    const target = this.#targets.get(memberId) ?? nothing
    const isNew = keyOf(target) !== keyOf(member.assignment)
    member.assignment = target
    return isNew
  }

  remove(memberId: string): void {
    const member = this.#members.get(memberId)
    if (member === undefined) return
    member.session?.cancel()
    this.#members.delete(memberId)
    this.#epoch += 1
    if (this.#members.size === 0) this.#move('Empty')
  }

  /** The group is deleted. */
  end(): void {
    for (const { session } of this.#members.values()) session?.cancel()
    this.#members.clear()
    for (const byIndex of this.partitions.values()) for (const partition of byIndex.values()) partition.stop()
    this.partitions.clear()
    this.#move('Dead')
  }

  /** The only writer of the state. */
  #move(to: ShareGroupState): void {
    if (!allowedMoves[this.#state].includes(to)) {
      throw new Error(`share group ${this.groupId} cannot go from ${this.#state} to ${to}`)
    }
    this.#state = to
  }

  #noteTopics(topics: readonly SubscribedTopic[]): void {
    const key = topics.map(({ topicId, partitions, ready }) => `${topicId}/${partitions}/${ready}`).join()
    if (this.#topicsKey !== key && !this.#isNewEpoch) this.#epoch += 1
    this.#topicsKey = key
    this.#isNewEpoch = false
  }

  #assign(topics: readonly SubscribedTopic[]): void {
    if (this.#epoch === this.#assignmentEpoch) return
    const nowMs = this.#options.nowMs()
    if (nowMs - this.#assignedAtMs < this.#options.assignmentIntervalMs()) return
    const idOf = new Map(topics.map(({ name, topicId }) => [name, topicId]))
    const members = [...this.#members.values()].map(({ memberId, topicNames }) => ({
      memberId,
      topicIds: new Set(topicNames.flatMap((name) => idOf.get(name) ?? [])),
      assignment: this.#targets.get(memberId) ?? nothing,
    }))
    this.#targets = assignSimply(
      members,
      topics.map(({ topicId, ready }) => ({ topicId, partitions: ready })),
    )
    this.#assignmentEpoch = this.#epoch
    this.#assignedAtMs = nowMs
  }

  #watchSession(member: KnownMember): void {
    member.session?.cancel()
    member.session = this.#options.timers.after(this.#options.sessionTimeoutMs(), () =>
      this.remove(member.memberId),
    )
  }
}

function keyOf(assignment: Assignment): string {
  return [...assignment]
    .map(([topicId, partitions]) => `${topicId}:${partitions.join()}`)
    .sort()
    .join(';')
}
