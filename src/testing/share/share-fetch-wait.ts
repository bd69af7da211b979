import type { Timer, Timers } from '../../runtime/runtime.ts'
import type { Partition, PartitionWatcher } from '../state/partition.ts'
import type { ShareCoordinator } from './share-coordinator.ts'
import type { ShareRead, ShareReadPart } from './share-read.ts'

/**
 * A ShareFetch that waits until there is enough to acquire or its time is up. Each append and each record that is
 * given back makes it try again, on the spot, so that records never seem free to two of them.
 */
export class ShareFetchWait implements PartitionWatcher {
  readonly finished: Promise<ShareReadPart[]>
  readonly #read: ShareRead
  readonly #coordinator: ShareCoordinator
  readonly #groupId: string
  readonly #partitions: readonly Partition[]
  readonly #timer: Timer
  readonly #look = () => this.changed()
  #isOver = false
  #isTrying = false
  #finish!: (parts: ShareReadPart[]) => void

  constructor(
    read: ShareRead,
    coordinator: ShareCoordinator,
    groupId: string,
    maxWaitMs: number,
    timers: Timers,
  ) {
    this.#read = read
    this.#coordinator = coordinator
    this.#groupId = groupId
    this.#partitions = read.watched()
    this.finished = new Promise((resolve) => {
      this.#finish = resolve
    })
    this.#timer = timers.after(maxWaitMs, () => this.#try(true))
    for (const partition of this.#partitions) {
      partition.watch(this)
      coordinator.watch(groupId, partition, this.#look)
    }
  }

  /** The log or the state of a partition is another than before. */
  changed(): void {
    this.#try(false)
  }

  /** Nobody wants the answer any more. */
  abandon(): void {
    this.#end([])
  }

  #try(isLastTry: boolean): void {
    if (this.#isOver || this.#isTrying) return
    this.#isTrying = true
    const parts = this.#read.attempt(isLastTry)
    this.#isTrying = false
    if (parts !== undefined) this.#end(parts)
  }

  #end(parts: ShareReadPart[]): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#timer.cancel()
    for (const partition of this.#partitions) {
      partition.unwatch(this)
      this.#coordinator.unwatch(this.#groupId, partition, this.#look)
    }
    this.#finish(parts)
  }
}
