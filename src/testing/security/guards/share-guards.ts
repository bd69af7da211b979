import { ErrorCodes } from '../../../protocol/error-codes.ts'
import {
  AlterShareGroupOffsets,
  DeleteShareGroupOffsets,
  DescribeShareGroupOffsets,
  ShareAcknowledge,
  ShareFetch,
  ShareGroupDescribe,
  ShareGroupHeartbeat,
} from '../../../protocol/messages/index.ts'
import type { RequestContext } from '../../server/handler.ts'
import type { Access } from '../access.ts'
import { hidden, mayKnowAll, withBits } from './group-guards.ts'
import { type Guard, gate, guard, nameOf, parted } from './guard.ts'

const { NONE, GROUP_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED } = ErrorCodes

/** Requests of members of share groups, and about them (KIP-932). */
export const shareGuards: readonly Guard[] = [
  gate(
    ShareGroupHeartbeat,
    ({ groupId, subscribedTopicNames }, access) => {
      if (!access.may('read', 'group', groupId)) return GROUP_AUTHORIZATION_FAILED
      return mayKnowAll(access, subscribedTopicNames ?? []) ? NONE : TOPIC_AUTHORIZATION_FAILED
    },
    null,
  ),
  guard(ShareGroupDescribe, (request, access) => {
    const [groupIds, refused] = parted(request.groupIds, (name) => access.may('describe', 'group', name))
    return {
      allowed: { ...request, groupIds },
      refused: [
        {
          request: { ...request, groupIds: refused },
          errorCode: GROUP_AUTHORIZATION_FAILED,
          errorMessage: null,
        },
      ],
      censor: (answer) => ({
        ...answer,
        groups: answer.groups?.map((one) => hidden(withBits(one, request, access), access)),
      }),
    }
  }),
  guard(ShareFetch, (request, access, context) => {
    if (!mayRead(access, request))
      return { allowed: undefined, instead: { errorCode: GROUP_AUTHORIZATION_FAILED } }
    const [topics, refused] = parted(request.topics, (topic) => mayReadTopic(access, context, topic))
    const denied = refused.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: TOPIC_AUTHORIZATION_FAILED,
      })),
    }))
    return {
      allowed: { ...request, topics },
      censor: (answer) => ({ ...answer, responses: [...(answer.responses ?? []), ...denied] }),
    }
  }),
  guard(ShareAcknowledge, (request, access, context) => {
    if (!mayRead(access, request))
      return { allowed: undefined, instead: { errorCode: GROUP_AUTHORIZATION_FAILED } }
    const [topics, refused] = parted(request.topics, (topic) => mayReadTopic(access, context, topic))
    const denied = refused.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: TOPIC_AUTHORIZATION_FAILED,
      })),
    }))
    return {
      allowed: { ...request, topics },
      censor: (answer) => ({ ...answer, responses: [...(answer.responses ?? []), ...denied] }),
    }
  }),
  guard(DescribeShareGroupOffsets, (request, access) => {
    const [groups, refused] = parted(request.groups, ({ groupId }) =>
      access.may('describe', 'group', groupId),
    )
    return {
      allowed: { ...request, groups },
      refused: [
        {
          request: { ...request, groups: refused },
          errorCode: GROUP_AUTHORIZATION_FAILED,
          errorMessage: null,
        },
      ],
      censor: (answer) => ({
        ...answer,
        groups: answer.groups?.map((group) => ({
          ...group,
          topics: group.topics?.filter(({ topicName }) => access.may('describe', 'topic', topicName ?? '')),
        })),
      }),
    }
  }),
  gate(AlterShareGroupOffsets, ({ groupId, topics }, access) => {
    if (!access.may('read', 'group', groupId)) return GROUP_AUTHORIZATION_FAILED
    return topics.every(({ topicName }) => access.may('read', 'topic', topicName))
      ? NONE
      : TOPIC_AUTHORIZATION_FAILED
  }),
  gate(DeleteShareGroupOffsets, ({ groupId, topics }, access) => {
    if (!access.may('delete', 'group', groupId)) return GROUP_AUTHORIZATION_FAILED
    return topics.every(({ topicName }) => access.may('read', 'topic', topicName))
      ? NONE
      : TOPIC_AUTHORIZATION_FAILED
  }),
]

function mayRead(access: Access, { groupId }: { groupId: string | null }): boolean {
  return access.may('read', 'group', groupId ?? '')
}

function mayReadTopic(access: Access, context: RequestContext, { topicId }: { topicId: string }): boolean {
  const name = nameOf(context, topicId)
  return name === undefined || access.may('read', 'topic', name)
}
