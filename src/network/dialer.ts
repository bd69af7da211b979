import type { Duplex } from 'node:stream'
import { ConnectionError, type KafkaError } from '../errors.ts'
import { abortedError, onAbort } from '../runtime/abort.ts'
import type { Deadline } from '../runtime/deadline.ts'
import type { Network, Runtime, Socket, SocketAddress, SocketHandler } from '../runtime/runtime.ts'
import { StreamSocket } from '../runtime/stream-socket.ts'

/** What is to be connected to. */
export interface DialTarget extends SocketAddress {
  /** Missing for a bootstrap address, of which the id is not known yet. */
  readonly brokerId?: number
  /** The broker as errors name it. */
  readonly brokerLabel: string
}

/**
 * Connects by a way of its own: through a proxy, an SSH tunnel, a socket of another kind. Gives a connected
 * stream, or rejects; it should stop when the signal fires, and what comes later is dropped. The stream's
 * names and addresses are its own matter: nothing has been looked up.
 */
export type Dialer = (target: DialTarget, signal: AbortSignal) => Promise<Duplex>

/** Puts another address in place of the one that a broker advertises, as behind port forwarding. */
export type MapAddress = (address: SocketAddress, brokerId: number | undefined) => SocketAddress

export interface DialOptions {
  readonly runtime: Runtime
  readonly target: DialTarget
  readonly dialer?: Dialer
  readonly mapAddress?: MapAddress
  /** The owner of the socket that comes of it; told nothing of attempts that fail. */
  readonly handler: SocketHandler
  readonly deadline: Deadline
  readonly signal: AbortSignal
}

/**
 * Connects to a broker: every address of its name in turn, each with an equal share of the time that is left.
 * Rejects with a `ConnectionError` that lists what was tried, or with `AbortedError`.
 */
export async function dial(options: DialOptions): Promise<Socket> {
  const { target, mapAddress, dialer } = options
  const address = mapAddress?.({ host: target.host, port: target.port }, target.brokerId) ?? target
  return dialer === undefined ? dialAddresses(options, address) : dialBy(dialer, options, address)
}

async function dialAddresses(options: DialOptions, { host, port }: SocketAddress): Promise<Socket> {
  const { runtime, handler, deadline, signal } = options
  const lookup = runtime.network.lookup(host)
  const addresses = await within(deadline.remainingMs(), options, lookup).catch((error) => {
    throw unreachable(options, `its name ${host} was not resolved: ${reasonOf(error)}`, error)
  })
  const failures: string[] = []
  let lastError: unknown
  for (const [index, address] of addresses.entries()) {
    const attempt = new Attempt(runtime.network, { host: address, port }, handler)
    try {
      const shareMs = deadline.remainingMs() / (addresses.length - index)
      return await within(shareMs, options, attempt.outcome)
    } catch (error) {
      attempt.abandon()
      lastError = error
      failures.push(`${address}:${port}: ${reasonOf(error)}`)
      if (signal.aborted) break
    }
  }
  const tried = failures.length === 0 ? `its name ${host} has no address` : `tried ${failures.join('; ')}`
  throw unreachable(options, tried, lastError)
}

async function dialBy(dialer: Dialer, options: DialOptions, address: SocketAddress): Promise<Socket> {
  const { target, handler, deadline, signal } = options
  const dialing = dialer({ ...target, ...address }, signal)
  try {
    const stream = await within(deadline.remainingMs(), options, dialing)
    return new StreamSocket(stream, address, 'copied', () => handler)
  } catch (error) {
    // What a dialer brings after its time belongs to nobody.
    dialing.then((stream) => stream.destroy()).catch(() => {})
    throw unreachable(options, `its dialer failed: ${reasonOf(error)}`, error)
  }
}

/** One socket on its way to being connected. From then on it is the owner's. */
class Attempt implements SocketHandler {
  /** The connected socket, or why there is none. */
  readonly outcome: Promise<Socket>
  readonly #socket: Socket
  readonly #owner: SocketHandler
  #state: 'connecting' | 'connected' | 'abandoned' = 'connecting'
  #resolve!: (socket: Socket) => void
  #reject!: (error: unknown) => void

  constructor(network: Network, address: SocketAddress, owner: SocketHandler) {
    this.#owner = owner
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#socket = network.connect(address, this)
  }

  /** Drops the socket, of which the owner hears no more. */
  abandon(): void {
    this.#state = 'abandoned'
    this.#socket.destroy()
  }

  connected(): void {
    if (this.#state !== 'connecting') return
    this.#state = 'connected'
    this.#resolve(this.#socket)
  }

  readBuffer(): Uint8Array {
    return this.#owner.readBuffer()
  }

  received(length: number): void {
    if (this.#state === 'connected') this.#owner.received(length)
  }

  drained(): void {
    if (this.#state === 'connected') this.#owner.drained()
  }

  closed(error?: Error): void {
    if (this.#state === 'connected') this.#owner.closed(error)
    else this.#reject(error ?? new Error('closed before it was connected'))
  }
}

/** The outcome of `started`, unless `ms` pass or the signal fires before. */
function within<T>(ms: number, { runtime, signal }: DialOptions, started: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = runtime.timers.after(ms, () => fail(new Error(`no answer within ${Math.round(ms)} ms`)))
    const unsubscribe = onAbort(signal, () => fail(signal.reason))
    const finish = () => {
      timer.cancel()
      unsubscribe()
    }
    const fail = (error: unknown) => {
      finish()
      reject(error)
    }
    started.then((value) => {
      finish()
      resolve(value)
    }, fail)
  })
}

function unreachable({ target, signal }: DialOptions, why: string, cause: unknown): KafkaError {
  if (signal.aborted) return abortedError(signal, `connecting to broker ${target.brokerLabel}`)
  return new ConnectionError(`broker ${target.brokerLabel} cannot be reached: ${why}`, {
    context: { broker: target.brokerLabel },
    cause,
  })
}

/** What Node says of a failure, without the address, which we name ourselves. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === undefined ? (message ?? String(error)) : `${knownReasons[code] ?? message} (${code})`
}

const knownReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name server did not answer',
  ENETUNREACH: 'there is no route to that network',
  EHOSTUNREACH: 'there is no route to that host',
  ETIMEDOUT: 'no answer',
}
