import { PartitionLog } from '../log/partition-log.ts'
import type { StorageBudget } from '../log/storage-budget.ts'

/** What the leader knows of one follower. */
export interface FollowerProgress {
  /** The follower has every record below. */
  endOffset: number
  /** When the follower last had all that the leader had. */
  caughtUpAtMs: number
}

export type ReplicaRole = 'none' | 'leader' | 'follower'

/**
 * One broker's copy of a partition: its log, which outlives the broker's process, and what it knows of the others'.
 *
 *   none --the view names another leader--> follower <--> leader <--the view names this broker-- none
 */
export class Replica {
  readonly log: PartitionLog
  /** Every record below is committed, as far as this broker knows. */
  highWatermark = 0
  /** Of a leader alone: by broker id. */
  readonly followers = new Map<number, FollowerProgress>()
  /**
   * Those that the controller counts as in sync since the leader asked for it, with the partition epoch of that decision,
   * until the leader hears of it: one of them may be made the leader before that, so nothing is committed without them.
   */
  readonly joining = new Map<number, number>()
  #role: ReplicaRole = 'none'
  #leaderEpoch = -1
  #epochStartOffset = 0
  #agreesWithLeader = false

  constructor(budget: StorageBudget) {
    this.log = new PartitionLog(budget)
  }

  get role(): ReplicaRole {
    return this.#role
  }

  /** The epoch in which it has its role. */
  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  /** Where the log ended when this replica began to lead. */
  get epochStartOffset(): number {
    return this.#epochStartOffset
  }

  /** A follower's log has been cut to what its leader has. */
  get agreesWithLeader(): boolean {
    return this.#agreesWithLeader
  }

  /** Leads from now on. Its followers have shown nothing yet. */
  lead(leaderEpoch: number, followerIds: readonly number[], nowMs: number): void {
    if (this.#role === 'leader' && this.#leaderEpoch === leaderEpoch) {
      this.#keepFollowers(followerIds, nowMs)
      return
    }
    this.#role = 'leader'
    this.#leaderEpoch = leaderEpoch
    this.#epochStartOffset = this.log.endOffset
    this.log.epochs.began(leaderEpoch, this.log.endOffset)
    this.followers.clear()
    this.joining.clear()
    this.#keepFollowers(followerIds, nowMs)
  }

  #keepFollowers(followerIds: readonly number[], nowMs: number): void {
    for (const id of [...this.followers.keys()]) if (!followerIds.includes(id)) this.followers.delete(id)
    for (const id of followerIds) {
      if (!this.followers.has(id)) this.followers.set(id, { endOffset: -1, caughtUpAtMs: nowMs })
    }
  }

  /** Follows from now on. What its log has beyond the leader's is dropped before anything is copied. */
  follow(leaderEpoch: number): void {
    if (this.#role === 'follower' && this.#leaderEpoch === leaderEpoch) return
    this.#role = 'follower'
    this.#leaderEpoch = leaderEpoch
    this.#agreesWithLeader = false
    this.followers.clear()
    this.joining.clear()
  }

  /** Takes what the leader has and this replica has not, and what the leader says is committed. */
  copyFrom(leader: Replica, nowMs: number): void {
    const theirs = leader.log
    if (!this.#agreesWithLeader) {
      this.log.truncateTo(
        this.log.epochs.agreesUpTo(this.log.endOffset, theirs.epochs, theirs.endOffset),
        nowMs,
      )
      this.#agreesWithLeader = true
    }
    if (this.log.endOffset < theirs.startOffset) this.log.restartAt(theirs.startOffset)
    // A batch that there is no memory for is missing here as one is that has not come yet.
    for (const { bytes, baseOffset } of theirs.batches(this.log.endOffset)) {
      if (baseOffset >= this.log.endOffset && !this.log.appendStored(bytes, nowMs)) break
    }
    this.log.deleteBefore(theirs.startOffset)
    this.highWatermark = Math.min(this.log.endOffset, leader.highWatermark)
  }

  /** The process is gone. What it knew beside its log is known no more. */
  forget(): void {
    this.#role = 'none'
    this.#leaderEpoch = -1
    this.followers.clear()
    this.joining.clear()
  }
}
