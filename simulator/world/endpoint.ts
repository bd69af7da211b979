import type { Socket, SocketAddress, SocketHandler } from '../../src/runtime/runtime.ts'
import type { Host } from './host.ts'
import type { Direction, Link } from './link.ts'
import type { World } from './world.ts'

/** Unwritten bytes from which on a writer is asked to wait. */
const highWaterBytes = 65_536
/** From a write to when the kernel has its bytes. */
const flushUs: readonly [number, number] = [5, 60]

interface Write {
  readonly buffers: readonly Uint8Array[]
  readonly length: number
  readonly onFlushed: ((sent: boolean) => void) | undefined
}

/** What travels: bytes, or the end of them. */
type Packet = Uint8Array | 'end'

/** Who looks at the bytes of a connection as they pass. */
export interface Tap {
  flushed(from: Endpoint, bytes: Uint8Array): void
  delivered(to: Endpoint, length: number): void
  closed(connection: number, client: string): void
}

export interface EndpointParts {
  readonly world: World
  readonly host: Host
  readonly link: Link
  /** The way of what this end writes. */
  readonly direction: Direction
  readonly remote: SocketAddress
  /** The number of the connection, the same for both ends. */
  readonly connection: number
  readonly tap: Tap
  readonly onClosed: (endpoint: Endpoint) => void
}

type State = 'opening' | 'open' | 'closed'

/**
 * One end of a connection.
 *
 *   opening --connected--> open --either side ends, or it breaks--> closed
 *      +------------refused, destroyed, timed out------------------^
 *
 * A write's bytes are copied only when the kernel takes them, later than the write, so that whoever uses its buffer
 * again before `onFlushed` sends garbage here as it would there.
 */
export class Endpoint implements Socket {
  readonly remote: SocketAddress
  readonly host: Host
  readonly link: Link
  readonly direction: Direction
  readonly connection: number
  handler: SocketHandler | undefined
  peer: Endpoint | undefined
  /** Packets are lost in both ways, and neither side will be told: the other side has forgotten the connection. */
  forgotten = false
  readonly #parts: EndpointParts
  #state: State = 'opening'
  #outbox: Write[] = []
  #outboxBytes = 0
  #flushComing = false
  #wantsDrained = false
  /** Bytes that were written and have not been read by the other end. */
  #inTransit = 0
  /** What has left and not arrived. Packets keep their order; those that come into a cut stay until it is over. */
  #onTheWay: { readonly packet: Packet; atUs: number }[] = []
  #lastArrivalUs = 0
  /** Arrived while reading was paused. */
  #inbox: Packet[] = []
  #reading = true

  constructor(parts: EndpointParts) {
    this.#parts = parts
    this.remote = parts.remote
    this.host = parts.host
    this.link = parts.link
    this.direction = parts.direction
    this.connection = parts.connection
    this.host.openSockets += 1
  }

  get state(): State {
    return this.#state
  }

  // -- what the owner calls

  write(buffers: readonly Uint8Array[], onFlushed?: (sent: boolean) => void): boolean {
    if (this.#state === 'closed' || buffers.length === 0) {
      const sent = this.#state !== 'closed'
      if (onFlushed !== undefined) this.#soon(() => onFlushed(sent))
      return !this.#wantsDrained
    }
    const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
    this.#outbox.push({ buffers: [...buffers], length, onFlushed })
    this.#outboxBytes += length
    this.#flushSoon()
    this.#wantsDrained = this.#outboxBytes >= highWaterBytes
    return !this.#wantsDrained
  }

  pause(): void {
    this.#reading = false
  }

  resume(): void {
    if (this.#reading) return
    this.#reading = true
    this.#soon(() => this.#read())
  }

  destroy(): void {
    if (this.#state === 'closed') return
    this.#transmit('end')
    this.close()
  }

  // -- what the network calls

  opened(): void {
    this.#state = 'open'
    if (this.#outbox.length > 0) this.#flushSoon()
  }

  /** The connection is over for this end; the other end is told only by what was sent to it. */
  close(error?: Error): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.host.openSockets -= 1
    const unflushed = this.#outbox
    this.#outbox = []
    this.#inbox = []
    if (this.direction === 'out') this.#parts.tap.closed(this.connection, this.host.name)
    this.#parts.onClosed(this)
    this.#soon(() => {
      for (const { onFlushed } of unflushed) onFlushed?.(false)
      this.handler?.closed(error)
    })
  }

  /** The cut is over: what was lost is sent again, after a while, and nothing behind it overtakes. */
  resend(afterUs: number): void {
    const { world } = this.#parts
    const earliestUs = world.nowUs + afterUs
    for (const arrival of this.#onTheWay) arrival.atUs = Math.max(arrival.atUs, earliestUs)
    this.#lastArrivalUs = Math.max(this.#lastArrivalUs, earliestUs)
    world.after(afterUs, () => this.#arrive())
  }

  /** Its machine begins to take what came before it was accepted. */
  accepted(handler: SocketHandler): void {
    this.handler = handler
    this.#read()
  }

  // -- the way out

  #flushSoon(): void {
    if (this.#flushComing) return
    this.#flushComing = true
    this.#parts.world.after(this.link.chance.int(...flushUs), () =>
      this.host.deliver(() => {
        this.#flushComing = false
        this.#flush()
      }),
    )
  }

  #flush(): void {
    while (this.#state === 'open' && this.#outbox.length > 0 && this.#inTransit < this.link.windowBytes) {
      const write = this.#outbox.shift()!
      this.#outboxBytes -= write.length
      const bytes = Buffer.concat(write.buffers, write.length)
      this.#inTransit += bytes.length
      this.#parts.tap.flushed(this, bytes)
      this.#transmitInPieces(bytes)
      write.onFlushed?.(true)
    }
    if (this.#wantsDrained && this.#outbox.length === 0 && this.#state === 'open') {
      this.#wantsDrained = false
      this.handler?.drained()
    }
  }

  /** Draws the same whatever the length is; a piece that comes out empty is left out. */
  #transmitInPieces(bytes: Uint8Array): void {
    const { chance, pieceGapUs } = this.link
    let start = 0
    for (let left = this.link.drawPieces(); left > 0; left--) {
      const share = chance.unit()
      // Near the front, where a frame's size is, as often as anywhere.
      const ahead = chance.happens(0.5) ? share * 8 : (share * (bytes.length - start)) / left
      const end = left === 1 ? bytes.length : Math.min(start + Math.floor(ahead), bytes.length)
      const atUs = this.#arrivalUs(left === 1 ? 0 : chance.int(0, pieceGapUs))
      if (end > start) this.#arriveAt(atUs, bytes.subarray(start, end))
      start = end
    }
  }

  #transmit(packet: Packet): void {
    this.#arriveAt(this.#arrivalUs(0), packet)
  }

  #arrivalUs(extraUs: number): number {
    const atUs = this.#parts.world.nowUs + this.link.delayUs() + extraUs
    this.#lastArrivalUs = Math.max(this.#lastArrivalUs, atUs)
    return this.#lastArrivalUs
  }

  #arriveAt(atUs: number, packet: Packet): void {
    const { world } = this.#parts
    this.#onTheWay.push({ packet, atUs })
    world.after(atUs - world.nowUs, () => this.#arrive())
  }

  #arrive(): void {
    const { peer } = this
    if (this.forgotten || peer === undefined) return
    const { nowUs } = this.#parts.world
    while (!this.link.cut[this.direction] && (this.#onTheWay[0]?.atUs ?? nowUs + 1) <= nowUs) {
      const { packet } = this.#onTheWay.shift()!
      peer.host.deliver(() => peer.take(packet))
    }
  }

  #tookIn(length: number): void {
    this.#inTransit -= length
    if (this.#outbox.length > 0) this.#flushSoon()
  }

  // -- the way in

  /** A packet from the other end. */
  take(packet: Packet): void {
    if (this.#state === 'closed') {
      // Whoever sends to a closed socket is told so by a reset.
      if (packet !== 'end') this.peer?.reset()
      return
    }
    this.#inbox.push(packet)
    if (this.#reading) this.#read()
  }

  /** The other side says that there is no such connection, some time later. */
  reset(): void {
    this.#parts.world.after(this.link.delayUs(), () => this.close(systemError('read', 'ECONNRESET')))
  }

  #read(): void {
    if (this.handler === undefined) return
    while (this.#reading && this.#state !== 'closed' && this.#inbox.length > 0) {
      const packet = this.#inbox.shift()!
      if (packet === 'end') {
        this.destroy()
        return
      }
      if (this.peer !== undefined) this.peer.#tookIn(packet.length)
      this.#hand(packet)
    }
  }

  #hand(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length && this.#state !== 'closed'; ) {
      const target = this.handler!.readBuffer()
      const length = Math.min(target.length, bytes.length - start)
      target.set(bytes.subarray(start, start + length))
      start += length
      this.#parts.tap.delivered(this, length)
      this.handler!.received(length)
    }
  }

  #soon(callback: () => void): void {
    this.#parts.world.after(0, () => this.host.deliver(callback))
  }
}

/** An error as Node's sockets give it. */
export function systemError(call: string, code: string, where = ''): Error {
  return Object.assign(new Error(`${call} ${code}${where === '' ? '' : ` ${where}`}`), {
    code,
    syscall: call,
  })
}
