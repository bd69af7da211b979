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
import type { BrokerContext, Handler, RequestContext } from '../server/handler.ts'
import { createTopic } from '../state/create-topic.ts'
import { isInternal } from '../state/internal-topics.ts'
import type { Topic } from '../state/topic.ts'
import { topicNameProblem } from '../state/topic-name.ts'
import { clusterOperations, topicOperations } from './operations.ts'

/** The first version that can ask for topics by their ids. */
const firstVersionById = 12

export const metadata: Handler<MetadataRequest, MetadataResponse> = {
  api: Metadata,
  versions: [0, 13],

  handle(request, context) {
    const { cluster, view } = context.broker
    if (context.version < firstVersionById && namesById(request))
      return refuse(request, ErrorCodes.INVALID_REQUEST)
    if (namesNothing(request)) return refuse(request, ErrorCodes.UNKNOWN_SERVER_ERROR)
    const operations = request.includeTopicAuthorizedOperations && {
      topicAuthorizedOperations: topicOperations,
    }
    return {
      brokers: [...view.brokers.values()].map(({ id, host, port, rack }) => ({
        nodeId: id,
        host,
        port,
        rack,
      })),
      clusterId: cluster.clusterId,
      controllerId: view.controllerId,
      topics: topicsOf(request, context).map((topic) => ({ ...topic, ...operations })),
      ...(request.includeClusterAuthorizedOperations && { clusterAuthorizedOperations: clusterOperations }),
    }
  },
}

function namesById({ topics }: MetadataRequest): boolean {
  return topics?.some(({ topicId }) => topicId !== ZERO_UUID) ?? false
}

function namesNothing({ topics }: MetadataRequest): boolean {
  return topics?.some(({ name, topicId }) => name === null && topicId === ZERO_UUID) ?? false
}

/** Versions 10 and 11 have topic ids in their requests, and cannot answer them. */
function refuse({ topics }: MetadataRequest, errorCode: number): Draft<MetadataResponse> {
  return {
    clusterId: null,
    topics: topics!.map(({ topicId, name }) => ({
      errorCode,
      name: name ?? '',
      topicId,
    })),
  }
}

function topicsOf(request: MetadataRequest, context: RequestContext): Draft<MetadataResponseTopic>[] {
  const { topics } = context.broker
  const asksForAll = request.topics === null || (context.version === 0 && request.topics.length === 0)
  if (asksForAll) return [...topics].map((topic) => describe(topic, context.broker))
  const byId = request.topics!.filter(({ topicId }) => topicId !== ZERO_UUID)
  if (byId.length > 0) {
    return [...new Set(byId.map(({ topicId }) => topicId))].map((id) => findById(id, context))
  }
  const once = new Map(request.topics!.map((asked) => [asked.name, asked]))
  return [...once.values()].map((asked) => findByName(asked, request, context))
}

function findById(topicId: string, { broker }: RequestContext): Draft<MetadataResponseTopic> {
  const topic = broker.topics.byId(topicId)
  if (topic !== undefined) return describe(topic, broker)
  return { errorCode: ErrorCodes.UNKNOWN_TOPIC_ID, name: null, topicId, partitions: [] }
}

function findByName(
  { name }: MetadataRequestTopic,
  request: MetadataRequest,
  { broker }: RequestContext,
): Draft<MetadataResponseTopic> {
  const wanted = name ?? ''
  const known = broker.topics.byName(wanted)
  if (known !== undefined) return describe(known, broker)
  if (topicNameProblem(wanted) !== undefined) {
    return { errorCode: ErrorCodes.INVALID_TOPIC_EXCEPTION, name, partitions: [] }
  }
  if (!request.allowAutoTopicCreation || !broker.settings.autoCreateTopics) {
    return { errorCode: ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, name, partitions: [] }
  }
  const created = createTopic(broker.cluster, { name: wanted })
  if ('errorCode' in created) return { errorCode: created.errorCode, name, partitions: [] }
  // This broker may not have heard of it yet.
  const heard = broker.topics.byName(wanted)
  if (heard !== undefined) return describe(heard, broker)
  return { errorCode: ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, name, partitions: [] }
}

function describe(topic: Topic, { view }: BrokerContext): Draft<MetadataResponseTopic> {
  return {
    errorCode: ErrorCodes.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternal(topic.name),
    partitions: topic.partitions.map(({ index, leaderId, leaderEpoch, replicas, isr }) => ({
      errorCode: leaderId === -1 ? ErrorCodes.LEADER_NOT_AVAILABLE : ErrorCodes.NONE,
      partitionIndex: index,
      leaderId,
      leaderEpoch,
      replicaNodes: replicas,
      isrNodes: isr,
      offlineReplicas: replicas.filter((id) => !view.brokers.has(id)),
    })),
  }
}
