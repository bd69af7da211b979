import {
  type CompressionName,
  codecByName,
  type Offload,
  withStandardHeaderChecksum,
} from '../compression/index.ts'
import { CompressionError, KafkaError } from '../errors.ts'
import * as at from './layout.ts'
import { walkLegacyMessages } from './legacy-messages.ts'
import { type CursorInput, RecordCursor } from './record-cursor.ts'
import { RecordIterator } from './record-iterator.ts'
import { RecordOrigin, type TimestampType } from './record-origin.ts'
import { corrupt, type RecordSource } from './source.ts'

/** What a batch's header says, whatever its magic. */
export interface BatchHeader {
  readonly magic: number
  readonly compression: CompressionName
  readonly timestampType: TimestampType
  readonly baseOffset: bigint
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly leaderEpoch: number
  /** -1 while it is not known. */
  readonly recordCount: number
}

/** Where the records of a batch are. */
interface Section {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  readonly compressed: boolean
}

/**
 * A batch as it was received: its header read, its records a view of the bytes. A message of magic 0 or 1 is a
 * batch too: of one record, or of those that are compressed in it.
 */
export class BatchView<K = Buffer, V = Buffer> implements CursorInput<K, V> {
  readonly source: RecordSource<K, V>
  readonly magic: number
  /** How the records were compressed when they came. */
  readonly compression: CompressionName
  readonly timestampType: TimestampType
  /**
   * The first record's offset, or that of one before it which compaction removed. Compressed messages of magic 0
   * and 1 do not tell it: it is their last offset until they are uncompressed.
   */
  readonly baseOffset: bigint
  readonly lastOffsetDelta: number
  /** What timestamps are a distance from, in milliseconds since the epoch. */
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  /** -1 when there is none. */
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  /** The epoch of the leader that took the batch; -1 before magic 2. */
  readonly leaderEpoch: number
  /** -1 for compressed messages of magic 0 and 1 until they are uncompressed. */
  readonly recordCount: number
  /** All of the batch as it was received, header included. */
  readonly bytes: Buffer

  readonly origin: RecordOrigin<K, V>
  readonly recordsStart: number
  readonly recordsEnd: number
  readonly appendTimestamp: number
  /** The records have to be uncompressed before they can be read. */
  readonly isCompressed: boolean

  constructor(source: RecordSource<K, V>, bytes: Buffer, header: BatchHeader, records: Section) {
    this.source = source
    this.magic = header.magic
    this.compression = header.compression
    this.timestampType = header.timestampType
    this.baseOffset = header.baseOffset
    this.lastOffsetDelta = header.lastOffsetDelta
    this.baseTimestamp = header.baseTimestamp
    this.maxTimestamp = header.maxTimestamp
    this.producerId = header.producerId
    this.producerEpoch = header.producerEpoch
    this.baseSequence = header.baseSequence
    this.isTransactional = header.isTransactional
    this.isControl = header.isControl
    this.leaderEpoch = header.leaderEpoch
    this.recordCount = header.recordCount
    this.bytes = bytes
    this.origin = new RecordOrigin(
      source,
      records.buffer,
      header.baseOffset,
      header.timestampType,
      header.leaderEpoch,
    )
    this.recordsStart = records.start
    this.recordsEnd = records.end
    this.appendTimestamp = header.timestampType === 'logAppend' ? header.maxTimestamp : at.NO_TIMESTAMP
    this.isCompressed = records.compressed
  }

  get lastOffset(): bigint {
    return this.baseOffset + BigInt(this.lastOffsetDelta)
  }

  /** Where a reader goes on behind this batch. */
  get nextOffset(): bigint {
    return this.lastOffset + 1n
  }

  /** The batch as it was received, in bytes, header included. */
  get sizeBytes(): number {
    return this.bytes.length
  }

  /**
   * The batch with its records uncompressed; itself when they are already.
   *
   * @param maxBytes the most that the records may take; holds before that memory is taken
   * @param offload large batches are uncompressed off this thread when it is given
   * @throws CompressionError naming topic, partition and offset
   */
  uncompressed(maxBytes: number, offload?: Offload): BatchView<K, V> | Promise<BatchView<K, V>> {
    if (!this.isCompressed) return this
    let result: Buffer | Promise<Buffer>
    try {
      const section = this.origin.buffer.subarray(this.recordsStart, this.recordsEnd)
      const data =
        this.magic === 0 && this.compression === 'lz4' ? withStandardHeaderChecksum(section) : section
      result = codecByName(this.compression).decompress(data, maxBytes, offload)
    } catch (error) {
      throw this.#located(error)
    }
    if (Buffer.isBuffer(result)) return this.#over(result)
    return result.then(
      (records) => this.#over(records),
      (error) => {
        throw this.#located(error)
      },
    )
  }

  /** @throws KafkaError when the records are compressed: take `uncompressed` first */
  cursor(): RecordCursor<K, V> {
    if (this.isCompressed) {
      throw new KafkaError('ILLEGAL_STATE', 'the records of this batch are compressed: uncompress it first')
    }
    return new RecordCursor(this)
  }

  [Symbol.iterator](): RecordIterator<K, V> {
    return new RecordIterator(this.cursor())
  }

  #over(buffer: Buffer): BatchView<K, V> {
    const section = { buffer, start: 0, end: buffer.length, compressed: false }
    if (this.magic === 2) {
      if (this.recordCount * at.SMALLEST_RECORD_BYTES > buffer.length) {
        throw corrupt(this.source, this.baseOffset, `${this.recordCount} records in ${buffer.length} bytes`)
      }
      return new BatchView(this.source, this.bytes, this, section)
    }
    const inner = walkLegacyMessages(this, buffer)
    const lastOffsetDelta = Number(inner.lastOffset - inner.firstOffset)
    // Magic 1 numbers its inner messages from 0 on and has the last one's offset outside; magic 0 has offsets inside.
    const baseOffset = this.magic === 0 ? inner.firstOffset : this.lastOffset - BigInt(lastOffsetDelta)
    const header: BatchHeader = { ...this, baseOffset, lastOffsetDelta, recordCount: inner.count }
    return new BatchView(this.source, this.bytes, header, section)
  }

  #located(error: unknown): unknown {
    if (!(error instanceof CompressionError)) return error
    const { topic, partition } = this.source
    return new CompressionError(
      `the batch at offset ${this.baseOffset} of ${topic}[${partition}] cannot be uncompressed: ${error.message}`,
      { context: { ...error.context, topic, partition, offset: this.baseOffset }, cause: error },
    )
  }
}
