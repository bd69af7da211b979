import { ErrorCodes } from '../../../protocol/error-codes.ts'
import { areEqualSecrets, hmac } from '../../../runtime/crypto.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { TokenLogin } from '../sasl/scram.ts'
import {
  credentialOf,
  type ScramCredential,
  type ScramName,
  scramMechanisms,
} from '../sasl/scram-credentials.ts'
import { type DelegationToken, isOwnerOrRenewer } from './delegation-token.ts'

export interface TokenSettings {
  /** `delegation.token.max.lifetime.ms` */
  readonly maxLifetimeMs: number
  /** `delegation.token.expiry.time.ms` */
  readonly renewalMs: number
}

/** Beyond so many tokens no more are made. */
const maxTokens = 10_000
const secretBytes = 32

/** What came of an attempt to renew or end a token. */
export interface TokenOutcome {
  readonly errorCode: number
  /** 0 with an error. */
  readonly expiryTimestampMs: number
}

/** The delegation tokens of a cluster. One that has expired is gone. */
export class DelegationTokens {
  readonly #runtime: Runtime
  readonly #settings: TokenSettings
  readonly #secret: Buffer
  readonly #byId = new Map<string, DelegationToken>()

  constructor(runtime: Runtime, settings: TokenSettings) {
    this.#runtime = runtime
    this.#settings = settings
    this.#secret = runtime.random.bytes(secretBytes)
  }

  /** Those that have not expired. */
  all(): DelegationToken[] {
    const nowMs = this.#runtime.clock.now()
    for (const [id, { expiresAtMs }] of this.#byId) if (expiresAtMs <= nowMs) this.#byId.delete(id)
    return [...this.#byId.values()]
  }

  /**
   * Makes a token, or undefined when there are too many.
   *
   * @param wantedMs how long it may be renewed for; below 0: as long as the broker lets it
   */
  async create(
    owner: string,
    requester: string,
    renewers: readonly string[],
    wantedMs: number,
  ): Promise<DelegationToken | undefined> {
    if (this.all().length >= maxTokens) return undefined
    const { maxLifetimeMs, renewalMs } = this.#settings
    const issuedAtMs = this.#runtime.clock.now()
    const endsAtMs = issuedAtMs + (wantedMs < 0 ? maxLifetimeMs : Math.min(wantedMs, maxLifetimeMs))
    const tokenId = this.#runtime.random.bytes(16).toString('base64url')
    const mac = hmac('sha512', this.#secret, tokenId)
    const token = {
      tokenId,
      owner,
      requester,
      renewers,
      hmac: mac,
      issuedAtMs,
      endsAtMs,
      expiresAtMs: Math.min(endsAtMs, issuedAtMs + renewalMs),
      credentials: await this.#credentials(mac.toString('base64')),
    }
    this.#byId.set(tokenId, token)
    return token
  }

  /** @param periodMs from now; below 0: as long as the broker's settings say */
  renew(mac: Buffer, principal: string, periodMs: number): TokenOutcome {
    return this.#change(mac, principal, (token, nowMs) => {
      const wantedMs = nowMs + (periodMs < 0 ? this.#settings.renewalMs : periodMs)
      return Math.min(token.endsAtMs, wantedMs)
    })
  }

  /** @param periodMs from now; below 0: at once */
  expire(mac: Buffer, principal: string, periodMs: number): TokenOutcome {
    return this.#change(mac, principal, (token, nowMs) =>
      periodMs < 0 ? nowMs : Math.min(token.endsAtMs, nowMs + periodMs),
    )
  }

  login(mechanism: ScramName, tokenId: string): TokenLogin | undefined {
    const token = this.#byId.get(tokenId)
    if (token === undefined || token.expiresAtMs <= this.#runtime.clock.now()) return undefined
    const { credentials, owner, expiresAtMs } = token
    return { credential: credentials.get(mechanism)!, ownerPrincipal: owner, expiresAtMs }
  }

  #change(
    mac: Buffer,
    principal: string,
    expiry: (token: DelegationToken, nowMs: number) => number,
  ): TokenOutcome {
    const failed = (errorCode: number) => ({ errorCode, expiryTimestampMs: 0 })
    const token = [...this.#byId.values()].find((one) => areEqualSecrets(one.hmac, mac))
    if (token === undefined) return failed(ErrorCodes.DELEGATION_TOKEN_NOT_FOUND)
    if (!isOwnerOrRenewer(token, principal)) return failed(ErrorCodes.DELEGATION_TOKEN_OWNER_MISMATCH)
    const nowMs = this.#runtime.clock.now()
    if (token.endsAtMs < nowMs || token.expiresAtMs < nowMs) {
      return failed(ErrorCodes.DELEGATION_TOKEN_EXPIRED)
    }
    const expiresAtMs = expiry(token, nowMs)
    if (expiresAtMs <= nowMs) this.#byId.delete(token.tokenId)
    else this.#byId.set(token.tokenId, { ...token, expiresAtMs })
    return { errorCode: ErrorCodes.NONE, expiryTimestampMs: expiresAtMs }
  }

  async #credentials(password: string): Promise<ReadonlyMap<ScramName, ScramCredential>> {
    const names = Object.keys(scramMechanisms) as ScramName[]
    const credentials = names.map((name) => credentialOf(this.#runtime, scramMechanisms[name].hash, password))
    return new Map((await Promise.all(credentials)).map((credential, index) => [names[index], credential]))
  }
}
