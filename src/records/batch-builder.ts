import { type CompressionName, compressionNames } from '../compression/index.ts'
import { KafkaError } from '../errors.ts'
import { crc32c } from './crc32c.ts'
import type { Data, HeadersInput } from './data.ts'
import * as at from './layout.ts'
import { recordSize, recordSizeUpperBound, writeRecord } from './record-writer.ts'

/** What a batch is closed with; left out, a field says that there is none. */
export interface CloseFields {
  /** Default `none`. */
  compression?: CompressionName
  /** `uncompressedRecords` made smaller; needed with a compression, and only then. */
  compressed?: Uint8Array
  producerId?: bigint
  producerEpoch?: number
  /** The sequence number of the first record. */
  baseSequence?: number
  transactional?: boolean
  control?: boolean
  /** What a broker gives; producers leave it at 0. */
  baseOffset?: bigint
  leaderEpoch?: number
}

/**
 * A record batch of magic 2 in the making: records are encoded straight into the buffer as they come.
 *
 * The buffer is never grown; `moveTo` goes on in another one. Until it is closed, the batch holds nothing else;
 * once it is closed and compressed, the buffer is needed no more, and closing again only writes another header.
 */
export class BatchBuilder {
  #buffer: Buffer
  /** Where the room ends: of the buffer, and of what an int32 length can say. */
  #room: number
  #position = at.BATCH_OVERHEAD_BYTES
  #count = 0
  #baseTimestamp = at.NO_TIMESTAMP
  #maxTimestamp = at.NO_TIMESTAMP
  #closed = false

  /** @param buffer at least `BATCH_OVERHEAD_BYTES` long */
  constructor(buffer: Buffer) {
    if (buffer.length < at.BATCH_OVERHEAD_BYTES) {
      throw illegal(
        `a batch needs a buffer of ${at.BATCH_OVERHEAD_BYTES} bytes or more, not ${buffer.length}`,
      )
    }
    this.#buffer = buffer
    this.#room = Math.min(buffer.length, at.INT32_MAX)
  }

  get buffer(): Buffer {
    return this.#buffer
  }

  get count(): number {
    return this.#count
  }

  /** The batch as it stands, uncompressed and with its header. */
  get sizeBytes(): number {
    return this.#position
  }

  /** The first record's; -1 while there is none. */
  get baseTimestampMs(): number {
    return this.#baseTimestamp
  }

  get maxTimestampMs(): number {
    return this.#maxTimestamp
  }

  /**
   * Encodes one record at the end. False: it does not fit, and nothing has changed.
   *
   * @param timestampMs whole milliseconds since the epoch; may be smaller than those before
   */
  append(timestampMs: number, key: Data, value: Data, headers: HeadersInput): boolean {
    if (this.#closed) throw illegal('a closed batch takes no more records: reset it first')
    const delta = this.#count === 0 ? 0 : timestampMs - this.#baseTimestamp
    // A distance that is an int32 can only come from a whole number.
    if (this.#count === 0 || delta !== (delta | 0)) checkTimestamp(timestampMs, delta)

    const left = this.#room - this.#position
    if (
      recordSizeUpperBound(key, value, headers) > left &&
      recordSize(delta, this.#count, key, value, headers) > left
    ) {
      return false
    }

    this.#position = writeRecord(this.#buffer, this.#position, delta, this.#count, key, value, headers)
    if (this.#count === 0) {
      this.#baseTimestamp = timestampMs
      this.#maxTimestamp = timestampMs
    } else if (timestampMs > this.#maxTimestamp) this.#maxTimestamp = timestampMs
    this.#count += 1
    return true
  }

  /** Goes on in another buffer, with all records; the one before is not looked at any more. */
  moveTo(buffer: Buffer): void {
    if (buffer.length < this.#position) {
      throw illegal(`a batch of ${this.#position} bytes cannot move to a buffer of ${buffer.length}`)
    }
    this.#buffer.copy(buffer, 0, 0, this.#position)
    this.#buffer = buffer
    this.#room = Math.min(buffer.length, at.INT32_MAX)
  }

  /** What a codec compresses: a view of the records without the header. */
  uncompressedRecords(): Buffer {
    return this.#buffer.subarray(at.BATCH_OVERHEAD_BYTES, this.#position)
  }

  /**
   * Writes the header and the checksum, and gives the batch as pieces to be sent in a row: one view of the buffer,
   * or a small header of its own and the compressed records. May be called again, after an epoch bump as an
   * example; it writes over the header that it gave before when the records are not compressed.
   */
  close(fields: CloseFields = {}): Buffer[] {
    const { compression = 'none', compressed } = fields
    if ((compression === 'none') !== (compressed === undefined)) {
      throw illegal('a batch is closed with compressed records exactly when it names their compression')
    }
    this.#closed = true
    if (compressed === undefined) {
      const batch = this.#buffer.subarray(0, this.#position)
      this.#writeHeader(batch, batch.length, fields)
      batch.writeUInt32BE(crc32c(batch, at.ATTRIBUTES_AT, batch.length), at.CRC_AT)
      return [batch]
    }
    const header = Buffer.allocUnsafe(at.BATCH_OVERHEAD_BYTES)
    this.#writeHeader(header, header.length + compressed.length, fields)
    const crc = crc32c(header, at.ATTRIBUTES_AT, header.length)
    header.writeUInt32BE(crc32c(compressed, 0, compressed.length, crc), at.CRC_AT)
    return [header, Buffer.from(compressed.buffer, compressed.byteOffset, compressed.length)]
  }

  #writeHeader(header: Buffer, sizeBytes: number, fields: CloseFields): void {
    if (sizeBytes > at.INT32_MAX)
      throw illegal(`a batch of ${sizeBytes} bytes is more than its length can say`)
    const attributes =
      compressionNames.indexOf(fields.compression ?? 'none') |
      (fields.transactional === true ? at.TRANSACTIONAL_BIT : 0) |
      (fields.control === true ? at.CONTROL_BIT : 0)
    header.writeBigInt64BE(fields.baseOffset ?? 0n, at.BASE_OFFSET_AT)
    header.writeInt32BE(sizeBytes - at.LENGTH_OVERHEAD_BYTES, at.LENGTH_AT)
    header.writeInt32BE(fields.leaderEpoch ?? at.NO_LEADER_EPOCH, at.LEADER_EPOCH_AT)
    header[at.MAGIC_AT] = 2
    header.writeInt16BE(attributes, at.ATTRIBUTES_AT)
    header.writeInt32BE(this.#count - 1, at.LAST_OFFSET_DELTA_AT)
    header.writeBigInt64BE(BigInt(this.#baseTimestamp), at.BASE_TIMESTAMP_AT)
    header.writeBigInt64BE(BigInt(this.#maxTimestamp), at.MAX_TIMESTAMP_AT)
    header.writeBigInt64BE(fields.producerId ?? at.NO_PRODUCER_ID, at.PRODUCER_ID_AT)
    header.writeInt16BE(fields.producerEpoch ?? at.NO_PRODUCER_EPOCH, at.PRODUCER_EPOCH_AT)
    header.writeInt32BE(fields.baseSequence ?? at.NO_SEQUENCE, at.BASE_SEQUENCE_AT)
    header.writeInt32BE(this.#count, at.RECORD_COUNT_AT)
  }

  /** Empty again, in the same buffer. */
  reset(): void {
    this.#position = at.BATCH_OVERHEAD_BYTES
    this.#count = 0
    this.#baseTimestamp = at.NO_TIMESTAMP
    this.#maxTimestamp = at.NO_TIMESTAMP
    this.#closed = false
  }
}

function checkTimestamp(timestampMs: number, delta: number): void {
  if (Number.isSafeInteger(timestampMs) && Number.isSafeInteger(delta)) return
  throw new KafkaError(
    'SERIALIZATION',
    `a timestamp is a whole number of milliseconds since the epoch, not ${String(timestampMs)}`,
    { context: { timestampMs } },
  )
}

function illegal(message: string): KafkaError {
  return new KafkaError('ILLEGAL_STATE', message)
}
