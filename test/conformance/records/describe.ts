import { type BatchView, bytesSource, readBatches } from '../../../src/records/index.ts'
import type { BatchFacts, RecordFacts } from './oracle.ts'

const MAX_BYTES = 64 * 1024 * 1024

const timestampTypes = { none: 'NoTimestampType', create: 'CreateTime', logAppend: 'LogAppendTime' } as const

/** What our reader finds in records, in the form that RecordOracle.java prints. */
export async function describeRecords(records: Buffer): Promise<BatchFacts[]> {
  const facts: BatchFacts[] = []
  for (const batch of readBatches(records, bytesSource('topic', 0))) {
    facts.push(describeBatch(await batch.uncompressed(MAX_BYTES)))
  }
  return facts
}

function describeBatch(batch: BatchView): BatchFacts {
  return {
    magic: batch.magic,
    compression: batch.compression,
    timestampType: timestampTypes[batch.timestampType],
    baseOffset: batch.baseOffset.toString(),
    lastOffset: batch.lastOffset.toString(),
    nextOffset: batch.nextOffset.toString(),
    maxTimestamp: batch.maxTimestamp,
    producerId: batch.producerId.toString(),
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
    leaderEpoch: batch.leaderEpoch,
    sizeBytes: batch.sizeBytes,
    count: batch.magic === 2 ? batch.recordCount : null,
    records: [...batch].map(
      (record): RecordFacts => ({
        offset: record.offset.toString(),
        timestamp: record.timestamp,
        key: base64(record.key),
        value: base64(record.value),
        headers: [...record.headers].map(([name, value]) => [base64(name)!, base64(value)]),
      }),
    ),
  }
}

export function base64(data: string | Uint8Array | null): string | null {
  return data === null ? null : Buffer.from(data as Uint8Array).toString('base64')
}
