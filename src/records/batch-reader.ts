import { crc32 } from 'node:zlib'
import { compressionNames } from '../compression/index.ts'
import { type BatchHeader, BatchView } from './batch-view.ts'
import { crc32c } from './crc32c.ts'
import * as at from './layout.ts'
import { smallestLegacyLength } from './legacy-messages.ts'
import { corrupt, type RecordSource } from './source.ts'

export interface ReadOptions {
  /** Check each batch's checksum before it is handed out. Default: true. */
  checkCrc?: boolean
}

/**
 * The batches in the records of a Fetch response or a Produce request, one after the other, of any magic. The
 * last one may be cut off, as brokers do at the size that a fetch asked for; that ends it quietly.
 */
export function readBatches<K, V>(
  records: Buffer,
  source: RecordSource<K, V>,
  options: ReadOptions = {},
): BatchReader<K, V> {
  return new BatchReader(records, source, options)
}

export class BatchReader<K = Buffer, V = Buffer> {
  readonly #buffer: Buffer
  readonly #source: RecordSource<K, V>
  readonly #checkCrc: boolean
  #position = 0

  constructor(records: Buffer, source: RecordSource<K, V>, options: ReadOptions = {}) {
    this.#buffer = records
    this.#source = source
    this.#checkCrc = options.checkCrc ?? true
  }

  /** Bytes that have not been read; once `next` has given undefined, those of the batch that is cut off. */
  get remainingBytes(): number {
    return this.#buffer.length - this.#position
  }

  /**
   * The next batch; undefined when there is no whole one left. A broken batch is not passed over: asked again,
   * it is as broken as before.
   *
   * @throws CorruptRecordsError naming topic, partition and offset
   */
  next(): BatchView<K, V> | undefined {
    const start = this.#position
    const left = this.#buffer.length - start
    if (left < at.MAGIC_END) return undefined
    const magic = this.#buffer[start + at.MAGIC_AT]
    if (magic > 2) throw this.#corrupt(`its magic is ${magic}`)
    const length = this.#buffer.readInt32BE(start + at.LENGTH_AT)
    const least =
      magic === 2 ? at.BATCH_OVERHEAD_BYTES - at.LENGTH_OVERHEAD_BYTES : smallestLegacyLength(magic)
    if (length < least) throw this.#corrupt(`its length is ${length}, less than its header`)
    if (length > left - at.LENGTH_OVERHEAD_BYTES) return undefined

    const batch = this.#buffer.subarray(start, start + at.LENGTH_OVERHEAD_BYTES + length)
    const view = magic === 2 ? this.#batch(batch) : this.#legacyMessage(batch, magic)
    this.#position += batch.length
    return view
  }

  *[Symbol.iterator](): Generator<BatchView<K, V>, void, undefined> {
    for (let batch = this.next(); batch !== undefined; batch = this.next()) yield batch
  }

  #batch(bytes: Buffer): BatchView<K, V> {
    if (this.#checkCrc) {
      this.#compareCrc(bytes.readUInt32BE(at.CRC_AT), crc32c(bytes, at.ATTRIBUTES_AT, bytes.length))
    }
    const attributes = bytes.readInt16BE(at.ATTRIBUTES_AT)
    const compression = compressionNames[attributes & at.COMPRESSION_MASK]
    if (compression === undefined)
      throw this.#corrupt(`its compression is ${attributes & at.COMPRESSION_MASK}`)
    const header: BatchHeader = {
      magic: 2,
      compression,
      timestampType: (attributes & at.LOG_APPEND_TIME_BIT) === 0 ? 'create' : 'logAppend',
      baseOffset: bytes.readBigInt64BE(at.BASE_OFFSET_AT),
      lastOffsetDelta: bytes.readInt32BE(at.LAST_OFFSET_DELTA_AT),
      // Where the attributes say that this is a delete horizon (KIP-534), distances are counted from it all the same.
      baseTimestamp: Number(bytes.readBigInt64BE(at.BASE_TIMESTAMP_AT)),
      maxTimestamp: Number(bytes.readBigInt64BE(at.MAX_TIMESTAMP_AT)),
      producerId: bytes.readBigInt64BE(at.PRODUCER_ID_AT),
      producerEpoch: bytes.readInt16BE(at.PRODUCER_EPOCH_AT),
      baseSequence: bytes.readInt32BE(at.BASE_SEQUENCE_AT),
      isTransactional: (attributes & at.TRANSACTIONAL_BIT) !== 0,
      isControl: (attributes & at.CONTROL_BIT) !== 0,
      leaderEpoch: bytes.readInt32BE(at.LEADER_EPOCH_AT),
      recordCount: bytes.readInt32BE(at.RECORD_COUNT_AT),
    }
    const compressed = compression !== 'none'
    this.#checkCount(header, compressed ? -1 : bytes.length - at.BATCH_OVERHEAD_BYTES)
    // A batch that compaction has emptied keeps its header, compression included, and no records.
    return new BatchView(this.#source, bytes, header, {
      buffer: bytes,
      start: at.BATCH_OVERHEAD_BYTES,
      end: bytes.length,
      compressed: compressed && bytes.length > at.BATCH_OVERHEAD_BYTES,
    })
  }

  /** @param sectionBytes what the records take; -1 while they are compressed */
  #checkCount(header: BatchHeader, sectionBytes: number): void {
    const { recordCount, lastOffsetDelta } = header
    if (recordCount < 0 || lastOffsetDelta < 0 || recordCount - 1 > lastOffsetDelta) {
      throw this.#corrupt(
        `it has ${recordCount} records, the last one ${lastOffsetDelta} behind its base offset`,
      )
    }
    if (sectionBytes !== -1 && recordCount * at.SMALLEST_RECORD_BYTES > sectionBytes) {
      throw this.#corrupt(`it has ${recordCount} records in ${sectionBytes} bytes`)
    }
  }

  #legacyMessage(bytes: Buffer, magic: number): BatchView<K, V> {
    if (this.#checkCrc) {
      const stored = bytes.readUInt32BE(at.LEGACY_CRC_AT)
      this.#compareCrc(stored, crc32(bytes.subarray(at.MAGIC_AT)))
    }
    const attributes = bytes[at.LEGACY_ATTRIBUTES_AT]
    const compression = compressionNames[attributes & at.COMPRESSION_MASK]
    if (compression === undefined || compression === 'zstd') {
      throw this.#corrupt(
        `its compression is ${attributes & at.COMPRESSION_MASK}, which magic ${magic} does not have`,
      )
    }
    const timestamp = magic === 0 ? at.NO_TIMESTAMP : Number(bytes.readBigInt64BE(at.LEGACY_TIMESTAMP_AT))
    const logAppend = (attributes & at.LOG_APPEND_TIME_BIT) !== 0
    const header: BatchHeader = {
      magic,
      compression,
      timestampType: magic === 0 ? 'none' : logAppend ? 'logAppend' : 'create',
      baseOffset: bytes.readBigInt64BE(at.BASE_OFFSET_AT),
      lastOffsetDelta: 0,
      baseTimestamp: timestamp,
      maxTimestamp: timestamp,
      producerId: at.NO_PRODUCER_ID,
      producerEpoch: at.NO_PRODUCER_EPOCH,
      baseSequence: at.NO_SEQUENCE,
      isTransactional: false,
      isControl: false,
      leaderEpoch: at.NO_LEADER_EPOCH,
      recordCount: compression === 'none' ? 1 : -1,
    }
    return compression === 'none'
      ? new BatchView(this.#source, bytes, header, {
          buffer: bytes,
          start: 0,
          end: bytes.length,
          compressed: false,
        })
      : this.#wrapper(bytes, header)
  }

  #wrapper(bytes: Buffer, header: BatchHeader): BatchView<K, V> {
    const keyAt = at.LEGACY_KEY_AT[header.magic]
    const keyLength = bytes.readInt32BE(keyAt)
    const valueAt = keyAt + 4 + Math.max(0, keyLength)
    if (keyLength < -1 || valueAt + 4 > bytes.length) throw this.#corrupt(`its key has ${keyLength} bytes`)
    const start = valueAt + 4
    if (bytes.readInt32BE(valueAt) !== bytes.length - start) {
      throw this.#corrupt(
        `its value has ${bytes.readInt32BE(valueAt)} bytes where ${bytes.length - start} are left`,
      )
    }
    return new BatchView(this.#source, bytes, header, {
      buffer: bytes,
      start,
      end: bytes.length,
      compressed: true,
    })
  }

  #compareCrc(stored: number, computed: number): void {
    if (stored !== computed) {
      const hex = (crc: number) => crc.toString(16).padStart(8, '0')
      throw this.#corrupt(`its checksum is ${hex(computed)}, not ${hex(stored)} as it says`)
    }
  }

  #corrupt(what: string): Error {
    return corrupt(this.#source, this.#buffer.readBigInt64BE(this.#position), what)
  }
}
