import { ErrorCodes } from '../../../protocol/error-codes.ts'
import type { Api, Draft } from '../../../protocol/message.ts'
import {
  ConsumerGroupDescribe,
  ConsumerGroupHeartbeat,
  DeleteGroups,
  DescribeGroups,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  ListGroups,
  StreamsGroupDescribe,
  StreamsGroupHeartbeat,
  SyncGroup,
} from '../../../protocol/messages/index.ts'
import type { Access } from '../access.ts'
import { type Guard, gate, guard, parted, refusedWhole } from './guard.ts'

const coordinators = { group: 0, transaction: 1, share: 2 } as const
const firstVersionOfManyKeys = 4
const { NONE, GROUP_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED } = ErrorCodes

/** Requests of members of groups, and about groups. */
export const groupGuards: readonly Guard[] = [
  guard(FindCoordinator, (request, access, { version }) => {
    const errorOf = (key: string) => coordinatorError(access, request.keyType, key)
    if (version < firstVersionOfManyKeys) {
      const errorCode = errorOf(request.key)
      return errorCode === NONE
        ? { allowed: request }
        : { allowed: undefined, refused: [{ request, errorCode }] }
    }
    const [coordinatorKeys, refused] = parted(request.coordinatorKeys, (key) => errorOf(key) === NONE)
    return {
      allowed: { ...request, coordinatorKeys },
      refused: refused.map((key) => ({
        request: { ...request, coordinatorKeys: [key] },
        errorCode: errorOf(key),
        ...(request.keyType !== coordinators.share && { errorMessage: '' }),
      })),
    }
  }),
  member(JoinGroup),
  member(SyncGroup),
  member(Heartbeat),
  guard(LeaveGroup, (request, access) =>
    access.may('read', 'group', request.groupId)
      ? { allowed: request }
      : refusedWhole({ ...request, members: [] }, GROUP_AUTHORIZATION_FAILED),
  ),
  member(StreamsGroupHeartbeat),
  gate(
    ConsumerGroupHeartbeat,
    ({ groupId, subscribedTopicNames }, access) => {
      if (!access.may('read', 'group', groupId)) return GROUP_AUTHORIZATION_FAILED
      return mayKnowAll(access, subscribedTopicNames ?? []) ? NONE : TOPIC_AUTHORIZATION_FAILED
    },
    null,
  ),
  guard(DescribeGroups, (request, access) => {
    const [groups, refused] = parted(request.groups, (name) => access.may('describe', 'group', name))
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
        groups: answer.groups?.map((one) => withBits(one, request, access)),
      }),
    }
  }),
  guard(ConsumerGroupDescribe, (request, access) => {
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
  guard(StreamsGroupDescribe, (request, access) => {
    const [groupIds, refused] = parted(request.groupIds, (name) => access.may('describe', 'group', name))
    return {
      allowed: { ...request, groupIds },
      refused: [{ request: { ...request, groupIds: refused }, errorCode: GROUP_AUTHORIZATION_FAILED }],
    }
  }),
  guard(ListGroups, (request, access) => {
    if (access.onCluster('describe')) return { allowed: request }
    const mayKnow = ({ groupId }: { groupId?: string }) => access.may('describe', 'group', groupId ?? '')
    return { allowed: request, censor: (answer) => ({ ...answer, groups: answer.groups?.filter(mayKnow) }) }
  }),
  guard(DeleteGroups, (request, access) => {
    const [groupsNames, refused] = parted(request.groupsNames, (name) => access.may('delete', 'group', name))
    return {
      allowed: { ...request, groupsNames },
      refused: [{ request: { ...request, groupsNames: refused }, errorCode: GROUP_AUTHORIZATION_FAILED }],
    }
  }),
]

/** A request that a member sends, or who wants to be one. */
function member<Request extends { groupId: string }, Response>(api: Api<Request, Response>): Guard {
  return gate(api, ({ groupId }, access) =>
    access.may('read', 'group', groupId) ? NONE : GROUP_AUTHORIZATION_FAILED,
  )
}

function coordinatorError(access: Access, keyType: number, key: string): number {
  switch (keyType) {
    case coordinators.group:
      return access.may('describe', 'group', key) ? NONE : GROUP_AUTHORIZATION_FAILED
    case coordinators.transaction:
      return access.may('describe', 'transactionalId', key)
        ? NONE
        : ErrorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    case coordinators.share:
      return access.onCluster('clusterAction') ? NONE : ErrorCodes.CLUSTER_AUTHORIZATION_FAILED
    default:
      return NONE
  }
}

export function mayKnowAll(access: Access, topics: readonly string[]): boolean {
  return topics.every((name) => access.may('describe', 'topic', name))
}

/** The bits of what may be done with the group, where they were asked for. */
export function withBits<Group extends Draft<{ groupId: string; errorCode: number }>>(
  group: Group,
  { includeAuthorizedOperations }: { includeAuthorizedOperations: boolean },
  access: Access,
): Group {
  const { errorCode = NONE } = group
  if (!includeAuthorizedOperations || errorCode !== NONE) return group
  return { ...group, authorizedOperations: access.bits('group', group.groupId ?? '') }
}

type MemberTopics = Draft<{
  subscribedTopicNames: string[]
  assignment: { topicPartitions: { topicName: string }[] }
}>

/** A group with topics of which the client may not know is not described at all. */
export function hidden<Group extends { groupId?: string; members?: readonly MemberTopics[] }>(
  group: Group,
  access: Access,
): Group | { groupId: string; errorCode: number; errorMessage: string } {
  const topics = (group.members ?? []).flatMap(({ subscribedTopicNames = [], assignment = {} }) => [
    ...subscribedTopicNames,
    ...(assignment.topicPartitions ?? []).map(({ topicName }) => topicName ?? ''),
  ])
  if (mayKnowAll(access, topics)) return group
  return {
    groupId: group.groupId ?? '',
    errorCode: TOPIC_AUTHORIZATION_FAILED,
    errorMessage: 'some of its topics may not be described',
  }
}
