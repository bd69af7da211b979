import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { FetchSession, keyOf, type SessionPartition } from './fetch-session.ts'

/** A request with this epoch asks for a new session; with an id, the session of that id is given up. */
const newSessionEpoch = 0
/** A request with this epoch ends the session, or asks for none. */
const finalSessionEpoch = -1
const noSession = 0
const largestInt32 = 2 ** 31 - 1
/** A session that was used within this time makes no room for another. */
const evictableAfterMs = 120_000

/** What a Fetch request says about its session. */
export interface SessionClaim {
  readonly sessionId: number
  readonly sessionEpoch: number
  /** Fetch 13 and above name topics by id; a session keeps to one way. */
  readonly byTopicId: boolean
  readonly partitions: readonly SessionPartition[]
  /** Keys, as `keyOf` makes them. */
  readonly forgotten: readonly string[]
}

/** What there is to fetch for a request, and what of it is to be told. */
export interface SessionPlan {
  readonly errorCode: number
  /** 0: the client is to remember no session. */
  readonly sessionId: number
  readonly partitions: Iterable<SessionPartition>
  /** Set for an incremental request, whose answer leaves out what has not changed; and for the first of a session. */
  readonly session: FetchSession | null
  readonly isIncremental: boolean
}

/** The incremental fetch sessions that one broker keeps for its clients (KIP-227). */
export class FetchSessions {
  /** The one used longest ago first. */
  readonly #sessions = new Map<number, FetchSession>()
  readonly #runtime: Runtime
  readonly #slots: number

  constructor(runtime: Runtime, slots: number) {
    this.#runtime = runtime
    this.#slots = slots
  }

  get size(): number {
    return this.#sessions.size
  }

  /** What there is in the session that a request goes on with; nothing when it goes on with none. */
  partitionsOf({ sessionId, sessionEpoch }: Pick<SessionClaim, 'sessionId' | 'sessionEpoch'>) {
    const session = sessionEpoch > newSessionEpoch ? this.#sessions.get(sessionId) : undefined
    return (session ?? []) as Iterable<SessionPartition>
  }

  plan(claim: SessionClaim): SessionPlan {
    const { sessionId, sessionEpoch } = claim
    if (sessionEpoch === newSessionEpoch || sessionEpoch === finalSessionEpoch) {
      if (sessionId !== noSession) this.#sessions.delete(sessionId)
      return sessionEpoch === finalSessionEpoch ? withoutSession(claim) : this.#begin(claim)
    }
    const session = this.#sessions.get(sessionId)
    if (session === undefined) return refused(ErrorCodes.FETCH_SESSION_ID_NOT_FOUND)
    if (session.epoch !== sessionEpoch) return refused(ErrorCodes.INVALID_FETCH_SESSION_EPOCH)
    if (session.byTopicId !== claim.byTopicId) return refused(ErrorCodes.FETCH_SESSION_TOPIC_ID_ERROR)
    session.update(claim.partitions, claim.forgotten)
    this.#sessions.delete(sessionId)
    if (session.size === 0) return { ...withoutSession(claim), partitions: [] }
    this.#touch(session)
    session.epoch = sessionEpoch === largestInt32 ? 1 : sessionEpoch + 1
    return { errorCode: ErrorCodes.NONE, sessionId, partitions: session, session, isIncremental: true }
  }

  #begin(claim: SessionClaim): SessionPlan {
    if (!this.#makeRoom()) return withoutSession(claim)
    const session = new FetchSession(this.#freeId(), claim.byTopicId)
    session.update(claim.partitions, [])
    this.#touch(session)
    const { id: sessionId } = session
    return { errorCode: ErrorCodes.NONE, sessionId, partitions: session, session, isIncremental: false }
  }

  #touch(session: FetchSession): void {
    session.lastUsedMs = this.#runtime.clock.monotonicMs()
    this.#sessions.set(session.id, session)
  }

  /** False when every slot has a session that is in use. */
  #makeRoom(): boolean {
    if (this.#sessions.size < this.#slots) return true
    const [oldest] = this.#sessions.values()
    if (oldest === undefined) return false
    if (oldest.lastUsedMs > this.#runtime.clock.monotonicMs() - evictableAfterMs) return false
    return this.#sessions.delete(oldest.id)
  }

  #freeId(): number {
    for (;;) {
      const id = 1 + Math.floor(this.#runtime.random.unit() * (largestInt32 - 1))
      if (!this.#sessions.has(id)) return id
    }
  }
}

function withoutSession(claim: SessionClaim): SessionPlan {
  // A partition that is named twice is fetched once, as its last mention says.
  const partitions = new Map(claim.partitions.map((partition) => [keyOf(partition), partition])).values()
  return {
    errorCode: ErrorCodes.NONE,
    sessionId: noSession,
    partitions: [...partitions],
    session: null,
    isIncremental: false,
  }
}

function refused(errorCode: number): SessionPlan {
  return { errorCode, sessionId: noSession, partitions: [], session: null, isIncremental: false }
}
