/** What one partition asks of a fetch. The session compares these values with the ones it sent last. */
export interface FetchTarget {
  /** `partitionKey(topic, partition)`. */
  readonly key: string
  readonly topic: string
  /** Kafka's 22-character form; the zero uuid when it is not known. */
  readonly topicId: string
  readonly partition: number
  readonly fetchOffset: bigint
  readonly leaderEpoch: number
}

/** What goes into the request: all of the session's fields of FetchRequest. */
export interface SessionRequest {
  sessionId: number
  sessionEpoch: number
  topics: SessionTopic[]
  forgottenTopicsData: { topic: string; topicId: string; partitions: number[] }[]
}

interface SessionTopic {
  topic: string
  topicId: string
  partitions: {
    partition: number
    fetchOffset: bigint
    currentLeaderEpoch: number
    partitionMaxBytes: number
  }[]
}

/** What the broker remembers of a partition, as far as we know. */
interface Remembered {
  topic: string
  topicId: string
  partition: number
  fetchOffset: bigint
  leaderEpoch: number
  /** The number of the build that last had it among its targets. */
  seenIn: number
}

/** A request with this epoch asks for a new session; with an id, the session of that id is given up. */
const newSessionEpoch = 0
/** A request with this epoch ends the session, or asks for none. */
const finalSessionEpoch = -1
const maxEpoch = 2 ** 31 - 1

/**
 * An incremental fetch session with one broker (KIP-227): the broker remembers the partitions that it was asked
 * for, so a request names only those that are new, changed or forgotten. Pure bookkeeping, no I/O.
 *
 *   none --accepted with an id--> open --accepted--> open (epoch + 1)
 *    ^                             |
 *    +--- lost: an error, or no id +
 *
 * The order is `build`, then exactly one of `accepted` and `lost`, then `build` again.
 */
export class FetchSession {
  #id = 0
  #epoch = newSessionEpoch
  #byTopicId = false
  #builds = 0
  readonly #remembered = new Map<string, Remembered>()

  /** The number of partitions that the broker remembers. */
  get size(): number {
    return this.#remembered.size
  }

  /**
   * The request that makes the session hold exactly `targets`. `byTopicId` says how topics are named (Fetch 13 and
   * above name them by id); a session keeps to one way, so a change starts a new one.
   */
  build(targets: readonly FetchTarget[], byTopicId: boolean, partitionMaxBytes: number): SessionRequest {
    if (byTopicId !== this.#byTopicId) {
      this.#byTopicId = byTopicId
      this.lost()
    }
    if (this.#epoch === newSessionEpoch) this.#remembered.clear()
    this.#builds += 1
    const topics = new Map<string, SessionTopic>()
    const forgotten: Remembered[] = []
    for (const target of targets) {
      if (!this.#remember(target, forgotten)) continue
      const identity = byTopicId ? target.topicId : target.topic
      let topic = topics.get(identity)
      if (topic === undefined) {
        topic = { topic: target.topic, topicId: target.topicId, partitions: [] }
        topics.set(identity, topic)
      }
      topic.partitions.push({
        partition: target.partition,
        fetchOffset: target.fetchOffset,
        currentLeaderEpoch: target.leaderEpoch,
        partitionMaxBytes,
      })
    }
    if (this.#remembered.size > targets.length) this.#forgetUnseen(forgotten)
    return {
      sessionId: this.#id,
      sessionEpoch: this.#epoch,
      topics: [...topics.values()],
      forgottenTopicsData: groupForgotten(forgotten),
    }
  }

  /** The broker answered without an error of the session. `sessionId` 0: it keeps no session for us. */
  accepted(sessionId: number): void {
    if (sessionId === 0) {
      this.#id = 0
      this.#epoch = newSessionEpoch
      return
    }
    this.#id = sessionId
    this.#epoch = this.#epoch === maxEpoch ? 1 : this.#epoch + 1
  }

  /**
   * The last request failed, so what the broker remembers is not known: the next one starts over. It names the old
   * id, by which the broker drops that session, unless `gone` says that it has none.
   */
  lost(gone = false): void {
    if (gone) this.#id = 0
    this.#epoch = newSessionEpoch
  }

  /** The request that ends the session, or undefined when there is none. No `accepted` or `lost` follows it. */
  end(): SessionRequest | undefined {
    if (this.#id === 0) return undefined
    const request = {
      sessionId: this.#id,
      sessionEpoch: finalSessionEpoch,
      topics: [],
      forgottenTopicsData: [],
    }
    this.#id = 0
    this.#epoch = newSessionEpoch
    return request
  }

  /** False when the broker knows all this already. A new topic of an old name makes the old one forgotten. */
  #remember(target: FetchTarget, forgotten: Remembered[]): boolean {
    const { key, topic, topicId, partition, fetchOffset, leaderEpoch } = target
    const known = this.#remembered.get(key)
    if (known === undefined || (this.#byTopicId && known.topicId !== topicId)) {
      if (known !== undefined) forgotten.push(known)
      this.#remembered.set(key, { topic, topicId, partition, fetchOffset, leaderEpoch, seenIn: this.#builds })
      return true
    }
    known.seenIn = this.#builds
    if (known.fetchOffset === fetchOffset && known.leaderEpoch === leaderEpoch) return false
    known.fetchOffset = fetchOffset
    known.leaderEpoch = leaderEpoch
    return true
  }

  #forgetUnseen(forgotten: Remembered[]): void {
    for (const [key, known] of this.#remembered) {
      if (known.seenIn === this.#builds) continue
      this.#remembered.delete(key)
      forgotten.push(known)
    }
  }
}

function groupForgotten(forgotten: readonly Remembered[]): SessionRequest['forgottenTopicsData'] {
  const topics = new Map<string, { topic: string; topicId: string; partitions: number[] }>()
  for (const { topic, topicId, partition } of forgotten) {
    const key = `${topic} ${topicId}`
    const entry = topics.get(key)
    if (entry === undefined) topics.set(key, { topic, topicId, partitions: [partition] })
    else entry.partitions.push(partition)
  }
  return [...topics.values()]
}
