import { ClosedError, ConnectionError, KafkaError, TimeoutError } from '../errors.ts'
import { ErrorCodes } from '../protocol/error-codes.ts'
import { decodeResponse } from '../protocol/frame.ts'
import type { Api, Draft } from '../protocol/message.ts'
import { ApiVersions, type ApiVersionsResponse } from '../protocol/messages/api-versions.ts'
import { Reader } from '../protocol/reader.ts'
import { abortedError, onAbort } from '../runtime/abort.ts'
import { Deadline } from '../runtime/deadline.ts'
import type { Timer } from '../runtime/runtime.ts'
import { BrokerVersions } from './broker-versions.ts'
import { type ConnectionOptions, connectionDefaults, type SendOptions } from './connection-options.ts'
import { dial } from './dialer.ts'
import { checkVersion, negotiateVersion } from './negotiate.ts'
import { Pipeline } from './pipeline.ts'

export type { ConnectionOptions, SendOptions } from './connection-options.ts'

type State = 'idle' | 'connecting' | 'negotiating' | 'authenticating' | 'ready' | 'closed'

const moves: Readonly<Record<State, readonly State[]>> = {
  idle: ['connecting', 'closed'],
  connecting: ['negotiating', 'closed'],
  negotiating: ['authenticating', 'closed'],
  authenticating: ['ready', 'closed'],
  ready: ['closed'],
  closed: [],
}

/**
 * One connection to one broker; it is used once and not opened again.
 *
 *   idle --open--> connecting --> negotiating --> authenticating --> ready
 *     |                |               |                |              |
 *     +----------------+---------------+----------------+--------------+--close, broken, idle too long--> closed
 *
 * Requests can be sent while it is ready. When it closes, all that is outstanding rejects: with a retriable
 * `ConnectionError` when it broke, with `ClosedError` when it was closed.
 */
export class Connection {
  readonly #options: ConnectionOptions
  /** The broker as errors name it: `2 (kafka-2:9092)`, or `kafka-2:9092` while its id is not known. */
  readonly brokerLabel: string
  readonly #pipeline: Pipeline
  readonly #setup = new AbortController()
  #state: State = 'idle'
  #broker: BrokerVersions | undefined
  #closedBy: KafkaError | undefined
  #idleTimer: Timer | undefined

  constructor(options: ConnectionOptions) {
    const { host, port, brokerId, runtime, clientId, observer } = options
    this.#options = options
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    this.brokerLabel = brokerId === undefined ? address : `${brokerId} (${address})`
    this.#pipeline = new Pipeline({
      runtime,
      clientId,
      observer,
      brokerLabel: this.brokerLabel,
      requestTimeoutMs: options.requestTimeoutMs ?? connectionDefaults.requestTimeoutMs,
      maxInFlightRequests: options.maxInFlightRequests ?? connectionDefaults.maxInFlightRequests,
      maxQueuedRequests: options.maxQueuedRequests ?? connectionDefaults.maxQueuedRequests,
      maxResponseBytes: options.maxResponseBytes ?? connectionDefaults.maxResponseBytes,
      onBroken: (reason) => this.#broke(reason),
    })
  }

  get state(): State {
    return this.#state
  }

  /** Requests that were sent and have no response yet. */
  get inFlight(): number {
    return this.#pipeline.inFlight
  }

  /** What the broker offers; known once the connection is ready. */
  get broker(): BrokerVersions {
    if (this.#broker !== undefined) return this.#broker
    throw new KafkaError(
      'ILLEGAL_STATE',
      `broker ${this.brokerLabel} has not told its versions: open the connection first`,
    )
  }

  /**
   * Connects to one of the name's addresses, learns the broker's versions and authenticates, all within
   * `connectTimeoutMs`. Rejects with `ConnectionError`, `UnsupportedVersionError`, `AbortedError` or what the
   * authenticator rejected with; the connection is closed then.
   */
  async open(signal?: AbortSignal): Promise<void> {
    const { runtime, observer, host, port, brokerId, dialer, mapAddress, authenticator } = this.#options
    const startMs = runtime.clock.monotonicMs()
    const deadline = Deadline.in(
      runtime.clock,
      this.#options.connectTimeoutMs ?? connectionDefaults.connectTimeoutMs,
    )
    this.#move('connecting')
    const unsubscribe = onAbort(signal, () => {
      const error = abortedError(signal!, `connecting to broker ${this.brokerLabel}`)
      this.#end(error, error)
    })
    try {
      const target = { host, port, brokerId, brokerLabel: this.brokerLabel }
      const dialing = {
        runtime,
        target,
        dialer,
        mapAddress,
        handler: this.#pipeline,
        deadline,
        signal: this.#setup.signal,
      }
      this.#pipeline.attach(await dial(dialing))
      this.#move('negotiating')
      this.#broker = this.#options.versions ?? (await this.#learnVersions(deadline))
      this.#move('authenticating')
      if (authenticator !== undefined) await this.#authenticate(authenticator, deadline)
      this.#move('ready')
    } catch (error) {
      const reason = this.#closedBy ?? this.#setupFailure(error)
      this.#end(reason, reason)
      throw reason
    } finally {
      unsubscribe()
    }
    this.#watchIdleness()
    observer?.onConnect?.({ broker: this.brokerLabel, elapsedMs: runtime.clock.monotonicMs() - startMs })
  }

  /** The version that both sides speak, at most `cap`. Throws `UnsupportedVersionError`. */
  version<Req, Res>(api: Api<Req, Res>, cap?: number): number {
    return negotiateVersion(api as Api<unknown, unknown>, this.broker, this.brokerLabel, cap)
  }

  /**
   * Sends a request and resolves with its response. Rejects with a retriable `ConnectionError` or `TimeoutError`,
   * with `UnsupportedVersionError`, `ProtocolError`, `AbortedError` or `ClosedError`.
   */
  send<Req, Res>(api: Api<Req, Res>, message: Draft<Req>, options: SendOptions = {}): Promise<Res> {
    if (this.#state !== 'ready') {
      options.onFlushed?.()
      return Promise.reject(this.#notReady(api.name))
    }
    return this.#exchange(api, message, options)
  }

  /** Closes at once. What is outstanding rejects with `error`, or a `ClosedError` when there is none. Idempotent. */
  close(error?: KafkaError): void {
    this.#end(error ?? new ClosedError(`the connection to broker ${this.brokerLabel} was closed`), undefined)
  }

  #exchange<Req, Res>(api: Api<Req, Res>, message: Draft<Req>, options: SendOptions): Promise<Res> {
    let version: number
    try {
      version = options.version ?? this.version(api)
      if (options.version !== undefined) {
        checkVersion(api as Api<unknown, unknown>, this.broker, this.brokerLabel, version)
      }
    } catch (error) {
      options.onFlushed?.()
      return Promise.reject(error)
    }
    const decode = (frame: Buffer) => decodeResponse(api, version, frame)
    return this.#pipeline.send(api, message, { ...options, version, decode })
  }

  /** Asks in our newest version; a broker that is too old for it answers in version 0, and says what it has. */
  async #learnVersions(deadline: Deadline): Promise<BrokerVersions> {
    const { softwareName, softwareVersion } = this.#options
    const newest = await this.#askVersions(ApiVersions.latestStableVersion, deadline, {
      clientSoftwareName: softwareName,
      clientSoftwareVersion: softwareVersion,
    })
    if (newest.errorCode !== ErrorCodes.UNSUPPORTED_VERSION) return this.#versionsFrom(newest)
    const offered = newest.apiKeys.find(({ apiKey }) => apiKey === ApiVersions.key)
    const version = Math.min(offered?.maxVersion ?? 0, ApiVersions.latestStableVersion - 1)
    return this.#versionsFrom(await this.#askVersions(version, deadline, {}))
  }

  #askVersions(version: number, deadline: Deadline, message: object): Promise<ApiVersionsResponse> {
    return this.#pipeline.send(ApiVersions, message, {
      version,
      timeoutMs: deadline.remainingMs(),
      decode: (frame) => decodeVersions(version, frame),
    })
  }

  #versionsFrom(response: ApiVersionsResponse): BrokerVersions {
    if (response.errorCode === ErrorCodes.NONE) return new BrokerVersions(response)
    throw new ConnectionError(
      `broker ${this.brokerLabel} refused ApiVersions with error ${response.errorCode}`,
      {
        context: { broker: this.brokerLabel, api: ApiVersions.name },
      },
    )
  }

  async #authenticate(
    authenticator: NonNullable<ConnectionOptions['authenticator']>,
    deadline: Deadline,
  ): Promise<void> {
    await authenticator({
      host: this.#options.host,
      brokerLabel: this.brokerLabel,
      version: (api, cap) => this.version(api, cap),
      send: (api, message, options) =>
        this.#exchange(api, message, { timeoutMs: deadline.remainingMs(), ...options }),
    })
  }

  #setupFailure(error: unknown): KafkaError {
    if (error instanceof TimeoutError) {
      const message = `broker ${this.brokerLabel} did not finish setting up the connection: ${error.message}`
      return new ConnectionError(message, { context: { broker: this.brokerLabel }, cause: error })
    }
    if (error instanceof KafkaError) return error
    return new ConnectionError(`connecting to broker ${this.brokerLabel} failed: ${String(error)}`, {
      context: { broker: this.brokerLabel },
      cause: error,
    })
  }

  #notReady(api: string): KafkaError {
    const context = { broker: this.brokerLabel, api, sent: false }
    if (this.#state !== 'closed') {
      return new KafkaError(
        'ILLEGAL_STATE',
        `${api} cannot be sent: the connection to ${this.brokerLabel} is ${this.#state}`,
        { context },
      )
    }
    const why = this.#closedBy?.message ?? 'it was closed'
    return new ConnectionError(
      `${api} was not sent: the connection to broker ${this.brokerLabel} has ended: ${why}`,
      {
        context,
        cause: this.#closedBy,
      },
    )
  }

  /** Ends in peace after `idleTimeoutMs` without traffic and with nothing outstanding. */
  #watchIdleness(): void {
    const { runtime } = this.#options
    const idleTimeoutMs = this.#options.idleTimeoutMs ?? connectionDefaults.idleTimeoutMs
    const quietMs = runtime.clock.monotonicMs() - this.#pipeline.lastTrafficMs
    if (quietMs >= idleTimeoutMs && this.#pipeline.quiet) return this.close()
    const againMs = quietMs >= idleTimeoutMs ? idleTimeoutMs : idleTimeoutMs - quietMs
    this.#idleTimer = runtime.timers.after(Math.max(1, againMs), () => this.#watchIdleness())
  }

  #broke(reason: KafkaError): void {
    if (this.#state === 'ready' || !reason.retriable) return this.#end(reason, reason)
    const message = `setting up the connection to broker ${this.brokerLabel} failed while ${this.#state}: ${reason.message}`
    const located = new ConnectionError(message, { context: { broker: this.brokerLabel }, cause: reason })
    this.#end(located, located)
  }

  /** `reason` is what outstanding requests are told, `reported` what the owner is. */
  #end(reason: KafkaError, reported: KafkaError | undefined): void {
    if (this.#state === 'closed') return
    const wasReady = this.#state === 'ready'
    this.#move('closed')
    this.#closedBy = reason
    this.#idleTimer?.cancel()
    this.#setup.abort(reason)
    this.#pipeline.stop(reason)
    if (wasReady) this.#options.observer?.onDisconnect?.({ broker: this.brokerLabel, error: reported })
    this.#options.onClose?.(reported)
  }

  #move(to: State): void {
    if (!moves[this.#state].includes(to)) {
      throw (
        this.#closedBy ??
        new KafkaError('ILLEGAL_STATE', `a connection cannot go from ${this.#state} to ${to}`)
      )
    }
    this.#state = to
  }
}

/** UNSUPPORTED_VERSION comes in version 0, whatever version was asked in: brokers know no better then. */
function decodeVersions(version: number, frame: Buffer): ApiVersionsResponse {
  const afterCorrelationId = new Reader(frame, 4)
  const errorCode = afterCorrelationId.int16('errorCode')
  return decodeResponse(ApiVersions, errorCode === ErrorCodes.UNSUPPORTED_VERSION ? 0 : version, frame)
}
