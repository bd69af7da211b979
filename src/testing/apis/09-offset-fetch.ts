import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  OffsetFetch,
  type OffsetFetchRequest,
  type OffsetFetchResponse,
} from '../../protocol/messages/offset-fetch.ts'
import type { CommittedOffset } from '../groups/committed-offsets.ts'
import type { Handler, RequestContext } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'

const firstVersionWithError = 2
const firstVersionOfManyGroups = 8
const firstVersionByTopicId = 10

/** What is asked of one topic. Named by id from version 10 on, by name before. */
interface WantedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

export const offsetFetch: Handler<OffsetFetchRequest, OffsetFetchResponse> = {
  api: OffsetFetch,
  versions: [1, 10],

  handle(request, context) {
    if (context.version >= firstVersionOfManyGroups) {
      return {
        groups: request.groups.map(({ groupId, memberId, memberEpoch, topics }) => {
          const errorCode =
            coordinatorError(context.broker, 'group', groupId) ||
            context.broker.cluster.groups.checkFetch(groupId, memberId, memberEpoch)
          return errorCode === ErrorCodes.NONE
            ? { groupId, topics: topicsOf(groupId, topics, request.requireStable, context) }
            : { groupId, topics: [], errorCode }
        }),
      }
    }
    const errorCode = coordinatorError(context.broker, 'group', request.groupId)
    if (errorCode !== ErrorCodes.NONE) return refuse(request, context.version, errorCode)
    const wanted = request.topics?.map((topic) => ({ ...topic, topicId: '' })) ?? null
    return {
      topics: topicsOf(request.groupId, wanted, request.requireStable, context).map(
        ({ name, partitions }) => ({
          name,
          partitions,
        }),
      ),
      ...(context.version >= firstVersionWithError && { errorCode }),
    }
  },
}

/** Before there was a place for the error of all, each partition has it. */
function refuse({ topics }: OffsetFetchRequest, version: number, errorCode: number) {
  if (version >= firstVersionWithError) return { topics: [], errorCode }
  return {
    topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((index) => ({ ...describe(index, undefined), errorCode })),
    })),
  }
}

/**
 * @param wanted null: all that the group has committed
 * @param requireStable offsets that a transaction is about to change are not told (KIP-447)
 */
function topicsOf(
  groupId: string,
  wanted: readonly WantedTopic[] | null,
  requireStable: boolean,
  { broker, version }: RequestContext,
) {
  const { topics } = broker
  const { groups } = broker.cluster
  const offsets = groups.get(groupId)?.offsets
  const answer = (topic: string, index: number) =>
    requireStable && offsets?.isPending(topic, index) === true
      ? unknown(index, ErrorCodes.UNSTABLE_OFFSET_COMMIT)
      : describe(index, offsets?.get(topic, index))
  if (wanted === null) {
    return [...(offsets?.topics() ?? [])].map((name) => ({
      name,
      topicId: topics.byName(name)!.id,
      partitions: [...offsets!.partitionsOf(name).keys()].map((index) => answer(name, index)),
    }))
  }
  return wanted.map(({ name, topicId, partitionIndexes }) => {
    const known = version >= firstVersionByTopicId ? topics.byId(topicId)?.name : name
    const partitions = partitionIndexes.map((index) =>
      known === undefined ? unknown(index, ErrorCodes.UNKNOWN_TOPIC_ID) : answer(known, index),
    )
    return { name, topicId, partitions }
  })
}

function describe(partitionIndex: number, committed: CommittedOffset | undefined) {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1n,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode: ErrorCodes.NONE,
  }
}

function unknown(partitionIndex: number, errorCode: number) {
  return { ...describe(partitionIndex, undefined), errorCode }
}
