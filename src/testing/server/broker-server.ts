import type { Listener, Timer } from '../../runtime/runtime.ts'
import { ClientConnection } from './client-connection.ts'
import { Dispatcher } from './dispatcher.ts'
import type { AnyHandler, BrokerContext } from './handler.ts'

/** The listener of one broker and the connections that came in. */
export class BrokerServer {
  readonly #broker: BrokerContext
  readonly #listener: Listener
  readonly #connections: Set<ClientConnection>
  #idleTimer: Timer | undefined
  #isPaused = false

  constructor(broker: BrokerContext, listener: Listener, connections: Set<ClientConnection>) {
    this.#broker = broker
    this.#listener = listener
    this.#connections = connections
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
      if (server !== undefined && server.#isPaused) connection.pause()
      return connection
    })
    broker = describe(listener.address)
    dispatcher = new Dispatcher(broker, handlers)
    server = new BrokerServer(broker, listener, connections)
    return server
  }

  /** Holds still: connections stay open and nothing is read, handled or answered until `resume`. */
  pause(): void {
    this.#isPaused = true
    for (const connection of this.#connections) connection.pause()
  }

  resume(): void {
    this.#isPaused = false
    for (const connection of [...this.#connections]) connection.resume()
  }

  /** Drops all connections and listens no more. */
  async close(): Promise<void> {
    this.#idleTimer?.cancel()
    for (const connection of this.#connections) connection.close()
    await this.#listener.close()
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
