import type { KafkaError } from '../../errors.ts'
import { Deadline } from '../../runtime/deadline.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { asKafkaError } from '../failures.ts'
import type { Fetcher } from '../fetch/fetcher.ts'
import type { PartitionState } from '../fetch/partition.ts'
import type { Handout } from '../handout.ts'
import type { ConsumerSettings } from '../options.ts'
import { partitionKey, type TopicPartition } from '../topic-partition.ts'
import type { MembershipHost } from './classic-membership.ts'
import type { Committer } from './committer.ts'

export interface GroupSubscriptionParts {
  runtime: Runtime
  settings: ConsumerSettings
  fetcher: Fetcher
  handout: Handout
  committer: Committer
  /** A partition whose position is what the group committed. */
  makePartition: (partition: TopicPartition) => PartitionState
  /** Something failed and is tried again. */
  onTrouble: (error: KafkaError) => void
}

/**
 * What a rebalance means for the records: under the eager protocol everything is given back and handed out anew. In
 * this order: nothing new is handed out, what is in hand is waited for, what was processed is committed, the
 * application is told, what was fetched is dropped.
 */
export class GroupSubscription implements MembershipHost {
  readonly #parts: GroupSubscriptionParts
  #assigned: TopicPartition[] = []

  constructor(parts: GroupSubscriptionParts) {
    this.#parts = parts
  }

  async assigned(partitions: TopicPartition[]): Promise<void> {
    const { fetcher, handout, settings, makePartition } = this.#parts
    handout.suspend()
    this.#assigned = partitions
    fetcher.add(partitions.map(makePartition))
    // The application may seek in it, so the partitions are there before and their records are not.
    await this.#tell(() => settings.onAssigned?.(partitions))
    handout.resume()
  }

  revoked(_partitions: TopicPartition[], { lost }: { lost: boolean }): Promise<void> {
    const { sessionTimeoutMs, rebalanceTimeoutMs } = this.#parts.settings
    // Within the session the coordinator takes a commit; later it would only hold the group up.
    return this.giveBack(lost, Math.min(sessionTimeoutMs, rebalanceTimeoutMs))
  }

  /** Gives back whatever is assigned; a commit of what was processed has `commitTimeoutMs`. */
  async giveBack(lost: boolean, commitTimeoutMs: number): Promise<void> {
    const { fetcher, handout, settings } = this.#parts
    handout.suspend()
    if (!lost) {
      await handout.settled(settings.rebalanceTimeoutMs)
      if (settings.autoCommit) await this.#commit(commitTimeoutMs)
    }
    const partitions = this.#assigned
    this.#assigned = []
    if (partitions.length === 0) return
    await this.#tell(() => settings.onRevoked?.(partitions, { lost }))
    for (const partition of partitions) {
      const state = fetcher.partitions.get(partitionKey(partition.topic, partition.partition))
      if (state === undefined) continue
      handout.forget(state)
      fetcher.remove([state])
    }
  }

  idleForMs(): number {
    return this.#parts.handout.idleForMs()
  }

  wanted(): Promise<void> {
    return this.#parts.handout.wanted()
  }

  troubled(error: KafkaError): void {
    this.#parts.onTrouble(error)
  }

  failed(error: KafkaError): void {
    this.#parts.handout.fail(error, true)
  }

  async #commit(timeoutMs: number): Promise<void> {
    const { runtime, committer, onTrouble } = this.#parts
    try {
      await committer.commitProcessed({ deadline: Deadline.in(runtime.clock, timeoutMs) })
    } catch (cause) {
      // The records since the last commit come again, to whoever has the partitions next.
      onTrouble(asKafkaError(cause))
    }
  }

  /** A callback that fails is the application's error, and is thrown where it can catch it. */
  async #tell(callback: () => void | Promise<void>): Promise<void> {
    try {
      await callback()
    } catch (error) {
      this.#parts.handout.fail(error)
    }
  }
}
