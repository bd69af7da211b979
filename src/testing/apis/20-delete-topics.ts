import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  type DeleteTopicState,
  DeleteTopics,
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
} from '../../protocol/messages/delete-topics.ts'
import { ZERO_UUID } from '../../protocol/reader.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'

const firstVersionById = 6

export const deleteTopics: Handler<DeleteTopicsRequest, DeleteTopicsResponse> = {
  api: DeleteTopics,
  versions: [1, 6],

  handle({ topics, topicNames }, { broker, version }) {
    const named = topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
    const responses = (version >= firstVersionById ? topics : named).map((topic) => remove(broker, topic))
    return { responses }
  },
}

function remove({ cluster, settings }: BrokerContext, { name, topicId }: DeleteTopicState) {
  const failed = (errorCode: number, errorMessage: string) => ({ name, topicId, errorCode, errorMessage })
  if (!settings.deleteTopicEnable) {
    return failed(ErrorCodes.TOPIC_DELETION_DISABLED, 'delete.topic.enable is false')
  }
  const hasId = topicId !== ZERO_UUID
  if (hasId && name !== null) {
    return failed(ErrorCodes.INVALID_REQUEST, 'a topic is named by its name or by its id, not by both')
  }
  if (!hasId && name === null) return failed(ErrorCodes.INVALID_REQUEST, 'neither a name nor an id')
  const topic = hasId ? cluster.topics.byId(topicId) : cluster.topics.byName(name!)
  if (topic === undefined) {
    return hasId
      ? failed(ErrorCodes.UNKNOWN_TOPIC_ID, 'there is no topic of that id')
      : failed(ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, `there is no topic "${name}"`)
  }
  cluster.topics.delete(topic)
  cluster.groups.forgetTopic(topic.name)
  return { name: topic.name, topicId: topic.id }
}
