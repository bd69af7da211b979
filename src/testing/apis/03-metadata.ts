import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  Metadata,
  type MetadataRequest,
  type MetadataRequestTopic,
  type MetadataResponse,
  type MetadataResponseTopic,
} from '../../protocol/messages/metadata.ts'
import { ZERO_UUID } from '../../protocol/reader.ts'
import type { Handler, RequestContext } from '../server/handler.ts'
import { createTopic } from '../state/create-topic.ts'
import type { Topic } from '../state/topic.ts'
import { topicNameProblem } from '../state/topic-name.ts'
import { clusterOperations, topicOperations } from './operations.ts'

export const metadata: Handler<MetadataRequest, MetadataResponse> = {
  api: Metadata,
  versions: [0, 13],

  handle(request, context) {
    const { cluster } = context.broker
    return {
      brokers: [...cluster.nodes()].map(({ id, host, port, rack }) => ({ nodeId: id, host, port, rack })),
      clusterId: cluster.clusterId,
      controllerId: cluster.controllerId,
      topics: topicsOf(request, context),
      ...(request.includeClusterAuthorizedOperations && { clusterAuthorizedOperations: clusterOperations }),
    }
  },
}

function topicsOf(request: MetadataRequest, context: RequestContext): Draft<MetadataResponseTopic>[] {
  const { topics } = context.broker.cluster
  const asksForAll = request.topics === null || (context.version === 0 && request.topics.length === 0)
  if (asksForAll) return [...topics].map((topic) => describe(topic, request))
  const byId = request.topics!.filter(({ topicId }) => topicId !== ZERO_UUID)
  if (byId.length > 0) return byId.map(({ topicId }) => findById(topicId, request, context))
  return request.topics!.map((asked) => findByName(asked, request, context))
}

function findById(
  topicId: string,
  request: MetadataRequest,
  { broker, version }: RequestContext,
): Draft<MetadataResponseTopic> {
  const topic = broker.cluster.topics.byId(topicId)
  if (topic !== undefined) return describe(topic, request)
  const name = version >= 12 ? null : ''
  return { errorCode: ErrorCodes.UNKNOWN_TOPIC_ID, name, topicId, partitions: [] }
}

function findByName(
  { name }: MetadataRequestTopic,
  request: MetadataRequest,
  { broker }: RequestContext,
): Draft<MetadataResponseTopic> {
  const wanted = name ?? ''
  const known = broker.cluster.topics.byName(wanted)
  if (known !== undefined) return describe(known, request)
  if (topicNameProblem(wanted) !== undefined) {
    return { errorCode: ErrorCodes.INVALID_TOPIC_EXCEPTION, name, partitions: [] }
  }
  if (!request.allowAutoTopicCreation || !broker.settings.autoCreateTopics) {
    return { errorCode: ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, name, partitions: [] }
  }
  const created = createTopic(broker.cluster, { name: wanted })
  if ('errorCode' in created) return { errorCode: created.errorCode, name, partitions: [] }
  return describe(created, request)
}

function describe(topic: Topic, request: MetadataRequest): Draft<MetadataResponseTopic> {
  return {
    errorCode: ErrorCodes.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: false,
    partitions: topic.partitions.map(({ index, leaderId, leaderEpoch, replicas, isr }) => ({
      errorCode: leaderId === -1 ? ErrorCodes.LEADER_NOT_AVAILABLE : ErrorCodes.NONE,
      partitionIndex: index,
      leaderId,
      leaderEpoch,
      replicaNodes: replicas,
      isrNodes: isr,
      offlineReplicas: [],
    })),
    ...(request.includeTopicAuthorizedOperations && { topicAuthorizedOperations: topicOperations }),
  }
}
