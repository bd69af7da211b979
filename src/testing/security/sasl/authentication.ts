import { ErrorCodes } from '../../../protocol/error-codes.ts'
import { decodeRequestHeader, encodeResponseFrame, type ReceivedHeader } from '../../../protocol/frame.ts'
import type { Api, Draft } from '../../../protocol/message.ts'
import { SaslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { SaslHandshake } from '../../../protocol/messages/sasl-handshake.ts'
import { Reader } from '../../../protocol/reader.ts'
import type { Clock, Logger } from '../../../runtime/runtime.ts'
import { thenCut } from '../../faults/deliveries.ts'
import type { Reply } from '../../server/reply.ts'
import { anonymous, type Identity } from '../identity.ts'
import { type SaslExchange, SaslFailure, type SaslMechanism } from './mechanism.ts'

/** How a listener lets clients in. */
export interface SaslSetup {
  readonly mechanisms: ReadonlyMap<string, SaslMechanism>
  /** How long a login holds, in milliseconds; Infinity: as long as the connection. */
  readonly maxReauthMs: number
}

export interface AuthenticationParts {
  readonly setup: SaslSetup
  readonly clock: Clock
  readonly logger: Logger
  /** The answer to a request that may not be sent now; undefined for one that there is not. */
  refuse(frame: Buffer, errorCode: number): Buffer[] | undefined
  /** Answers ApiVersions, which may be asked before anything else. */
  dispatch(frame: Buffer): Reply | Promise<Reply>
  /** Has a request of the login handled, unless it meets a rule that makes something go wrong. */
  unlessFaulty(frame: Buffer, handle: () => Reply | Promise<Reply>): Reply | Promise<Reply>
}

const apiVersionsKey = 18
/** `sasl.server.max.receive.size`: who is not let in yet sends no more at a time. */
const maxMessageBytes = 524288
/** Who logs in again does so no more often than this. */
const minReauthenticationMs = 1000
const handshakeVersions = [0, 1]
const authenticateVersions = [0, 2]
const firstVersionWithLifetime = 1

type State = 'new' | 'versions told' | 'exchanging' | 'mechanism changed' | 'authenticated' | 'over'

const moves: Readonly<Record<State, readonly State[]>> = {
  new: ['versions told', 'exchanging', 'over'],
  'versions told': ['exchanging', 'over'],
  exchanging: ['authenticated', 'over'],
  authenticated: ['exchanging', 'mechanism changed', 'over'],
  'mechanism changed': ['over'],
  over: [],
}

/**
 * The login of one connection, as Kafka's listeners do it (KIP-43, KIP-152, KIP-368).
 *
 *   new --ApiVersions--> versions told --SaslHandshake--> exchanging --the last message--> authenticated
 *    |                                                    ^      ^                          |        |
 *    +----------------------SaslHandshake-----------------+      +--SaslHandshake again-----+        |
 *                                                                                                    |
 *   over <--SaslAuthenticate-- mechanism changed <--SaslHandshake again, with another mechanism------+
 *
 *   any --something out of turn, or nobody's credentials, or the time is over--> over
 */
export class Authentication {
  readonly #parts: AuthenticationParts
  #state: State = 'new'
  #identity: Identity = anonymous
  #mechanism: SaslMechanism | undefined
  #exchange: SaslExchange | undefined
  /** After SaslHandshake v0 the messages of the mechanism come as they are, after v1 in SaslAuthenticate. */
  #isFramed = false
  /** By the monotonic clock; Infinity: nobody has to log in again. */
  #endsAtMs = Number.POSITIVE_INFINITY
  #reauthenticatedAtMs = Number.NEGATIVE_INFINITY

  constructor(parts: AuthenticationParts) {
    this.#parts = parts
  }

  get identity(): Identity {
    return this.#identity
  }

  /**
   * Takes a request that has to do with the login. Undefined: it has nothing to do with it, and may be handled.
   *
   * @throws ProtocolError for a request that cannot be read
   */
  take(frame: Buffer): Reply | Promise<Reply> | undefined {
    if (this.#state === 'authenticated') return this.#takeLater(frame)
    if (frame.length > maxMessageBytes) return this.#end('sent too much before it was let in')
    if (this.#state === 'exchanging' && !this.#isFramed) return this.#takeMessage(frame)
    const reader = new Reader(frame)
    const header = decodeRequestHeader(reader)
    if (this.#state === 'exchanging')
      return this.#parts.unlessFaulty(frame, () => this.#takeFramed(frame, reader, header))
    if (this.#state === 'mechanism changed') return this.#end('logged in again with another mechanism')
    if (header.apiKey === SaslHandshake.key)
      return this.#parts.unlessFaulty(frame, () => this.#takeHandshake(reader, header))
    if (header.apiKey === apiVersionsKey && this.#state === 'new') return this.#tellVersions(frame)
    return this.#end(`sent a request with the key ${header.apiKey} before it was let in`)
  }

  #move(to: State): void {
    if (!moves[this.#state].includes(to)) throw new Error(`a login cannot go from ${this.#state} to ${to}`)
    this.#state = to
  }

  // --- before ---

  async #tellVersions(frame: Buffer): Promise<Reply> {
    const reply = await this.#parts.dispatch(frame)
    // The error code comes behind the length and the correlation id, in every version.
    if (Array.isArray(reply) && Buffer.concat(reply).readInt16BE(8) === ErrorCodes.NONE)
      this.#move('versions told')
    return reply
  }

  #takeHandshake(reader: Reader, header: ReceivedHeader): Reply {
    const { version } = header
    if (!isWithin(version, handshakeVersions)) return this.#end(`sent SaslHandshake in version ${version}`)
    const { mechanism: name } = SaslHandshake.request.decode(reader, version)
    const { mechanisms } = this.#parts.setup
    const mechanism = mechanisms.get(name)
    const names = [...mechanisms.keys()]
    if (mechanism === undefined) {
      const answer = { errorCode: ErrorCodes.UNSUPPORTED_SASL_MECHANISM, mechanisms: names }
      return this.#endWith(SaslHandshake, header, answer, `asked for the mechanism ${name}`)
    }
    if (this.#mechanism === undefined || this.#mechanism === mechanism) {
      this.#move('exchanging')
      this.#mechanism = mechanism
      this.#exchange = mechanism.begin()
    } else {
      this.#move('mechanism changed')
    }
    this.#isFramed = version >= 1
    return encodeResponseFrame(SaslHandshake, version, header.correlationId, { mechanisms: names })
  }

  // --- meanwhile ---

  async #takeMessage(message: Buffer): Promise<Reply> {
    try {
      const answer = await this.#exchange!.respond(message)
      if (this.#exchange!.login !== undefined) this.#letIn()
      const length = Buffer.alloc(4)
      length.writeInt32BE(answer.length)
      return [length, answer]
    } catch (error) {
      if (!(error instanceof SaslFailure)) throw error
      return this.#end(error.message)
    }
  }

  async #takeFramed(frame: Buffer, reader: Reader, header: ReceivedHeader): Promise<Reply> {
    const { apiKey, version } = header
    if (apiKey !== SaslAuthenticate.key) return this.#refuseOther(frame, apiKey)
    if (!isWithin(version, authenticateVersions)) {
      return this.#end(`sent SaslAuthenticate in version ${version}`)
    }
    const { authBytes } = SaslAuthenticate.request.decode(reader, version)
    try {
      const answer = await this.#exchange!.respond(authBytes)
      const lifetimeMs = this.#exchange!.login === undefined ? 0 : this.#letIn()
      return encodeResponseFrame(SaslAuthenticate, version, header.correlationId, {
        errorMessage: '',
        authBytes: answer,
        ...(version >= firstVersionWithLifetime && { sessionLifetimeMs: BigInt(lifetimeMs) }),
      })
    } catch (error) {
      if (!(error instanceof SaslFailure)) throw error
      const { name } = this.#mechanism!
      if (error.telling === 'nothing') return this.#end(error.message)
      const told =
        error.telling === 'message'
          ? error.message
          : `Authentication failed during authentication due to invalid credentials with SASL mechanism ${name}`
      return this.#fail(header, told, error.message)
    }
  }

  /** Another request comes in the place of a message: it is told so, and no more is heard. */
  #refuseOther(frame: Buffer, apiKey: number): Reply {
    this.#end(`sent a request with the key ${apiKey} while it logged in`)
    const answer = this.#parts.refuse(frame, ErrorCodes.ILLEGAL_SASL_STATE)
    return answer === undefined ? 'hang up' : thenCut(Buffer.concat(answer))
  }

  /** @returns for how long, in milliseconds; 0: for as long as it likes */
  #letIn(): number {
    const login = this.#exchange!.login!
    if (this.#identity !== anonymous && this.#identity.principal !== login.principal) {
      const what = `${this.#identity.principal} cannot become ${login.principal}`
      throw new SaslFailure(`Authentication failed: ${what}`, 'message')
    }
    const { setup, clock } = this.#parts
    this.#identity = login
    this.#exchange = undefined
    this.#move('authenticated')
    const lifetimeMs = Math.min(setup.maxReauthMs, Math.max(0, login.expiresAtMs - clock.now()))
    this.#endsAtMs = clock.monotonicMs() + lifetimeMs
    return Number.isFinite(lifetimeMs) ? lifetimeMs : 0
  }

  // --- afterwards ---

  #takeLater(frame: Buffer): Reply | Promise<Reply> | undefined {
    if (this.#endsAtMs === Number.POSITIVE_INFINITY) return undefined
    const nowMs = this.#parts.clock.monotonicMs()
    if (frame.length >= 2 && frame.readInt16BE(0) === SaslHandshake.key) {
      if (nowMs - this.#reauthenticatedAtMs >= minReauthenticationMs) {
        this.#reauthenticatedAtMs = nowMs
        const reader = new Reader(frame)
        const header = decodeRequestHeader(reader)
        return this.#parts.unlessFaulty(frame, () => this.#takeHandshake(reader, header))
      }
    }
    return nowMs > this.#endsAtMs ? this.#end('did not log in again in time') : undefined
  }

  // --- the end ---

  #fail(header: ReceivedHeader, errorMessage: string, why = errorMessage): Reply {
    const answer = { errorCode: ErrorCodes.SASL_AUTHENTICATION_FAILED, errorMessage }
    return this.#endWith(SaslAuthenticate, header, answer, why)
  }

  #endWith<Response>(
    api: Pick<Api<unknown, Response>, 'response'>,
    { version, correlationId }: ReceivedHeader,
    answer: Draft<Response>,
    why: string,
  ): Reply {
    this.#end(why)
    return thenCut(Buffer.concat(encodeResponseFrame(api, version, correlationId, answer)))
  }

  #end(why: string): Reply {
    this.#move('over')
    const mechanism = this.#mechanism?.name
    this.#parts.logger.info({ mechanism, why }, `a client is not let in: ${why}`)
    return 'hang up'
  }
}

function isWithin(version: number, [lowest, highest]: readonly number[]): boolean {
  return version >= lowest && version <= highest
}
