import { Deadline } from '../runtime/deadline.ts'
import type { ClusterSettings } from './options.ts'
import { RetryPolicy, retrying } from './retry.ts'
import { type WaitLimits, waitFor } from './waiting.ts'

/** What every call takes that may have to wait. */
export interface CallOptions {
  /** Ends the call with an `AbortedError`. */
  readonly signal?: AbortSignal
  /** How long all of the call may take, retries included, in milliseconds. Default: `defaultApiTimeoutMs`, 60,000. */
  readonly timeoutMs?: number
  /** The same as a moment; it wins over `timeoutMs`. */
  readonly deadline?: Deadline
}

/** What ends one call, and its name for errors. */
export interface CallLimits extends WaitLimits {
  readonly deadline: Deadline
}

/** How the calls of one cluster wait and retry: until their own limits are reached or the cluster is closed. */
export class Calls {
  readonly #settings: ClusterSettings
  readonly #closing: AbortSignal
  readonly #policy: RetryPolicy

  constructor(settings: ClusterSettings, closing: AbortSignal) {
    const { runtime, retryBackoffMs, retryBackoffMaxMs } = settings
    this.#settings = settings
    this.#closing = closing
    this.#policy = new RetryPolicy(runtime.random, retryBackoffMs, retryBackoffMaxMs)
  }

  limits(what: string, options: CallOptions): CallLimits {
    const { runtime, defaultApiTimeoutMs } = this.#settings
    const { signal, timeoutMs = defaultApiTimeoutMs } = options
    const deadline = options.deadline ?? Deadline.in(runtime.clock, timeoutMs)
    return { what, deadline, signal, closing: this.#closing }
  }

  /** Waits for what others may wait for too. */
  wait<T>(limits: CallLimits, shared: Promise<T>): Promise<T> {
    return waitFor(this.#settings.runtime, shared, limits)
  }

  /** Tries until it succeeds, fails for good, or a limit is reached. An attempt keeps to the limits by itself. */
  retrying<T>(limits: CallLimits, attempt: () => Promise<T>): Promise<T> {
    return retrying({ ...limits, runtime: this.#settings.runtime, policy: this.#policy }, attempt)
  }
}
