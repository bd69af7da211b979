import { bytesSource, readBatches, readEndMarker } from '../../records/index.ts'
import * as at from '../../records/layout.ts'
import type { ProducerBatch, ProducerMarker } from './producer-states.ts'

/** What the header of a batch in a log says, as far as a replica that takes it over has to know. */
export interface StoredHeader {
  readonly baseOffset: number
  /** The offset after its last record. */
  readonly nextOffset: number
  readonly leaderEpoch: number
  readonly maxTimestamp: number
  /** Null without a producer id, and for the markers of transactions, which have no sequence. */
  readonly producer: ProducerBatch | null
  /** Null but for the markers of transactions. */
  readonly marker: ProducerMarker | null
}

export function storedBatch(bytes: Buffer): StoredHeader {
  const baseOffset = Number(bytes.readBigInt64BE(at.BASE_OFFSET_AT))
  return {
    baseOffset,
    nextOffset: baseOffset + bytes.readInt32BE(at.LAST_OFFSET_DELTA_AT) + 1,
    leaderEpoch: bytes.readInt32BE(at.LEADER_EPOCH_AT),
    maxTimestamp: Number(bytes.readBigInt64BE(at.MAX_TIMESTAMP_AT)),
    producer: producerOf(bytes),
    marker: markerOf(bytes),
  }
}

function hasAttribute(bytes: Buffer, bit: number): boolean {
  return (bytes.readInt16BE(at.ATTRIBUTES_AT) & bit) !== 0
}

function producerOf(bytes: Buffer): ProducerBatch | null {
  const producerId = bytes.readBigInt64BE(at.PRODUCER_ID_AT)
  if (producerId === at.NO_PRODUCER_ID || hasAttribute(bytes, at.CONTROL_BIT)) return null
  return {
    producerId,
    epoch: bytes.readInt16BE(at.PRODUCER_EPOCH_AT),
    baseSequence: bytes.readInt32BE(at.BASE_SEQUENCE_AT),
    recordCount: bytes.readInt32BE(at.LAST_OFFSET_DELTA_AT) + 1,
    isTransactional: hasAttribute(bytes, at.TRANSACTIONAL_BIT),
  }
}

function markerOf(bytes: Buffer): ProducerMarker | null {
  if (!hasAttribute(bytes, at.CONTROL_BIT)) return null
  const batch = readBatches(bytes, bytesSource('', 0), { checkCrc: false }).next()!
  const type = readEndMarker(batch)
  const cursor = batch.cursor()
  if (type === undefined || !cursor.next()) return null
  return {
    type,
    producerId: batch.producerId,
    epoch: batch.producerEpoch,
    // Behind the version of the value.
    coordinatorEpoch: cursor.buffer.readInt32BE(cursor.valueStart + 2),
  }
}
