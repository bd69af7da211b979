import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  type WritableTxnMarker,
  WriteTxnMarkers,
  type WriteTxnMarkersRequest,
  type WriteTxnMarkersResponse,
} from '../../protocol/messages/write-txn-markers.ts'
import { appendMarker } from '../log/append-marker.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { locate } from '../state/locate.ts'

const version2 = 2

/**
 * What Kafka's coordinators send to leaders, and what `kafka-transactions abort` sends for a transaction that nobody
 * ends. The coordinator here writes its markers without it.
 */
export const writeTxnMarkers: Handler<WriteTxnMarkersRequest, WriteTxnMarkersResponse> = {
  api: WriteTxnMarkers,
  versions: [1, 2],

  handle({ markers }, { broker }) {
    return {
      markers: markers.map((marker) => ({
        producerId: marker.producerId,
        topics: marker.topics.map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({
            partitionIndex,
            errorCode: write(broker, marker, name, partitionIndex),
          })),
        })),
      })),
    }
  },
}

function write(broker: BrokerContext, marker: WritableTxnMarker, topic: string, index: number): number {
  const { errorCode, partition } = locate(broker, topic, index)
  if (errorCode !== ErrorCodes.NONE || partition === undefined) return errorCode
  const { producerId, producerEpoch: epoch, coordinatorEpoch, transactionResult, transactionVersion } = marker
  const type = transactionResult ? 'commit' : 'abort'
  const result = appendMarker(
    partition,
    { producerId, epoch, coordinatorEpoch, type },
    transactionVersion >= version2,
    broker.runtime.clock.now(),
  )
  if (result.errorCode === ErrorCodes.NONE) broker.replicas.appended(partition)
  return result.errorCode
}
