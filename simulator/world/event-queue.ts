/** Something that happens at a time. */
export interface Event {
  readonly atUs: number
  /** Tells apart what happens at the same time: what was asked for first comes first. */
  readonly sequence: number
  /** Undefined once it was cancelled or has happened. */
  run: (() => void) | undefined
}

/** Below so many entries, those that were cancelled are not worth sweeping. */
const leastToSweep = 1024

/** What is going to happen, in the order of time and then of asking: a binary heap. */
export class EventQueue {
  #heap: Event[] = []
  #sequence = 0
  #cancelled = 0

  /** Events that are still to happen. */
  get size(): number {
    return this.#heap.length - this.#cancelled
  }

  add(atUs: number, run: () => void): Event {
    const event: Event = { atUs, sequence: this.#sequence++, run }
    this.#heap.push(event)
    this.#up(this.#heap.length - 1)
    return event
  }

  cancel(event: Event): void {
    if (event.run === undefined) return
    event.run = undefined
    this.#cancelled += 1
    if (this.#heap.length > leastToSweep && this.#cancelled * 2 > this.#heap.length) this.#sweep()
  }

  /** When the next event happens; Infinity when there is none. */
  nextUs(): number {
    this.#dropCancelled()
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : this.#heap[0].atUs
  }

  /** Takes the next event out. */
  take(): Event | undefined {
    this.#dropCancelled()
    return this.#pop()
  }

  #dropCancelled(): void {
    while (this.#heap.length > 0 && this.#heap[0].run === undefined) {
      this.#pop()
      this.#cancelled -= 1
    }
  }

  #sweep(): void {
    this.#heap = this.#heap.filter(({ run }) => run !== undefined)
    this.#heap.sort((a, b) => (isBefore(a, b) ? -1 : 1))
    this.#cancelled = 0
  }

  #pop(): Event | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (last !== undefined && heap.length > 0) {
      heap[0] = last
      this.#down(0)
    }
    return first
  }

  #up(index: number): void {
    const heap = this.#heap
    const event = heap[index]
    let at = index
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!isBefore(event, heap[above])) break
      heap[at] = heap[above]
      at = above
    }
    heap[at] = event
  }

  #down(index: number): void {
    const heap = this.#heap
    const event = heap[index]
    let at = index
    while (true) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1], heap[below])) below += 1
      if (!isBefore(heap[below], event)) break
      heap[at] = heap[below]
      at = below
    }
    heap[at] = event
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atUs === b.atUs ? a.sequence < b.sequence : a.atUs < b.atUs
}
