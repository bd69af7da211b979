import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  type DeleteTopicState,
  DeleteTopics,
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
} from '../../protocol/messages/delete-topics.ts'
import { ZERO_UUID } from '../../protocol/reader.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { uniqueBy } from './repeated-names.ts'

const firstVersionById = 6

export const deleteTopics: Handler<DeleteTopicsRequest, DeleteTopicsResponse> = {
  api: DeleteTopics,
  versions: [1, 6],

  handle({ topics, topicNames }, { broker, version }) {
    const named = topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
    const wanted = version >= firstVersionById ? topics : named
    const responses = uniqueBy(wanted, keyOf).map((topic) =>
      wanted.filter((other) => keyOf(other) === keyOf(topic)).length > 1
        ? refuse(topic, ErrorCodes.INVALID_REQUEST, 'the topic is named more than once')
        : remove(broker, topic),
    )
    return { responses }
  },
}

function keyOf({ name, topicId }: DeleteTopicState): string {
  return `${topicId}/${name}`
}

function refuse({ name, topicId }: DeleteTopicState, errorCode: number, errorMessage: string) {
  return { name, topicId, errorCode, errorMessage }
}

function remove({ cluster, settings }: BrokerContext, asked: DeleteTopicState) {
  const { name, topicId } = asked
  const failed = (errorCode: number, what: string) => refuse(asked, errorCode, what)
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
  cluster.controller.deleteTopic(topic)
  return { name: topic.name, topicId: topic.id }
}
