import * as at from '../../records/layout.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { OffsetRange } from './new-batches.ts'
import type { StoredRecords } from './stored-records.ts'

/** Which of the records that were read belong to transactions that were aborted. */
export function abortedAmong(log: PartitionLog, { batches }: StoredRecords): OffsetRange[] {
  if (batches.length === 0) return []
  const sizeBytes = batches.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const aborted = log.abortedWithin(batches[0].baseOffset, sizeBytes)
  if (aborted.length === 0) return []
  return batches
    .filter(({ bytes, baseOffset }) => {
      const attributes = bytes.readInt16BE(at.ATTRIBUTES_AT)
      if ((attributes & at.TRANSACTIONAL_BIT) === 0 || (attributes & at.CONTROL_BIT) !== 0) return false
      const producerId = bytes.readBigInt64BE(at.PRODUCER_ID_AT)
      return aborted.some(
        (one) =>
          one.producerId === producerId && one.firstOffset <= baseOffset && baseOffset < one.markerOffset,
      )
    })
    .map(({ baseOffset, lastOffset }) => ({ firstOffset: baseOffset, lastOffset }))
}
