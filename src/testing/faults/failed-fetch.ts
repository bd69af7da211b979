import { ErrorCodes } from '../../protocol/error-codes.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { keyOf } from '../fetch/fetch-session.ts'
import { failing } from './failed-answer.ts'

/** What is said of the whole request; all other codes are said of its partitions. */
const ofTheRequest: ReadonlySet<number> = new Set([
  ErrorCodes.FETCH_SESSION_ID_NOT_FOUND,
  ErrorCodes.INVALID_FETCH_SESSION_EPOCH,
  ErrorCodes.FETCH_SESSION_TOPIC_ID_ERROR,
  ErrorCodes.INCONSISTENT_CLUSTER_ID,
  ErrorCodes.INVALID_REQUEST,
  ErrorCodes.UNKNOWN_SERVER_ERROR,
])
const firstVersionWithSessions = 7

interface Wanted {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
}

/**
 * The partitions that fail are those that the request names, and those of the session that it goes on with. The session
 * itself is left alone: the answer does not carry its id, so the client begins a new one.
 */
export const failedFetch = failing(Fetch, (request, { errorCode }, { broker, version }) => {
  if (ofTheRequest.has(errorCode) && version >= firstVersionWithSessions) return { errorCode }
  const wanted = new Map<string, Wanted>()
  for (const each of broker.fetchSessions.partitionsOf(request)) wanted.set(keyOf(each), each)
  for (const { topic, topicId, partitions } of request.topics) {
    for (const { partition } of partitions) {
      const each = { topic, topicId, partition }
      wanted.set(keyOf(each), each)
    }
  }
  for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
    for (const partition of partitions) wanted.delete(keyOf({ topic, topicId, partition }))
  }
  return { responses: byTopic([...wanted.values()], errorCode) }
})

function byTopic(wanted: readonly Wanted[], errorCode: number) {
  const topics = new Map<string, { topic: string; topicId: string; partitions: object[] }>()
  for (const { topic, topicId, partition: partitionIndex } of wanted) {
    const key = `${topicId}/${topic}`
    const known = topics.get(key) ?? { topic, topicId, partitions: [] }
    topics.set(key, known)
    known.partitions.push({ partitionIndex, errorCode, highWatermark: -1n, records: Buffer.alloc(0) })
  }
  return [...topics.values()]
}
