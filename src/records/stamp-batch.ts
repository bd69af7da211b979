import { KafkaError } from '../errors.ts'
import { crc32c } from './crc32c.ts'
import * as at from './layout.ts'

/** What a broker writes into a batch that it puts into its log. */
export interface BatchStamp {
  baseOffset: bigint
  partitionLeaderEpoch: number
  /** Milliseconds since the epoch: given, it takes the place of the producer's timestamps. */
  logAppendTime?: number
}

/**
 * Stamps a batch of magic 2 in place. Offset and leader epoch lie before the checksum's part; a log append time
 * changes the attributes and the largest timestamp, and the checksum with them. The records stay as they are:
 * whoever reads a batch with that attribute takes the largest timestamp for all of them.
 *
 * @param batch one whole batch, from its first byte to its last
 */
export function stampBatch(batch: Buffer, stamp: BatchStamp): void {
  if (batch.length < at.BATCH_OVERHEAD_BYTES || batch[at.MAGIC_AT] !== 2) {
    throw new KafkaError('ILLEGAL_STATE', 'only batches of magic 2 can be stamped in place')
  }
  batch.writeBigInt64BE(stamp.baseOffset, at.BASE_OFFSET_AT)
  batch.writeInt32BE(stamp.partitionLeaderEpoch, at.LEADER_EPOCH_AT)
  if (stamp.logAppendTime === undefined) return
  batch.writeInt16BE(batch.readInt16BE(at.ATTRIBUTES_AT) | at.LOG_APPEND_TIME_BIT, at.ATTRIBUTES_AT)
  batch.writeBigInt64BE(BigInt(stamp.logAppendTime), at.MAX_TIMESTAMP_AT)
  batch.writeUInt32BE(crc32c(batch, at.ATTRIBUTES_AT, batch.length), at.CRC_AT)
}
