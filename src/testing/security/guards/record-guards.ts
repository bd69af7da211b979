import { ErrorCodes } from '../../../protocol/error-codes.ts'
import {
  DeleteRecords,
  DescribeProducers,
  ListOffsets,
  OffsetForLeaderEpoch,
  Produce,
} from '../../../protocol/messages/index.ts'
import { type Guard, guard, nameOf, parted } from './guard.ts'

const firstProduceByTopicId = 13
const { TOPIC_AUTHORIZATION_FAILED, TRANSACTIONAL_ID_AUTHORIZATION_FAILED } = ErrorCodes

/** Requests for the records of partitions. Fetch, which remembers its partitions, looks for itself. */
export const recordGuards: readonly Guard[] = [
  guard(Produce, (request, access, context) => {
    const { transactionalId, topicData } = request
    if (transactionalId !== null && !access.may('write', 'transactionalId', transactionalId)) {
      const errorCode = TRANSACTIONAL_ID_AUTHORIZATION_FAILED
      return { allowed: undefined, refused: [{ request, errorCode, errorMessage: null }] }
    }
    const [allowed, refused] = parted(topicData, ({ name, topicId }) => {
      const topic = context.version >= firstProduceByTopicId ? nameOf(context, topicId) : name
      return topic === undefined || access.may('write', 'topic', topic)
    })
    if (refused.length === 0) return { allowed: request }
    return {
      allowed: allowed.length === 0 ? undefined : { ...request, topicData: allowed },
      refused: [
        {
          request: { ...request, topicData: refused },
          errorCode: TOPIC_AUTHORIZATION_FAILED,
          errorMessage: null,
        },
      ],
    }
  }),
  guard(ListOffsets, (request, access) => {
    const [topics, refused] = parted(request.topics, ({ name }) => access.may('describe', 'topic', name))
    return {
      allowed: { ...request, topics },
      refused: [{ request: { ...request, topics: refused }, errorCode: TOPIC_AUTHORIZATION_FAILED }],
    }
  }),
  guard(OffsetForLeaderEpoch, (request, access) => {
    if (access.onCluster('clusterAction')) return { allowed: request }
    const [topics, refused] = parted(request.topics, ({ topic }) => access.may('describe', 'topic', topic))
    return {
      allowed: { ...request, topics },
      refused: [{ request: { ...request, topics: refused }, errorCode: TOPIC_AUTHORIZATION_FAILED }],
    }
  }),
  guard(DeleteRecords, (request, access) => {
    const [topics, refused] = parted(request.topics, ({ name }) => access.may('delete', 'topic', name))
    return {
      allowed: { ...request, topics },
      refused: [{ request: { ...request, topics: refused }, errorCode: TOPIC_AUTHORIZATION_FAILED }],
    }
  }),
  guard(DescribeProducers, (request, access) => {
    const [topics, refused] = parted(request.topics, ({ name }) => access.may('read', 'topic', name))
    return {
      allowed: { ...request, topics },
      refused: [{ request: { ...request, topics: refused }, errorCode: TOPIC_AUTHORIZATION_FAILED }],
    }
  }),
]
