import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Timer, Timers } from '../../runtime/runtime.ts'
import type { Partition, PartitionWatcher } from '../state/partition.ts'

export type CommitState = 'waiting' | 'committed' | 'failed'

/** Records that were appended and are to be committed: on every in-sync replica, of which there are enough. */
export class AwaitedCommit {
  readonly partition: Partition
  readonly #nextOffset: number
  readonly #leaderEpoch: number
  #errorCode: number = ErrorCodes.REQUEST_TIMED_OUT
  #state: CommitState = 'waiting'

  /** @param nextOffset the offset after the last of the records */
  constructor(partition: Partition, nextOffset: number) {
    this.partition = partition
    this.#nextOffset = nextOffset
    this.#leaderEpoch = partition.leaderEpoch
    this.look()
  }

  get state(): CommitState {
    return this.#state
  }

  /** As long as it waits, what is said when the time is up. */
  get errorCode(): number {
    return this.#errorCode
  }

  look(): void {
    if (this.#state !== 'waiting') return
    const { replica, leaderEpoch, isr, replicas, topic } = this.partition
    if (replica?.role !== 'leader' || leaderEpoch !== this.#leaderEpoch) {
      this.#move('failed', ErrorCodes.NOT_LEADER_OR_FOLLOWER)
    } else if (replica.highWatermark >= this.#nextOffset) {
      const areEnough = isr.length >= Math.min(topic.settings.minInsyncReplicas, replicas.length)
      if (areEnough) this.#move('committed', ErrorCodes.NONE)
      else this.#move('failed', ErrorCodes.NOT_ENOUGH_REPLICAS_AFTER_APPEND)
    }
  }

  #move(to: CommitState, errorCode: number): void {
    this.#state = to
    this.#errorCode = errorCode
  }
}

/** A Produce request that waits until all its records are committed or cannot be any more, or its time is up. */
export class CommitWait {
  readonly finished: Promise<void>
  readonly #timer: Timer
  readonly #watches: { readonly commit: AwaitedCommit; readonly watcher: PartitionWatcher }[] = []
  #finish!: () => void

  constructor(commits: readonly (AwaitedCommit | undefined)[], timeoutMs: number, timers: Timers) {
    this.finished = new Promise((resolve) => {
      this.#finish = resolve
    })
    this.#timer = timers.after(timeoutMs, () => this.end())
    for (const commit of commits) {
      if (commit === undefined) continue
      const watcher = { changed: () => this.#look() }
      this.#watches.push({ commit, watcher })
      commit.partition.watch(watcher)
    }
  }

  /** Ends the wait at once. Idempotent. */
  end(): void {
    this.#timer.cancel()
    for (const { commit, watcher } of this.#watches.splice(0)) commit.partition.unwatch(watcher)
    this.#finish()
  }

  #look(): void {
    for (const { commit } of this.#watches) commit.look()
    if (this.#watches.every(({ commit }) => commit.state !== 'waiting')) this.end()
  }
}
