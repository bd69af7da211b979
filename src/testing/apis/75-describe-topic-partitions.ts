import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  DescribeTopicPartitions,
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
} from '../../protocol/messages/describe-topic-partitions.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { isInternal } from '../state/internal-topics.ts'
import type { Topic } from '../state/topic.ts'
import { topicNameProblem } from '../state/topic-name.ts'
import { topicOperations } from './operations.ts'

/** `max.request.partition.size.limit`, which bounds what a client may ask for. */
const partitionLimit = 2000

/** Topics in the order of their names, so many partitions at a time; a cursor says where the next answer goes on. */
export const describeTopicPartitions: Handler<
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse
> = {
  api: DescribeTopicPartitions,
  versions: [0, 0],

  handle({ topics: wanted, responsePartitionLimit, cursor }, { broker }) {
    if (wanted.some(({ name }) => name === '')) return refuse(wanted)
    const known = broker.topics
    const asked = wanted.length > 0 ? wanted.map(({ name }) => name) : [...known].map(({ name }) => name)
    const names = [...new Set(asked)].sort().filter((name) => cursor === null || name >= cursor.topicName)
    let left = Math.min(partitionLimit, Math.max(1, responsePartitionLimit))
    const topics = []
    for (const name of names) {
      const topic = known.byName(name)
      if (topic === undefined) {
        const isInvalid = topicNameProblem(name) !== undefined
        const errorCode = isInvalid
          ? ErrorCodes.INVALID_TOPIC_EXCEPTION
          : ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
        topics.push({ errorCode, name, topicAuthorizedOperations: topicOperations })
        continue
      }
      const first = cursor !== null && cursor.topicName === name ? cursor.partitionIndex : 0
      if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: first } }
      topics.push(describe(broker, topic, first, first + left))
      const next = first + left
      left -= Math.min(left, topic.partitions.length - first)
      if (next < topic.partitions.length)
        return { topics, nextCursor: { topicName: name, partitionIndex: next } }
    }
    return { topics, nextCursor: null }
  },
}

/** Kafka fails at a topic without a name, and says so of all. */
function refuse(topics: DescribeTopicPartitionsRequest['topics']): Draft<DescribeTopicPartitionsResponse> {
  return { topics: topics.map(({ name }) => ({ errorCode: ErrorCodes.UNKNOWN_SERVER_ERROR, name })) }
}

function describe({ view }: BrokerContext, topic: Topic, first: number, end: number) {
  return {
    errorCode: ErrorCodes.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternal(topic.name),
    partitions: topic.partitions
      .slice(first, end)
      .map(({ index, leaderId, leaderEpoch, replicas, isr, registration }) => ({
        errorCode: ErrorCodes.NONE,
        partitionIndex: index,
        leaderId,
        leaderEpoch,
        replicaNodes: replicas,
        isrNodes: isr,
        eligibleLeaderReplicas: registration.eligibleLeaders,
        lastKnownElr: registration.lastKnownLeaders,
        offlineReplicas: replicas.filter((id) => !view.brokers.has(id)),
      })),
    topicAuthorizedOperations: topicOperations,
  }
}
