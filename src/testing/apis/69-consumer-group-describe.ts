import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  ConsumerGroupDescribe,
  type ConsumerGroupDescribeRequest,
  type ConsumerGroupDescribeResponse,
  type DescribedGroup,
  type Member,
} from '../../protocol/messages/consumer-group-describe.ts'
import { type Assignment, AssignmentBuilder, listed, partitionsOf } from '../groups/consumer/assignment.ts'
import type { ConsumerGroup } from '../groups/consumer/consumer-group.ts'
import type { ConsumerMember } from '../groups/consumer/consumer-member.ts'
import type { TopicDirectory } from '../groups/consumer/topic-directory.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'
import { problem } from '../state/create-topic.ts'
import { groupOperations } from './operations.ts'

const firstVersionWithType = 1
/** By the protocol that a member speaks. */
const memberTypes = { classic: 0, consumer: 1 } as const

export const consumerGroupDescribe: Handler<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse> = {
  api: ConsumerGroupDescribe,
  versions: [0, 1],

  handle({ groupIds, includeAuthorizedOperations }, { broker, version }) {
    if (!broker.cluster.features.isFinalized('group.version')) {
      const errorCode = ErrorCodes.UNSUPPORTED_VERSION
      return { groups: groupIds.map((groupId) => ({ groupId, errorCode })) }
    }
    const groups = groupIds.map((groupId) => {
      const group = find(broker, groupId)
      if ('errorCode' in group) return { groupId, ...group }
      const operations = includeAuthorizedOperations && { authorizedOperations: groupOperations }
      return { ...describe(group, broker.topics, version), ...operations }
    })
    return { groups }
  },
}

interface Refusal {
  readonly errorCode: number
  readonly errorMessage: string | null
}

function find(broker: BrokerContext, groupId: string): ConsumerGroup | Refusal {
  const errorCode = coordinatorError(broker, 'group', groupId)
  if (errorCode !== ErrorCodes.NONE) return { errorCode, errorMessage: null }
  if (groupId === '') return { errorCode: ErrorCodes.INVALID_GROUP_ID, errorMessage: null }
  const { groups } = broker.cluster
  const group = groups.consumer(groupId)
  if (group !== undefined) return group
  const what = groups.get(groupId) === undefined ? 'is not there' : 'is not a consumer group'
  return problem(ErrorCodes.GROUP_ID_NOT_FOUND, `the group ${groupId} ${what}`)
}

function describe(group: ConsumerGroup, topics: TopicDirectory, version: number): Draft<DescribedGroup> {
  const { groupId, state, epoch, assignmentEpoch, assignorName } = group
  return {
    groupId,
    groupState: state,
    groupEpoch: epoch,
    assignmentEpoch,
    assignorName,
    members: [...group.members()].map((member) => describeMember(member, topics, version)),
  }
}

function describeMember(member: ConsumerMember, topics: TopicDirectory, version: number): Draft<Member> {
  const { memberId, epoch, self, target } = member
  const { instanceId, rackId, clientId, clientHost, topicNames, topicPattern } = self
  return {
    memberId,
    memberEpoch: epoch,
    instanceId,
    rackId,
    clientId,
    clientHost,
    subscribedTopicNames: [...topicNames].sort(),
    subscribedTopicRegex: topicPattern,
    assignment: named(allHeld(member), topics),
    targetAssignment: named(target, topics),
    ...(version >= firstVersionWithType && {
      memberType: self.classic === null ? memberTypes.consumer : memberTypes.classic,
    }),
  }
}

/** What the member was told to give up is its own until it does. */
function allHeld(member: ConsumerMember): Assignment {
  const builder = new AssignmentBuilder()
  for (const held of member.held()) {
    for (const [topicId, partition] of partitionsOf(held)) builder.add(topicId, partition)
  }
  return builder.build()
}

/** Topics that are gone have no name to be described by. */
function named(assignment: Assignment, topics: TopicDirectory) {
  const topicPartitions = listed(assignment).flatMap(({ topicId, partitions }) => {
    const topic = topics.byId(topicId)
    return topic === undefined ? [] : [{ topicId, topicName: topic.name, partitions }]
  })
  return { topicPartitions }
}
