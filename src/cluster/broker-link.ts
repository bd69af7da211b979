import { ConnectionError, KafkaError } from '../errors.ts'
import type { BrokerVersions } from '../network/broker-versions.ts'
import { Connection } from '../network/connection.ts'
import type { SocketAddress } from '../runtime/runtime.ts'
import type { BrokerDirectory } from './broker-directory.ts'
import type { ClusterSettings } from './options.ts'
import type { ReconnectBackoff } from './reconnect-backoff.ts'
import { pause, throwIfEnded } from './waiting.ts'

/** What a link has to know of the cluster that it belongs to. */
export interface LinkContext {
  readonly settings: ClusterSettings
  readonly directory: BrokerDirectory
  readonly backoff: ReconnectBackoff
  /** Told what a broker offers each time it was connected to. */
  learned(versions: BrokerVersions): void
  /** Told when a broker could not be reached, or a connection to it broke. */
  failed(brokerId: number, error: KafkaError): void
}

type LinkState = 'idle' | 'connecting' | 'ready' | 'closed'

const moves: Readonly<Record<LinkState, readonly LinkState[]>> = {
  idle: ['connecting', 'closed'],
  connecting: ['ready', 'idle', 'closed'],
  ready: ['idle', 'closed'],
  closed: [],
}

/**
 * The way from one lane to one broker: a connection that is made when it is needed, and made again after it
 * broke, was idle for too long, or led to where the broker is not any more.
 *
 *   idle --connected()--> connecting --> ready --broken, idle, moved--> idle
 *     ^                       |
 *     +--------failed---------+          any --close()--> closed
 *
 * `connecting` begins with a pause while the broker is to be left alone after a failure.
 */
export class BrokerLink {
  readonly brokerId: number
  readonly #context: LinkContext
  readonly #maxInFlightRequests: number
  readonly #closing: AbortSignal
  #state: LinkState = 'idle'
  #connection: Connection | undefined
  #connecting: Promise<Connection> | undefined
  #address: SocketAddress | undefined

  /** `closing` ends the pauses; it fires before `close` is called. */
  constructor(brokerId: number, context: LinkContext, maxInFlightRequests: number, closing: AbortSignal) {
    this.brokerId = brokerId
    this.#context = context
    this.#maxInFlightRequests = maxInFlightRequests
    this.#closing = closing
  }

  /** The connection, if it takes requests now. */
  get ready(): Connection | undefined {
    return this.#state === 'ready' ? this.#connection : undefined
  }

  /** The connection once it takes requests; everyone who asks meanwhile shares the attempt. */
  connected(): Promise<Connection> {
    if (this.#state === 'ready') return Promise.resolve(this.#connection!)
    if (this.#state !== 'connecting') {
      this.#move('connecting')
      this.#connecting = this.#connect()
    }
    return this.#connecting!
  }

  /** Gives up a connection to an address at which the broker is not any more. False when nothing is left of it. */
  followMove(): boolean {
    const address = this.#context.directory.addressOf(this.brokerId)
    if (address === undefined) return this.#state !== 'idle'
    const before = this.#address
    if (before !== undefined && (before.host !== address.host || before.port !== address.port)) {
      this.#connection?.close(
        new ConnectionError(`broker ${this.#label} was at ${before.host}:${before.port} before`),
      )
    }
    return true
  }

  close(error: KafkaError): void {
    if (this.#state === 'closed') return
    this.#move('closed')
    this.#connection?.close(error)
    this.#connection = undefined
  }

  get #label(): string {
    return this.#context.directory.labelOf(this.brokerId)
  }

  async #connect(): Promise<Connection> {
    const { backoff } = this.#context
    try {
      await this.#pause()
      const connection = this.#newConnection()
      await connection.open()
      // It may have been closed, or broken, between its last step and this one.
      throwIfEnded({ what: `connecting to broker ${this.#label}`, closing: this.#closing })
      if (connection.state !== 'ready')
        throw new ConnectionError(`broker ${this.#label} broke the connection`)
      this.#move('ready')
      backoff.forget(this.brokerId)
      this.#context.learned(connection.broker)
      return connection
    } catch (error) {
      this.#connection = undefined
      if (this.#state !== 'closed') {
        this.#move('idle')
        if (error instanceof KafkaError) this.#failed(error)
      }
      throw error
    }
  }

  async #pause(): Promise<void> {
    const { backoff, settings } = this.#context
    const what = `connecting to broker ${this.#label}`
    const pauseMs = backoff.pauseMs(this.brokerId)
    if (pauseMs > 0) await pause(settings.runtime, pauseMs, { what, closing: this.#closing })
    throwIfEnded({ what, closing: this.#closing })
  }

  #newConnection(): Connection {
    const { settings, directory } = this.#context
    const address = directory.addressOf(this.brokerId)
    if (address === undefined) {
      const known = directory.brokerIds().join(', ') || 'none'
      throw new ConnectionError(
        `broker ${this.brokerId} is not among the brokers that are known (${known})`,
        {
          context: { broker: `${this.brokerId}` },
        },
      )
    }
    const connection: Connection = new Connection({
      ...settings.connection,
      host: address.host,
      port: address.port,
      brokerId: this.brokerId >= 0 ? this.brokerId : undefined,
      maxInFlightRequests: this.#maxInFlightRequests,
      onClose: (error) => this.#onClose(connection, error),
    })
    this.#connection = connection
    this.#address = address
    return connection
  }

  /** Before it was ready, `open` rejects and says the same. */
  #onClose(connection: Connection, error: KafkaError | undefined): void {
    if (this.#state !== 'ready' || this.#connection !== connection) return
    this.#connection = undefined
    this.#move('idle')
    if (error !== undefined) this.#failed(error)
  }

  #failed(error: KafkaError): void {
    this.#context.backoff.failed(this.brokerId)
    this.#context.failed(this.brokerId, error)
  }

  /** The only writer of the state. */
  #move(to: LinkState): void {
    if (!moves[this.#state].includes(to)) {
      throw new KafkaError(
        'ILLEGAL_STATE',
        `the link to broker ${this.brokerId} cannot go from ${this.#state} to ${to}`,
      )
    }
    this.#state = to
  }
}
