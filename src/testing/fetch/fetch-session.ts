/** A partition as a Fetch request asks for it. */
export interface SessionPartition {
  /** Empty when the topic is named by its id. */
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly fetchOffset: number
  readonly maxBytes: number
  /** -1: not said. */
  readonly currentLeaderEpoch: number
  readonly lastFetchedEpoch: number
  /** The name that the topic's id was found to stand for; empty until then. */
  resolvedName: string
}

export function keyOf(named: Pick<SessionPartition, 'topic' | 'topicId' | 'partition'>): string {
  return `${named.topicId}/${named.topic}/${named.partition}`
}

/** What the client was last told of a partition. */
interface Told {
  highWatermark: bigint
  logStartOffset: bigint
}

/** What the answer to a fetch says of one partition. */
export interface PartitionNews {
  readonly errorCode: number
  /** -1 with an error, so that the partition is news once the error is gone. */
  readonly highWatermark: bigint
  readonly logStartOffset: bigint
  readonly hasRecords: boolean
  readonly hasDiverged: boolean
}

/**
 * One incremental fetch session: the partitions that a client fetches, in the order in which they are served, and
 * what it was last told of each.
 */
export class FetchSession {
  readonly id: number
  readonly byTopicId: boolean
  /** The epoch that the next request has to carry. */
  epoch = 1
  lastUsedMs = 0
  readonly #partitions = new Map<string, { wanted: SessionPartition; told: Told }>()

  constructor(id: number, byTopicId: boolean) {
    this.id = id
    this.byTopicId = byTopicId
  }

  get size(): number {
    return this.#partitions.size
  }

  *[Symbol.iterator](): Generator<SessionPartition> {
    for (const { wanted } of [...this.#partitions.values()]) yield wanted
  }

  /** Takes over what a request adds, changes and forgets. */
  update(partitions: readonly SessionPartition[], forgotten: readonly string[]): void {
    for (const wanted of partitions) {
      const key = keyOf(wanted)
      const known = this.#partitions.get(key)
      if (known === undefined) {
        this.#partitions.set(key, { wanted, told: { highWatermark: -1n, logStartOffset: -1n } })
      } else {
        wanted.resolvedName = known.wanted.resolvedName
        known.wanted = wanted
      }
    }
    for (const key of forgotten) this.#partitions.delete(key)
  }

  /**
   * Whether an incremental answer has to name the partition; what it says is remembered.
   *
   * @param isIncremental whether this is such an answer, or the first of the session
   */
  isNews(partition: SessionPartition, news: PartitionNews, isIncremental: boolean): boolean {
    const key = keyOf(partition)
    const known = this.#partitions.get(key)
    if (known === undefined) return true
    const { told } = known
    let isNews = news.hasRecords || news.hasDiverged || news.errorCode !== 0
    if (told.highWatermark !== news.highWatermark || told.logStartOffset !== news.logStartOffset) {
      isNews = true
      told.highWatermark = news.highWatermark
      told.logStartOffset = news.logStartOffset
    }
    if (news.hasRecords && isIncremental) {
      // Served, so the others go first next time.
      this.#partitions.delete(key)
      this.#partitions.set(key, known)
    }
    return isNews
  }
}
