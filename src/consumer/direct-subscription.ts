import type { Cluster } from '../cluster/index.ts'
import type { KafkaError } from '../errors.ts'
import { sleep } from '../runtime/sleep.ts'
import { asKafkaError } from './failures.ts'
import type { StartPosition } from './options.ts'
import type { TopicPartition } from './topic-partition.ts'

export interface DirectSubscriptionOptions {
  topics: readonly string[]
  /** Partitions that come to be later are left alone. */
  fixed: boolean
  /** These are to be read, too. `from` is given for partitions that were not there at the start. */
  onFound: (partitions: TopicPartition[], from?: StartPosition) => void
  onFailure: (error: KafkaError) => void
}

/** A topic that we may not read, or that cannot be, is asked about again after this long. */
const refusedPauseMs = 5_000

/**
 * All partitions of some topics, without a group: those that are there, and those that come to be while they are read.
 * A topic that does not exist yet is waited for, and reported whenever that has taken a minute.
 */
export class DirectSubscription {
  readonly #cluster: Cluster
  readonly #options: DirectSubscriptionOptions
  readonly #abort = new AbortController()
  /** How many partitions of each topic are read. */
  readonly #counts = new Map<string, number>()
  #unsubscribe: (() => void) | undefined

  constructor(cluster: Cluster, options: DirectSubscriptionOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  /** Resolves when every topic was found. Never rejects. */
  async start(): Promise<void> {
    if (!this.#options.fixed) this.#unsubscribe = this.#cluster.onMetadata(() => this.#lookForMore())
    await Promise.all(this.#options.topics.map((topic) => this.#find(topic)))
  }

  stop(): void {
    this.#abort.abort()
    this.#unsubscribe?.()
  }

  async #find(name: string): Promise<void> {
    const { signal } = this.#abort
    while (!signal.aborted) {
      try {
        const [topic] = await this.#cluster.topics([name], { signal })
        if (signal.aborted) return
        this.#counts.set(name, topic.partitions.length)
        this.#options.onFound(partitionsOf(name, 0, topic.partitions.length))
        return
      } catch (cause) {
        if (signal.aborted) return
        const error = asKafkaError(cause)
        this.#options.onFailure(error)
        // One that could not be found has been asked about for a minute already.
        if (!error.retriable)
          await sleep(this.#cluster.runtime.timers, refusedPauseMs, signal).catch(() => {})
      }
    }
  }

  /** What was written to a new partition before we noticed it is new, so it is read from its beginning. */
  #lookForMore(): void {
    for (const [name, count] of this.#counts) {
      const now = this.#cluster.topic(name)?.partitions.length ?? 0
      if (now <= count) continue
      this.#counts.set(name, now)
      this.#options.onFound(partitionsOf(name, count, now), 'earliest')
    }
  }
}

function partitionsOf(topic: string, from: number, to: number): TopicPartition[] {
  return Array.from({ length: to - from }, (_, index) => ({ topic, partition: from + index }))
}
