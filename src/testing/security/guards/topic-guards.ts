import { ErrorCodes } from '../../../protocol/error-codes.ts'
import {
  CreatePartitions,
  CreateTopics,
  DeleteTopics,
  DescribeTopicPartitions,
  Metadata,
} from '../../../protocol/messages/index.ts'
import { type Guard, guard, nameOf, parted } from './guard.ts'
import { judgeMetadata } from './judge-metadata.ts'

const firstDeleteById = 6
const { TOPIC_AUTHORIZATION_FAILED } = ErrorCodes

/** Requests about topics themselves. */
export const topicGuards: readonly Guard[] = [
  guard(Metadata, judgeMetadata),
  guard(DescribeTopicPartitions, (request, access, { broker }) => {
    const asksForAll = request.topics.length === 0
    const wanted = asksForAll ? [...broker.topics].map(({ name }) => ({ name })) : request.topics
    const [topics, refused] = parted(wanted, ({ name }) => access.may('describe', 'topic', name))
    return {
      // An empty list asks for all of them.
      allowed: topics.length === 0 ? undefined : { ...request, topics },
      refused: [
        { request: { ...request, topics: asksForAll ? [] : refused }, errorCode: TOPIC_AUTHORIZATION_FAILED },
      ],
      censor: (answer) => ({
        ...answer,
        topics: answer.topics?.map((topic) => ({
          ...topic,
          topicAuthorizedOperations: access.bits('topic', topic.name ?? ''),
        })),
      }),
    }
  }),
  guard(CreateTopics, (request, access) => {
    const mayCreateAll = access.onCluster('create')
    const [topics, refused] = parted(
      request.topics,
      ({ name }) => mayCreateAll || access.may('create', 'topic', name),
    )
    return {
      allowed: { ...request, topics },
      refused: [{ request: { ...request, topics: refused }, errorCode: TOPIC_AUTHORIZATION_FAILED }],
      censor: (answer) => ({
        ...answer,
        topics: answer.topics?.map((topic) =>
          topic.errorCode !== undefined && topic.errorCode !== ErrorCodes.NONE
            ? topic
            : access.may('describeConfigs', 'topic', topic.name ?? '')
              ? topic
              : { name: topic.name, topicId: topic.topicId, errorMessage: null, ...hiddenConfigs },
        ),
      }),
    }
  }),
  guard(DeleteTopics, (request, access, context) => {
    if (access.onCluster('delete')) return { allowed: request }
    const mayDelete = (name: string | undefined) => name === undefined || access.may('delete', 'topic', name)
    if (context.version < firstDeleteById) {
      const [topicNames, refused] = parted(request.topicNames, mayDelete)
      return {
        allowed: { ...request, topicNames },
        refused: [{ request: { ...request, topicNames: refused }, errorCode: TOPIC_AUTHORIZATION_FAILED }],
      }
    }
    const [topics, refused] = parted(request.topics, ({ name, topicId }) =>
      mayDelete(name ?? nameOf(context, topicId)),
    )
    // Who may not even know of a topic is not told the name that goes with the id.
    const named = refused.map(({ name, topicId }) => {
      const known = nameOf(context, topicId)
      const mayKnow = known !== undefined && access.may('describe', 'topic', known)
      return { name: name ?? (mayKnow ? known : null), topicId }
    })
    return {
      allowed: { ...request, topics },
      refused: [{ request: { ...request, topics: named }, errorCode: TOPIC_AUTHORIZATION_FAILED }],
    }
  }),
  guard(CreatePartitions, (request, access) => {
    const [topics, refused] = parted(request.topics, ({ name }) => access.may('alter', 'topic', name))
    return {
      allowed: { ...request, topics },
      refused: [
        {
          request: { ...request, topics: refused },
          errorCode: TOPIC_AUTHORIZATION_FAILED,
          errorMessage: null,
        },
      ],
    }
  }),
]

/** Who may not describe configs is told that a topic was made, and nothing of how it is configured. */
const hiddenConfigs = { topicConfigErrorCode: TOPIC_AUTHORIZATION_FAILED }
