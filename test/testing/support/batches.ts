import { type CompressionName, codecByName, compressionNames } from '../../../src/compression/index.ts'
import { BatchBuilder, type CloseFields, crc32c, type HeadersInput } from '../../../src/records/index.ts'
import * as at from '../../../src/records/layout.ts'

/** A time in the past that is the same in every run. */
export const someTime = 1_700_000_000_000

export interface RecordInput {
  key?: string | null
  value?: string | null
  timestamp?: number
  headers?: HeadersInput
}

export interface BatchInput extends Omit<CloseFields, 'compressed'> {
  compression?: CompressionName
}

/** A batch of magic 2; each record given is a value or more. */
export async function batch(
  records: readonly (string | RecordInput)[],
  fields: BatchInput = {},
): Promise<Buffer> {
  const builder = new BatchBuilder(Buffer.alloc(2 * 1024 * 1024))
  records.forEach((record, index) => {
    const {
      key = null,
      value = null,
      timestamp = someTime + index,
      headers = null,
    } = typeof record === 'string' ? { value: record } : record
    if (!builder.append(timestamp, key, value, headers))
      throw new Error('the batch is too large for this helper')
  })
  const { compression = 'none' } = fields
  if (compression === 'none') return Buffer.concat(builder.close(fields))
  const compressed = await codecByName(compression).compress(builder.uncompressedRecords())
  return Buffer.concat(builder.close({ ...fields, compressed }))
}

/** The same batch with bytes changed by `change`, and the checksum made right again. */
export function tampered(original: Buffer, change: (batch: Buffer) => void): Buffer {
  const copy = Buffer.from(original)
  change(copy)
  copy.writeUInt32BE(crc32c(copy, at.ATTRIBUTES_AT, copy.length), at.CRC_AT)
  return copy
}

export { at as layout, compressionNames }
