import type { Timer, Timers } from '../../runtime/runtime.ts'
import type { Isolation, Partition, PartitionWatcher } from '../state/partition.ts'
import type { PartitionRead } from './read-partitions.ts'

/** A fetch that waits until enough records have come, its time is up, or a partition is gone. */
export class FetchWait {
  readonly finished: Promise<void>
  readonly #watches: Watch[] = []
  readonly #timer: Timer
  #missingBytes: number
  #finish!: () => void

  constructor(
    reads: readonly PartitionRead[],
    isolation: Isolation,
    minBytes: number,
    maxWaitMs: number,
    timers: Timers,
  ) {
    this.finished = new Promise((resolve) => {
      this.#finish = resolve
    })
    this.#missingBytes = minBytes
    this.#timer = timers.after(maxWaitMs, () => this.end())
    for (const { partition, wanted } of reads) {
      if (partition === undefined) continue
      const watch = new Watch(this, partition, isolation, wanted.fetchOffset, wanted.maxBytes)
      this.#watches.push(watch)
      this.#missingBytes -= watch.availableBytes
      partition.watch(watch)
    }
    // There may be enough already, when the limit of the whole answer is less than what is waited for.
    if (this.#missingBytes <= 0) this.end()
  }

  /** Ends the wait at once. Idempotent. */
  end(): void {
    this.#timer.cancel()
    for (const watch of this.#watches.splice(0)) watch.partition.unwatch(watch)
    this.#finish()
  }

  /** So many more bytes have come. */
  came(bytes: number): void {
    this.#missingBytes -= bytes
    if (this.#missingBytes <= 0) this.end()
  }
}

/** The wait's eye on one partition. */
class Watch implements PartitionWatcher {
  readonly partition: Partition
  /** How many bytes a read would give now. */
  availableBytes: number
  readonly #wait: FetchWait
  readonly #isolation: Isolation
  readonly #leaderId: number
  readonly #leaderEpoch: number
  readonly #startPosition: number
  readonly #maxBytes: number

  constructor(
    wait: FetchWait,
    partition: Partition,
    isolation: Isolation,
    fetchOffset: number,
    maxBytes: number,
  ) {
    this.#wait = wait
    this.partition = partition
    this.#leaderId = partition.leaderId
    this.#leaderEpoch = partition.leaderEpoch
    this.#isolation = isolation
    this.#maxBytes = maxBytes
    const { log } = partition
    this.#startPosition = log.positionOf(fetchOffset)
    this.availableBytes = this.#count()
  }

  changed(): void {
    const { leaderId, leaderEpoch } = this.partition
    if (leaderId !== this.#leaderId || leaderEpoch !== this.#leaderEpoch) {
      this.#wait.end()
      return
    }
    const before = this.availableBytes
    this.availableBytes = this.#count()
    this.#wait.came(this.availableBytes - before)
  }

  #count(): number {
    const { replica } = this.partition
    if (replica === undefined) return 0
    const committed = replica.log.positionOf(this.partition.readableUpTo(this.#isolation))
    return Math.max(0, Math.min(this.#maxBytes, committed - this.#startPosition))
  }
}
