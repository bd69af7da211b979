import { crc32 } from 'node:zlib'
import type { BatchBuilder, CloseFields, KafkaRecord } from '../../src/records/index.ts'
import {
  BatchBuilder as Builder,
  bytesSource,
  type Data,
  type HeadersInput,
  readBatches,
} from '../../src/records/index.ts'

export interface RecordInput {
  timestampMs?: number
  key?: Data
  value?: Data
  headers?: HeadersInput
}

export const source = bytesSource('orders', 3)

/** A closed batch in one piece; what does not fit is an error. */
export function batchOf(inputs: readonly RecordInput[], fields: CloseFields = {}): Buffer {
  const builder = filled(inputs)
  return Buffer.concat(builder.close(fields))
}

export function filled(inputs: readonly RecordInput[], bytes = 100_000): BatchBuilder {
  const builder = new Builder(Buffer.alloc(bytes, 0xaa))
  for (const { timestampMs = 1000, key = null, value = null, headers = null } of inputs) {
    if (!builder.append(timestampMs, key, value, headers)) throw new Error('the batch is full')
  }
  return builder
}

/** Every record of every batch, uncompressed in place. */
export async function readAll(records: Buffer): Promise<KafkaRecord[]> {
  const all: KafkaRecord[] = []
  for (const batch of readBatches(records, source)) all.push(...(await batch.uncompressed(10_000_000)))
  return all
}

export interface LegacyInput {
  offset: bigint
  magic: 0 | 1
  attributes?: number
  timestampMs?: number
  key?: Buffer | null
  value?: Buffer | null
}

/** A message of magic 0 or 1. */
export function legacyMessage(input: LegacyInput): Buffer {
  const { offset, magic, attributes = 0, timestampMs = 0, key = null, value = null } = input
  const body = Buffer.concat([
    Buffer.from([magic, attributes]),
    magic === 1 ? int64(BigInt(timestampMs)) : Buffer.alloc(0),
    withLength(key),
    withLength(value),
  ])
  const crc = Buffer.alloc(4)
  crc.writeUInt32BE(crc32(body))
  const length = Buffer.alloc(4)
  length.writeInt32BE(crc.length + body.length)
  return Buffer.concat([int64(offset), length, crc, body])
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

function withLength(data: Buffer | null): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(data === null ? -1 : data.length)
  return data === null ? length : Buffer.concat([length, data])
}
