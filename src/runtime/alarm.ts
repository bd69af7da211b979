import type { Runtime, Timer } from './runtime.ts'

/**
 * One timer for many times. It rings at the earliest time that it was asked for and then forgets all of them;
 * whoever it rings looks at what is due and asks again for what is not. Asking costs a comparison when an
 * earlier time is set already, which is the rule when every wait is equally long.
 */
export class Alarm {
  readonly #runtime: Pick<Runtime, 'clock' | 'timers'>
  readonly #ring: () => void
  #timer: Timer | undefined
  #atMs = Number.POSITIVE_INFINITY

  constructor(runtime: Pick<Runtime, 'clock' | 'timers'>, ring: () => void) {
    this.#runtime = runtime
    this.#ring = ring
  }

  /** Rings at `atMs` of the monotonic clock, or earlier when something earlier was asked for. */
  ringBy(atMs: number): void {
    if (atMs >= this.#atMs) return
    this.#timer?.cancel()
    this.#atMs = atMs
    // Timers may run a little early; a whole millisecond more spares a second round for what is left then.
    const delayMs = Math.max(0, Math.ceil(atMs - this.#runtime.clock.monotonicMs()))
    this.#timer = this.#runtime.timers.after(delayMs, () => {
      this.#forget()
      this.#ring()
    })
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#forget()
  }

  #forget(): void {
    this.#timer = undefined
    this.#atMs = Number.POSITIVE_INFINITY
  }
}
