import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  AlterShareGroupOffsets,
  type AlterShareGroupOffsetsRequest,
  type AlterShareGroupOffsetsResponse,
} from '../../protocol/messages/alter-share-group-offsets.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'

/** Sets where a share group without members goes on; makes the group if there is none. */
export const alterShareGroupOffsets: Handler<AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse> =
  {
    api: AlterShareGroupOffsets,
    versions: [0, 0],

    handle({ groupId, topics }, { broker }) {
      const { cluster } = broker
      if (groupId === '') return refused(ErrorCodes.INVALID_GROUP_ID, 'the group needs an id')
      const misdirected = coordinatorError(broker, 'group', groupId)
      if (misdirected !== ErrorCodes.NONE) return refused(misdirected, null)
      if (cluster.groups.get(groupId) !== undefined) {
        return refused(ErrorCodes.GROUP_ID_NOT_FOUND, `group "${groupId}" is no share group`)
      }
      const group = cluster.shareGroups.getOrCreate(groupId)
      if (group === undefined)
        return refused(ErrorCodes.COORDINATOR_NOT_AVAILABLE, 'there are too many groups')
      if (group.state !== 'Empty') return refused(ErrorCodes.NON_EMPTY_GROUP, 'the group has members')
      return {
        responses: topics.map(({ topicName, partitions }) => {
          const topic = cluster.topics.byName(topicName)
          return {
            topicName,
            ...(topic !== undefined && { topicId: topic.id }),
            partitions: partitions.map(({ partitionIndex, startOffset }) => {
              const partition = topic?.partitions[partitionIndex]
              if (topic === undefined || partition === undefined) return unknown(partitionIndex)
              const share = cluster.shareGroups.prepare(group, topic.id, partitionIndex)
              share.resetTo(Number(startOffset), partition.leaderEpoch)
              return { partitionIndex, errorCode: ErrorCodes.NONE }
            }),
          }
        }),
      }
    },
  }

function unknown(partitionIndex: number) {
  const errorMessage = 'there is no such partition'
  return { partitionIndex, errorCode: ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, errorMessage }
}

function refused(errorCode: number, errorMessage: string | null): Draft<AlterShareGroupOffsetsResponse> {
  return { errorCode, errorMessage, responses: [] }
}
