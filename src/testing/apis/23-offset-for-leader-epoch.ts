import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  OffsetForLeaderEpoch,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
  type OffsetForLeaderPartition,
} from '../../protocol/messages/offset-for-leader-epoch.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { locate } from '../state/locate.ts'

export const offsetForLeaderEpoch: Handler<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse> = {
  api: OffsetForLeaderEpoch,
  versions: [2, 4],

  handle({ topics }, { broker }) {
    return {
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((partition) => endOf(broker, topic, partition)),
      })),
    }
  },
}

function endOf(
  broker: BrokerContext,
  topic: string,
  { partition: index, currentLeaderEpoch, leaderEpoch }: OffsetForLeaderPartition,
) {
  const { errorCode, partition } = locate(broker, topic, index, currentLeaderEpoch)
  if (errorCode !== ErrorCodes.NONE || partition === undefined) return { partition: index, errorCode }
  const { log } = partition
  const { epoch, endOffset } = log.epochs.endOf(leaderEpoch, log.endOffset)
  return { partition: index, errorCode, leaderEpoch: epoch, endOffset: BigInt(endOffset) }
}
