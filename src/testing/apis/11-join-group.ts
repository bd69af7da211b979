import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  JoinGroup,
  type JoinGroupRequest,
  type JoinGroupResponse,
} from '../../protocol/messages/join-group.ts'
import { type JoinAnswer, refusedJoin } from '../groups/member.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'

const firstVersionWithRebalanceTimeout = 1
const firstVersionWithMemberIdRequired = 4
const firstVersionWithNullProtocol = 7
const firstVersionWithSkippedAssignment = 9

export const joinGroup: Handler<JoinGroupRequest, JoinGroupResponse> = {
  api: JoinGroup,
  versions: [0, 9],

  handle(request, { broker, version, clientId, clientHost }) {
    const errorCode = coordinatorError(broker, 'group', request.groupId)
    if (errorCode !== ErrorCodes.NONE) return describe(refusedJoin(errorCode, ''), version)
    const { memberId, groupInstanceId, protocolType, sessionTimeoutMs } = request
    const joining = {
      memberId,
      groupInstanceId,
      clientId: clientId ?? '',
      clientHost,
      protocolType,
      // Kept as long as the member is, so copied out of the request's frame.
      protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
      sessionTimeoutMs,
      rebalanceTimeoutMs:
        version < firstVersionWithRebalanceTimeout ? sessionTimeoutMs : request.rebalanceTimeoutMs,
      requiresKnownMemberId: version >= firstVersionWithMemberIdRequired && groupInstanceId === null,
      supportsSkippedAssignment: version >= firstVersionWithSkippedAssignment,
    }
    const answer = broker.cluster.groups.join(request.groupId, joining, broker.topics)
    return answer instanceof Promise
      ? answer.then((later) => describe(later, version))
      : describe(answer, version)
  },
}

function describe(answer: JoinAnswer, version: number): Draft<JoinGroupResponse> {
  const { skipAssignment, protocolName, ...rest } = answer
  return {
    ...rest,
    protocolName: version < firstVersionWithNullProtocol ? (protocolName ?? '') : protocolName,
    ...(version >= firstVersionWithSkippedAssignment && { skipAssignment }),
  }
}
