import type { Listener, Network, Socket, SocketAddress, SocketHandler } from '../../../src/runtime/runtime.ts'

/** Sockets made of memory. Everything that happens waits in one queue, in order, until it is delivered. */
export class MemoryNetwork implements Network {
  /** Names, and the addresses that they stand for. */
  readonly names = new Map<string, string[]>()
  /** Addresses (`host:port`) that take no notice of who connects. */
  readonly silent = new Set<string>()
  /** The most bytes that one read brings. */
  maxReadBytes = Number.POSITIVE_INFINITY
  /** No client's bytes leave as long as this holds: `write` answers false. */
  stalled = false
  /** The addresses that were connected to, in order. */
  readonly dialed: string[] = []
  /** The sizes of the writes of clients. */
  readonly writes: number[] = []
  readonly #clients: MemorySocket[] = []
  readonly #listeners = new Map<string, (socket: Socket) => SocketHandler>()
  #events: (() => void)[] = []
  #nextPort = 40_000

  /** Sockets of clients that are connected, or on their way to it. */
  get openClients(): number {
    return this.#clients.filter(({ ended }) => !ended).length
  }

  get pending(): boolean {
    return this.#events.length > 0
  }

  async deliver(afterEach: () => Promise<void>): Promise<void> {
    for (const event of this.#events.splice(0)) {
      event()
      await afterEach()
    }
  }

  later(event: () => void): void {
    this.#events.push(event)
  }

  async lookup(host: string): Promise<string[]> {
    if (/^[\d.]+$/.test(host)) return [host]
    const addresses = this.names.get(host)
    if (addresses === undefined) throw Object.assign(new Error(`getaddrinfo ${host}`), { code: 'ENOTFOUND' })
    return addresses
  }

  connect(address: SocketAddress, handler: SocketHandler): Socket {
    const key = `${address.host}:${address.port}`
    this.dialed.push(key)
    const socket = new MemorySocket(this, address, true)
    socket.handler = handler
    this.#clients.push(socket)
    if (this.silent.has(key)) return socket
    this.later(() => {
      const accept = this.#listeners.get(key)
      if (accept === undefined) {
        socket.end(Object.assign(new Error(`connect ECONNREFUSED ${key}`), { code: 'ECONNREFUSED' }))
        return
      }
      if (socket.ended) return
      const peer = new MemorySocket(this, { host: '127.0.0.1', port: this.#nextPort++ }, false)
      peer.handler = accept(peer)
      peer.peer = socket
      socket.peer = peer
      handler.connected()
    })
    return socket
  }

  async listen(address: SocketAddress, accept: (socket: Socket) => SocketHandler): Promise<Listener> {
    const bound = { host: address.host, port: address.port || this.#nextPort++ }
    const key = `${bound.host}:${bound.port}`
    this.#listeners.set(key, accept)
    return {
      address: bound,
      close: async () => {
        this.#listeners.delete(key)
      },
    }
  }

  /** Lets the bytes of stalled clients go. */
  unstall(): void {
    this.stalled = false
    for (const socket of this.#held.splice(0)) socket()
  }

  readonly #held: (() => void)[] = []

  hold(release: () => void): void {
    this.#held.push(release)
  }
}

class MemorySocket implements Socket {
  readonly remote: SocketAddress
  readonly #network: MemoryNetwork
  readonly #isClient: boolean
  handler!: SocketHandler
  peer: MemorySocket | undefined
  ended = false
  readonly #unflushed: ((sent: boolean) => void)[] = []

  constructor(network: MemoryNetwork, remote: SocketAddress, isClient: boolean) {
    this.#network = network
    this.remote = remote
    this.#isClient = isClient
  }

  write(buffers: readonly Uint8Array[], onFlushed?: (sent: boolean) => void): boolean {
    const bytes = Buffer.concat(buffers)
    if (this.#isClient) this.#network.writes.push(bytes.length)
    this.#unflushed.push(onFlushed ?? (() => {}))
    const send = (afterwards?: () => void) =>
      this.#network.later(() => {
        if (this.ended) return
        this.#unflushed.shift()?.(true)
        this.peer?.receive(bytes)
        afterwards?.()
      })
    if (!this.#isClient || !this.#network.stalled) {
      send()
      return true
    }
    this.#network.hold(() => send(() => this.handler.drained()))
    return false
  }

  receive(bytes: Buffer): void {
    for (let start = 0; start < bytes.length && !this.ended; ) {
      const target = this.handler.readBuffer()
      const length = Math.min(target.length, bytes.length - start, this.#network.maxReadBytes)
      target.set(bytes.subarray(start, start + length))
      start += length
      this.handler.received(length)
    }
  }

  pause(): void {}
  resume(): void {}

  destroy(): void {
    if (this.ended) return
    this.#network.later(() => this.peer?.end())
    this.end()
  }

  /** Reset by the other side. */
  end(error?: Error): void {
    if (this.ended) return
    this.ended = true
    this.#network.later(() => {
      for (const onFlushed of this.#unflushed.splice(0)) onFlushed(false)
      this.handler.closed(error)
    })
  }

  /** The other side sees a broken connection, not a closed one. */
  reset(): void {
    this.peer?.end(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
    this.end()
  }
}

/** Breaks a connection, seen from the side of a server of this network. */
export function resetSocket(socket: Socket): void {
  if (!(socket instanceof MemorySocket)) throw new Error('only sockets made of memory can be reset')
  socket.reset()
}
