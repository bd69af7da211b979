import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  DeleteRecords,
  type DeleteRecordsPartition,
  type DeleteRecordsRequest,
  type DeleteRecordsResponse,
} from '../../protocol/messages/delete-records.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { locate } from '../state/locate.ts'
import { mergedByName } from './repeated-names.ts'

const highWatermark = -1n

export const deleteRecords: Handler<DeleteRecordsRequest, DeleteRecordsResponse> = {
  api: DeleteRecords,
  versions: [0, 2],

  handle({ topics }, { broker }) {
    return {
      topics: mergedByName(topics).map(({ name, partitions }) => {
        // Of a partition that is named twice the last is done.
        const once = new Map(partitions.map((partition) => [partition.partitionIndex, partition]))
        return { name, partitions: [...once.values()].map((partition) => remove(broker, name, partition)) }
      }),
    }
  },
}

function remove(broker: BrokerContext, topic: string, { partitionIndex, offset }: DeleteRecordsPartition) {
  const failed = (errorCode: number) => ({ partitionIndex, lowWatermark: -1n, errorCode })
  const { errorCode, partition } = locate(broker, topic, partitionIndex)
  if (errorCode !== ErrorCodes.NONE || partition === undefined) return failed(errorCode)
  if (!partition.topic.settings.deletesOldRecords) return failed(ErrorCodes.POLICY_VIOLATION)
  const target = offset === highWatermark ? partition.highWatermark : Number(offset)
  if (target < 0 || target > partition.highWatermark) return failed(ErrorCodes.OFFSET_OUT_OF_RANGE)
  partition.log.deleteBefore(target)
  return { partitionIndex, lowWatermark: BigInt(partition.log.startOffset), errorCode }
}
