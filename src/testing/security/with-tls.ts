import { ConfigurationError } from '../../errors.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { TlsOptions } from './options.ts'

/**
 * The same runtime with TLS on every connection: it listens with the key and the certificate, and what connects through it
 * shows them and trusts that certificate.
 *
 * @throws ConfigurationError when the runtime's network has no TLS
 */
export function withTls(runtime: Runtime, tls: TlsOptions | undefined): Runtime {
  if (tls === undefined) return runtime
  const { network } = runtime
  if (network.withTls === undefined) {
    throw new ConfigurationError("tls: the network of this runtime has no TLS; Node's has")
  }
  const { listen } = network.withTls(tls)
  const { lookup, connect } = network.withTls({ key: tls.key, cert: tls.cert, ca: [tls.cert] })
  return { ...runtime, network: { lookup, connect, listen } }
}
