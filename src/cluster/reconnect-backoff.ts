import type { Clock } from '../runtime/runtime.ts'
import type { RetryPolicy } from './retry.ts'

interface Failing {
  /** Rounds of attempts in a row that failed. */
  rounds: number
  /** Not to be connected to before this time of the monotonic clock. */
  notBeforeMs: number
}

/**
 * How long to leave brokers alone that could not be reached. All lanes share it: a broker that is down is down
 * for all of them, and attempts of theirs that fail together count as one.
 */
export class ReconnectBackoff {
  readonly #clock: Clock
  readonly #policy: RetryPolicy
  /** No more than there are brokers and bootstrap addresses. */
  readonly #failing = new Map<number, Failing>()

  constructor(clock: Clock, policy: RetryPolicy) {
    this.#clock = clock
    this.#policy = policy
  }

  /** How long to wait before connecting to this broker, in milliseconds; 0 when it may be tried at once. */
  pauseMs(brokerId: number): number {
    const failing = this.#failing.get(brokerId)
    return failing === undefined ? 0 : Math.max(0, failing.notBeforeMs - this.#clock.monotonicMs())
  }

  /** It could not be connected to, or a connection to it broke. */
  failed(brokerId: number): void {
    const nowMs = this.#clock.monotonicMs()
    const failing = this.#failing.get(brokerId)
    // Somebody else's attempt of the same round: the pause it began goes on.
    if (failing !== undefined && failing.notBeforeMs > nowMs) return
    const rounds = (failing?.rounds ?? 0) + 1
    this.#failing.set(brokerId, { rounds, notBeforeMs: nowMs + this.#policy.delayMs(rounds) })
  }

  /** It is well, or not a broker of this cluster any more. */
  forget(brokerId: number): void {
    this.#failing.delete(brokerId)
  }
}
