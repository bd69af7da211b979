import type { KafkaError } from '../../errors.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { byTopic, partitionKey, type TopicPartition, type TopicPartitionOffset } from '../topic-partition.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import type { GroupIdentity } from './heartbeat.ts'

/** An offset to commit: that of the next record to be processed. */
export interface OffsetToCommit extends TopicPartitionOffset {
  /** The leader epoch of the last processed record, where it is known. */
  leaderEpoch?: number
  /** A note of at most 4,096 bytes, kept with the offset. */
  metadata?: string | null
}

/** What a group has committed for one partition. */
export interface CommittedOffset extends TopicPartitionOffset {
  /** -1 when the commit did not say. */
  leaderEpoch: number
  metadata: string | null
}

/** Both APIs name topics by id from version 10 on; names serve every broker, and commits of a topic gone by. */
const highestNamedVersion = 9
const highestSingleGroupVersion = 7

/** The committed offsets of one group, at its coordinator. One attempt a call; throws when it fails as a whole. */
export class GroupOffsets {
  readonly #coordinator: GroupCoordinator

  constructor(coordinator: GroupCoordinator) {
    this.#coordinator = coordinator
  }

  /**
   * The errors of the partitions whose offset was refused, by `partitionKey`; the others are committed. Without an
   * identity the commit is that of a consumer which is no member, and a group with members refuses it.
   */
  async commit(
    offsets: readonly OffsetToCommit[],
    identity: GroupIdentity | undefined,
    signal?: AbortSignal,
  ): Promise<Map<string, KafkaError>> {
    const { groupId } = this.#coordinator
    const response = await this.#coordinator.send(
      OffsetCommit,
      {
        groupId,
        generationIdOrMemberEpoch: identity?.generationId ?? -1,
        memberId: identity?.memberId ?? '',
        groupInstanceId: identity?.groupInstanceId ?? null,
        topics: [...byTopic(offsets)].map(([name, items]) => ({
          name,
          partitions: items.map(({ partition, offset, leaderEpoch, metadata }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedLeaderEpoch: leaderEpoch ?? -1,
            committedMetadata: metadata ?? '',
          })),
        })),
      },
      { maxVersion: highestNamedVersion, signal },
    )
    const refused = new Map<string, KafkaError>()
    for (const topic of response.topics) {
      for (const { partitionIndex: partition, errorCode } of topic.partitions) {
        if (errorCode === 0) continue
        const error = this.#coordinator.error(errorCode, 'commit', { topic: topic.name, partition })
        refused.set(partitionKey(topic.name, partition), error)
      }
    }
    return refused
  }

  /** By `partitionKey`: what is committed, or why it cannot be told. Nothing for what was never committed. */
  async fetch(
    partitions: readonly TopicPartition[],
    signal?: AbortSignal,
  ): Promise<Map<string, CommittedOffset | KafkaError>> {
    const { groupId } = this.#coordinator
    const topics = [...byTopic(partitions)].map(([name, items]) => ({
      name,
      partitionIndexes: items.map((item) => item.partition),
    }))
    const version = Math.min(await this.#coordinator.version(OffsetFetch, signal), highestNamedVersion)
    // An offset that a transaction has yet to decide on is answered with a retriable error (KIP-447).
    const requireStable = version >= 7
    const message =
      version > highestSingleGroupVersion
        ? { groups: [{ groupId, topics }], requireStable }
        : { groupId, topics, requireStable }
    const response = await this.#coordinator.send(OffsetFetch, message, { maxVersion: version, signal })
    const group = version > highestSingleGroupVersion ? response.groups[0] : response
    if (group.errorCode !== 0) throw this.#coordinator.error(group.errorCode, 'fetch committed offsets')
    const answers = new Map<string, CommittedOffset | KafkaError>()
    for (const topic of group.topics) {
      for (const item of topic.partitions) {
        const { partitionIndex: partition, errorCode, committedOffset: offset } = item
        const key = partitionKey(topic.name, partition)
        if (errorCode !== 0) {
          const context = { topic: topic.name, partition }
          answers.set(key, this.#coordinator.error(errorCode, 'fetch committed offsets', context))
        } else if (offset >= 0n) {
          const { committedLeaderEpoch: leaderEpoch, metadata } = item
          answers.set(key, { topic: topic.name, partition, offset, leaderEpoch, metadata })
        }
      }
    }
    return answers
  }
}
