import { areEqualSecrets } from '../../../runtime/crypto.ts'
import { userPrincipal } from '../identity.ts'
import {
  checkAuthorizationId,
  type Login,
  type SaslExchange,
  SaslFailure,
  type SaslMechanism,
} from './mechanism.ts'

const parts = 3

/** PLAIN of RFC 4616: one message with the name and the password, parted by zeros. */
export function plainMechanism(users: ReadonlyMap<string, string>): SaslMechanism {
  return { name: 'PLAIN', begin: () => new PlainExchange(users) }
}

class PlainExchange implements SaslExchange {
  login: Login | undefined
  readonly #users: ReadonlyMap<string, string>

  constructor(users: ReadonlyMap<string, string>) {
    this.#users = users
  }

  respond(message: Buffer): Buffer {
    const tokens = message.toString('utf8').split('\0')
    if (tokens.length !== parts) throw new SaslFailure(`${tokens.length} parts where PLAIN has ${parts}`)
    const [authorizationId, name, password] = tokens
    if (name === '') throw new SaslFailure('no user is named')
    if (password === '') throw new SaslFailure('there is no password')
    const known = this.#users.get(name)
    // Compared in any case, so that the time does not tell which users there are.
    const isRight = areEqualSecrets(password, known ?? '')
    if (known === undefined || !isRight) {
      throw new SaslFailure('Authentication failed: Invalid username or password', 'message')
    }
    checkAuthorizationId(authorizationId, name)
    this.login = {
      principal: userPrincipal(name),
      mayHaveTokens: true,
      expiresAtMs: Number.POSITIVE_INFINITY,
    }
    return Buffer.alloc(0)
  }
}
