import { ConfigurationError } from '../../errors.ts'
import { OptionChecks } from '../../option-checks.ts'
import type { VerifyToken } from './sasl/oauthbearer.ts'

export type MechanismName = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER'

export const mechanismNames: readonly MechanismName[] = [
  'PLAIN',
  'SCRAM-SHA-256',
  'SCRAM-SHA-512',
  'OAUTHBEARER',
]

/** What a TLS listener needs, in PEM. */
export interface TlsOptions {
  key: string | Buffer
  cert: string | Buffer
  /** Who vouches for clients' certificates. Default: whom Node trusts. */
  ca?: string | Buffer | readonly (string | Buffer)[]
  /** Whether clients have to show a certificate; its name makes their principal, as `User:CN=alice`. Default: false. */
  requestCert?: boolean
}

/** How clients log in. */
export interface SaslOptions {
  /** Default: PLAIN and both SCRAMs, and OAUTHBEARER where `oauthbearer` is given. */
  mechanisms?: readonly MechanismName[]
  /** Names and passwords, for PLAIN and SCRAM. Default: nobody. */
  users?: Readonly<Record<string, string>>
  oauthbearer?: {
    /**
     * Says whose token it is: a name, or a name and the end of the token; null, undefined or a throw refuse it. Without
     * it, tokens are unsecured JWTs: algorithm `none`, the name in `sub`, the end in `exp`.
     */
    verify?: VerifyToken
  }
  /** After so long a client has to log in again, in milliseconds (KIP-368). Default: never. */
  maxReauthMs?: number
}

/** Who may do what: ACLs of Kafka's kind. Denied is what no ACL allows. */
export interface AuthorizerOptions {
  /** They may do everything, as `['User:admin']`. Default: nobody. */
  superUsers?: readonly string[]
  /** Whether everybody may do what there are no ACLs for. Default: false. */
  allowEveryoneIfNoAclFound?: boolean
}

export interface CheckedSaslOptions {
  readonly mechanisms: readonly MechanismName[]
  readonly users: ReadonlyMap<string, string>
  readonly verify: VerifyToken | undefined
  readonly maxReauthMs: number
}

export interface CheckedAuthorizerOptions {
  readonly superUsers: readonly string[]
  readonly allowEveryoneIfNoAclFound: boolean
}

/** @throws ConfigurationError for an option that is missing, unknown or of the wrong type */
export function checkTlsOptions(options: TlsOptions): TlsOptions {
  const checks = new OptionChecks('tls', options)
  for (const name of ['key', 'cert']) {
    const value = checks.value(name)
    if (typeof value !== 'string' && !Buffer.isBuffer(value)) checks.refuse(name, 'must be PEM')
  }
  checks.value('ca')
  const requestCert = checks.boolean('requestCert', false)
  checks.finish()
  return { ...options, requestCert }
}

/** @throws ConfigurationError for an option that is unknown, of the wrong type or out of range */
export function checkSaslOptions(options: SaslOptions): CheckedSaslOptions {
  const checks = new OptionChecks('sasl', options)
  const oauthbearer = new OptionChecks('sasl.oauthbearer', options.oauthbearer ?? {})
  const verify = oauthbearer.function<VerifyToken>('verify')
  oauthbearer.finish()
  checks.value('oauthbearer')
  const standard = mechanismNames.filter(
    (name) => name !== 'OAUTHBEARER' || options.oauthbearer !== undefined,
  )
  const mechanisms = (checks.value('mechanisms') ?? standard) as readonly MechanismName[]
  for (const name of mechanisms) {
    if (!mechanismNames.includes(name)) {
      throw new ConfigurationError(`sasl: there is no mechanism '${name}' but ${mechanismNames.join(', ')}`)
    }
  }
  if (mechanisms.length === 0) checks.refuse('mechanisms', 'must name one or more')
  const users = new Map(Object.entries((checks.value('users') ?? {}) as Record<string, string>))
  for (const [name, password] of users) {
    if (typeof password !== 'string' || password === '') {
      throw new ConfigurationError(`sasl: the user '${name}' needs a password`)
    }
  }
  const maxReauthMs =
    options.maxReauthMs === undefined
      ? Number.POSITIVE_INFINITY
      : checks.integer('maxReauthMs', 1, 1, Number.MAX_SAFE_INTEGER)
  checks.value('maxReauthMs')
  checks.finish()
  return { mechanisms, users, verify, maxReauthMs }
}

/** @throws ConfigurationError for an option that is unknown or of the wrong type */
export function checkAuthorizerOptions(options: true | AuthorizerOptions): CheckedAuthorizerOptions {
  const checks = new OptionChecks('authorizer', options === true ? {} : options)
  const superUsers = (checks.value('superUsers') ?? []) as readonly string[]
  for (const principal of superUsers) {
    if (!/^[^:]+:./.test(principal)) {
      throw new ConfigurationError(`authorizer: '${principal}' in superUsers is no principal as 'User:admin'`)
    }
  }
  const checked = {
    superUsers,
    allowEveryoneIfNoAclFound: checks.boolean('allowEveryoneIfNoAclFound', false),
  }
  checks.finish()
  return checked
}
