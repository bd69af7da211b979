import type { Timer, Timers } from '../runtime/runtime.ts'

/**
 * Where one loop waits for something to do and anyone may wake it. A wake that comes while nobody waits is kept,
 * so nothing is missed between a look at the state and the wait.
 */
export class Wakeup {
  readonly #timers: Timers
  #pending = false
  #waiter: (() => void) | undefined
  #timer: Timer | undefined

  constructor(timers: Timers) {
    this.#timers = timers
  }

  wake(): void {
    const waiter = this.#waiter
    if (waiter === undefined) {
      this.#pending = true
      return
    }
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waiter = undefined
    waiter()
  }

  /** Resolves at the next wake, or after `maxMs` (default: no limit). One waiter at a time. */
  wait(maxMs = Number.POSITIVE_INFINITY): Promise<void> {
    if (this.#waiter !== undefined) throw new Error('two loops wait for one wakeup')
    if (this.#pending) {
      this.#pending = false
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      this.#waiter = resolve
      if (maxMs !== Number.POSITIVE_INFINITY) this.#timer = this.#timers.after(maxMs, () => this.wake())
    })
  }
}
