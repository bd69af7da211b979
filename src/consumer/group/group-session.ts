import { type Cluster, RetryPolicy, retrying } from '../../cluster/index.ts'
import { KafkaError } from '../../errors.ts'
import { Deadline } from '../../runtime/deadline.ts'
import { asKafkaError } from '../failures.ts'
import type { Fetcher } from '../fetch/fetcher.ts'
import type { PartitionState } from '../fetch/partition.ts'
import type { Handout } from '../handout.ts'
import type { ConsumerSettings } from '../options.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { rangeAssignor } from './assignors/range.ts'
import { ClassicMembership } from './classic-membership.ts'
import { type CommitOptions, Committer } from './committer.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import { type CommittedOffset, GroupOffsets, type OffsetToCommit } from './group-offsets.ts'
import { GroupSubscription } from './group-subscription.ts'

/** Who a consumer is in its group: what a transaction needs to commit the consumer's offsets with its own records. */
export interface GroupMetadata {
  groupId: string
  /** Empty while the consumer is no member. */
  memberId: string
  /** -1 while the consumer is no member. */
  generationId: number
  groupInstanceId: string | null
}

export interface GroupSessionParts {
  cluster: Cluster
  settings: ConsumerSettings
  groupId: string
  fetcher: Fetcher
  handout: Handout
  makePartition: (partition: TopicPartition) => PartitionState
  /** Something failed and is tried again, or was for nothing; the group's machines know what to do. */
  onTrouble: (error: KafkaError) => void
  /** Something failed that only the application can do something about. */
  onFailure: (error: KafkaError) => void
}

/** How long closing waits for the last commit. */
const closingCommitMs = 5_000

/**
 * All that a consumer does with its group. With topics it is a member, which is given partitions; with partitions of
 * its own choice it only commits.
 */
export class GroupSession {
  readonly #parts: GroupSessionParts
  readonly #policy: RetryPolicy
  readonly #coordinator: GroupCoordinator
  readonly #offsets: GroupOffsets
  readonly #committer: Committer
  readonly #subscription: GroupSubscription
  /** Undefined for a consumer that chose its partitions itself. */
  readonly #membership: ClassicMembership | undefined

  constructor(parts: GroupSessionParts) {
    const { cluster, settings, groupId, fetcher, handout, makePartition, onTrouble } = parts
    const { runtime } = cluster
    this.#parts = parts
    this.#policy = retryPolicyOf(cluster)
    this.#coordinator = new GroupCoordinator(cluster, groupId)
    this.#offsets = new GroupOffsets(this.#coordinator)
    this.#committer = new Committer({
      runtime,
      policy: this.#policy,
      offsets: this.#offsets,
      partitions: fetcher.partitions,
      identity: () => (this.#membership === undefined ? 'nobody' : this.#membership.identity()),
      sync: () => handout.sync(),
      onFailure: (error) => this.#commitFailed(error),
    })
    const committer = this.#committer
    this.#subscription = new GroupSubscription({
      runtime,
      settings,
      fetcher,
      handout,
      committer,
      makePartition,
      onTrouble,
    })
    if (settings.topics.length === 0) return
    this.#membership = new ClassicMembership(cluster, this.#coordinator, this.#subscription, {
      topics: settings.topics,
      groupInstanceId: settings.groupInstanceId,
      rack: settings.rack,
      sessionTimeoutMs: settings.sessionTimeoutMs,
      heartbeatIntervalMs: settings.heartbeatIntervalMs,
      rebalanceTimeoutMs: settings.rebalanceTimeoutMs,
      assignors: [rangeAssignor],
      retryDelayMs: (attempts) => this.#policy.delayMs(attempts),
    })
  }

  /** Joins the group, where that is wanted, and begins to commit. */
  start(): void {
    const { autoCommit, autoCommitIntervalMs } = this.#parts.settings
    if (autoCommit) this.#committer.start(autoCommitIntervalMs)
    this.#membership?.start()
  }

  metadata(): GroupMetadata {
    const { groupId, settings } = this.#parts
    const identity = this.#membership?.identity()
    return {
      groupId,
      memberId: identity?.memberId ?? '',
      generationId: identity?.generationId ?? -1,
      groupInstanceId: settings.groupInstanceId,
    }
  }

  /** Commits these offsets, or what was processed. Retries within the deadline. */
  commit(offsets: readonly OffsetToCommit[] | undefined, options: CommitOptions): Promise<void> {
    return offsets === undefined
      ? this.#committer.commitProcessed(options)
      : this.#committer.commit(offsets, options)
  }

  /** What the group has committed, with errors in their places. One attempt. */
  fetchCommitted(
    partitions: readonly TopicPartition[],
    signal?: AbortSignal,
  ): Promise<Map<string, CommittedOffset | KafkaError>> {
    return this.#offsets.fetch(partitions, signal)
  }

  /** What the group has committed. Retries within the deadline. */
  committed(
    partitions: readonly TopicPartition[],
    { deadline, signal }: CommitOptions,
  ): Promise<CommittedOffset[]> {
    const { runtime } = this.#parts.cluster
    const what = 'fetching committed offsets'
    return retrying({ runtime, policy: this.#policy, deadline, signal, what }, async () => {
      const answers = [...(await this.#offsets.fetch(partitions, signal)).values()]
      const error = answers.find((answer) => answer instanceof KafkaError)
      if (error !== undefined) throw error
      return answers as CommittedOffset[]
    })
  }

  /** Commits what was processed, leaves the group, closes its connections. Never rejects. */
  async close(): Promise<void> {
    this.#committer.stop()
    if (this.#membership === undefined) await this.#commitLast()
    else if (this.#membership.state === 'stable') await this.#subscription.giveBack(false, closingCommitMs)
    await this.#membership?.leave()
    await this.#coordinator.close()
  }

  /** A member whose commit is refused hears from its membership why, and begins anew; nobody else would. */
  #commitFailed(error: KafkaError): void {
    if (error.retriable || this.#membership !== undefined) this.#parts.onTrouble(error)
    else this.#parts.onFailure(error)
  }

  async #commitLast(): Promise<void> {
    const { cluster, settings, onTrouble } = this.#parts
    if (!settings.autoCommit) return
    const deadline = Deadline.in(cluster.runtime.clock, closingCommitMs)
    await this.#committer.commitProcessed({ deadline }).catch((error) => onTrouble(asKafkaError(error)))
  }
}

/** The cluster's own policy, for the loops that retry as states of their machines. */
export function retryPolicyOf(cluster: Cluster): RetryPolicy {
  const { retryBackoffMs, retryBackoffMaxMs } = cluster.settings
  return new RetryPolicy(cluster.runtime.random, retryBackoffMs, retryBackoffMaxMs)
}
