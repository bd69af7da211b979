import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/**
 * A socket that knows of Kafka only that frames carry their length in front. The benchmarks replay ready-made
 * bytes through it: what it reaches is what the broker and the socket allow.
 */
export class RawSocket {
  readonly #socket: Socket
  readonly #waiting: ((frame: Buffer) => void)[] = []
  #chunks: Buffer[] = []
  #held = 0
  #wanted = 4

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#take(chunk))
  }

  static async open(broker: string): Promise<RawSocket> {
    const [host, port] = broker.split(':')
    const socket = connect({ host, port: Number(port), noDelay: true })
    await once(socket, 'connect')
    return new RawSocket(socket)
  }

  /** Writes a frame and resolves with its response, which lacks the length in front. */
  exchange(pieces: readonly Uint8Array[]): Promise<Buffer> {
    this.#socket.cork()
    for (const piece of pieces) this.#socket.write(piece)
    this.#socket.uncork()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#held += chunk.length
    while (this.#held >= this.#wanted) {
      let all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks)
      const length = all.readInt32BE(0)
      if (all.length < 4 + length) {
        this.#chunks = [all]
        this.#wanted = 4 + length
        return
      }
      this.#waiting.shift()?.(all.subarray(4, 4 + length))
      all = all.subarray(4 + length)
      this.#chunks = all.length > 0 ? [all] : []
      this.#held = all.length
      this.#wanted = 4
    }
  }
}

/** Runs `exchange` for each item with at most `inFlight` of them outstanding. */
export async function pipelined<T>(
  items: Iterable<T>,
  inFlight: number,
  exchange: (item: T) => Promise<unknown>,
) {
  const iterator = items[Symbol.iterator]()
  const lane = async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await exchange(next.value)
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
}
