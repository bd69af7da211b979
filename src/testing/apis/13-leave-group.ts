import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  LeaveGroup,
  type LeaveGroupRequest,
  type LeaveGroupResponse,
} from '../../protocol/messages/leave-group.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'

const firstVersionOfManyMembers = 3

export const leaveGroup: Handler<LeaveGroupRequest, LeaveGroupResponse> = {
  api: LeaveGroup,
  versions: [0, 5],

  handle({ groupId, memberId, members }, { broker, version }) {
    const { groups } = broker.cluster
    const notMine = coordinatorError(broker, 'group', groupId)
    if (notMine !== ErrorCodes.NONE) return { errorCode: notMine }
    if (groupId === '') return { errorCode: ErrorCodes.INVALID_GROUP_ID }
    if (version < firstVersionOfManyMembers) {
      const [errorCode] = groups.leave(groupId, [{ memberId, groupInstanceId: null }])
      return { errorCode }
    }
    const errors = groups.leave(groupId, members)
    return {
      members: members.map((member, index) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        errorCode: errors[index],
      })),
    }
  },
}
