import { ClosedError, ConnectionError, KafkaError, ProtocolError, TimeoutError } from '../errors.ts'
import { decodeResponse } from '../protocol/frame.ts'
import type { Api, Draft } from '../protocol/message.ts'
import { ApiVersions } from '../protocol/messages/api-versions.ts'
import { abortedError, onAbort } from '../runtime/abort.ts'
import { Alarm } from '../runtime/alarm.ts'
import { Deadline } from '../runtime/deadline.ts'
import type { Timer } from '../runtime/runtime.ts'
import { askVersions } from './ask-versions.ts'
import type { BrokerVersions } from './broker-versions.ts'
import { type ConnectionOptions, connectionDefaults, type SendOptions } from './connection-options.ts'
import { dial } from './dialer.ts'
import { checkVersion, negotiateVersion } from './negotiate.ts'
import { Pipeline } from './pipeline.ts'
import { notReady } from './request-failures.ts'

export type {
  ConnectionObserver,
  ConnectionOptions,
  SendOptions,
  SetupExchange,
} from './connection-options.ts'

export type ConnectionState = 'idle' | 'connecting' | 'negotiating' | 'authenticating' | 'ready' | 'closed'

const moves: Readonly<Record<ConnectionState, readonly ConnectionState[]>> = {
  idle: ['connecting', 'closed'],
  connecting: ['negotiating', 'closed'],
  negotiating: ['authenticating', 'ready', 'closed'],
  authenticating: ['ready', 'closed'],
  ready: ['closed'],
  closed: [],
}

/**
 * One connection to one broker, for one use: a broken one is not mended but replaced.
 *
 *   idle --open--> connecting --socket--> negotiating --versions--> ready
 *     |                |                    |     |                 ^  |
 *     |                |                    |     +-> authenticating+  |
 *     +-----close------+------failure-------+--------------+-----------+--> closed
 *
 * `connecting` tries every address of the broker's name. `negotiating` asks for versions and features; it is
 * passed through when they were given. `authenticating` is entered only with an `authenticator`. `closed`
 * comes by `close`, by idleness, by an answer that does not come in time, and by every breach of the protocol;
 * whatever the reason, all that is outstanding is rejected then, and `onClose` told, once.
 */
export class Connection {
  /** `id (host:port)`, or `host:port` while the id is not known. */
  readonly brokerLabel: string
  readonly #options: ConnectionOptions
  readonly #pipeline: Pipeline
  readonly #idle: Alarm
  readonly #dialing = new AbortController()
  /** For all of connecting that comes after the socket. */
  #setUpTimer: Timer | undefined
  #state: ConnectionState = 'idle'
  #versions: BrokerVersions | undefined
  /** Why it is closed. */
  #reason: KafkaError | undefined
  #rejectOpen: ((reason: KafkaError) => void) | undefined

  constructor(options: ConnectionOptions) {
    const { runtime, host, port, brokerId, clientId, observer } = options
    this.#options = options
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    this.brokerLabel = brokerId === undefined ? address : `${brokerId} (${address})`
    this.#idle = new Alarm(runtime, () => this.#onIdleAlarm())
    this.#pipeline = new Pipeline({
      runtime,
      brokerLabel: this.brokerLabel,
      clientId,
      requestTimeoutMs: options.requestTimeoutMs ?? connectionDefaults.requestTimeoutMs,
      maxInFlightRequests: options.maxInFlightRequests ?? connectionDefaults.maxInFlightRequests,
      maxQueuedRequests: options.maxQueuedRequests ?? connectionDefaults.maxQueuedRequests,
      maxResponseBytes: options.maxResponseBytes ?? connectionDefaults.maxResponseBytes,
      observer,
      onBroken: (reason) => this.#end(this.#state === 'ready' ? reason : this.#setUpBroken(reason)),
    })
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** Requests that were sent and have no response yet. */
  get inFlight(): number {
    return this.#pipeline.inFlight
  }

  /** What the broker offers. Throws a `KafkaError` (`ILLEGAL_STATE`) before it was asked. */
  get broker(): BrokerVersions {
    if (this.#versions === undefined) {
      throw new KafkaError(
        'ILLEGAL_STATE',
        `broker ${this.brokerLabel} did not tell its versions yet: await open()`,
      )
    }
    return this.#versions
  }

  /**
   * Connects, asks for versions and authenticates, all within `connectTimeoutMs`. Rejects with a
   * `ConnectionError` that lists the addresses that were tried, `TimeoutError`, `AbortedError`, or what the
   * broker or the authenticator refused; the connection is closed then. A second call throws.
   */
  open(signal?: AbortSignal): Promise<void> {
    this.#move('connecting')
    return new Promise((resolve, reject) => {
      this.#rejectOpen = reject
      const unsubscribe = onAbort(signal, () =>
        this.#end(abortedError(signal!, `connecting to broker ${this.brokerLabel}`)),
      )
      this.#setUp()
        .then(resolve, (error) => this.#end(asKafkaError(error, this.brokerLabel)))
        .finally(unsubscribe)
    })
  }

  /**
   * The version in which an API is spoken with this broker: the highest that both sides know, at most `cap`.
   * Throws an `UnsupportedVersionError` that names the API, both ranges and the broker.
   */
  version(api: Api<unknown, unknown>, cap?: number): number {
    return negotiateVersion(api, this.broker, this.brokerLabel, cap)
  }

  /**
   * Sends a request and resolves with its response; with `noResponse`, with undefined once it has left for the
   * operating system. Requests are sent and answered in the order of the calls; those of one turn leave in one
   * write.
   *
   * Rejects with `ConnectionError` (retriable; `context.sent` says whether the broker may have handled the
   * request), `ClosedError`, `TimeoutError`, `AbortedError`, `ProtocolError`, `UnsupportedVersionError`, or a
   * `KafkaError` with the code `BUFFER_FULL`. A timeout of a request that was sent, and a response that cannot
   * be read, close the connection. An error code inside of a response is the caller's to read.
   */
  send<Req, Res>(
    api: Api<Req, Res>,
    message: Draft<Req>,
    options: SendOptions & { readonly noResponse: true },
  ): Promise<void>
  send<Req, Res>(api: Api<Req, Res>, message: Draft<Req>, options?: SendOptions): Promise<Res>
  send<Req, Res>(api: Api<Req, Res>, message: Draft<Req>, options: SendOptions = {}): Promise<Res> {
    if (this.#state === 'ready') return this.#exchange(api, message, options)
    options.onFlushed?.()
    return Promise.reject(notReady(api, this.brokerLabel, this.#state, this.#reason))
  }

  /**
   * Closes at once, in peace. What is outstanding rejects with `ClosedError`, or, when `error` says that there
   * was a failure, with `ConnectionError`. Idempotent.
   */
  close(error?: KafkaError): void {
    this.#end(error ?? new ClosedError('the connection was closed'))
  }

  async #setUp(): Promise<void> {
    const { runtime, logger, authenticator, observer, host, port, brokerId, dialer, mapAddress } =
      this.#options
    const { connectTimeoutMs = connectionDefaults.connectTimeoutMs } = this.#options
    const { brokerLabel } = this
    const startedMs = runtime.clock.monotonicMs()
    const deadline = Deadline.in(runtime.clock, connectTimeoutMs)
    const socket = await dial({
      runtime,
      target: { host, port, brokerId, brokerLabel },
      dialer,
      mapAddress,
      handler: this.#pipeline,
      deadline,
      signal: this.#dialing.signal,
    })
    if (this.#state === 'closed') return socket.destroy()
    this.#pipeline.attach(socket)
    this.#move('negotiating')
    this.#setUpTimer = runtime.timers.after(deadline.remainingMs(), () => {
      this.#end(this.#setUpTimedOut(connectTimeoutMs))
    })
    this.#versions = this.#options.versions ?? (await this.#askVersions(connectTimeoutMs))
    if (authenticator !== undefined) {
      this.#move('authenticating')
      await authenticator({
        host,
        brokerLabel,
        version: (api, cap) => this.version(api, cap),
        send: (api, message, options = {}) => this.#exchange(api, message, options),
      })
    }
    // Throws when it was closed meanwhile and the authenticator took no notice.
    this.#move('ready')
    this.#setUpTimer.cancel()
    this.#rejectOpen = undefined
    this.#onIdleAlarm()
    const elapsedMs = runtime.clock.monotonicMs() - startedMs
    logger.debug({ broker: brokerLabel, elapsedMs: Math.round(elapsedMs) }, 'connected')
    observer?.onConnect?.({ broker: brokerLabel, elapsedMs })
  }

  #askVersions(timeoutMs: number): Promise<BrokerVersions> {
    const { softwareName, softwareVersion } = this.#options
    const decode = (frame: Buffer) => frame
    return askVersions(
      (message, version) => this.#pipeline.send(ApiVersions, message, { version, timeoutMs, decode }),
      { name: softwareName, version: softwareVersion },
      this.brokerLabel,
    )
  }

  #exchange<Req, Res>(api: Api<Req, Res>, message: Draft<Req>, options: SendOptions): Promise<Res> {
    try {
      const version = options.version ?? this.version(api)
      if (options.version !== undefined) checkVersion(api, this.broker, this.brokerLabel, version)
      const decode = (frame: Buffer) => decodeResponse(api, version, frame)
      return this.#pipeline.send(api, message, { ...options, version, decode })
    } catch (error) {
      options.onFlushed?.()
      return Promise.reject(error)
    }
  }

  #setUpTimedOut(connectTimeoutMs: number): TimeoutError {
    return new TimeoutError(
      `broker ${this.brokerLabel} took the connection and did not answer within connectTimeoutMs ` +
        `(${connectTimeoutMs} ms), while ${this.#state}`,
      { context: { broker: this.brokerLabel } },
    )
  }

  #setUpBroken(reason: KafkaError): KafkaError {
    const hint =
      reason instanceof ProtocolError
        ? 'perhaps this is no Kafka broker, or a listener that expects TLS'
        : 'a listener that expects TLS or SASL does so, and so does a broker that is shutting down'
    const message = `broker ${this.brokerLabel} could not be used: ${reason.message}, while ${this.#state}; ${hint}`
    const options = { context: { broker: this.brokerLabel }, cause: reason }
    return reason instanceof ProtocolError
      ? new ProtocolError(message, options)
      : new ConnectionError(message, options)
  }

  /** Closes when there was no traffic for long enough, and looks again when that may next be so. */
  #onIdleAlarm(): void {
    const { runtime, idleTimeoutMs = connectionDefaults.idleTimeoutMs } = this.#options
    const nowMs = runtime.clock.monotonicMs()
    const closeAtMs = this.#pipeline.lastTrafficMs + idleTimeoutMs
    if (!this.#pipeline.quiet) this.#idle.ringBy(nowMs + idleTimeoutMs)
    else if (closeAtMs > nowMs) this.#idle.ringBy(closeAtMs)
    else this.#end(new ConnectionError(`the connection was not used for ${idleTimeoutMs} ms`), 'in peace')
  }

  #end(
    reason: KafkaError,
    how: 'in peace' | 'broken' = reason instanceof ClosedError ? 'in peace' : 'broken',
  ): void {
    if (this.#state === 'closed') return
    const { logger, onClose, observer } = this.#options
    const before = this.#state
    this.#move('closed')
    this.#reason = reason
    this.#setUpTimer?.cancel()
    this.#idle.cancel()
    this.#dialing.abort(reason)
    this.#pipeline.stop(reason)
    this.#rejectOpen?.(reason)
    const error = how === 'broken' ? reason : undefined
    logger.debug({ broker: this.brokerLabel, state: before, error }, 'disconnected')
    if (before === 'ready') observer?.onDisconnect?.({ broker: this.brokerLabel, error })
    onClose?.(error)
  }

  /** The only writer of the state. */
  #move(to: ConnectionState): void {
    if (!moves[this.#state].includes(to)) {
      throw new KafkaError(
        'ILLEGAL_STATE',
        `the connection to broker ${this.brokerLabel} cannot go from ${this.#state} to ${to}`,
      )
    }
    this.#state = to
  }
}

function asKafkaError(error: unknown, brokerLabel: string): KafkaError {
  if (error instanceof KafkaError) return error
  const problem = error instanceof Error ? error.message : String(error)
  return new ConnectionError(`the connection to broker ${brokerLabel} could not be set up: ${problem}`, {
    context: { broker: brokerLabel },
    cause: error,
  })
}
