import { areEqualSecrets, type HashName, hash, hmac } from '../../../runtime/crypto.ts'
import type { Random } from '../../../runtime/runtime.ts'
import { userPrincipal } from '../identity.ts'
import {
  checkAuthorizationId,
  type Login,
  type SaslExchange,
  SaslFailure,
  type SaslMechanism,
} from './mechanism.ts'
import {
  type ScramCredential,
  type ScramCredentials,
  type ScramName,
  scramMechanisms,
} from './scram-credentials.ts'
import { type ClientFirst, parseClientFinal, parseClientFirst } from './scram-messages.ts'

/** What somebody who comes with a delegation token logs in with. */
export interface TokenLogin {
  readonly credential: ScramCredential
  readonly ownerPrincipal: string
  readonly expiresAtMs: number
}

export interface ScramParts {
  readonly random: Random
  readonly credentials: ScramCredentials
  /** A token of that id which is not over. */
  token(mechanism: ScramName, tokenId: string): TokenLogin | undefined
}

const nonceBytes = 18

/** SCRAM of RFC 5802, with users' passwords or with delegation tokens (KIP-84, KIP-48). */
export function scramMechanism(name: ScramName, parts: ScramParts): SaslMechanism {
  return { name, begin: () => new ScramExchange(name, parts) }
}

/** What the broker has sent first, and who it took the client for. */
interface Challenge {
  readonly first: ClientFirst
  readonly credential: ScramCredential
  readonly login: Login
  readonly nonce: string
  readonly text: string
}

class ScramExchange implements SaslExchange {
  login: Login | undefined
  readonly #name: ScramName
  readonly #hash: HashName
  readonly #parts: ScramParts
  #challenge: Challenge | undefined

  constructor(name: ScramName, parts: ScramParts) {
    this.#name = name
    this.#hash = scramMechanisms[name].hash
    this.#parts = parts
  }

  respond(message: Buffer): Buffer {
    if (this.login !== undefined) throw new SaslFailure('the exchange is over')
    if (this.#challenge === undefined) return this.#begin(parseClientFirst(message))
    return this.#finish(this.#challenge, message)
  }

  #begin(first: ClientFirst): Buffer {
    const { credential, login } = this.#whoIs(first)
    const nonce = first.nonce + this.#parts.random.bytes(nonceBytes).toString('base64url')
    const text = `r=${nonce},s=${credential.salt.toString('base64')},i=${credential.iterations}`
    this.#challenge = { first, credential, login, nonce, text }
    return Buffer.from(text)
  }

  #whoIs({ name, isToken, authorizationId }: ClientFirst): Pick<Challenge, 'credential' | 'login'> {
    if (isToken) {
      const token = this.#parts.token(this.#name, name)
      if (token === undefined) throw new SaslFailure('there is no such token')
      const { credential, ownerPrincipal, expiresAtMs } = token
      return { credential, login: { principal: ownerPrincipal, mayHaveTokens: false, expiresAtMs } }
    }
    const credential = this.#parts.credentials.get(this.#name, name)
    if (credential === undefined) throw new SaslFailure('there is no such user')
    checkAuthorizationId(authorizationId, name)
    const principal = userPrincipal(name)
    return { credential, login: { principal, mayHaveTokens: true, expiresAtMs: Number.POSITIVE_INFINITY } }
  }

  #finish({ first, credential, login, nonce, text }: Challenge, message: Buffer): Buffer {
    const final = parseClientFinal(message)
    if (!areEqualSecrets(final.nonce, nonce)) throw new SaslFailure('the nonce is another one')
    const signed = `${first.bare},${text},${final.withoutProof}`
    const signature = hmac(this.#hash, credential.storedKey, signed)
    if (final.proof.length !== signature.length) throw new SaslFailure('the proof is no hash')
    // Only who knows the password can mask the key with the signature such that its hash is the one that is kept.
    const clientKey = signature.map((byte, index) => byte ^ final.proof[index])
    if (!areEqualSecrets(hash(this.#hash, clientKey), credential.storedKey)) {
      throw new SaslFailure('the password is another one')
    }
    this.login = login
    return Buffer.from(`v=${hmac(this.#hash, credential.serverKey, signed).toString('base64')}`)
  }
}
