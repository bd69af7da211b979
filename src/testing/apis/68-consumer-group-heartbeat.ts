import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  ConsumerGroupHeartbeat,
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
} from '../../protocol/messages/consumer-group-heartbeat.ts'
import { listed } from '../groups/consumer/assignment.ts'
import { awayEpoch } from '../groups/consumer/consumer-member.ts'
import type { HeartbeatAnswer, HeartbeatRequest } from '../groups/consumer/heartbeat.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'
import { type Problem, problem } from '../state/create-topic.ts'

const firstVersionWithOwnIds = 1

export const consumerGroupHeartbeat: Handler<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse> =
  {
    api: ConsumerGroupHeartbeat,
    versions: [0, 1],

    handle(request, { broker, version, clientId, clientHost }) {
      if (!broker.cluster.features.isFinalized('group.version'))
        return { errorCode: ErrorCodes.UNSUPPORTED_VERSION }
      const assignors = broker.settings.groupConsumerAssignors
      const refusal = requestProblem(request, version) ?? assignorProblem(request.serverAssignor, assignors)
      if (refusal !== undefined) return refusal
      const errorCode = coordinatorError(broker, 'group', request.groupId)
      if (errorCode !== ErrorCodes.NONE) return { errorCode }
      const { groups } = broker.cluster
      const heartbeat = said(request, clientId, clientHost)
      return describe(groups.consumerHeartbeat(request.groupId, heartbeat, broker.topics))
    },
  }

/** What is wrong with a request whatever group it is for. */
function requestProblem(request: ConsumerGroupHeartbeatRequest, version: number): Problem | undefined {
  const { groupId, memberId, memberEpoch, instanceId, rackId } = request
  // Who joined with the first version was given an id in the answer.
  const needsId = version >= firstVersionWithOwnIds || memberEpoch !== 0
  if (needsId && isBlank(memberId)) return invalid('the memberId is empty')
  if (isBlank(groupId)) return invalid('the groupId is empty')
  if (instanceId !== null && isBlank(instanceId)) return invalid('the instanceId is empty')
  if (rackId !== null && isBlank(rackId)) return invalid('the rackId is empty')
  if (memberEpoch < awayEpoch) return invalid(`there is no memberEpoch ${memberEpoch}`)
  if (memberEpoch === awayEpoch && instanceId === null) {
    return invalid('only a static member can leave for a while, and it has an instanceId')
  }
  return memberEpoch === 0 ? joinProblem(request) : undefined
}

function joinProblem(request: ConsumerGroupHeartbeatRequest): Problem | undefined {
  const { rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex } = request
  if (rebalanceTimeoutMs === -1) return invalid('who joins tells its rebalanceTimeoutMs')
  if (topicPartitions === null || topicPartitions.length > 0) {
    return invalid('who joins owns nothing, and says so by an empty list of topicPartitions')
  }
  if (subscribedTopicNames === null && subscribedTopicRegex === null) {
    return invalid('who joins subscribes to subscribedTopicNames or a subscribedTopicRegex')
  }
  return undefined
}

function assignorProblem(assignor: string | null, known: readonly string[]): Problem | undefined {
  if (assignor === null || known.includes(assignor)) return undefined
  const what = `there is no assignor ${assignor} here, only ${known.join(' and ')}`
  return problem(ErrorCodes.UNSUPPORTED_ASSIGNOR, what)
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}

function invalid(what: string): Problem {
  return problem(ErrorCodes.INVALID_REQUEST, what)
}

function said(
  request: ConsumerGroupHeartbeatRequest,
  clientId: string | null,
  clientHost: string,
): HeartbeatRequest {
  const { memberId, memberEpoch, instanceId, rackId, rebalanceTimeoutMs } = request
  return {
    memberId,
    memberEpoch,
    clientId: clientId ?? '',
    clientHost,
    instanceId,
    rackId,
    rebalanceTimeoutMs,
    topicNames: request.subscribedTopicNames,
    topicPattern: request.subscribedTopicRegex,
    assignor: request.serverAssignor,
    owned: request.topicPartitions,
  }
}

function describe(answer: HeartbeatAnswer | Problem): Draft<ConsumerGroupHeartbeatResponse> {
  if ('errorCode' in answer) return answer
  const { assignment, ...rest } = answer
  return { ...rest, assignment: assignment === undefined ? null : { topicPartitions: listed(assignment) } }
}
