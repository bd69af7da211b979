import { lookup } from 'node:dns/promises'
import { type AddressInfo, connect, createServer, isIP, Socket as NetSocket } from 'node:net'
import { connectTls, listenTls } from './node-tls.ts'
import type { Listener, Network, Socket, SocketAddress, SocketHandler } from './runtime.ts'
import { StreamSocket } from './stream-socket.ts'

/** How long a connection is silent before TCP asks whether the other side is still there. */
const keepAliveInitialDelayMs = 60_000

/** TCP as Node gives it: no delay for small writes, keep-alive probes, names as the system resolves them. */
export const nodeNetwork: Network = {
  async lookup(host) {
    if (isIP(host) !== 0) return [host]
    const addresses = await lookup(host, { all: true, verbatim: true })
    return addresses.map(({ address }) => address)
  },

  connect(address, handler) {
    const stream = startConnecting(address, handler)
    stream.on('connect', () => handler.connected())
    return new StreamSocket(stream, address, 'in place', () => handler)
  },

  listen,

  withTls(tls) {
    return {
      lookup: nodeNetwork.lookup,
      connect: (address, handler) => connectTls(tls, address, handler),
      listen: (address, accept) => listenTls(tls, address, accept),
    }
  },
}

/**
 * With `onread`, libuv reads into the memory that the owner gives. Node asks `buffer` for it when it makes the
 * handle and after each call of `callback`.
 */
function startConnecting({ host, port }: SocketAddress, handler: SocketHandler): NetSocket {
  const onread = {
    buffer: () => handler.readBuffer(),
    callback: (length: number) => {
      handler.received(length)
      return true
    },
  }
  try {
    return connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveInitialDelayMs,
      onread,
    })
  } catch (error) {
    // A port out of range. It is told as every other failure to connect is.
    return new NetSocket().destroy(error as Error)
  }
}

/**
 * Accepted sockets cannot be given an `onread` by any public way of Node 20 to 24, so their bytes are copied
 * once: 0.1 s of processor time a gigabyte, beside 0.25 s for reading it.
 */
function listen(address: SocketAddress, accept: (socket: Socket) => SocketHandler): Promise<Listener> {
  const accepted = new Set<NetSocket>()
  const server = createServer({ noDelay: true, keepAlive: true }, (stream) => {
    accepted.add(stream)
    stream.on('close', () => accepted.delete(stream))
    const remote = { host: stream.remoteAddress ?? '', port: stream.remotePort ?? 0 }
    new StreamSocket(stream, remote, 'copied', accept)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: address.host, port: address.port }, () => {
      server.off('error', reject)
      const bound = server.address() as AddressInfo
      resolve({ address: { host: bound.address, port: bound.port }, close })
    })
  })

  function close(): Promise<void> {
    return new Promise((resolve) => {
      server.close(() => resolve())
      for (const stream of accepted) stream.destroy()
    })
  }
}
