/** A broker on which everybody has to log in and nobody may do anything but the administrator: who is known, and how. */
import { randomBytes } from 'node:crypto'
import { SaslAuthenticate, SaslHandshake } from '../../../src/protocol/messages/index.ts'
import type { BrokerOptions } from '../../../src/testing/index.ts'
import type { KafkaOptions } from '../../harness/kafka/index.ts'
import { RawClient } from './raw-client.ts'
import type { Connect } from './world.ts'

export const administrator = 'admin'

/** Each scenario has users of its own, because ACLs stay. */
const others = [
  'alice bob carol dave erin frank grace heidi ivan judy kate leo mallory nina oscar peggy quinn rita',
  'sybil trent ursula victor wendy xavier yvonne zoe',
]
  .join(' ')
  .split(' ')

export const passwords: Readonly<Record<string, string>> = Object.fromEntries(
  [administrator, ...others].map((name) => [name, `${name}-secret`]),
)

/** After so long everybody has to log in again. */
export const maxReauthMs = 60_000

export const securedOptions: BrokerOptions = {
  sasl: {
    users: passwords,
    mechanisms: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'],
    maxReauthMs,
  },
  authorizer: { superUsers: [`User:${administrator}`] },
}

const listener = 'listener.name.secure'
const modules = 'org.apache.kafka.common.security'
const users = Object.entries(passwords).map(([name, password]) => `user_${name}="${password}"`)

/** The same for a real Kafka; the harness itself comes in by the listener without logins. */
export const securedKafka: KafkaOptions = {
  listeners: { SECURE: 'SASL_PLAINTEXT' },
  configs: {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:ANONYMOUS;User:${administrator}`,
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    'connections.max.reauth.ms': String(maxReauthMs),
    'delegation.token.secret.key': randomBytes(16).toString('hex'),
    [`${listener}.plain.sasl.jaas.config`]: `${modules}.plain.PlainLoginModule required ${users.join(' ')};`,
    [`${listener}.scram-sha-256.sasl.jaas.config`]: `${modules}.scram.ScramLoginModule required;`,
    [`${listener}.scram-sha-512.sasl.jaas.config`]: `${modules}.scram.ScramLoginModule required;`,
    [`${listener}.oauthbearer.sasl.jaas.config`]: `${modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
    [`${listener}.oauthbearer.sasl.server.callback.handler.class`]: `${modules}.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler`,
  },
}

/** Logs in with PLAIN. */
export function as(name: string): Connect {
  return async (address, clientId) => {
    const raw = await RawClient.connect(address, clientId)
    await raw.call(SaslHandshake, 1, { mechanism: 'PLAIN' })
    const answer = await raw.call(SaslAuthenticate, 2, {
      authBytes: Buffer.from(`\0${name}\0${passwords[name]}`),
    })
    if (answer.errorCode !== 0) throw new Error(`${name} was not let in: ${answer.errorMessage}`)
    return raw
  }
}

/** Says nothing to begin with. */
export const asNobody: Connect = (address, clientId) => RawClient.connect(address, clientId)
