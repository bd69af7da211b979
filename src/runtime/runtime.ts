/**
 * What the world gives us. All that depends on time, chance, the operating system or other threads comes in
 * through a `Runtime`, so that a simulator can put a world of its own underneath (see docs/architecture.md).
 * Floors above this one import no clock, timer, socket or random source of Node's; `npm run check` holds
 * them to it.
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
  /** Runs `callback` once, `delayMs` from now (0 and below: as soon as timers run). */
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
  /** Starts to connect; what happens next is told to `handler`. Never throws. */
  connect(address: SocketAddress, handler: SocketHandler): Socket
  /** Listens; port 0 takes a free one, which the resolved `Listener` names. */
  listen(address: SocketAddress, accept: (socket: Socket) => SocketHandler): Promise<Listener>
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
  /** Memory for the next read; at least one byte long, not handed out elsewhere until `received`. */
  readBuffer(): Uint8Array
  received(length: number): void
  /** Everything written so far has left for the operating system, after a `write` that answered false. */
  drained(): void
  /** Called exactly once, last. `error` is missing when the other side ended in peace or we destroyed it. */
  closed(error?: Error): void
}

export interface Socket {
  readonly remote: SocketAddress
  /**
   * Writes the buffers in one go. False asks the caller to wait for `drained`. `onFlushed` runs once the
   * buffers are no longer needed, be they sent or dropped with the socket.
   */
  write(buffers: readonly Uint8Array[], onFlushed?: () => void): boolean
  /** Stops and goes on reading. */
  pause(): void
  resume(): void
  /** Drops the connection at once; `closed` follows. */
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
