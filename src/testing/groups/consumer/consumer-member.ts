import type { Timer } from '../../../runtime/runtime.ts'
import type { MemberProtocol } from '../member.ts'
import { type Assignment, type HeldPartitions, noPartitions } from './assignment.ts'
import { type MemberPosition, newcomer } from './position.ts'

/** What a member of the classic protocol says of itself beside what all do. */
export interface ClassicSide {
  readonly sessionTimeoutMs: number
  /** The one it likes best first; its word for all of them is a subscription. */
  readonly protocols: readonly MemberProtocol[]
}

/** What a member says of itself. */
export interface MemberSelf {
  readonly clientId: string
  readonly clientHost: string
  /** Set for static members. */
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number
  readonly topicNames: ReadonlySet<string>
  /** Empty: none. */
  readonly topicPattern: string
  /** Null: whichever the others want. */
  readonly assignor: string | null
  /** Set for a member that speaks the classic protocol, in a group on its way from one to the other. */
  readonly classic: ClassicSide | null
}

/** The epoch of a static member that has left and will be back. */
export const awayEpoch = -2

/** A member of a consumer group: what it says of itself, what it holds, and what it shall hold. */
export class ConsumerMember {
  readonly memberId: string
  self: MemberSelf
  position: MemberPosition = newcomer
  /** Its part of the group's target assignment. */
  target: Assignment = noPartitions
  /** Runs out when nothing is heard of the member. */
  session: Timer | undefined
  /** Runs out when the member does not do what the others wait for: give up partitions, join again, fetch its part. */
  deadline: Timer | undefined

  constructor(memberId: string, self: MemberSelf) {
    this.memberId = memberId
    this.self = self
  }

  get epoch(): number {
    return this.position.epoch
  }

  /** All that no other member may be given: what it has and what it has not let go yet. */
  *held(): Generator<HeldPartitions> {
    yield this.position.assigned
    yield this.position.revoking
  }

  /** Whether a message of an epoch before still counts for the partition (KIP-1251). */
  heldSince(topicId: string, partition: number): number | undefined {
    for (const held of this.held()) {
      const since = held.get(topicId)?.get(partition)
      if (since !== undefined) return since
    }
    return undefined
  }

  /** Whether others wait for what it has to do. */
  get isExpected(): boolean {
    return this.deadline !== undefined
  }

  meetDeadline(): void {
    this.deadline?.cancel()
    this.deadline = undefined
  }

  cancelTimers(): void {
    this.session?.cancel()
    this.meetDeadline()
  }
}
