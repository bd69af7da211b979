import type { Listener, SocketAddress, Timer } from '../../runtime/runtime.ts'
import { ClientConnection } from './client-connection.ts'
import { Dispatcher } from './dispatcher.ts'
import type { AnyHandler, BrokerContext } from './handler.ts'

/** A connection, as filters see it. */
export interface ConnectionFacts {
  /** As its last request gave it; null before the first. */
  readonly clientId: string | null
  readonly remote: SocketAddress
}

/** The listener of one broker and the connections that came in. */
export class BrokerServer {
  readonly #broker: BrokerContext
  readonly #listener: Listener
  readonly #connections: Set<ClientConnection>
  readonly #detach: () => void
  #idleTimer: Timer | undefined
  #isPaused = false

  private constructor(broker: BrokerContext, listener: Listener, connections: Set<ClientConnection>) {
    this.#broker = broker
    this.#listener = listener
    this.#connections = connections
    this.#detach = broker.faults.attach(broker.node.id, {
      cutsChanged: () => this.#followCuts(),
      cleared: () => this.#dropDelivering(),
    })
    if (broker.settings.connectionsMaxIdleMs >= 0) this.#closeIdleLater()
  }

  /**
   * Listens, and then asks `describe` for the broker that it listens for, whose port is known by then. Connections
   * come with later turns of the event loop.
   */
  static async listen(
    runtime: BrokerContext['runtime'],
    address: { host: string; port: number },
    handlers: ReadonlyMap<number, AnyHandler>,
    describe: (address: { host: string; port: number }) => BrokerContext,
  ): Promise<BrokerServer> {
    const connections = new Set<ClientConnection>()
    let broker: BrokerContext
    let dispatcher: Dispatcher
    let server: BrokerServer | undefined
    const listener = await runtime.network.listen(address, (socket) => {
      const connection: ClientConnection = new ClientConnection(socket, broker, dispatcher, () =>
        connections.delete(connection),
      )
      connections.add(connection)
      if (server?.isPaused) connection.pause()
      if (broker.faults.isCut(broker.node.id)) connection.cut()
      return connection
    })
    broker = describe(listener.address)
    dispatcher = new Dispatcher(broker, handlers)
    server = new BrokerServer(broker, listener, connections)
    return server
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /**
   * As a process that is stopped (SIGSTOP): what there are of connections stays open and new ones are accepted, but
   * nothing is read, handled or answered until `resume`. Timers run on.
   */
  pause(): void {
    this.#isPaused = true
    for (const connection of this.#connections) connection.pause()
  }

  resume(): void {
    this.#isPaused = false
    for (const connection of [...this.#connections]) connection.resume()
  }

  /** Closes the connections that the filter picks, all without one, and gives their number. */
  dropConnections(filter: (connection: ConnectionFacts) => boolean = () => true): number {
    const dropped = [...this.#connections].filter(filter)
    for (const connection of dropped) connection.close()
    return dropped.length
  }

  /** Connections of clients that were cut fall silent, and those that were healed are closed. */
  #followCuts(): void {
    const { faults, node } = this.#broker
    for (const connection of [...this.#connections]) {
      const isCut = faults.isCut(node.id, connection.clientId ?? undefined)
      if (isCut) connection.cut()
      else if (connection.isCut) connection.close()
    }
  }

  /** Drops all connections and listens no more. */
  async close(): Promise<void> {
    this.#idleTimer?.cancel()
    this.#detach()
    for (const connection of this.#connections) connection.close()
    await this.#listener.close()
  }

  #dropDelivering(): void {
    for (const connection of [...this.#connections]) if (connection.isDelivering) connection.close()
  }

  /** Looks ten times within the time that a connection may be idle. */
  #closeIdleLater(): void {
    const { settings, runtime } = this.#broker
    const { connectionsMaxIdleMs } = settings
    this.#idleTimer = runtime.timers.after(Math.max(1, connectionsMaxIdleMs / 10), () => {
      const sinceMs = runtime.clock.monotonicMs() - connectionsMaxIdleMs
      for (const connection of this.#connections) if (connection.idleSinceMs < sinceMs) connection.close()
      this.#closeIdleLater()
    })
  }
}
