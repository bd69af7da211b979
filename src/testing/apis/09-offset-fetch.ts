import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  OffsetFetch,
  type OffsetFetchRequest,
  type OffsetFetchResponse,
} from '../../protocol/messages/offset-fetch.ts'
import type { CommittedOffset } from '../groups/committed-offsets.ts'
import type { Handler, RequestContext } from '../server/handler.ts'

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
        groups: request.groups.map(({ groupId, topics }) => ({
          groupId,
          topics: topicsOf(groupId, topics, request.requireStable, context),
        })),
      }
    }
    const wanted = request.topics?.map((topic) => ({ ...topic, topicId: '' })) ?? null
    return {
      topics: topicsOf(request.groupId, wanted, request.requireStable, context).map(
        ({ name, partitions }) => ({
          name,
          partitions,
        }),
      ),
      ...(context.version >= 2 && { errorCode: ErrorCodes.NONE }),
    }
  },
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
