import type { Network, Socket, SocketHandler, TlsSettings } from '../../runtime/runtime.ts'

/** What shows that a program is still at work on what has come to it. */
export class Activity {
  #count = 0
  #jobs = 0

  /** Grows with everything that happens. */
  get count(): number {
    return this.#count
  }

  /** Something is under way outside of this thread. */
  get isWaiting(): boolean {
    return this.#jobs > 0
  }

  note(): void {
    this.#count += 1
  }

  async during<T>(job: () => Promise<T>): Promise<T> {
    this.#jobs += 1
    try {
      return await job()
    } finally {
      this.#jobs -= 1
      this.#count += 1
    }
  }
}

/** The network as it is, with everything noted that comes in. */
export function observedNetwork(network: Network, activity: Activity): Network {
  const { withTls } = network
  return {
    ...(withTls !== undefined && {
      withTls: (tls: TlsSettings) => observedNetwork(withTls.call(network, tls), activity),
    }),
    lookup: (host) => activity.during(() => network.lookup(host)),
    connect: (address, handler) => network.connect(address, new ObservedHandler(handler, activity)),
    listen: (address, accept) =>
      network.listen(address, (socket: Socket) => {
        activity.note()
        return new ObservedHandler(accept(socket), activity)
      }),
  }
}

class ObservedHandler implements SocketHandler {
  readonly #handler: SocketHandler
  readonly #activity: Activity

  constructor(handler: SocketHandler, activity: Activity) {
    this.#handler = handler
    this.#activity = activity
  }

  connected(): void {
    this.#activity.note()
    this.#handler.connected()
  }

  readBuffer(): Uint8Array {
    return this.#handler.readBuffer()
  }

  received(length: number): void {
    this.#activity.note()
    this.#handler.received(length)
  }

  drained(): void {
    this.#activity.note()
    this.#handler.drained()
  }

  closed(error?: Error): void {
    this.#activity.note()
    this.#handler.closed(error)
  }
}
