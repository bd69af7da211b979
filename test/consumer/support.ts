import { FetchedRecords } from '../../src/consumer/fetch/fetched-records.ts'
import { PartitionState } from '../../src/consumer/fetch/partition.ts'
import { BatchBuilder, buildEndMarker, bytesSource, type CloseFields } from '../../src/records/index.ts'
import { nodeRuntime } from '../../src/runtime/node.ts'

export const decodeSettings = {
  isolationLevel: 'read_committed',
  checkCrcs: true,
  maxDecompressedBatchBytes: 1_000_000,
} as const

/** A batch whose values are its offsets, as text: `count` of them from `baseOffset` on. */
export function batchOf(baseOffset: number, count: number, fields: CloseFields = {}): Buffer {
  const builder = new BatchBuilder(Buffer.alloc(4096))
  for (let i = 0; i < count; i++) builder.append(1000 + i, null, `${baseOffset + i}`, null)
  return Buffer.concat(builder.close({ baseOffset: BigInt(baseOffset), ...fields }))
}

/** The end of a transaction, as a broker writes it at `offset`. */
export function endMarker(offset: number, producerId: bigint, type: 'abort' | 'commit'): Buffer {
  const bytes = Buffer.from(
    buildEndMarker({ type, producerId, producerEpoch: 0, coordinatorEpoch: 0, timestampMs: 1000 }),
  )
  bytes.writeBigInt64BE(BigInt(offset), 0)
  return bytes
}

/** A partition that is read from `offset`. */
export function partitionAt(offset: number, topic = 't', partition = 0): PartitionState {
  const state = new PartitionState(bytesSource(topic, partition), 'earliest')
  state.locatedAt(BigInt(offset))
  return state
}

/** What a fetch brought; the partition's next fetch starts behind it. */
export function fetched(
  partition: PartitionState,
  batches: Buffer[],
  aborted: { producerId: bigint; firstOffset: bigint }[] | null = null,
  settings: ConstructorParameters<typeof FetchedRecords>[3] = decodeSettings,
): FetchedRecords {
  const records = new FetchedRecords(partition, Buffer.concat(batches), aborted, settings, nodeRuntime())
  partition.fetchOffset = records.nextOffset
  return records
}
