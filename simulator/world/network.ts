import type { Listener, Network, Socket, SocketAddress, SocketHandler } from '../../src/runtime/runtime.ts'
import { Endpoint, systemError } from './endpoint.ts'
import type { Host } from './host.ts'
import { Link } from './link.ts'
import { type WireObserver, WireTap } from './wire-tap.ts'
import type { World } from './world.ts'

/** When a request to connect that was lost is sent again, after the first one. */
const resendsUs: readonly number[] = [1_000_000, 3_000_000, 7_000_000, 15_000_000]
/** How long the two kernels' probes take to find out that a machine is gone. */
const deadAfterUs: readonly [number, number] = [60_000_000, 180_000_000]
/** The longest that a packet lost in a cut waits, after the cut, to be sent again. */
const longestResendUs = 3_000_000
const firstPort = 9092

interface Bound {
  readonly name: string
  readonly host: Host
  readonly accept: (socket: Socket) => SocketHandler
}

/** The network that all hosts are in: names, listeners, links, and the connections over them. */
export class SimulatedNetwork {
  readonly #world: World
  readonly #tap: WireTap
  readonly #links = new Map<string, Link>()
  /** By port: there is one address for all listeners. */
  readonly #listeners = new Map<number, Bound>()
  /** How the listeners of a port are called, in the trace and by faults. */
  readonly #labels = new Map<number, string>()
  /** Names, and the addresses that they stand for. */
  readonly #names = new Map<string, string>()
  readonly #open = new Set<Endpoint>()
  #nextPort = firstPort
  #connections = 0

  constructor(world: World, observer: WireObserver | undefined) {
    this.#world = world
    this.#tap = new WireTap(observer)
  }

  /** The network as one host sees it. */
  of(host: Host): Network {
    const lookups = this.#world.chance.stream(`lookups of ${host.name}`)
    return {
      lookup: (name) => this.#lookup(name, host, lookups.int(50, 5_000)),
      connect: (address, handler) => this.#connect(host, address, handler),
      listen: async (address, accept) => this.#listen(host, address, accept),
    }
  }

  /** Gives what listens on a port a name. */
  label(port: number, name: string): void {
    this.#labels.set(port, name)
  }

  /** The link between a client's machine and a listener, made when it is first asked for. */
  link(client: string, listener: string): Link {
    const name = `${client} - ${listener}`
    let link = this.#links.get(name)
    if (link === undefined) {
      link = new Link(client, listener, this.#world.chance.stream(`link ${name}`))
      this.#links.set(name, link)
    }
    return link
  }

  links(): IterableIterator<Link> {
    return this.#links.values()
  }

  /** The ends of all open connections over a link. */
  endpointsOver(link: Link): Endpoint[] {
    return [...this.#open].filter((endpoint) => endpoint.link === link)
  }

  /** Both sides of every connection over the link see it broken. Answers how many there were. */
  reset(link: Link): number {
    const ends = this.endpointsOver(link)
    for (const end of ends) end.reset()
    return ends.length
  }

  /** What is between the two sides forgets the connections there are now; new ones work. */
  forget(link: Link): number {
    const ends = this.endpointsOver(link)
    for (const end of ends) end.forgotten = true
    return ends.length
  }

  /** A cut is over. */
  mend(link: Link): void {
    link.cut.out = false
    link.cut.in = false
    for (const end of this.endpointsOver(link)) end.resend(link.chance.int(0, longestResendUs))
  }

  /** Ends every fault that lies on a link. */
  heal(): void {
    for (const link of this.#links.values()) {
      const wasCut = link.cut.out || link.cut.in
      link.heal()
      if (wasCut) this.mend(link)
    }
  }

  /** A machine is gone: the kernels of its peers find out by themselves, late. */
  bury(host: Host): void {
    host.die()
    for (const end of this.#open) {
      if (end.host !== host || end.peer === undefined) continue
      const { peer } = end
      const delayUs = end.link.chance.int(...deadAfterUs)
      this.#world.after(delayUs, () => peer.host.deliver(() => peer.close(systemError('read', 'ETIMEDOUT'))))
    }
  }

  // -- what hosts ask for

  #lookup(name: string, host: Host, delayUs: number): Promise<string[]> {
    if (/^[\d.]+$/.test(name)) return Promise.resolve([name])
    const address = this.#names.get(name)
    return new Promise((resolve, reject) => {
      this.#world.after(delayUs, () =>
        host.deliver(() => {
          if (address === undefined) reject(systemError('getaddrinfo', 'ENOTFOUND', name))
          else resolve([address])
        }),
      )
    })
  }

  #listen(host: Host, address: SocketAddress, accept: (socket: Socket) => SocketHandler): Listener {
    const port = address.port === 0 ? this.#nextPort++ : address.port
    if (this.#listeners.has(port)) throw systemError('listen', 'EADDRINUSE', `${address.host}:${port}`)
    if (!this.#names.has(address.host)) this.#names.set(address.host, `10.0.0.${this.#names.size + 1}`)
    const bound = { name: this.#labels.get(port) ?? `port-${port}`, host, accept }
    this.#listeners.set(port, bound)
    const accepted = () => [...this.#open].filter((end) => end.direction === 'in' && end.remote.port === port)
    return {
      address: { host: address.host, port },
      close: async () => {
        if (this.#listeners.get(port) === bound) this.#listeners.delete(port)
        for (const end of accepted()) end.destroy()
      },
    }
  }

  #connect(host: Host, address: SocketAddress, handler: SocketHandler): Socket {
    const name = this.#labels.get(address.port) ?? `port-${address.port}`
    const link = this.link(host.name, name)
    const connection = ++this.#connections
    const end = this.#endpoint(host, link, 'out', address, connection)
    end.handler = handler
    this.#knock(end, address, 0)
    return end
  }

  /** Asks the other side, and again when the question gets lost. */
  #knock(end: Endpoint, address: SocketAddress, attempt: number): void {
    const { link } = end
    this.#world.after(link.delayUs(), () => {
      if (end.state === 'closed' || end.host.state === 'dead') return
      if (link.cut.out || link.cut.in) {
        const again = resendsUs[attempt]
        if (again === undefined) this.#fail(end, address, 'ETIMEDOUT')
        else this.#world.after(again, () => this.#knock(end, address, attempt + 1))
        return
      }
      const bound = this.#listeners.get(address.port)
      if (bound === undefined || link.refusing) this.#fail(end, address, 'ECONNREFUSED')
      else this.#accept(end, bound)
    })
  }

  #fail(end: Endpoint, { host, port }: SocketAddress, code: string): void {
    this.#world.after(end.link.delayUs(), () => end.close(systemError('connect', code, `${host}:${port}`)))
  }

  /** The kernel of the other side takes the connection; the process there learns of it when it runs. */
  #accept(end: Endpoint, bound: Bound): void {
    const { link } = end
    const remote = { host: `10.1.0.${(end.connection % 250) + 1}`, port: end.remote.port }
    const other = this.#endpoint(bound.host, link, 'in', remote, end.connection)
    other.peer = end
    end.peer = other
    other.opened()
    bound.host.deliver(() => other.accepted(bound.accept(other)))
    this.#world.after(link.delayUs(), () =>
      end.host.deliver(() => {
        if (end.state !== 'opening') return
        end.opened()
        end.handler!.connected()
      }),
    )
  }

  #endpoint(
    host: Host,
    link: Link,
    direction: 'out' | 'in',
    remote: SocketAddress,
    connection: number,
  ): Endpoint {
    const endpoint = new Endpoint({
      world: this.#world,
      host,
      link,
      direction,
      remote,
      connection,
      tap: this.#tap,
      onClosed: (closed) => this.#open.delete(closed),
    })
    this.#open.add(endpoint)
    return endpoint
  }
}
