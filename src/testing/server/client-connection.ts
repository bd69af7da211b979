import { FrameSplitter } from '../../network/frame-splitter.ts'
import type { Socket, SocketHandler } from '../../runtime/runtime.ts'
import type { Dispatcher, Reply } from './dispatcher.ts'
import type { BrokerContext } from './handler.ts'

/** Requests that came behind the one in hand: beyond so many bytes the socket is not read any more. */
const readAheadBytes = 256 * 1024

type State = 'idle' | 'handling' | 'draining' | 'closed'

/**
 * A client's connection. As in Kafka, its requests are handled one after the other: the next is not looked at before
 * the answer to the one in hand has been written, so a Fetch that waits for records holds back all behind it.
 *
 *   idle --a request--> handling --answered--> idle
 *    ^                     |
 *    +-- drained -- draining <--answered, and the client reads slowly
 *
 *   any --closed by either side--> closed
 */
export class ClientConnection implements SocketHandler {
  readonly #socket: Socket
  readonly #broker: BrokerContext
  readonly #dispatcher: Dispatcher
  readonly #onClosed: () => void
  readonly #splitter: FrameSplitter
  /** Whole requests that wait for their turn. */
  readonly #waiting: Buffer[] = []
  #waitingBytes = 0
  #paused = false
  #state: State = 'idle'
  #abandoned: (() => void) | undefined
  #lastUsedMs: number

  constructor(socket: Socket, broker: BrokerContext, dispatcher: Dispatcher, onClosed: () => void) {
    this.#socket = socket
    this.#broker = broker
    this.#dispatcher = dispatcher
    this.#onClosed = onClosed
    this.#lastUsedMs = broker.runtime.clock.monotonicMs()
    this.#splitter = new FrameSplitter({
      maxFrameBytes: broker.settings.requestMaxBytes,
      onFrame: (frame) => {
        this.#waiting.push(frame)
        this.#waitingBytes += frame.length
      },
    })
  }

  /** When the last request came or was answered; Infinity while one is being handled. */
  get idleSinceMs(): number {
    return this.#state === 'handling' ? Number.POSITIVE_INFINITY : this.#lastUsedMs
  }

  /** Drops the connection; whatever it waits for is given up. Idempotent. */
  close(): void {
    this.#socket.destroy()
    this.closed()
  }

  pause(): void {}

  resume(): void {}

  // --- the socket's side ---

  connected(): void {}

  readBuffer(): Uint8Array {
    return this.#splitter.readBuffer()
  }

  received(length: number): void {
    if (this.#state === 'closed') return
    try {
      this.#splitter.received(length)
    } catch (error) {
      this.#hangUp('sent something that is no request', error)
      return
    }
    this.#handleWaiting()
    if (!this.#paused && this.#waitingBytes > readAheadBytes) {
      this.#paused = true
      this.#socket.pause()
    }
  }

  drained(): void {
    if (this.#state !== 'draining') return
    this.#move('idle')
    this.#handleWaiting()
  }

  closed(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#waiting.length = 0
    const abandoned = this.#abandoned
    this.#abandoned = undefined
    abandoned?.()
    this.#onClosed()
  }

  // --- requests ---

  #move(to: Exclude<State, 'closed'>): void {
    this.#state = to
    this.#lastUsedMs = this.#broker.runtime.clock.monotonicMs()
  }

  #handleWaiting(): void {
    while (this.#state === 'idle') {
      const frame = this.#waiting.shift()
      if (frame === undefined) break
      this.#waitingBytes -= frame.length
      this.#handle(frame)
    }
    if (this.#paused && this.#waitingBytes === 0) {
      this.#paused = false
      this.#socket.resume()
    }
  }

  #handle(frame: Buffer): void {
    this.#move('handling')
    try {
      const reply = this.#dispatcher.dispatch(frame, {
        clientHost: `/${this.#socket.remote.host}`,
        onAbandoned: (listener) => {
          this.#abandoned = listener
        },
      })
      if (!(reply instanceof Promise)) {
        this.#reply(reply)
        return
      }
      reply.then(
        (later) => {
          this.#reply(later)
          this.#handleWaiting()
        },
        (error) => this.#hangUp('sent a request that failed', error),
      )
    } catch (error) {
      this.#hangUp('sent a request that failed', error)
    }
  }

  #reply(reply: Reply): void {
    if (this.#state === 'closed') return
    this.#abandoned = undefined
    if (reply === 'hang up') {
      this.close()
      return
    }
    const taken = reply === 'nothing' || this.#socket.write(reply)
    this.#move(taken ? 'idle' : 'draining')
  }

  /** Kafka closes the connection of a client that it does not understand. */
  #hangUp(what: string, error: unknown): void {
    const client = `${this.#socket.remote.host}:${this.#socket.remote.port}`
    this.#broker.logger.warn({ client, error }, `client ${client} ${what}: its connection is closed`)
    this.close()
  }
}
