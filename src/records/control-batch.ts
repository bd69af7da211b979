import { BatchBuilder } from './batch-builder.ts'
import type { BatchView } from './batch-view.ts'
import { BATCH_OVERHEAD_BYTES } from './layout.ts'
import { recordSizeUpperBound } from './record-writer.ts'
import { corrupt } from './source.ts'

/** How a transaction ended. */
export type EndMarker = 'abort' | 'commit'

const endMarkers: readonly EndMarker[] = ['abort', 'commit']

/** Bytes of a control record's key: version and type, both int16. */
const KEY_BYTES = 4
/** Bytes of EndTxnMarker version 0: version int16, coordinator epoch int32. */
const VALUE_BYTES = 6

export interface EndMarkerFields {
  type: EndMarker
  coordinatorEpoch: number
  producerId: bigint
  producerEpoch: number
  /** Milliseconds since the epoch. */
  timestampMs: number
}

/** The control batch that a broker writes where a transaction ends: one record, an EndTxnMarker. */
export function buildEndMarker(fields: EndMarkerFields): Buffer {
  const key = Buffer.alloc(KEY_BYTES)
  key.writeInt16BE(endMarkers.indexOf(fields.type), 2)
  const value = Buffer.alloc(VALUE_BYTES)
  value.writeInt32BE(fields.coordinatorEpoch, 2)

  const builder = new BatchBuilder(
    Buffer.allocUnsafe(BATCH_OVERHEAD_BYTES + recordSizeUpperBound(key, value, null)),
  )
  builder.append(fields.timestampMs, key, value, null)
  const { producerId, producerEpoch } = fields
  return builder.close({ producerId, producerEpoch, transactional: true, control: true })[0]
}

/**
 * What the first record of a control batch says; undefined for the kinds that only brokers care about, such as
 * the snapshots' of KRaft.
 *
 * @throws CorruptRecordsError when it has no record with a proper key
 */
export function readEndMarker<K, V>(batch: BatchView<K, V>): EndMarker | undefined {
  const cursor = batch.cursor()
  if (!cursor.next() || cursor.keyStart === -1 || cursor.keyEnd - cursor.keyStart < KEY_BYTES) {
    throw corrupt(batch.source, batch.baseOffset, 'it is a control batch without a type')
  }
  return endMarkers[cursor.buffer.readInt16BE(cursor.keyStart + 2)]
}
