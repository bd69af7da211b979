import { type ErrorContext, type KafkaError, TimeoutError } from '../errors.ts'
import type { Deadline } from '../runtime/deadline.ts'
import type { Random, Runtime } from '../runtime/runtime.ts'
import { sleep } from '../runtime/sleep.ts'
import { isRetriable } from './broker-error.ts'

/** Each pause is this many times the one before it (KIP-580). */
const factor = 2
/** Pauses vary by up to this share in both directions, so that clients that failed together do not return together. */
const jitter = 0.2

/** How long to pause between attempts: exponential with jitter, up to a limit (KIP-580). */
export class RetryPolicy {
  readonly #random: Random
  readonly #firstMs: number
  readonly #maxMs: number

  /** `firstMs` is the pause after the first failure, `maxMs` the longest one; both before jitter. */
  constructor(random: Random, firstMs: number, maxMs: number) {
    this.#random = random
    this.#firstMs = firstMs
    this.#maxMs = maxMs
  }

  /** Milliseconds to wait after `failures` attempts in a row that failed; the first is 1. */
  delayMs(failures: number): number {
    const steps = Math.min(Math.max(failures, 1) - 1, 30)
    const delayMs = Math.min(this.#firstMs * factor ** steps, this.#maxMs)
    return delayMs * (1 - jitter + 2 * jitter * this.#random.unit())
  }
}

export interface RetryingOptions {
  runtime: Runtime
  policy: RetryPolicy
  deadline: Deadline
  signal?: AbortSignal
  /** The call as an error names it: `ListOffsets` or `metadata of orders`. */
  what: string
  /** Told each failure that is going to be retried. */
  onRetry?: (error: KafkaError, attempts: number) => void
}

/**
 * Runs `attempt` until it succeeds, fails with an error that is not retriable, or the deadline leaves no time
 * for another pause. The error in the end says how often and how long it was tried, and has the last one as its
 * cause.
 */
export async function retrying<T>(options: RetryingOptions, attempt: () => Promise<T>): Promise<T> {
  const { runtime, policy, deadline, signal } = options
  const startMs = runtime.clock.monotonicMs()
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt()
    } catch (error) {
      if (!isRetriable(error)) throw error
      const delayMs = policy.delayMs(attempts)
      if (delayMs >= deadline.remainingMs()) {
        throw gaveUp(options.what, attempts, runtime.clock.monotonicMs() - startMs, error as KafkaError)
      }
      options.onRetry?.(error as KafkaError, attempts)
      await sleep(runtime.timers, delayMs, signal)
    }
  }
}

function gaveUp(what: string, attempts: number, elapsedMs: number, cause: KafkaError): TimeoutError {
  const context: ErrorContext = { ...cause.context, attempts, elapsedMs: Math.round(elapsedMs) }
  const tried = `${attempts === 1 ? '1 attempt' : `${attempts} attempts`} in ${(elapsedMs / 1000).toFixed(1)} s`
  return new TimeoutError(`${what} failed after ${tried}, the last one: ${cause.message}`, { context, cause })
}
