import { connect, type Socket } from 'node:net'
import { decodeResponse, encodeRequestFrame } from '../../../src/protocol/frame.ts'
import type { Api, Draft } from '../../../src/protocol/message.ts'

/** A connection that sends what it is told, in whatever version, and knows nothing of Kafka but frames. */
export class RawClient {
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>
  /** Told of all bytes as they come. */
  onBytes: (chunk: Buffer) => void = () => {}
  readonly #socket: Socket
  readonly #clientId: string
  readonly #waiting: ((frame: Buffer | undefined) => void)[] = []
  #received = Buffer.alloc(0)
  #correlationId = 0

  constructor(socket: Socket, clientId: string) {
    this.#socket = socket
    this.#clientId = clientId
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', () => {})
    this.closed = new Promise((resolve) =>
      socket.on('close', () => {
        for (const settle of this.#waiting.splice(0)) settle(undefined)
        resolve()
      }),
    )
  }

  static connect(address: string, clientId = 'raw'): Promise<RawClient> {
    const [host, port] = address.split(':')
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port: Number(port), noDelay: true }, () =>
        resolve(new RawClient(socket, clientId)),
      )
      socket.once('error', reject)
    })
  }

  /** Sends a request and resolves with its answer; rejects when the broker hangs up instead. */
  async call<Req, Res>(api: Api<Req, Res>, version: number, message: Draft<Req>): Promise<Res> {
    this.post(api, version, message)
    return decodeResponse(api, version, await this.frame(`${api.name} v${version}`))
  }

  /** Sends a request whose answer nobody waits for. */
  post<Req>(api: Api<Req, unknown>, version: number, message: Draft<Req>): void {
    this.#correlationId += 1
    this.write(...encodeRequestFrame(api, version, this.#correlationId, this.#clientId, message))
  }

  /** Sends bytes as they are. */
  write(...buffers: Buffer[]): void {
    this.#socket.write(Buffer.concat(buffers))
  }

  /** The next frame that comes, its length taken off. */
  frame(what = 'bytes'): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push((frame) =>
        frame === undefined ? reject(new HungUpError(`the broker hung up on ${what}`)) : resolve(frame),
      )
      if (this.#socket.destroyed) this.#waiting.pop()!(undefined)
      else this.#deliver()
    })
  }

  /** Reads nothing until `resume`. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    this.#socket.destroy()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #take(chunk: Buffer): void {
    this.onBytes(chunk)
    this.#received = Buffer.concat([this.#received, chunk])
    this.#deliver()
  }

  #deliver(): void {
    while (this.#waiting.length > 0 && this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0)
      if (this.#received.length < end) return
      const frame = this.#received.subarray(4, end)
      this.#received = this.#received.subarray(end)
      this.#waiting.shift()!(frame)
    }
  }
}

export class HungUpError extends Error {}
