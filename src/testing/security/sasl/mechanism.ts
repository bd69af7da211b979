import type { Identity } from '../identity.ts'

/** Who logged in. */
export interface Login extends Identity {
  /** When what it logged in with is over, by the wall clock; Infinity: never. */
  readonly expiresAtMs: number
}

/** One run of a mechanism: message by message until somebody is logged in. */
export interface SaslExchange {
  /** Undefined while the exchange goes on. */
  readonly login: Login | undefined
  /**
   * Takes the client's next message and gives the broker's.
   *
   * @throws SaslFailure for whoever is not let in
   */
  respond(message: Buffer): Buffer | Promise<Buffer>
}

/** A way to log in. */
export interface SaslMechanism {
  /** As `SCRAM-SHA-256`. */
  readonly name: string
  begin(): SaslExchange
}

/** What a client is told that is not let in: the message, or that its credentials are not valid, or nothing at all. */
export type Telling = 'message' | 'not valid' | 'nothing'

/** Somebody is not let in. */
export class SaslFailure extends Error {
  readonly telling: Telling

  constructor(message: string, telling: Telling = 'not valid') {
    super(message)
    this.telling = telling
  }
}

/** A client may say whom it wants to act for; only itself will do. */
export function checkAuthorizationId(authorizationId: string, name: string): void {
  if (authorizationId === '' || authorizationId === name) return
  throw new SaslFailure('Authentication failed: a client can act for nobody but itself', 'message')
}
