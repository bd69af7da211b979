import { ErrorCodes } from '../../../protocol/error-codes.ts'
import type { Draft } from '../../../protocol/message.ts'
import type {
  MetadataRequest,
  MetadataResponse,
  MetadataResponseTopic,
} from '../../../protocol/messages/metadata.ts'
import { ZERO_UUID } from '../../../protocol/reader.ts'
import type { RequestContext } from '../../server/handler.ts'
import type { Access } from '../access.ts'
import { nameOf, parted, type Verdict } from './guard.ts'

type Asked = NonNullable<MetadataRequest['topics']>[0]

/**
 * Who may not describe a topic is not told of it: it is missing from the list of all, and denied when it is asked for.
 * And who asks for a topic that there is not needs to be allowed to create it, where asking creates it.
 */
export function judgeMetadata(
  request: MetadataRequest,
  access: Access,
  context: RequestContext,
): Verdict<MetadataRequest, MetadataResponse> {
  const mayKnow = (name: string) => access.may('describe', 'topic', name)
  const { topics: asked } = request
  if (asked === null || (context.version === 0 && asked.length === 0)) {
    const censor = (answer: Draft<MetadataResponse>) =>
      withBits(
        { ...answer, topics: answer.topics?.filter(({ name }) => mayKnow(name ?? '')) },
        request,
        access,
      )
    return { allowed: request, censor }
  }
  const [byId, byName] = parted(asked, ({ topicId }) => topicId !== ZERO_UUID)
  const [knownIds, hiddenIds] = parted(byId, ({ topicId }) => {
    const name = nameOf(context, topicId)
    return name === undefined || mayKnow(name)
  })
  const [knownNames, hiddenNames] = parted(byName, ({ name }) => mayKnow(name ?? ''))
  const [usable, uncreatable] = parted(knownNames, (topic) => mayAsk(topic, request, access, context))
  const denied = [
    ...hiddenIds.map(({ topicId }) => ({
      errorCode: ErrorCodes.TOPIC_AUTHORIZATION_FAILED,
      name: null,
      topicId,
    })),
    ...[...hiddenNames, ...uncreatable].map(({ name }) => ({
      errorCode: ErrorCodes.TOPIC_AUTHORIZATION_FAILED,
      name,
    })),
  ]
  return {
    allowed: { ...request, topics: [...knownIds, ...usable] },
    censor: (answer) => {
      const told = withBits(answer, request, access)
      // Of no topics at all, version 0 tells all.
      const topics = knownIds.length + usable.length === 0 ? [] : (told.topics ?? [])
      return { ...told, topics: [...topics, ...denied] }
    },
  }
}

/** Whether the topic is there, or is not made by asking for it, or may be made. */
function mayAsk(
  { name }: Asked,
  request: MetadataRequest,
  access: Access,
  { broker }: RequestContext,
): boolean {
  const creates = request.allowAutoTopicCreation && broker.settings.autoCreateTopics
  if (!creates || broker.topics.byName(name ?? '') !== undefined) return true
  return access.onCluster('create') || access.may('create', 'topic', name ?? '')
}

function withBits(
  answer: Draft<MetadataResponse>,
  { includeTopicAuthorizedOperations, includeClusterAuthorizedOperations }: MetadataRequest,
  access: Access,
): Draft<MetadataResponse> {
  const told = { ...answer }
  if (includeTopicAuthorizedOperations) {
    const bitsOf = ({ name }: Draft<MetadataResponseTopic>) => access.bits('topic', name ?? '')
    told.topics = answer.topics?.map((topic) => ({ ...topic, topicAuthorizedOperations: bitsOf(topic) }))
  }
  if (includeClusterAuthorizedOperations) told.clusterAuthorizedOperations = clusterBits(access)
  return told
}

/** Nothing at all for who may not describe the cluster. */
export function clusterBits(access: Access): number {
  return access.onCluster('describe') ? access.bits('cluster', 'kafka-cluster') : 0
}
