import type { Clock } from './runtime.ts'

/**
 * The moment by which a call has to be done. A call that is made of others hands its deadline down, so that
 * each of them waits for no more than what is left.
 */
export class Deadline {
  readonly #clock: Clock
  /** By the monotonic clock; Infinity when there is no end. */
  readonly atMs: number

  private constructor(clock: Clock, atMs: number) {
    this.#clock = clock
    this.atMs = atMs
  }

  /** `ms` milliseconds from now; Infinity for a call that may take for ever. */
  static in(clock: Clock, ms: number): Deadline {
    return new Deadline(clock, clock.monotonicMs() + ms)
  }

  /** What is left, in milliseconds; 0 once it has passed. */
  remainingMs(): number {
    return Math.max(0, this.atMs - this.#clock.monotonicMs())
  }

  get expired(): boolean {
    return this.#clock.monotonicMs() >= this.atMs
  }

  /** The earlier one of this deadline and `ms` milliseconds from now. */
  earlier(ms: number): Deadline {
    const atMs = this.#clock.monotonicMs() + ms
    return atMs < this.atMs ? new Deadline(this.#clock, atMs) : this
  }
}
