import { type AddressInfo, isIP, Socket as NetSocket } from 'node:net'
import type { PeerCertificate } from 'node:tls'
import type { Listener, Socket, SocketAddress, SocketHandler, TlsSettings } from './runtime.ts'
import { StreamSocket } from './stream-socket.ts'

/** How long a client may take for the handshake before it is dropped. */
const handshakeTimeoutMs = 30_000

/** Loaded once it is asked for: it would make the import of the whole library slower by a fifth. */
const nodeTls = () => process.getBuiltinModule('node:tls')

/** Connects with TLS; the owner is told `connected` after the handshake. The server's name is checked. */
export function connectTls(tls: TlsSettings, address: SocketAddress, handler: SocketHandler): Socket {
  const stream = startConnecting(tls, address)
  stream.setNoDelay(true)
  stream.on('secureConnect', () => handler.connected())
  return new StreamSocket(stream, address, 'copied', () => handler)
}

function startConnecting(tls: TlsSettings, { host, port }: SocketAddress): NetSocket {
  try {
    // A literal address is no name that a server could be asked for.
    return nodeTls().connect({
      ...settingsOf(tls),
      host,
      port,
      ...(isIP(host) === 0 && { servername: host }),
    })
  } catch (error) {
    // A port out of range, or a key that is none. It is told as every other failure to connect is.
    return new NetSocket().destroy(error as Error)
  }
}

/**
 * Listens with TLS. A socket is handed over after its handshake; whoever does not manage that is dropped and nobody is told.
 * With `requestCert` clients have to show a certificate that `ca` vouches for.
 *
 * @throws Error for a key or certificate that cannot be read
 */
export async function listenTls(
  tls: TlsSettings,
  address: SocketAddress,
  accept: (socket: Socket) => SocketHandler,
): Promise<Listener> {
  const { requestCert = false } = tls
  const accepted = new Set<{ destroy(): void }>()
  const options = {
    ...settingsOf(tls),
    rejectUnauthorized: requestCert,
    handshakeTimeout: handshakeTimeoutMs,
    noDelay: true,
    keepAlive: true,
  }
  const server = nodeTls().createServer(options, (stream) => {
    const remote = { host: stream.remoteAddress ?? '', port: stream.remotePort ?? 0 }
    const peer = requestCert ? distinguishedName(stream.getPeerCertificate()) : undefined
    new StreamSocket(stream, remote, 'copied', accept, peer)
  })
  // TCP connections, so that those in their handshake are dropped with the listener, too.
  server.on('connection', (stream) => {
    accepted.add(stream)
    stream.on('close', () => accepted.delete(stream))
  })
  server.on('tlsClientError', (_error, stream) => stream.destroy())
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

function settingsOf({ ca, ...tls }: TlsSettings) {
  return {
    ...tls,
    ...(ca !== undefined && { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }),
  }
}

/** The subject as RFC 2253 writes it, the most special part first: `CN=alice,OU=tests,O=odradek`. */
function distinguishedName({ subject }: PeerCertificate): string | undefined {
  if (subject === undefined) return undefined
  const parts = Object.entries(subject).flatMap(([type, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${type}=${escaped(String(one))}`),
  )
  return parts.reverse().join(',')
}

function escaped(value: string): string {
  return value.replace(/[,+"\\<>;]/g, '\\$&').replace(/^[ #]| $/g, '\\$&')
}
