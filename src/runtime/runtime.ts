/**
 * What the world gives us. All that depends on time, chance, the operating system or other threads comes in
 * through a `Runtime`, so that a simulator can put a world of its own underneath (see docs/architecture.md).
 * Floors above this one import no clock, timer, socket or random source of Node's; `npm run check` holds
 * them to it.
 *
 * What keeps a process alive: an open socket, a listener and a waiting timer, as everywhere in Node. None of
 * our timers is unref'd: each belongs to a connection or a client that is open, and closing cancels it. So a
 * client keeps its process alive until it is closed, also while it waits to connect again.
 */

export interface Runtime {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly network: Network
  /**
   * Runs work that leaves this thread (compression on libuv's pool, key derivation). Under simulation the job
   * completes at a drawn virtual time.
   */
  offload<T>(job: () => Promise<T>): Promise<T>
}

export interface Clock {
  /** Milliseconds since the Unix epoch; may step when the machine's clock is set. */
  now(): number
  /** Milliseconds from an arbitrary start; never steps back. Use it for all that waits or measures. */
  monotonicMs(): number
}

export interface Timer {
  /** Idempotent; after it the callback does not run. */
  cancel(): void
}

export interface Timers {
  /**
   * Runs `callback` once, `delayMs` from now (0 and below: as soon as timers run; Infinity: never). It may run
   * up to a millisecond early by the monotonic clock, so whoever waits for a time looks at the clock again.
   */
  after(delayMs: number, callback: () => void): Timer
  /** Runs `callback` after the input and output events of this turn (Node's `setImmediate`). */
  defer(callback: () => void): void
}

export interface Random {
  /** A number in [0, 1). */
  unit(): number
  /** `length` random bytes. */
  bytes(length: number): Buffer
}

export interface Network {
  /** All addresses of a name, in the resolver's order. A literal address gives itself. */
  lookup(host: string): Promise<string[]>
  /** Starts to connect; what happens next is told to `handler`, never before this returns. Never throws. */
  connect(address: SocketAddress, handler: SocketHandler): Socket
  /**
   * Listens; port 0 takes a free one, which the resolved `Listener` names. `accept` is called for each socket
   * that comes in and gives its owner, which is not told `connected`. Rejects when the address is taken.
   */
  listen(address: SocketAddress, accept: (socket: Socket) => SocketHandler): Promise<Listener>
  /** The same network with TLS on every connection. A network of memory has none. */
  withTls?(tls: TlsSettings): Network
}

/** What TLS takes, in PEM. */
export interface TlsSettings {
  /** Needed to listen; to connect where clients have to show a certificate. */
  readonly key?: string | Buffer
  readonly cert?: string | Buffer
  /** Who vouches for the other side. Default: whom Node trusts. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
  /** Whether clients have to show a certificate that `ca` vouches for. Default: false. */
  readonly requestCert?: boolean
}

export interface SocketAddress {
  host: string
  port: number
}

/**
 * The owner of a socket. Bytes are read straight into memory that the owner gives, so that a response is put
 * where it will stay: `readBuffer` is asked before each read, `received` told how much of it was filled.
 */
export interface SocketHandler {
  connected(): void
  /**
   * Memory for the next read; at least one byte long, not handed out elsewhere until `received`. May be asked
   * before the socket is connected, and once more after it was destroyed.
   */
  readBuffer(): Uint8Array
  received(length: number): void
  /** Everything written so far has left for the operating system, after a `write` that answered false. */
  drained(): void
  /** Called exactly once, last. `error` is missing when the other side ended in peace or we destroyed it. */
  closed(error?: Error): void
}

export interface Socket {
  readonly remote: SocketAddress
  /** The name in the certificate of the other side, as `CN=alice,O=odradek`, where it was asked for one. */
  readonly peerName?: string | undefined
  /**
   * Writes the buffers in one go. False asks the caller to wait for `drained`; what was written is kept all
   * the same. `onFlushed` runs exactly once, later, when the buffers are no longer needed: all `sent` to the
   * operating system, or perhaps not all and dropped with the socket.
   */
  write(buffers: readonly Uint8Array[], onFlushed?: (sent: boolean) => void): boolean
  /** Stops reading; what had been read by then may still come. */
  pause(): void
  /** Goes on reading. */
  resume(): void
  /** Drops the connection at once; `closed` follows, later. Idempotent. */
  destroy(): void
}

export interface Listener {
  readonly address: SocketAddress
  /** Stops listening and drops every accepted socket. */
  close(): Promise<void>
}

/** A sink for log lines, of the shape that Pino has: fields first, then the message. */
export interface Logger {
  debug(fields: Record<string, unknown>, message: string): void
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}
