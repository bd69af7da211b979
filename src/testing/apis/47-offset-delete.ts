import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  OffsetDelete,
  type OffsetDeleteRequest,
  type OffsetDeleteResponse,
} from '../../protocol/messages/offset-delete.ts'
import { subscribedTopics } from '../groups/subscriptions.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'

export const offsetDelete: Handler<OffsetDeleteRequest, OffsetDeleteResponse> = {
  api: OffsetDelete,
  versions: [0, 0],

  handle({ groupId, topics }, { broker }) {
    const errorCode = coordinatorError(broker, 'group', groupId)
    if (errorCode !== ErrorCodes.NONE) return { errorCode }
    const { topics: known } = broker
    const { groups } = broker.cluster
    if (groupId === '') return { errorCode: ErrorCodes.INVALID_GROUP_ID }
    const group = groups.get(groupId)
    if (group === undefined) return { errorCode: ErrorCodes.GROUP_ID_NOT_FOUND }
    const subscribed = subscribedTopics(group)
    if (subscribed === 'none of ours') return { errorCode: ErrorCodes.NON_EMPTY_GROUP }
    return {
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => {
          if (known.byName(name)?.partitions[partitionIndex] === undefined) {
            return { partitionIndex, errorCode: ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION }
          }
          if (subscribed === 'all' || subscribed.has(name))
            return { partitionIndex, errorCode: ErrorCodes.GROUP_SUBSCRIBED_TO_TOPIC }
          group.offsets.delete(name, partitionIndex)
          return { partitionIndex, errorCode: ErrorCodes.NONE }
        }),
      })),
    }
  },
}
