import { type RetryPolicy, retrying } from '../../cluster/index.ts'
import { KafkaError } from '../../errors.ts'
import { Deadline } from '../../runtime/deadline.ts'
import type { Runtime, Timer } from '../../runtime/runtime.ts'
import { asKafkaError } from '../failures.ts'
import type { PartitionState } from '../fetch/partition.ts'
import { partitionKey } from '../topic-partition.ts'
import type { GroupOffsets, OffsetToCommit } from './group-offsets.ts'
import type { GroupIdentity } from './heartbeat.ts'

export interface CommitterOptions {
  runtime: Runtime
  policy: RetryPolicy
  offsets: GroupOffsets
  /** By `partitionKey`. */
  partitions: ReadonlyMap<string, PartitionState>
  /**
   * Who commits: a member in its generation; `'nobody'` for a consumer that chose its partitions itself; undefined
   * while the member has no generation, when a commit could only be refused.
   */
  identity: () => GroupIdentity | 'nobody' | undefined
  /** Brings the processed offsets up to date. */
  sync: () => void
  /** An automatic commit failed; the next one tries again. */
  onFailure: (error: KafkaError) => void
}

export interface CommitOptions {
  deadline: Deadline
  signal?: AbortSignal
}

/** An automatic commit has this long, so that it does not fall behind for ever. */
const autoCommitTimeoutMs = 30_000

/** Commits what has been processed. Commits follow each other, so that an older one never overtakes a newer one. */
export class Committer {
  readonly #options: CommitterOptions
  #last: Promise<unknown> = Promise.resolve()
  #timer: Timer | undefined

  constructor(options: CommitterOptions) {
    this.#options = options
  }

  /** Commits every `intervalMs` from now on. */
  start(intervalMs: number): void {
    const { runtime, onFailure } = this.#options
    this.#timer = runtime.timers.after(intervalMs, async () => {
      const timer = this.#timer
      if (this.#options.identity() !== undefined) {
        const deadline = Deadline.in(runtime.clock, autoCommitTimeoutMs)
        await this.commitProcessed({ deadline }).catch((error) => onFailure(asKafkaError(error)))
      }
      if (this.#timer === timer) this.start(intervalMs)
    })
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Commits the processed offset of every partition whose committed one is another. */
  commitProcessed(options: CommitOptions): Promise<void> {
    return this.#inTurn(() => {
      this.#options.sync()
      const offsets: OffsetToCommit[] = []
      for (const {
        topic,
        partition,
        processed,
        processedEpoch,
        committed,
      } of this.#options.partitions.values()) {
        if (processed === -1n || processed === committed) continue
        offsets.push({ topic, partition, offset: processed, leaderEpoch: processedEpoch })
      }
      return this.#commit(offsets, options)
    })
  }

  commit(offsets: readonly OffsetToCommit[], options: CommitOptions): Promise<void> {
    return this.#inTurn(() => this.#commit(offsets, options))
  }

  #inTurn(commit: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(commit)
    this.#last = turn.catch(() => {})
    return turn
  }

  async #commit(offsets: readonly OffsetToCommit[], { deadline, signal }: CommitOptions): Promise<void> {
    const { runtime, policy } = this.#options
    let left = offsets
    if (left.length === 0) return
    await retrying({ runtime, policy, deadline, signal, what: 'commit' }, async () => {
      const refused = await this.#options.offsets.commit(left, this.#identity(), signal)
      this.#learn(left.filter((offset) => !refused.has(partitionKey(offset.topic, offset.partition))))
      if (refused.size === 0) return
      left = left.filter((offset) => refused.has(partitionKey(offset.topic, offset.partition)))
      const errors = [...refused.values()]
      throw errors.find((error) => !error.retriable) ?? errors[0]
    })
  }

  #identity(): GroupIdentity | undefined {
    const identity = this.#options.identity()
    if (identity === undefined)
      throw new KafkaError(
        'REBALANCE_IN_PROGRESS',
        'commit refused: the group rebalances, and this consumer holds no partitions that it could commit for; ' +
          'what it had processed by then was committed when they were revoked, unless they were lost',
      )
    return identity === 'nobody' ? undefined : identity
  }

  #learn(committed: readonly OffsetToCommit[]): void {
    for (const { topic, partition, offset } of committed) {
      const state = this.#options.partitions.get(partitionKey(topic, partition))
      if (state !== undefined) state.committed = offset
    }
  }
}
