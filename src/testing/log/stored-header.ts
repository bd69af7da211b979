import * as at from '../../records/layout.ts'
import type { ProducerBatch } from './producer-states.ts'

/** What the header of a batch in a log says, as far as a replica that takes it over has to know. */
export interface StoredHeader {
  readonly baseOffset: number
  /** The offset after its last record. */
  readonly nextOffset: number
  readonly leaderEpoch: number
  readonly maxTimestamp: number
  /** Null without a producer id, and for the markers of transactions, which have no sequence. */
  readonly producer: ProducerBatch | null
}

export function storedBatch(bytes: Buffer): StoredHeader {
  const baseOffset = Number(bytes.readBigInt64BE(at.BASE_OFFSET_AT))
  return {
    baseOffset,
    nextOffset: baseOffset + bytes.readInt32BE(at.LAST_OFFSET_DELTA_AT) + 1,
    leaderEpoch: bytes.readInt32BE(at.LEADER_EPOCH_AT),
    maxTimestamp: Number(bytes.readBigInt64BE(at.MAX_TIMESTAMP_AT)),
    producer: producerOf(bytes),
  }
}

function producerOf(bytes: Buffer): ProducerBatch | null {
  const producerId = bytes.readBigInt64BE(at.PRODUCER_ID_AT)
  const isControl = (bytes.readInt16BE(at.ATTRIBUTES_AT) & at.CONTROL_BIT) !== 0
  if (producerId === at.NO_PRODUCER_ID || isControl) return null
  return {
    producerId,
    epoch: bytes.readInt16BE(at.PRODUCER_EPOCH_AT),
    baseSequence: bytes.readInt32BE(at.BASE_SEQUENCE_AT),
    recordCount: bytes.readInt32BE(at.LAST_OFFSET_DELTA_AT) + 1,
  }
}
