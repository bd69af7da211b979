import type { Duplex } from 'node:stream'
import type { Socket, SocketAddress, SocketHandler } from './runtime.ts'

/**
 * A `Socket` over a stream of Node's: a TCP socket, or what a custom dialer brings (a TLS socket, a tunnel).
 *
 * `reading` says how bytes come to the owner. Most streams bring them in memory of their own, and they are
 * `copied` once, into the owner's. A stream that was made to read into the owner's memory by itself and tells
 * the owner `received` does so `in place`.
 */
export class StreamSocket implements Socket {
  readonly remote: SocketAddress
  readonly peerName: string | undefined
  readonly #stream: Duplex
  readonly #handler: SocketHandler
  /** What waits for its bytes to leave, in the order of writing. */
  readonly #unflushed: ((sent: boolean) => void)[] = []
  readonly #onWritten = (error?: Error | null) => this.#unflushed.shift()?.(!error && !this.#stream.destroyed)
  #error: Error | undefined
  #wantsDrained = false

  constructor(
    stream: Duplex,
    remote: SocketAddress,
    reading: 'copied' | 'in place',
    accept: (socket: Socket) => SocketHandler,
    peerName?: string,
  ) {
    this.#stream = stream
    this.remote = remote
    this.peerName = peerName
    this.#handler = accept(this)
    if (reading === 'copied') stream.on('data', (chunk: Buffer) => this.#copy(chunk))
    stream.on('drain', () => this.#drained())
    stream.on('error', (error) => {
      this.#error ??= error
    })
    // A broker never ends only its half, and whoever ends towards us reads no answers.
    stream.on('end', () => stream.destroy())
    stream.on('close', () => this.#closed())
  }

  write(buffers: readonly Uint8Array[], onFlushed?: (sent: boolean) => void): boolean {
    const stream = this.#stream
    if (stream.destroyed || buffers.length === 0) {
      if (onFlushed !== undefined) queueMicrotask(() => onFlushed(!stream.destroyed))
      return !this.#wantsDrained
    }
    if (onFlushed !== undefined) this.#unflushed.push(onFlushed)
    const onWritten = onFlushed === undefined ? undefined : this.#onWritten
    const last = buffers.length - 1
    if (last === 0) {
      stream.write(buffers[0], onWritten)
    } else {
      // Corked, all of them leave in one writev.
      stream.cork()
      for (let i = 0; i < last; i++) stream.write(buffers[i])
      stream.write(buffers[last], onWritten)
      stream.uncork()
    }
    // `write` answers false for anything large, even when the kernel took all of it at once. What counts is
    // whether bytes had to stay behind; past the mark the stream will emit 'drain'.
    this.#wantsDrained = stream.writableLength >= stream.writableHighWaterMark
    return !this.#wantsDrained
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  destroy(): void {
    this.#stream.destroy()
  }

  #copy(chunk: Buffer): void {
    for (let start = 0; start < chunk.length && !this.#stream.destroyed; ) {
      const target = this.#handler.readBuffer()
      const length = Math.min(target.length, chunk.length - start)
      target.set(length === chunk.length ? chunk : chunk.subarray(start, start + length))
      start += length
      this.#handler.received(length)
    }
  }

  #drained(): void {
    if (!this.#wantsDrained) return
    this.#wantsDrained = false
    this.#handler.drained()
  }

  #closed(): void {
    // Node calls back for every write, also for those that it drops; this holds whatever a stream does.
    for (const onFlushed of this.#unflushed.splice(0)) onFlushed(false)
    this.#handler.closed(this.#error)
  }
}
