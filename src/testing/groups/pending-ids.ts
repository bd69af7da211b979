import type { Timer, Timers } from '../../runtime/runtime.ts'

/** Member ids that were given out and not joined with yet (KIP-394). Each lapses by its own timer. */
export class PendingIds {
  readonly #timers: Timers
  readonly #lapses = new Map<string, Timer>()

  constructor(timers: Timers) {
    this.#timers = timers
  }

  get size(): number {
    return this.#lapses.size
  }

  has(memberId: string): boolean {
    return this.#lapses.has(memberId)
  }

  add(memberId: string, timeoutMs: number, lapsed: () => void): void {
    const timer = this.#timers.after(timeoutMs, () => {
      this.#lapses.delete(memberId)
      lapsed()
    })
    this.#lapses.set(memberId, timer)
  }

  remove(memberId: string): void {
    this.#lapses.get(memberId)?.cancel()
    this.#lapses.delete(memberId)
  }

  clear(): void {
    for (const memberId of [...this.#lapses.keys()]) this.remove(memberId)
  }
}
