import type { Runtime } from '../../runtime/runtime.ts'
import type { BrokerConfigs } from '../state/broker-configs.ts'
import { AclTable } from './acls/acl-table.ts'
import { Authorizer } from './acls/authorizer.ts'
import type { CheckedAuthorizerOptions, CheckedSaslOptions } from './options.ts'
import { ClientQuotas } from './quotas/client-quotas.ts'
import type { SaslSetup } from './sasl/authentication.ts'
import type { SaslMechanism } from './sasl/mechanism.ts'
import { oauthBearerMechanism } from './sasl/oauthbearer.ts'
import { plainMechanism } from './sasl/plain.ts'
import { scramMechanism } from './sasl/scram.ts'
import { credentialOf, ScramCredentials, type ScramName, scramMechanisms } from './sasl/scram-credentials.ts'
import { DelegationTokens } from './tokens/delegation-tokens.ts'

export interface SecurityOptions {
  readonly sasl: CheckedSaslOptions | undefined
  readonly authorizer: CheckedAuthorizerOptions | undefined
}

/** Who may come in and what they may do; the same for all brokers of a cluster. */
export class Security {
  /** Undefined where nobody has to log in. */
  readonly sasl: SaslSetup | undefined
  /** Undefined where everybody may do everything. */
  readonly authorizer: Authorizer | undefined
  readonly quotas = new ClientQuotas()
  readonly scram = new ScramCredentials()
  /** Undefined where nobody logs in, with a token or without. */
  readonly tokens: DelegationTokens | undefined

  private constructor(runtime: Runtime, configs: BrokerConfigs, { sasl, authorizer }: SecurityOptions) {
    if (authorizer !== undefined) this.authorizer = new Authorizer(new AclTable(), authorizer)
    if (sasl === undefined) return
    const { tokenMaxLifetimeMs: maxLifetimeMs, tokenExpiryMs: renewalMs } = configs.settings
    this.tokens = new DelegationTokens(runtime, { maxLifetimeMs, renewalMs })
    const mechanisms = new Map(sasl.mechanisms.map((name) => [name, this.#mechanism(runtime, name, sasl)]))
    this.sasl = { mechanisms, maxReauthMs: sasl.maxReauthMs }
  }

  /** Resolves when the users' passwords are made into what SCRAM keeps of them. */
  static async of(runtime: Runtime, configs: BrokerConfigs, options: SecurityOptions): Promise<Security> {
    const security = new Security(runtime, configs, options)
    const { users = [], mechanisms = [] } = options.sasl ?? {}
    const scrams = (Object.keys(scramMechanisms) as ScramName[]).filter((name) => mechanisms.includes(name))
    const making = [...users].flatMap(([user, password]) =>
      scrams.map(async (name) => {
        const credential = await credentialOf(runtime, scramMechanisms[name].hash, password)
        security.scram.set(name, user, credential)
      }),
    )
    await Promise.all(making)
    return security
  }

  #mechanism(
    { clock, random }: Runtime,
    name: CheckedSaslOptions['mechanisms'][number],
    { users, verify }: CheckedSaslOptions,
  ): SaslMechanism {
    switch (name) {
      case 'PLAIN':
        return plainMechanism(users)
      case 'OAUTHBEARER':
        return oauthBearerMechanism(clock, verify)
      default:
        return scramMechanism(name, {
          random,
          credentials: this.scram,
          token: (mechanism, tokenId) => this.tokens?.login(mechanism, tokenId),
        })
    }
  }
}
