import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  type DescribedGroup,
  DescribeGroups,
  type DescribeGroupsRequest,
  type DescribeGroupsResponse,
} from '../../protocol/messages/describe-groups.ts'
import type { ClassicGroup } from '../groups/classic-group.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'
import { groupOperations } from './operations.ts'

const firstVersionWithMessage = 6
const nothing = Buffer.alloc(0)

export const describeGroups: Handler<DescribeGroupsRequest, DescribeGroupsResponse> = {
  api: DescribeGroups,
  versions: [0, 6],

  handle(request, { broker, version }) {
    const groups = request.groups.map((groupId) => {
      const errorCode = coordinatorError(broker, 'group', groupId)
      if (errorCode !== ErrorCodes.NONE) return { groupId, errorCode }
      const group = broker.cluster.groups.classic(groupId)
      if (group === undefined) return unknown(groupId, version)
      const operations = request.includeAuthorizedOperations && { authorizedOperations: groupOperations }
      return { ...describe(group), ...operations }
    })
    return { groups }
  },
}

function unknown(groupId: string, version: number): Draft<DescribedGroup> {
  const group = { groupId, groupState: 'Dead' }
  if (version < firstVersionWithMessage) return group
  const errorMessage = `there is no classic group "${groupId}"`
  return { ...group, errorCode: ErrorCodes.GROUP_ID_NOT_FOUND, errorMessage }
}

function describe(group: ClassicGroup): Draft<DescribedGroup> {
  const { groupId, state, protocolType, protocolName } = group
  // Before the group is stable, its protocol and what its members say for it are not settled.
  const isStable = state === 'Stable'
  return {
    groupId,
    groupState: state,
    protocolType: protocolType ?? '',
    protocolData: isStable ? protocolName! : '',
    members: [...group.members].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? member.metadataFor(protocolName!) : nothing,
      memberAssignment: member.assignment,
    })),
  }
}
