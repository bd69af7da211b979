import type { Api } from '../protocol/message.ts'
import type { RequestEvent } from './connection-options.ts'

export interface PendingRequestFields {
  readonly api: Api<unknown, unknown>
  readonly version: number
  readonly correlationId: number
  readonly frame: readonly Uint8Array[]
  /** False when the broker answers nothing. */
  readonly expectsResponse: boolean
  /** By the monotonic clock, as all times here. */
  readonly startedMs: number
  readonly timeoutMs: number
  readonly decode: (frame: Buffer) => unknown
  readonly onFlushed: (() => void) | undefined
}

/**
 * One request, from `send` until its promise is settled and its buffers are free. These are two things: an
 * aborted request is settled while its bytes are still on their way, and its response is still to come.
 */
export class PendingRequest {
  readonly api: Api<unknown, unknown>
  readonly version: number
  readonly correlationId: number
  readonly expectsResponse: boolean
  readonly startedMs: number
  readonly timeoutMs: number
  readonly deadlineMs: number
  readonly frameBytes: number
  /** The response, decoded; undefined when none is expected. */
  readonly promise: Promise<unknown>
  readonly decode: (frame: Buffer) => unknown
  #frame: readonly Uint8Array[] | undefined
  #sent = false
  #onFlushed: (() => void) | undefined
  #settle: { resolve: (response: unknown) => void; reject: (error: unknown) => void } | undefined
  #onSettled: (() => void) | undefined

  constructor(fields: PendingRequestFields) {
    this.api = fields.api
    this.version = fields.version
    this.correlationId = fields.correlationId
    this.expectsResponse = fields.expectsResponse
    this.startedMs = fields.startedMs
    this.timeoutMs = fields.timeoutMs
    this.deadlineMs = fields.startedMs + fields.timeoutMs
    this.decode = fields.decode
    this.#frame = fields.frame
    let frameBytes = 0
    for (const piece of fields.frame) frameBytes += piece.length
    this.frameBytes = frameBytes
    this.#onFlushed = fields.onFlushed
    this.promise = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
  }

  /** True from when it was handed to the socket: the broker may have got it, and done what it says. */
  get sent(): boolean {
    return this.#sent
  }

  get settled(): boolean {
    return this.#settle === undefined
  }

  /** Somebody is told when the buffers are free. */
  get awaitsFlush(): boolean {
    return this.#onFlushed !== undefined || !this.expectsResponse
  }

  /** Runs once, when the promise is settled. */
  onSettled(callback: () => void): void {
    this.#onSettled = callback
  }

  /** Gives the frame to be written, and lets go of it. */
  handOver(): readonly Uint8Array[] {
    const frame = this.#frame!
    this.#frame = undefined
    this.#sent = true
    return frame
  }

  /** The buffers of the message are free again. */
  flushed(): void {
    this.#frame = undefined
    const onFlushed = this.#onFlushed
    this.#onFlushed = undefined
    onFlushed?.()
  }

  succeed(response: unknown): void {
    this.#finish()?.resolve(response)
  }

  /** Rejects the promise; a frame that was not handed over never will be. */
  fail(error: unknown): void {
    if (!this.#sent) this.flushed()
    this.#finish()?.reject(error)
  }

  describe(broker: string): RequestEvent {
    const { api, version, correlationId, frameBytes } = this
    return { broker, api: api.name, version, correlationId, requestBytes: frameBytes }
  }

  #finish() {
    const settle = this.#settle
    this.#settle = undefined
    const onSettled = this.#onSettled
    this.#onSettled = undefined
    onSettled?.()
    return settle
  }
}
