import { type ErrorContext, type KafkaError, TimeoutError } from '../errors.ts'
import type { Deadline } from '../runtime/deadline.ts'
import type { Random, Runtime } from '../runtime/runtime.ts'
import { isRetriable } from './broker-error.ts'
import { pause, throwIfEnded, WaitedTooLong } from './waiting.ts'

/** Each pause is this many times the one before it (KIP-580). */
const factor = 2
/** Pauses vary by up to this share in both directions, so that clients that failed together do not return together. */
const jitter = 0.2
/** 2 to this power is more than any limit that can be configured, in milliseconds. */
const mostSteps = 31

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
    const steps = Math.min(Math.max(failures, 1) - 1, mostSteps)
    const delayMs = Math.min(this.#firstMs * factor ** steps, this.#maxMs)
    return delayMs * (1 - jitter + 2 * jitter * this.#random.unit())
  }
}

export interface RetryingOptions {
  readonly runtime: Runtime
  readonly policy: RetryPolicy
  readonly deadline: Deadline
  /** The caller's; ends a pause with an `AbortedError`. An attempt has to watch it by itself. */
  readonly signal?: AbortSignal
  /** The owner's, with a `ClosedError` as its reason; ends a pause with that. */
  readonly closing?: AbortSignal
  /** The call as an error names it: `ListOffsets` or `metadata of orders`. */
  readonly what: string
  /** Told each failure that is going to be retried. */
  readonly onRetry?: (error: KafkaError, attempts: number) => void
}

/**
 * Runs `attempt` until it succeeds, fails with an error that is not retriable, or the deadline leaves no time
 * for another pause. `attempt` is told how many there have been, itself included, and has to keep to the
 * deadline. The `TimeoutError` in the end says how often and how long it was tried, and has the last error that says
 * something as its `cause`.
 */
export async function retrying<T>(
  options: RetryingOptions,
  attempt: (attempts: number) => Promise<T>,
): Promise<T> {
  const { runtime, policy, deadline, signal, closing, what, onRetry } = options
  const startMs = runtime.clock.monotonicMs()
  let reason: KafkaError | undefined
  for (let attempts = 1; ; attempts++) {
    throwIfEnded({ what, signal, closing })
    try {
      return await attempt(attempts)
    } catch (thrown) {
      if (!isRetriable(thrown)) throw thrown
      const error = thrown as KafkaError
      if (reason === undefined || !(error instanceof WaitedTooLong)) reason = error
      const delayMs = policy.delayMs(attempts)
      if (delayMs >= deadline.remainingMs()) {
        throw gaveUp(what, attempts, runtime.clock.monotonicMs() - startMs, reason)
      }
      onRetry?.(error, attempts)
      await pause(runtime, delayMs, { what, signal, closing })
    }
  }
}

function gaveUp(what: string, attempts: number, elapsedMs: number, cause: KafkaError): TimeoutError {
  const context: ErrorContext = { ...cause.context, attempts, elapsedMs: Math.round(elapsedMs) }
  const tried = `${attempts === 1 ? '1 attempt' : `${attempts} attempts`} in ${(elapsedMs / 1000).toFixed(1)} s`
  return new TimeoutError(`${what} failed after ${tried}, the last one: ${cause.message}`, { context, cause })
}
