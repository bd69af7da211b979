import { brokerError, type Cluster } from '../../cluster/index.ts'
import type { KafkaError } from '../../errors.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { isolationLevels, type StartPosition } from '../options.ts'
import { byTopic, partitionKey, type TopicPartition } from '../topic-partition.ts'

/** The times that ListOffsets gives a meaning of their own. */
const earliestTimestamp = -2n
const latestTimestamp = -1n

export type OffsetSpec = Exclude<StartPosition, 'none' | { readonly offset: bigint }>

/** One partition, and what to look for in it. */
export interface OffsetQuery extends TopicPartition {
  leaderEpoch: number
  spec: OffsetSpec
}

/** For each partition, by `partitionKey`: its offset, or what the broker has against it. */
export type OffsetAnswers = Map<string, bigint | KafkaError>

export interface ListOffsetsOptions {
  isolationLevel: 'read_committed' | 'read_uncommitted'
  signal?: AbortSignal
}

/**
 * Asks one leader for offsets of partitions that it leads, in one request and one attempt. For a time after the last
 * record the offset is the end of the log. Rejects when the broker cannot be asked; the error of a single partition
 * stands in its answer.
 */
export async function listOffsets(
  cluster: Cluster,
  brokerId: number,
  queries: readonly OffsetQuery[],
  options: ListOffsetsOptions,
): Promise<OffsetAnswers> {
  const answers = await ask(cluster, brokerId, queries, options)
  const pastTheEnd = queries.filter(
    (query) => answers.get(partitionKey(query.topic, query.partition)) === -1n,
  )
  if (pastTheEnd.length > 0) {
    const ends = pastTheEnd.map((query): OffsetQuery => ({ ...query, spec: 'latest' }))
    for (const [key, answer] of await ask(cluster, brokerId, ends, options)) answers.set(key, answer)
  }
  return answers
}

async function ask(
  cluster: Cluster,
  broker: number,
  queries: readonly OffsetQuery[],
  { isolationLevel, signal }: ListOffsetsOptions,
): Promise<OffsetAnswers> {
  const topics = [...byTopic(queries)].map(([name, items]) => ({
    name,
    partitions: items.map(({ partition, leaderEpoch, spec }) => ({
      partitionIndex: partition,
      currentLeaderEpoch: leaderEpoch,
      timestamp: timestampOf(spec),
    })),
  }))
  const message = { replicaId: -1, isolationLevel: isolationLevels[isolationLevel], topics }
  const response = await cluster.request({ broker }, ListOffsets, message, { retry: false, signal })
  const answers: OffsetAnswers = new Map()
  for (const { name, partitions } of response.topics) {
    for (const { partitionIndex, errorCode, offset } of partitions) {
      const context = { topic: name, partition: partitionIndex, broker: `${broker}` }
      const answer = errorCode === 0 ? offset : brokerError(errorCode, context, 'look up an offset')
      answers.set(partitionKey(name, partitionIndex), answer)
    }
  }
  return answers
}

function timestampOf(spec: OffsetSpec): bigint {
  if (spec === 'earliest') return earliestTimestamp
  if (spec === 'latest') return latestTimestamp
  return BigInt(typeof spec.timestamp === 'number' ? spec.timestamp : spec.timestamp.getTime())
}
