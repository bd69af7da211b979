import type { Clock } from '../../../runtime/runtime.ts'
import { userPrincipal } from '../identity.ts'
import { type Login, type SaslExchange, SaslFailure, type SaslMechanism } from './mechanism.ts'
import { readUnsecuredJwt, type TokenPrincipal } from './unsecured-jwt.ts'

/** Says whose token it is; undefined, null or a throw for nobody's. */
export type VerifyToken = (token: string) => TokenAnswer | Promise<TokenAnswer>
export type TokenAnswer = string | { principal: string; expiresAtMs?: number } | null | undefined

const headerPattern = /^n,(?:a=(?<authorizationId>(?:[^=,]|=2C|=3D)+))?,$/
const pairPattern = /^[A-Za-z]+=[!-~ \t\r\n]*$/
const bearerPattern = /^bearer +(?<token>[-._~+/A-Za-z0-9]+=*)$/i
const otherSchemePattern = /^auth=(?!bearer )\w+ +[-._a-z0-9]+$/i
/** What a client says when it has understood that its token is not taken. */
const acknowledgement = 1

/** OAUTHBEARER (RFC 7628, KIP-255). Without `verify` tokens are unsecured JWTs. */
export function oauthBearerMechanism(clock: Clock, verify: VerifyToken | undefined): SaslMechanism {
  return { name: 'OAUTHBEARER', begin: () => new OAuthBearerExchange(clock, verify) }
}

class OAuthBearerExchange implements SaslExchange {
  login: Login | undefined
  readonly #clock: Clock
  readonly #verify: VerifyToken | undefined
  #refusal: string | undefined

  constructor(clock: Clock, verify: VerifyToken | undefined) {
    this.#clock = clock
    this.#verify = verify
  }

  respond(message: Buffer): Buffer | Promise<Buffer> {
    if (this.#refusal !== undefined && message.length === 1 && message[0] === acknowledgement) {
      throw new SaslFailure(this.#refusal, 'message')
    }
    this.#refusal = undefined
    const { authorizationId, token } = parseResponse(message)
    if (this.#verify === undefined) {
      return this.#decide(readUnsecuredJwt(token, this.#clock.now()), authorizationId)
    }
    return this.#ask(this.#verify, token).then((principal) => this.#decide(principal, authorizationId))
  }

  async #ask(verify: VerifyToken, token: string): Promise<TokenPrincipal | undefined> {
    try {
      const answer = await verify(token)
      if (answer === null || answer === undefined) return undefined
      const { principal, expiresAtMs = Number.POSITIVE_INFINITY } =
        typeof answer === 'string' ? { principal: answer } : answer
      return { name: principal.replace(/^User:/, ''), expiresAtMs }
    } catch {
      return undefined
    }
  }

  #decide(token: TokenPrincipal | undefined, authorizationId: string): Buffer {
    if (token === undefined) {
      this.#refusal = '{"status":"invalid_token"}'
      return Buffer.from(this.#refusal)
    }
    if (authorizationId !== '' && authorizationId !== token.name) {
      throw new SaslFailure(
        'Authentication failed: a client can act for nobody but whose token it has',
        'message',
      )
    }
    const { name, expiresAtMs } = token
    this.login = { principal: userPrincipal(name), mayHaveTokens: true, expiresAtMs }
    return Buffer.alloc(0)
  }
}

/**
 * RFC 7628: a header, then pairs of which one is `auth`, each with a byte of value 1 behind it, and one more such byte.
 *
 * @throws SaslFailure for anything else
 */
function parseResponse(message: Buffer): { authorizationId: string; token: string } {
  const [header, ...pairs] = message.toString('utf8').split('\x01')
  const isEnded = pairs.pop() === '' && pairs.pop() === ''
  const groups = headerPattern.exec(header)?.groups
  const auth = pairs.find((pair) => pair.startsWith('auth='))
  if (auth !== undefined && otherSchemePattern.test(auth)) {
    throw new SaslFailure('the token is of another scheme than Bearer', 'nothing')
  }
  const token = bearerPattern.exec(auth?.slice('auth='.length) ?? '')?.groups?.token
  const isWhole = isEnded && pairs.every((pair) => pairPattern.test(pair))
  if (groups === undefined || token === undefined || !isWhole) {
    throw new SaslFailure('the message holds no token')
  }
  return { authorizationId: groups.authorizationId ?? '', token }
}
