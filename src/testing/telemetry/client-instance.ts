import { ErrorCodes } from '../../protocol/error-codes.ts'
import { crc32c } from '../../records/index.ts'
import type { Wanted } from './subscriptions.ts'

/** What a client says of one push before what it pushes is looked at. */
export interface PushClaim {
  readonly subscriptionId: number
  readonly isTerminating: boolean
  readonly isCodecKnown: boolean
  readonly isTooLarge: boolean
}

/**
 * A client that pushes its metrics, and when it may ask and push again. It is made anew when the subscriptions change, and
 * may ask and push at once then.
 *
 *   pushing --a terminating push--> terminated
 */
export class ClientInstance {
  readonly wanted: Wanted
  /** The state of the subscriptions that it was made for. */
  readonly epoch: number
  /** Stands for what is wanted of this client: another one, when that changes. */
  readonly subscriptionId: number
  #state: 'pushing' | 'terminated' = 'pushing'
  #askedAtMs = Number.NEGATIVE_INFINITY
  #pushedAtMs = Number.NEGATIVE_INFINITY
  #lastError: number = ErrorCodes.NONE

  constructor(id: string, wanted: Wanted, epoch: number) {
    this.wanted = wanted
    this.epoch = epoch
    const text = Buffer.from(JSON.stringify([id, [...wanted.metrics].sort(), wanted.intervalMs]))
    this.subscriptionId = crc32c(text, 0, text.length) | 0
  }

  /** It asks what is wanted: the error to answer. */
  ask(nowMs: number): number {
    const isTime = nowMs - Math.max(this.#askedAtMs, this.#pushedAtMs) >= this.wanted.intervalMs
    if (isTime) this.#askedAtMs = nowMs
    // Who was told to ask again may do so at once.
    const mayAsk =
      this.#lastError === ErrorCodes.UNKNOWN_SUBSCRIPTION_ID ||
      this.#lastError === ErrorCodes.UNSUPPORTED_COMPRESSION_TYPE
    return isTime || mayAsk ? this.#remember(ErrorCodes.NONE) : ErrorCodes.THROTTLING_QUOTA_EXCEEDED
  }

  /** It pushes: the error to answer. */
  push(claim: PushClaim, nowMs: number): number {
    const errorCode = this.#remember(this.#pushError(claim, nowMs))
    if (errorCode === ErrorCodes.NONE && claim.isTerminating) this.#state = 'terminated'
    return errorCode
  }

  #pushError(claim: PushClaim, nowMs: number): number {
    if (this.#state === 'terminated') return ErrorCodes.INVALID_REQUEST
    const isTime = this.#askedAtMs > this.#pushedAtMs || nowMs - this.#pushedAtMs >= this.wanted.intervalMs
    if (isTime) this.#pushedAtMs = nowMs
    else if (!claim.isTerminating) return ErrorCodes.THROTTLING_QUOTA_EXCEEDED
    if (claim.subscriptionId !== this.subscriptionId) return ErrorCodes.UNKNOWN_SUBSCRIPTION_ID
    if (!claim.isCodecKnown) return ErrorCodes.UNSUPPORTED_COMPRESSION_TYPE
    return claim.isTooLarge ? ErrorCodes.TELEMETRY_TOO_LARGE : ErrorCodes.NONE
  }

  #remember(errorCode: number): number {
    this.#lastError = errorCode
    return errorCode
  }
}
