import { ErrorCodes } from '../../protocol/error-codes.ts'

/** A request with this epoch opens a session; one that was open is forgotten. */
export const openingEpoch = 0
/** A request with this epoch closes the session. */
export const closingEpoch = -1
const largestInt32 = 2 ** 31 - 1

export interface SessionPartition {
  readonly topicId: string
  readonly partition: number
}

/** The partitions that a member of a share group reads from one broker. */
export class ShareSession {
  readonly groupId: string
  readonly memberId: string
  /** The epoch that the next request has to carry. */
  nextEpoch = 1
  readonly #partitions = new Map<string, SessionPartition>()

  constructor(groupId: string, memberId: string) {
    this.groupId = groupId
    this.memberId = memberId
  }

  add(partitions: readonly SessionPartition[]): void {
    for (const partition of partitions) this.#partitions.set(keyOf(partition), partition)
  }

  forget(partitions: readonly SessionPartition[]): void {
    for (const partition of partitions) this.#partitions.delete(keyOf(partition))
  }

  get partitions(): readonly SessionPartition[] {
    return [...this.#partitions.values()]
  }

  /** All partitions, beginning with another one in each epoch, so that each has its turn. */
  partitionsOf(epoch: number): readonly SessionPartition[] {
    const partitions = [...this.#partitions.values()]
    const first = partitions.length === 0 ? 0 : epoch % partitions.length
    return [...partitions.slice(first), ...partitions.slice(0, first)]
  }
}

/** A session, or why there is none. */
export interface FoundSession {
  readonly errorCode: number
  readonly session: ShareSession | undefined
}

/** The share sessions of one broker. */
export class ShareSessions {
  readonly #sessions = new Map<string, ShareSession>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#sessions.size
  }

  open(groupId: string, memberId: string): FoundSession {
    const key = sessionKey(groupId, memberId)
    if (!this.#sessions.has(key) && this.#sessions.size >= this.#most) {
      return { errorCode: ErrorCodes.SHARE_SESSION_LIMIT_REACHED, session: undefined }
    }
    const session = new ShareSession(groupId, memberId)
    this.#sessions.set(key, session)
    return { errorCode: ErrorCodes.NONE, session }
  }

  /** The open session, moved on to its next epoch; or, by the closing epoch, for the last time. */
  use(groupId: string, memberId: string, epoch: number): FoundSession {
    const session = this.#sessions.get(sessionKey(groupId, memberId))
    if (session === undefined) return { errorCode: ErrorCodes.SHARE_SESSION_NOT_FOUND, session }
    if (epoch === closingEpoch) {
      this.close(session)
    } else if (epoch !== session.nextEpoch) {
      return { errorCode: ErrorCodes.INVALID_SHARE_SESSION_EPOCH, session: undefined }
    } else {
      session.nextEpoch = epoch === largestInt32 ? 1 : epoch + 1
    }
    return { errorCode: ErrorCodes.NONE, session }
  }

  /** False when it was closed before, or another one has taken its place. */
  close(session: ShareSession): boolean {
    const key = sessionKey(session.groupId, session.memberId)
    return this.#sessions.get(key) === session && this.#sessions.delete(key)
  }
}

function keyOf({ topicId, partition }: SessionPartition): string {
  return `${topicId}/${partition}`
}

function sessionKey(groupId: string, memberId: string): string {
  return `${groupId}\n${memberId}`
}
