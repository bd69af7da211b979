import { ConnectionError, type KafkaError, ProtocolError } from '../errors.ts'
import { encodeRequestFrame } from '../protocol/frame.ts'
import type { Api, Draft } from '../protocol/message.ts'
import { onAbort, throwIfAborted } from '../runtime/abort.ts'
import { Alarm } from '../runtime/alarm.ts'
import type { Runtime, Socket, SocketHandler } from '../runtime/runtime.ts'
import type { ConnectionObserver, SendOptions } from './connection-options.ts'
import { DeadlineWatch } from './deadline-watch.ts'
import { FrameSplitter } from './frame-splitter.ts'
import { InFlight } from './in-flight.ts'
import { PendingRequest } from './pending-request.ts'
import { aborted, lost, queueFull, timedOut, unreadable } from './request-failures.ts'
import { throttleTimeMs } from './throttle.ts'

/** Requests that leave together are written up to about so many bytes at a time, each time asking for backpressure. */
const writeBytes = 1024 * 1024
/**
 * Up to here, the frames of several requests are copied into one: a piece of a writev costs more than the copy
 * (measured with 100 small requests in flight: a tenth more round trips a second).
 */
const joinBytes = 8 * 1024

export interface PipelineOptions {
  readonly runtime: Runtime
  readonly brokerLabel: string
  readonly clientId: string
  readonly requestTimeoutMs: number
  readonly maxInFlightRequests: number
  readonly maxQueuedRequests: number
  readonly maxResponseBytes: number
  readonly observer: ConnectionObserver | undefined
  /** Told once, when the socket closed or nothing sensible can come of it any more; to be answered with `stop`. */
  readonly onBroken: (reason: KafkaError) => void
}

export interface PipelineRequest<Response> extends SendOptions {
  readonly version: number
  readonly decode: (frame: Buffer) => Response
}

/**
 * Requests out and responses in over one socket. A request waits (for a place in flight, for the socket to
 * take more, for a throttle time to pass), is sent together with all others that may go by then, and is in
 * flight until its response has come. It owns nothing but the traffic: who connects, and what a broken
 * connection means, is the matter of `Connection`.
 */
export class Pipeline implements SocketHandler {
  readonly #options: PipelineOptions
  readonly #splitter: FrameSplitter
  /** Not sent yet, in the order of `send`. */
  readonly #waiting: PendingRequest[] = []
  readonly #inFlight = new InFlight()
  /** Sent, without a response to come, and not flushed yet. */
  readonly #leaving = new Set<PendingRequest>()
  readonly #deadlines: DeadlineWatch
  readonly #throttle: Alarm
  #socket: Socket | undefined
  #socketFull = false
  #throttledUntilMs = 0
  #pumping = false
  #stopped: KafkaError | undefined
  #lastTrafficMs = 0

  constructor(options: PipelineOptions) {
    this.#options = options
    this.#splitter = new FrameSplitter({
      maxFrameBytes: options.maxResponseBytes,
      onFrame: (frame) => this.#onFrame(frame),
    })
    this.#deadlines = new DeadlineWatch(
      options.runtime,
      () => this.#outstanding(),
      (requests, nowMs) => this.#onExpired(requests, nowMs),
    )
    this.#throttle = new Alarm(options.runtime, this.#pump)
  }

  /** Requests that were sent and have no response yet. */
  get inFlight(): number {
    return this.#inFlight.size
  }

  /** Nothing is waiting, in flight or on its way out. */
  get quiet(): boolean {
    return this.#waiting.length === 0 && this.#inFlight.size === 0 && this.#leaving.size === 0
  }

  /** When bytes last went or came, by the monotonic clock. */
  get lastTrafficMs(): number {
    return this.#lastTrafficMs
  }

  attach(socket: Socket): void {
    this.#socket = socket
    this.#lastTrafficMs = this.#options.runtime.clock.monotonicMs()
  }

  /** The connection has ended for `reason`: rejects all that is outstanding, and all that is sent from now on. */
  stop(reason: KafkaError): void {
    this.#stopped = reason
    this.#deadlines.stop()
    this.#throttle.cancel()
    for (const request of this.#outstanding()) {
      request.fail(lost(request, this.#options.brokerLabel, reason))
    }
    this.#inFlight.clear()
    this.#leaving.clear()
    this.#waiting.length = 0
    this.#socket?.destroy()
  }

  send<Req, Res>(api: Api<Req, unknown>, message: Draft<Req>, options: PipelineRequest<Res>): Promise<Res> {
    let request: PendingRequest
    try {
      request = this.#accept(api, message, options)
    } catch (error) {
      options.onFlushed?.()
      return Promise.reject(error)
    }
    if (this.#stopped !== undefined) request.fail(lost(request, this.#options.brokerLabel, this.#stopped))
    else this.#enqueue(request, options.signal)
    return request.promise as Promise<Res>
  }

  #accept<Req>(
    api: Api<Req, unknown>,
    message: Draft<Req>,
    options: PipelineRequest<unknown>,
  ): PendingRequest {
    const { brokerLabel, clientId, runtime, maxInFlightRequests, maxQueuedRequests } = this.#options
    throwIfAborted(options.signal, `${api.name} request to broker ${brokerLabel}`)
    const places = Math.max(0, maxInFlightRequests - this.#inFlight.size)
    if (this.#waiting.length >= maxQueuedRequests + places)
      throw queueFull(api, brokerLabel, maxQueuedRequests)
    const correlationId = this.#inFlight.nextCorrelationId()
    return new PendingRequest({
      api,
      version: options.version,
      correlationId,
      frame: encodeRequestFrame(api, options.version, correlationId, clientId, message),
      expectsResponse: options.noResponse !== true,
      startedMs: runtime.clock.monotonicMs(),
      timeoutMs: options.timeoutMs ?? this.#options.requestTimeoutMs,
      decode: options.decode,
      onFlushed: options.onFlushed,
    })
  }

  #enqueue(request: PendingRequest, signal: AbortSignal | undefined): void {
    this.#waiting.push(request)
    this.#deadlines.watch(request)
    if (signal !== undefined) request.onSettled(onAbort(signal, () => this.#abort(request, signal)))
    this.#pumpSoon()
  }

  #abort(request: PendingRequest, signal: AbortSignal): void {
    if (!request.sent) this.#waiting.splice(this.#waiting.indexOf(request), 1)
    request.fail(aborted(request, this.#options.brokerLabel, signal))
  }

  // Out

  /** All that is sent in one turn leaves in one write: a microtask later, which is before any input or output. */
  #pumpSoon(): void {
    if (this.#pumping) return
    this.#pumping = true
    queueMicrotask(this.#pump)
  }

  readonly #pump = (): void => {
    this.#pumping = false
    while (this.#mayWrite()) this.#write()
  }

  #mayWrite(): boolean {
    if (this.#waiting.length === 0 || this.#socket === undefined || this.#socketFull) return false
    if (this.#inFlight.size >= this.#options.maxInFlightRequests) return false
    if (this.#throttledUntilMs === 0) return true
    if (this.#throttledUntilMs > this.#options.runtime.clock.monotonicMs()) {
      this.#throttle.ringBy(this.#throttledUntilMs)
      return false
    }
    this.#throttledUntilMs = 0
    return true
  }

  #write(): void {
    const { runtime, observer, brokerLabel, maxInFlightRequests } = this.#options
    const pieces: Uint8Array[] = []
    const unflushed: PendingRequest[] = []
    let bytes = 0
    do {
      const request = this.#waiting.shift()!
      pieces.push(...request.handOver())
      bytes += request.frameBytes
      if (request.expectsResponse) this.#inFlight.add(request)
      else this.#leaving.add(request)
      if (request.awaitsFlush) unflushed.push(request)
      if (observer?.onRequest) observer.onRequest(request.describe(brokerLabel))
    } while (this.#waiting.length > 0 && bytes < writeBytes && this.#inFlight.size < maxInFlightRequests)
    this.#lastTrafficMs = runtime.clock.monotonicMs()
    const joined = pieces.length > 1 && bytes <= joinBytes ? [Buffer.concat(pieces, bytes)] : pieces
    const onFlushed = unflushed.length === 0 ? undefined : (sent: boolean) => this.#flushed(unflushed, sent)
    this.#socketFull = !this.#socket!.write(joined, onFlushed)
  }

  #flushed(requests: readonly PendingRequest[], sent: boolean): void {
    for (const request of requests) {
      request.flushed()
      // One that was dropped with the socket is rejected by `stop`, which knows why.
      if (sent && this.#leaving.delete(request)) request.succeed(undefined)
    }
  }

  drained(): void {
    this.#socketFull = false
    this.#pump()
  }

  // In

  /** Nothing to do: `attach` is called with a socket that is connected. */
  connected(): void {}

  readBuffer(): Uint8Array {
    return this.#splitter.readBuffer()
  }

  received(length: number): void {
    this.#lastTrafficMs = this.#options.runtime.clock.monotonicMs()
    try {
      this.#splitter.received(length)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#options.onBroken(error)
    }
  }

  closed(error?: Error): void {
    if (this.#stopped !== undefined) return
    const { brokerLabel, onBroken } = this.#options
    const how =
      error === undefined
        ? `broker ${brokerLabel} closed the connection`
        : `the connection to broker ${brokerLabel} broke: ${error.message}`
    onBroken(new ConnectionError(how, { context: { broker: brokerLabel }, cause: error }))
  }

  #onFrame(frame: Buffer): void {
    if (this.#stopped !== undefined) return
    if (frame.length < 4) throw new ProtocolError(`a response of ${frame.length} bytes has no correlation id`)
    const request = this.#inFlight.take(frame.readInt32BE(0))
    // Nobody waits for the response of an aborted request.
    if (!request.settled) this.#complete(request, frame)
    if (this.#waiting.length > 0) this.#pumpSoon()
  }

  #complete(request: PendingRequest, frame: Buffer): void {
    const { observer, brokerLabel, runtime } = this.#options
    let response: unknown
    try {
      response = request.decode(frame)
    } catch (cause) {
      const error = unreadable(request, brokerLabel, cause)
      request.fail(error)
      throw error
    }
    const throttleMs = throttleTimeMs(request.api, request.version, response)
    if (throttleMs > 0) {
      this.#throttledUntilMs = Math.max(this.#throttledUntilMs, this.#lastTrafficMs + throttleMs)
      observer?.onThrottle?.({ broker: brokerLabel, api: request.api.name, throttleTimeMs: throttleMs })
    }
    if (observer?.onResponse) {
      const elapsedMs = runtime.clock.monotonicMs() - request.startedMs
      observer.onResponse({ ...request.describe(brokerLabel), responseBytes: frame.length, elapsedMs })
    }
    request.succeed(response)
  }

  #outstanding(): PendingRequest[] {
    return [...this.#inFlight, ...this.#leaving, ...this.#waiting]
  }

  #onExpired(requests: readonly PendingRequest[], nowMs: number): void {
    const { brokerLabel, onBroken } = this.#options
    for (const request of requests) {
      if (!request.sent) this.#waiting.splice(this.#waiting.indexOf(request), 1)
      request.fail(timedOut(request, brokerLabel, nowMs))
    }
    // What was sent has to be answered before all that came after it, so nothing can follow it here.
    const unanswered = requests.find((request) => request.sent)
    if (unanswered === undefined) return
    const why = `broker ${brokerLabel} did not answer ${unanswered.api.name} within ${unanswered.timeoutMs} ms`
    onBroken(new ConnectionError(why, { context: { broker: brokerLabel, api: unanswered.api.name } }))
  }
}
