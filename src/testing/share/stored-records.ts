import * as at from '../../records/layout.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { LogBatch } from './new-batches.ts'

/** A batch as it is stored; the bytes are the log's own. */
export interface ReadBatch extends LogBatch {
  readonly bytes: Buffer
}

export interface StoredRecords {
  readonly batches: readonly ReadBatch[]
  /** The beginning of a batch that did not fit. */
  readonly rest: Buffer | undefined
}

/** Whole batches from the one that holds `offset` on, up to `endOffset` and about `maxBytes`; at least one if there is one. */
export function readRecords(
  log: PartitionLog,
  offset: number,
  endOffset: number,
  maxBytes: number,
): StoredRecords {
  const batches: ReadBatch[] = []
  for (const buffer of log.read(offset, maxBytes, true).buffers) {
    let start = 0
    while (start < buffer.length) {
      const batch = batchAt(buffer, start)
      if (batch === undefined) return { batches, rest: buffer.subarray(start) }
      if (batch.lastOffset >= endOffset) return { batches, rest: undefined }
      batches.push(batch)
      start += batch.bytes.length
    }
  }
  return { batches, rest: undefined }
}

/** The bytes of the batches that hold these offsets and of those between them. */
export function bytesOf({ batches, rest }: StoredRecords, firstOffset: number, lastOffset: number): Buffer[] {
  const wanted = batches.filter((batch) => batch.lastOffset >= firstOffset && batch.baseOffset <= lastOffset)
  const buffers = wanted.map(({ bytes }) => bytes)
  const isToTheEnd = wanted.length > 0 && wanted.at(-1) === batches.at(-1)
  return isToTheEnd && rest !== undefined ? [...buffers, rest] : buffers
}

function batchAt(buffer: Buffer, start: number): ReadBatch | undefined {
  if (buffer.length - start < at.BATCH_OVERHEAD_BYTES) return undefined
  const end = start + at.LENGTH_OVERHEAD_BYTES + buffer.readInt32BE(start + at.LENGTH_AT)
  if (end > buffer.length) return undefined
  const baseOffset = Number(buffer.readBigInt64BE(start + at.BASE_OFFSET_AT))
  const lastOffset = baseOffset + buffer.readInt32BE(start + at.LAST_OFFSET_DELTA_AT)
  return { baseOffset, lastOffset, bytes: buffer.subarray(start, end) }
}
