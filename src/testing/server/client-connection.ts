import { FrameSplitter } from '../../network/frame-splitter.ts'
import { decodeRequestHeader } from '../../protocol/frame.ts'
import { Reader } from '../../protocol/reader.ts'
import type { Socket, SocketAddress, SocketHandler } from '../../runtime/runtime.ts'
import { anonymous, type Identity, userPrincipal } from '../security/identity.ts'
import { Authentication } from '../security/sasl/authentication.ts'
import type { Dispatcher, RequestOrigin } from './dispatcher.ts'
import type { BrokerContext } from './handler.ts'
import type { Delivery, Reply } from './reply.ts'

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
 *
 * Beside its state it may be held: by a pause of its broker until that is over, or by a cut for as long as it lives.
 * Then it neither reads nor handles nor writes, and stays open.
 */
export class ClientConnection implements SocketHandler {
  readonly #socket: Socket
  readonly #broker: BrokerContext
  readonly #dispatcher: Dispatcher
  readonly #onClosed: () => void
  readonly #splitter: FrameSplitter
  readonly #origin: RequestOrigin
  /** Undefined where nobody has to log in. */
  readonly #authentication: Authentication | undefined
  /** Whole requests that wait for their turn. */
  readonly #waiting: Buffer[] = []
  #waitingBytes = 0
  #readAheadIsFull = false
  #isPaused = false
  #isCut = false
  #isDelivering = false
  /** What the connection would have done while it was held. */
  readonly #heldBack: (() => void)[] = []
  #state: State = 'idle'
  #abandoned: (() => void) | undefined
  readonly #whenClosed = new Map<string, () => void>()
  #lastUsedMs: number

  constructor(socket: Socket, broker: BrokerContext, dispatcher: Dispatcher, onClosed: () => void) {
    this.#socket = socket
    this.#broker = broker
    this.#dispatcher = dispatcher
    this.#onClosed = onClosed
    this.#lastUsedMs = broker.runtime.clock.monotonicMs()
    const authentication = this.#authenticationOf(broker)
    const certified = certifiedIdentity(socket)
    this.#authentication = authentication
    this.#origin = {
      clientId: null,
      get identity() {
        return authentication?.identity ?? certified
      },
      clientHost: `/${socket.remote.host}`,
      clientPort: socket.remote.port,
      software: { name: 'unknown', version: 'unknown' },
      onAbandoned: (listener) => {
        this.#abandoned = listener
      },
      whenClosed: (key, listener) => {
        if (listener === undefined) this.#whenClosed.delete(key)
        else this.#whenClosed.set(key, listener)
      },
    }
    this.#splitter = new FrameSplitter({
      maxFrameBytes: broker.settings.requestMaxBytes,
      onFrame: (frame) => {
        this.#waiting.push(frame)
        this.#waitingBytes += frame.length
      },
    })
  }

  get remote(): SocketAddress {
    return this.#socket.remote
  }

  /** As the last request gave it; null before the first. */
  get clientId(): string | null {
    return this.#origin.clientId
  }

  /** When the last request came or was answered; Infinity while one is being handled, and while it is held. */
  get idleSinceMs(): number {
    return this.#state === 'handling' || this.#isHeld ? Number.POSITIVE_INFINITY : this.#lastUsedMs
  }

  get isCut(): boolean {
    return this.#isCut
  }

  /** True while an answer takes its time. */
  get isDelivering(): boolean {
    return this.#isDelivering
  }

  get #isHeld(): boolean {
    return this.#isPaused || this.#isCut
  }

  /** Nothing is read, handled or written until `resume`. Idempotent. */
  pause(): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (this.#isHeld || this.#state === 'closed') return
    for (const work of this.#heldBack.splice(0)) work()
    if (!this.#readAheadIsFull) this.#socket.resume()
    this.#handleWaiting()
  }

  /** From now on nothing is read, handled or written, until the connection is closed. */
  cut(): void {
    this.#isCut = true
    this.#socket.pause()
  }

  /** Drops the connection; whatever it waits for is given up. Idempotent. */
  close(): void {
    this.#socket.destroy()
    this.closed()
  }

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
    if (!this.#readAheadIsFull && this.#waitingBytes > readAheadBytes) {
      this.#readAheadIsFull = true
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
    this.#heldBack.length = 0
    const abandoned = this.#abandoned
    this.#abandoned = undefined
    abandoned?.()
    for (const listener of this.#whenClosed.values()) listener()
    this.#whenClosed.clear()
    this.#onClosed()
  }

  // --- requests ---

  #authenticationOf({ cluster, runtime, logger }: BrokerContext): Authentication | undefined {
    const setup = cluster.security.sasl
    if (setup === undefined) return undefined
    return new Authentication({
      setup,
      clock: runtime.clock,
      logger,
      refuse: (frame, errorCode) => this.#dispatcher.failed(frame, this.#origin, errorCode),
      dispatch: (frame) => this.#dispatcher.dispatch(frame, this.#origin),
      unlessFaulty: (frame, handle) => this.#dispatcher.unlessFaulty(frame, this.#origin, handle),
    })
  }

  #move(to: Exclude<State, 'closed'>): void {
    this.#state = to
    this.#lastUsedMs = this.#broker.runtime.clock.monotonicMs()
  }

  #handleWaiting(): void {
    while (this.#state === 'idle' && !this.#isHeld) {
      const frame = this.#waiting.shift()
      if (frame === undefined) break
      this.#waitingBytes -= frame.length
      this.#handle(frame)
    }
    if (this.#readAheadIsFull && this.#waitingBytes === 0 && !this.#isHeld) {
      this.#readAheadIsFull = false
      this.#socket.resume()
    }
  }

  #handle(frame: Buffer): void {
    this.#move('handling')
    try {
      const { faults, node } = this.#broker
      if (faults.hasCuts && faults.isCut(node.id, clientIdOf(frame))) {
        this.cut()
        return
      }
      const reply = this.#authentication?.take(frame) ?? this.#dispatcher.dispatch(frame, this.#origin)
      this.#settle(reply)
    } catch (error) {
      this.#hangUp('sent a request that failed', error)
    }
  }

  #settle(reply: Reply | Promise<Reply>): void {
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
  }

  #reply(reply: Reply): void {
    if (this.#state === 'closed') return
    if (this.#isHeld) {
      this.#heldBack.push(() => this.#reply(reply))
      return
    }
    this.#abandoned = undefined
    if (reply === 'hang up') {
      this.close()
    } else if (reply === 'nothing') {
      this.#move('idle')
    } else if (Array.isArray(reply)) {
      this.#move(this.#socket.write(reply) ? 'idle' : 'draining')
    } else {
      this.#deliver(reply)
    }
  }

  #deliver(delivery: Delivery): void {
    let unflushed = 0
    let isDrained = true
    let closesWhenFlushed = false
    const unlessHeld = (work: () => void) => {
      if (this.#state === 'closed') return
      if (this.#isHeld) this.#heldBack.push(work)
      else work()
    }
    const flushed = () => {
      unflushed -= 1
      if (closesWhenFlushed && unflushed === 0) this.close()
    }
    const write = (bytes: Buffer) => {
      unflushed += 1
      isDrained = this.#socket.write([bytes], flushed)
    }
    const end = (rest: Reply | Promise<Reply>) => {
      this.#isDelivering = false
      this.#abandoned = undefined
      if (rest === 'hang up' && unflushed > 0) {
        closesWhenFlushed = true
      } else if (rest === 'nothing' && !isDrained && unflushed > 0) {
        this.#move('draining')
      } else {
        this.#settle(rest)
        this.#handleWaiting()
      }
    }
    this.#isDelivering = true
    const stop = delivery.begin({
      write: (bytes) => unlessHeld(() => write(bytes)),
      end: (rest) => unlessHeld(() => end(rest)),
    })
    if (this.#isDelivering) this.#abandoned = stop
  }

  /** Kafka closes the connection of a client that it does not understand. */
  #hangUp(what: string, error: unknown): void {
    const client = `${this.#socket.remote.host}:${this.#socket.remote.port}`
    this.#broker.logger.warn({ client, error }, `client ${client} ${what}: its connection is closed`)
    this.close()
  }
}

/** Undefined where the frame is no request; its handling says so. */
function clientIdOf(frame: Buffer): string | null | undefined {
  try {
    return decodeRequestHeader(new Reader(frame)).clientId
  } catch {
    return undefined
  }
}

/** Who showed a certificate is known by the name in it. */
function certifiedIdentity({ peerName }: Socket): Identity {
  return peerName === undefined ? anonymous : { principal: userPrincipal(peerName), mayHaveTokens: true }
}
