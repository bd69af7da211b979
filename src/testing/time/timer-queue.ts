/** A timer that waits in a queue. */
export interface QueuedTimer {
  readonly atMs: number
  readonly callback: () => void
}

interface Entry extends QueuedTimer {
  /** Of timers for the same time, the one set first goes first. */
  readonly order: number
  /** Its place in the heap; -1 when it is out. */
  index: number
}

/** Timers by the time at which they are due: a binary heap, the earliest at its top. */
export class TimerQueue {
  readonly #heap: Entry[] = []
  #order = 0

  get size(): number {
    return this.#heap.length
  }

  /** When the earliest is due; Infinity when there is none. */
  get nextMs(): number {
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : this.#heap[0].atMs
  }

  add(atMs: number, callback: () => void): QueuedTimer {
    const entry: Entry = { atMs, callback, order: this.#order++, index: this.#heap.length }
    this.#heap.push(entry)
    this.#up(entry)
    return entry
  }

  /** Idempotent, also for a timer that was taken. */
  remove(timer: QueuedTimer): void {
    const { index } = timer as Entry
    if (index === -1) return
    ;(timer as Entry).index = -1
    const last = this.#heap.pop()!
    if (last === timer) return
    this.#place(last, index)
    this.#up(last)
    this.#down(last)
  }

  /** The order that the next timer to be set will have. */
  get nextOrder(): number {
    return this.#order
  }

  /** Takes the earliest when it is due, and was set before the one of this order. */
  takeDue(nowMs: number, beforeOrder = Number.POSITIVE_INFINITY): QueuedTimer | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.atMs > nowMs || first.order >= beforeOrder) return undefined
    this.remove(first)
    return first
  }

  #place(entry: Entry, index: number): void {
    this.#heap[index] = entry
    entry.index = index
  }

  #up(entry: Entry): void {
    while (entry.index > 0) {
      const parentIndex = (entry.index - 1) >> 1
      const parent = this.#heap[parentIndex]
      if (!isBefore(entry, parent)) return
      this.#place(parent, entry.index)
      this.#place(entry, parentIndex)
    }
  }

  #down(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.index + 1]
      if (left === undefined) return
      const right = this.#heap[2 * entry.index + 2]
      const child = right !== undefined && isBefore(right, left) ? right : left
      if (!isBefore(child, entry)) return
      const { index } = child
      this.#place(child, entry.index)
      this.#place(entry, index)
    }
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order)
}
