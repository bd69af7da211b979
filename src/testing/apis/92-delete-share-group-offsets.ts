import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  DeleteShareGroupOffsets,
  type DeleteShareGroupOffsetsRequest,
  type DeleteShareGroupOffsetsResponse,
} from '../../protocol/messages/delete-share-group-offsets.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'

/** Makes a share group without members forget topics. */
export const deleteShareGroupOffsets: Handler<
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse
> = {
  api: DeleteShareGroupOffsets,
  versions: [0, 0],

  handle({ groupId, topics }, { broker }) {
    const { shareGroups, topics: known } = broker.cluster
    if (groupId === '') return refused(ErrorCodes.INVALID_GROUP_ID, 'the group needs an id')
    const misdirected = coordinatorError(broker, 'group', groupId)
    if (misdirected !== ErrorCodes.NONE) return refused(misdirected, null)
    const group = shareGroups.get(groupId)
    if (group === undefined) {
      return refused(ErrorCodes.GROUP_ID_NOT_FOUND, `there is no share group "${groupId}"`)
    }
    if (group.state !== 'Empty') return refused(ErrorCodes.NON_EMPTY_GROUP, 'the group has members')
    return {
      responses: topics.map(({ topicName }) => {
        const topic = known.byName(topicName)
        if (topic !== undefined && shareGroups.forget(group, topic.id)) {
          return { topicName, topicId: topic.id, errorCode: ErrorCodes.NONE }
        }
        const errorMessage = 'the group has read nothing of such a topic'
        return { topicName, errorCode: ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, errorMessage }
      }),
    }
  },
}

function refused(errorCode: number, errorMessage: string | null): Draft<DeleteShareGroupOffsetsResponse> {
  return { errorCode, errorMessage, responses: [] }
}
