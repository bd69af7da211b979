import { ClosedError, ConnectionError, KafkaError, TimeoutError } from '../errors.ts'
import type { BrokerVersions } from '../network/broker-versions.ts'
import { Connection, type SendOptions } from '../network/connection.ts'
import type { Api, Draft } from '../protocol/message.ts'
import { abortedError, onAbort } from '../runtime/abort.ts'
import { Deadline } from '../runtime/deadline.ts'
import type { SocketAddress } from '../runtime/runtime.ts'
import { sleep } from '../runtime/sleep.ts'
import type { ClusterSettings } from './options.ts'
import { RetryPolicy } from './retry.ts'

/** What a lane has to know of the cluster that it belongs to. */
export interface LaneContext {
  readonly settings: ClusterSettings
  /** Where a broker listens now; undefined when it is not known. Bootstrap addresses have negative ids. */
  addressOf(brokerId: number): SocketAddress | undefined
  /** Told what every newly connected broker offers. */
  learned(brokerId: number, versions: BrokerVersions): void
  /** Told when a broker could not be reached, or a connection to it broke. */
  failed(brokerId: number, error: KafkaError): void
}

export interface LaneSendOptions extends SendOptions {
  /** Caps the negotiated version. */
  maxVersion?: number
}

/**
 * Connections of one owner, one a broker, made when they are first used and made again after they broke. Owners
 * do not share connections, because a broker answers the requests of a connection one after the other: a Fetch
 * that waits for records would hold back everything behind it.
 *
 * A lane makes one attempt at a request and does not retry it; what it does by itself is to wait between
 * attempts to connect to the same broker.
 */
export class Lane {
  readonly name: string
  readonly #context: LaneContext
  readonly #maxInFlightRequests: number
  readonly #policy: RetryPolicy
  readonly #slots = new Map<number, Slot>()
  readonly #closing = new AbortController()
  readonly #onClosed: () => void

  constructor(name: string, context: LaneContext, maxInFlightRequests: number, onClosed: () => void) {
    const { runtime, reconnectBackoffMs, reconnectBackoffMaxMs } = context.settings
    this.name = name
    this.#context = context
    this.#maxInFlightRequests = maxInFlightRequests
    this.#policy = new RetryPolicy(runtime.random, reconnectBackoffMs, reconnectBackoffMaxMs)
    this.#onClosed = onClosed
  }

  /**
   * Sends one request to a broker, after connecting to it when need be; `timeoutMs` covers both. Rejects with a
   * retriable `ConnectionError` or `TimeoutError` when the broker cannot be reached or the connection breaks.
   */
  send<Req, Res>(
    brokerId: number,
    api: Api<Req, Res>,
    message: Draft<Req>,
    options: LaneSendOptions = {},
  ): Promise<Res> {
    const connection = this.#readyConnection(brokerId)
    if (connection !== undefined) return connection.send(api, message, negotiated(connection, api, options))
    return this.#connectAndSend(brokerId, api, message, options)
  }

  /** The version that would be used with this broker; a promise while there is no connection to it. */
  version<Req, Res>(brokerId: number, api: Api<Req, Res>, signal?: AbortSignal): number | Promise<number> {
    const connection = this.#readyConnection(brokerId)
    if (connection !== undefined) return connection.version(api)
    return this.#connected(brokerId, this.#context.settings.requestTimeoutMs, signal).then((c) =>
      c.version(api),
    )
  }

  /** Whether there is a connection to this broker that takes requests now. */
  ready(brokerId: number): boolean {
    return this.#readyConnection(brokerId) !== undefined
  }

  /** Requests to this broker that have no answer yet. */
  inFlight(brokerId: number): number {
    return this.#readyConnection(brokerId)?.inFlight ?? 0
  }

  /** Closes every connection; what is outstanding rejects with `ClosedError`. Idempotent. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    const error = new ClosedError(`the connections of ${this.name} were closed`)
    for (const { connection } of this.#slots.values()) connection?.close(error)
    this.#slots.clear()
    this.#onClosed()
  }

  #readyConnection(brokerId: number): Connection | undefined {
    const connection = this.#slots.get(brokerId)?.connection
    return connection?.state === 'ready' ? connection : undefined
  }

  async #connectAndSend<Req, Res>(
    brokerId: number,
    api: Api<Req, Res>,
    message: Draft<Req>,
    options: LaneSendOptions,
  ): Promise<Res> {
    const { runtime, requestTimeoutMs } = this.#context.settings
    const deadline = Deadline.in(runtime.clock, options.timeoutMs ?? requestTimeoutMs)
    let connection: Connection
    try {
      connection = await this.#connected(brokerId, deadline.remainingMs(), options.signal)
    } catch (error) {
      options.onFlushed?.()
      throw error
    }
    return connection.send(api, message, {
      ...negotiated(connection, api, options),
      timeoutMs: Math.max(1, deadline.remainingMs()),
    })
  }

  /** A connection that is ready, waited for up to `timeoutMs`. Whoever waits for the same broker shares it. */
  #connected(brokerId: number, timeoutMs: number, signal: AbortSignal | undefined): Promise<Connection> {
    if (this.#closing.signal.aborted) {
      return Promise.reject(
        new ClosedError(`${this.name} was closed: no request can be sent to broker ${brokerId}`),
      )
    }
    let slot = this.#slots.get(brokerId)
    if (slot === undefined) {
      slot = { connection: undefined, connecting: undefined, failures: 0, notBeforeMs: 0 }
      this.#slots.set(brokerId, slot)
    }
    slot.connecting ??= this.#connect(brokerId, slot)
    return this.#waitFor(slot.connecting, `connecting to broker ${brokerId}`, timeoutMs, signal)
  }

  async #connect(brokerId: number, slot: Slot): Promise<Connection> {
    const { settings, addressOf, learned } = this.#context
    const { runtime } = settings
    try {
      const pauseMs = slot.notBeforeMs - runtime.clock.monotonicMs()
      if (pauseMs > 0) await sleep(runtime.timers, pauseMs, this.#closing.signal)
      const address = addressOf.call(this.#context, brokerId)
      if (address === undefined)
        throw new ConnectionError(`broker ${brokerId} is not among the brokers that are known`)
      const connection: Connection = new Connection({
        ...settings.connection,
        host: address.host,
        port: address.port,
        ...(brokerId >= 0 ? { brokerId } : {}),
        maxInFlightRequests: this.#maxInFlightRequests,
        onClose: (error) => this.#onConnectionClosed(brokerId, slot, connection, error),
      })
      slot.connection = connection
      await connection.open(this.#closing.signal)
      slot.failures = 0
      learned.call(this.#context, brokerId, connection.broker)
      return connection
    } catch (error) {
      if (this.#closing.signal.aborted) throw new ClosedError(`${this.name} was closed`, { cause: error })
      throw error
    } finally {
      slot.connecting = undefined
    }
  }

  #onConnectionClosed(brokerId: number, slot: Slot, connection: Connection, error: Error | undefined): void {
    if (slot.connection !== connection) return
    slot.connection = undefined
    if (error === undefined || this.#closing.signal.aborted) return
    slot.failures += 1
    slot.notBeforeMs =
      this.#context.settings.runtime.clock.monotonicMs() + this.#policy.delayMs(slot.failures)
    if (error instanceof KafkaError) this.#context.failed(brokerId, error)
  }

  /** `promise`, unless time or signal come first; both leave the shared promise as it is. */
  #waitFor<T>(
    promise: Promise<T>,
    what: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.#context.settings.runtime.timers.after(timeoutMs, () => {
        finish()
        reject(new TimeoutError(`${what} took longer than ${Math.round(timeoutMs)} ms`))
      })
      const unsubscribe = onAbort(signal, () => {
        finish()
        reject(abortedError(signal!, what))
      })
      const finish = () => {
        timer.cancel()
        unsubscribe()
      }
      promise.then(
        (value) => {
          finish()
          resolve(value)
        },
        (error) => {
          finish()
          reject(error)
        },
      )
    })
  }
}

/** What a lane has of one broker. */
interface Slot {
  /** From the moment it connects until it is closed. */
  connection: Connection | undefined
  connecting: Promise<Connection> | undefined
  /** Connections in a row that could not be made or broke. */
  failures: number
  /** Not to be connected to before this time of the monotonic clock. */
  notBeforeMs: number
}

function negotiated<Req, Res>(
  connection: Connection,
  api: Api<Req, Res>,
  options: LaneSendOptions,
): SendOptions {
  const { maxVersion, ...rest } = options
  return maxVersion === undefined || rest.version !== undefined
    ? rest
    : { ...rest, version: connection.version(api, maxVersion) }
}
