import { deriveKey, type HashName, hash, hmac } from '../../../runtime/crypto.ts'
import type { Runtime } from '../../../runtime/runtime.ts'

export type ScramName = 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

/** The SCRAM mechanisms with their hashes and the numbers that Kafka's messages give them. */
export const scramMechanisms: Readonly<Record<ScramName, { hash: HashName; code: number }>> = {
  'SCRAM-SHA-256': { hash: 'sha256', code: 1 },
  'SCRAM-SHA-512': { hash: 'sha512', code: 2 },
}

/** What a broker keeps of a password (RFC 5802): enough to check it, not enough to log in with. */
export interface ScramCredential {
  readonly salt: Buffer
  readonly iterations: number
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/** The fewest iterations that Kafka takes, which it also makes new credentials with. */
export const minScramIterations = 4096
export const maxScramIterations = 16384
const saltBytes = 16

/** From a password that was salted already, as clients send it to be kept. */
export function credentialFrom(
  name: HashName,
  salt: Buffer,
  iterations: number,
  saltedPassword: Buffer,
): ScramCredential {
  const clientKey = hmac(name, saltedPassword, 'Client Key')
  return {
    salt,
    iterations,
    storedKey: hash(name, clientKey),
    serverKey: hmac(name, saltedPassword, 'Server Key'),
  }
}

/** From a password. The derivation leaves the thread. */
export async function credentialOf(
  runtime: Pick<Runtime, 'offload' | 'random'>,
  name: HashName,
  password: string,
): Promise<ScramCredential> {
  const salt = runtime.random.bytes(saltBytes)
  const salted = await runtime.offload(() => deriveKey(name, password, salt, minScramIterations))
  return credentialFrom(name, salt, minScramIterations, salted)
}

/** The SCRAM credentials of all users. Logins and the APIs that change credentials use the same ones. */
export class ScramCredentials {
  readonly #byMechanism: Readonly<Record<ScramName, Map<string, ScramCredential>>> = {
    'SCRAM-SHA-256': new Map(),
    'SCRAM-SHA-512': new Map(),
  }

  get(mechanism: ScramName, user: string): ScramCredential | undefined {
    return this.#byMechanism[mechanism].get(user)
  }

  set(mechanism: ScramName, user: string, credential: ScramCredential): void {
    this.#byMechanism[mechanism].set(user, credential)
  }

  /** Whether there was one. */
  delete(mechanism: ScramName, user: string): boolean {
    return this.#byMechanism[mechanism].delete(user)
  }

  /** Everybody who has a credential, each once. */
  users(): string[] {
    return [...new Set(Object.values(this.#byMechanism).flatMap((users) => [...users.keys()]))]
  }
}

/** The mechanism that a message means, or undefined. */
export function scramNameOf(code: number): ScramName | undefined {
  return (Object.keys(scramMechanisms) as ScramName[]).find((name) => scramMechanisms[name].code === code)
}
