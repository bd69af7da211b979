import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  DescribeShareGroupOffsets,
  type DescribeShareGroupOffsetsRequest,
  type DescribeShareGroupOffsetsRequestGroup,
  type DescribeShareGroupOffsetsResponse,
  type DescribeShareGroupOffsetsResponseGroup,
  type DescribeShareGroupOffsetsResponsePartition,
} from '../../protocol/messages/describe-share-group-offsets.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import type { SharePartition } from '../share/share-partition.ts'
import { coordinatorError } from '../state/coordinators.ts'
import type { Topic } from '../state/topic.ts'

const firstVersionWithLag = 1

/** Tells where a share group is, as of its last acknowledgement. A group that there is not is nowhere. */
export const describeShareGroupOffsets: Handler<
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse
> = {
  api: DescribeShareGroupOffsets,
  versions: [0, 1],

  handle({ groups }, { broker, version }) {
    return { groups: groups.map((group) => describe(broker, group, version >= firstVersionWithLag)) }
  },
}

function describe(
  broker: BrokerContext,
  { groupId, topics }: DescribeShareGroupOffsetsRequestGroup,
  withLag: boolean,
): Draft<DescribeShareGroupOffsetsResponseGroup> {
  const misdirected = coordinatorError(broker, 'group', groupId)
  if (misdirected !== ErrorCodes.NONE) return { groupId, errorCode: misdirected, topics: [] }
  const known = broker.cluster.topics
  const group = broker.cluster.shareGroups.get(groupId)
  if (topics === null) {
    const all = [...(group?.partitions ?? [])].flatMap(([topicId, byIndex]) => {
      const topic = known.byId(topicId)
      if (topic === undefined) return []
      const partitions = [...byIndex].map(([index, share]) => place(broker, topic, index, share, withLag))
      return [{ topicName: topic.name, topicId, partitions }]
    })
    return { groupId, topics: all }
  }
  return {
    groupId,
    topics: topics.map(({ topicName, partitions }) => {
      const topic = known.byName(topicName)
      const of = (index: number) => (topic === undefined ? undefined : group?.partition(topic.id, index))
      return {
        topicName,
        ...(topic !== undefined && { topicId: topic.id }),
        partitions: partitions.map((index) => place(broker, topic, index, of(index), withLag)),
      }
    }),
  }
}

function place(
  { cluster }: BrokerContext,
  topic: Topic | undefined,
  partitionIndex: number,
  share: SharePartition | undefined,
  withLag: boolean,
): Draft<DescribeShareGroupOffsetsResponsePartition> {
  if (share === undefined || topic === undefined || share.summary.startOffset === -1) {
    return { partitionIndex, startOffset: -1n }
  }
  const { startOffset, finishedCount, leaderEpoch } = share.summary
  const partition = cluster.leaderPartition(topic.name, partitionIndex)
  const lag = partition === undefined ? -1 : partition.highWatermark - startOffset - finishedCount
  return {
    partitionIndex,
    startOffset: BigInt(startOffset),
    leaderEpoch,
    ...(withLag && { lag: BigInt(lag) }),
  }
}
