import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  OffsetFetch,
  type OffsetFetchRequest,
  type OffsetFetchResponse,
} from '../../protocol/messages/offset-fetch.ts'
import type { CommittedOffset, CommittedOffsets } from '../groups/committed-offsets.ts'
import type { Handler, RequestContext } from '../server/handler.ts'

const firstVersionOfManyGroups = 8
const firstVersionByTopicId = 10

/** What is asked of one topic. Named by id from version 10 on, by name before. */
interface WantedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

/** Nothing is ever pending here, so every offset is stable, whether that was required or not. */
export const offsetFetch: Handler<OffsetFetchRequest, OffsetFetchResponse> = {
  api: OffsetFetch,
  versions: [1, 10],

  handle(request, context) {
    if (context.version >= firstVersionOfManyGroups) {
      return {
        groups: request.groups.map(({ groupId, topics }) => ({
          groupId,
          topics: topicsOf(groupId, topics, context),
        })),
      }
    }
    const wanted = request.topics?.map((topic) => ({ ...topic, topicId: '' })) ?? null
    return {
      topics: topicsOf(request.groupId, wanted, context).map(({ name, partitions }) => ({
        name,
        partitions,
      })),
      ...(context.version >= 2 && { errorCode: ErrorCodes.NONE }),
    }
  },
}

/** `wanted` null: all that the group has committed. */
function topicsOf(
  groupId: string,
  wanted: readonly WantedTopic[] | null,
  { broker, version }: RequestContext,
) {
  const { topics } = broker
  const { groups } = broker.cluster
  const offsets = groups.get(groupId)?.offsets
  if (wanted === null) {
    return [...(offsets?.topics() ?? [])].map((name) => ({
      name,
      topicId: topics.byName(name)!.id,
      partitions: [...offsets!.partitionsOf(name)].map(([index, committed]) => describe(index, committed)),
    }))
  }
  return wanted.map(({ name, topicId, partitionIndexes }) => {
    const known = version >= firstVersionByTopicId ? topics.byId(topicId)?.name : name
    const partitions = partitionIndexes.map((index) =>
      known === undefined ? unknownId(index) : describe(index, find(offsets, known, index)),
    )
    return { name, topicId, partitions }
  })
}

function find(
  offsets: CommittedOffsets | undefined,
  topic: string,
  index: number,
): CommittedOffset | undefined {
  return offsets?.get(topic, index)
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

function unknownId(partitionIndex: number) {
  return { ...describe(partitionIndex, undefined), errorCode: ErrorCodes.UNKNOWN_TOPIC_ID }
}
