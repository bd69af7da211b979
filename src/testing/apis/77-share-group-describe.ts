import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  type DescribedGroup,
  ShareGroupDescribe,
  type ShareGroupDescribeRequest,
  type ShareGroupDescribeResponse,
} from '../../protocol/messages/share-group-describe.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import type { ShareGroup } from '../share/share-group.ts'
import { coordinatorError } from '../state/coordinators.ts'
import { groupOperations } from './operations.ts'

export const shareGroupDescribe: Handler<ShareGroupDescribeRequest, ShareGroupDescribeResponse> = {
  api: ShareGroupDescribe,
  versions: [1, 1],

  handle({ groupIds, includeAuthorizedOperations }, { broker }) {
    const groups = groupIds.map((groupId) => {
      if (groupId === '') return { groupId, errorCode: ErrorCodes.INVALID_GROUP_ID }
      const misdirected = coordinatorError(broker, 'group', groupId)
      if (misdirected !== ErrorCodes.NONE) return { groupId, errorCode: misdirected }
      const group = broker.cluster.shareGroups.get(groupId)
      if (group === undefined) {
        const errorMessage = `there is no share group "${groupId}"`
        return { groupId, errorCode: ErrorCodes.GROUP_ID_NOT_FOUND, errorMessage }
      }
      const operations = includeAuthorizedOperations && { authorizedOperations: groupOperations }
      return { ...describe(broker, group), ...operations }
    })
    return { groups }
  },
}

function describe(broker: BrokerContext, group: ShareGroup): Draft<DescribedGroup> {
  const nameOf = (topicId: string) => broker.cluster.topics.byId(topicId)?.name
  return {
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.epoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: 'simple',
    members: group.members.map(
      ({ memberId, rackId, epoch, clientId, clientHost, topicNames, assignment }) => ({
        memberId,
        rackId,
        memberEpoch: epoch,
        clientId,
        clientHost,
        subscribedTopicNames: topicNames,
        assignment: {
          topicPartitions: [...assignment].flatMap(([topicId, partitions]) => {
            const topicName = nameOf(topicId)
            return topicName === undefined ? [] : [{ topicId, topicName, partitions }]
          }),
        },
      }),
    ),
  }
}
