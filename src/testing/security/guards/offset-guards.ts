import { ErrorCodes } from '../../../protocol/error-codes.ts'
import { OffsetCommit, OffsetDelete, OffsetFetch } from '../../../protocol/messages/index.ts'
import type {
  OffsetFetchRequest,
  OffsetFetchRequestGroup,
  OffsetFetchResponse,
} from '../../../protocol/messages/offset-fetch.ts'
import type { RequestContext } from '../../server/handler.ts'
import type { Access } from '../access.ts'
import { type Guard, guard, nameOf, parted, refusedWhole, type Verdict } from './guard.ts'

const firstVersionByTopicId = 10
const firstVersionOfManyGroups = 8
const { GROUP_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED } = ErrorCodes

interface Named {
  readonly name: string
  readonly topicId?: string
}

/** Requests for the offsets of groups. */
export const offsetGuards: readonly Guard[] = [
  guard(OffsetCommit, (request, access, context) => {
    if (!access.may('read', 'group', request.groupId))
      return refusedWhole(request, GROUP_AUTHORIZATION_FAILED)
    const [topics, refused] = parted(request.topics, (topic) => mayUse(access, context, 'read', topic))
    return {
      // A commit of nothing would make a group.
      allowed: topics.length === 0 && refused.length > 0 ? undefined : { ...request, topics },
      refused: [{ request: { ...request, topics: refused }, errorCode: TOPIC_AUTHORIZATION_FAILED }],
    }
  }),
  guard(OffsetDelete, (request, access) => {
    if (!access.may('delete', 'group', request.groupId)) {
      return refusedWhole(request, GROUP_AUTHORIZATION_FAILED)
    }
    const [topics, refused] = parted(request.topics, ({ name }) => access.may('read', 'topic', name))
    const denied = refused.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: TOPIC_AUTHORIZATION_FAILED,
      })),
    }))
    return {
      allowed: { ...request, topics },
      censor: (answer) => ({ ...answer, topics: [...(answer.topics ?? []), ...denied] }),
    }
  }),
  guard(OffsetFetch, (request, access, context) =>
    context.version < firstVersionOfManyGroups
      ? judgeOneGroup(request, access)
      : judgeGroups(request, access, context),
  ),
]

function mayUse(
  access: Access,
  context: RequestContext,
  operation: 'read' | 'describe',
  topic: Named,
): boolean {
  const { name, topicId } = topic
  const known = context.version >= firstVersionByTopicId ? nameOf(context, topicId ?? '') : name
  return known === undefined || access.may(operation, 'topic', known)
}

function judgeOneGroup(
  request: OffsetFetchRequest,
  access: Access,
): Verdict<OffsetFetchRequest, OffsetFetchResponse> {
  if (!access.may('describe', 'group', request.groupId)) {
    return refusedWhole(request, GROUP_AUTHORIZATION_FAILED)
  }
  const mayKnow = ({ name }: { name?: string }) => access.may('describe', 'topic', name ?? '')
  if (request.topics === null) {
    return { allowed: request, censor: (answer) => ({ ...answer, topics: answer.topics?.filter(mayKnow) }) }
  }
  const [topics, refused] = parted(request.topics, mayKnow)
  return {
    allowed: { ...request, topics },
    refused: [{ request: { ...request, topics: refused }, errorCode: TOPIC_AUTHORIZATION_FAILED }],
  }
}

function judgeGroups(
  request: OffsetFetchRequest,
  access: Access,
  context: RequestContext,
): Verdict<OffsetFetchRequest, OffsetFetchResponse> {
  const [known, refused] = parted(request.groups, ({ groupId }) => access.may('describe', 'group', groupId))
  const hiddenTopics = new Map<string, NonNullable<OffsetFetchRequestGroup['topics']>>()
  const groups = known.map((group) => {
    if (group.topics === null) return group
    const [topics, hidden] = parted(group.topics, (topic) => mayUse(access, context, 'describe', topic))
    hiddenTopics.set(group.groupId, hidden)
    return { ...group, topics }
  })
  return {
    allowed: { ...request, groups },
    refused: [{ request: { ...request, groups: refused }, errorCode: GROUP_AUTHORIZATION_FAILED }],
    censor: (answer) => ({
      ...answer,
      groups: answer.groups?.map((group) => {
        const hidden = hiddenTopics.get(group.groupId ?? '')
        const isFine = group.errorCode === undefined || group.errorCode === ErrorCodes.NONE
        if (hidden === undefined) {
          const mayKnow = ({ name = '', topicId = '' }) =>
            mayUse(access, context, 'describe', { name, topicId })
          return { ...group, topics: group.topics?.filter(mayKnow) }
        }
        return isFine ? { ...group, topics: [...(group.topics ?? []), ...hidden.map(denied)] } : group
      }),
    }),
  }
}

function denied({ name, topicId, partitionIndexes }: NonNullable<OffsetFetchRequestGroup['topics']>[0]) {
  return {
    name,
    topicId,
    partitions: partitionIndexes.map((partitionIndex) => ({
      partitionIndex,
      committedOffset: -1n,
      metadata: '',
      errorCode: TOPIC_AUTHORIZATION_FAILED,
    })),
  }
}
