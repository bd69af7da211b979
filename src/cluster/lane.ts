import { ClosedError } from '../errors.ts'
import type { BrokerVersions } from '../network/broker-versions.ts'
import type { Connection, SendOptions } from '../network/connection.ts'
import type { Api, Draft } from '../protocol/message.ts'
import { Deadline } from '../runtime/deadline.ts'
import { BrokerLink, type LinkContext } from './broker-link.ts'
import { waitFor } from './waiting.ts'

export interface LaneSendOptions extends SendOptions {
  /** Negotiates no higher version than this. */
  readonly maxVersion?: number
}

/**
 * Connections of one owner, one a broker, made when they are first used and made again after they broke. Owners
 * do not share connections, because a broker answers the requests of a connection one after the other: a Fetch
 * that waits for records would hold back everything behind it.
 *
 * A lane makes one attempt at a request and does not retry it; what it does by itself is to leave a broker alone
 * for a while that could not be reached.
 */
export class Lane {
  readonly name: string
  readonly #context: LinkContext
  readonly #maxInFlightRequests: number
  readonly #onClosed: () => void
  readonly #closing = new AbortController()
  /** No more than there are brokers and bootstrap addresses. */
  readonly #links = new Map<number, BrokerLink>()

  constructor(name: string, context: LinkContext, maxInFlightRequests: number, onClosed: () => void) {
    this.name = name
    this.#context = context
    this.#maxInFlightRequests = maxInFlightRequests
    this.#onClosed = onClosed
  }

  /**
   * Sends one request to a broker, after connecting to it when need be; `timeoutMs` covers both. Requests of one
   * lane to one broker leave in the order of the calls.
   *
   * Rejects as `Connection.send` does: with a retriable `ConnectionError` or `TimeoutError` when the broker cannot be
   * reached or the connection breaks, of which `context.sent` says whether the broker may have handled the request.
   */
  send<Req, Res>(
    brokerId: number,
    api: Api<Req, Res>,
    message: Draft<Req>,
    options: LaneSendOptions = {},
  ): Promise<Res> {
    const connection = this.#links.get(brokerId)?.ready
    if (connection !== undefined) return sendOn(connection, api, message, options)
    return this.#connectAndSend(brokerId, api, message, options)
  }

  /**
   * The version that would be used with this broker; a promise while there is no connection to it. An
   * `UnsupportedVersionError` is thrown or rejected with.
   */
  version(
    brokerId: number,
    api: Api<unknown, unknown>,
    signal?: AbortSignal,
    maxVersion?: number,
  ): number | Promise<number> {
    const connection = this.#links.get(brokerId)?.ready
    if (connection !== undefined) return connection.version(api, maxVersion)
    return this.#connected(brokerId, undefined, signal).then((made) => made.version(api, maxVersion))
  }

  /** What this broker told of itself; undefined while there is no connection to it. */
  versions(brokerId: number): BrokerVersions | undefined {
    return this.#links.get(brokerId)?.ready?.broker
  }

  /** Whether there is a connection to this broker that takes requests now. */
  ready(brokerId: number): boolean {
    return this.#links.get(brokerId)?.ready !== undefined
  }

  /** Requests to this broker that have no answer yet. */
  inFlight(brokerId: number): number {
    return this.#links.get(brokerId)?.ready?.inFlight ?? 0
  }

  /** Gives up connections to addresses at which their brokers are not any more. For the cluster to call. */
  followMoves(): void {
    for (const [brokerId, link] of this.#links) if (!link.followMove()) this.#links.delete(brokerId)
  }

  /** Closes every connection; what is outstanding rejects with `ClosedError`. Idempotent. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    const error = new ClosedError(`the connections of ${this.name} were closed`)
    this.#closing.abort(error)
    for (const link of this.#links.values()) link.close(error)
    this.#links.clear()
    this.#onClosed()
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
      connection = await this.#connected(brokerId, deadline, options.signal)
    } catch (error) {
      options.onFlushed?.()
      throw error
    }
    return sendOn(connection, api, message, { ...options, timeoutMs: Math.max(1, deadline.remainingMs()) })
  }

  /** A connection that takes requests; it is made under its own limits, and waited for under these. */
  #connected(
    brokerId: number,
    deadline: Deadline | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    const closing = this.#closing.signal
    if (closing.aborted) return Promise.reject(closing.reason)
    let link = this.#links.get(brokerId)
    if (link === undefined) {
      link = new BrokerLink(brokerId, this.#context, this.#maxInFlightRequests, closing)
      this.#links.set(brokerId, link)
    }
    const { settings, directory } = this.#context
    const what = `connecting to broker ${directory.labelOf(brokerId)}`
    return waitFor(settings.runtime, link.connected(), { what, deadline, signal, closing })
  }
}

function sendOn<Req, Res>(
  connection: Connection,
  api: Api<Req, Res>,
  message: Draft<Req>,
  options: LaneSendOptions,
): Promise<Res> {
  const { maxVersion } = options
  if (maxVersion === undefined || options.version !== undefined) return connection.send(api, message, options)
  try {
    return connection.send(api, message, { ...options, version: connection.version(api, maxVersion) })
  } catch (error) {
    options.onFlushed?.()
    return Promise.reject(error)
  }
}
