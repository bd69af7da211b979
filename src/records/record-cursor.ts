import { KafkaRecord } from './kafka-record.ts'
import * as at from './layout.ts'
import type { RecordOrigin } from './record-origin.ts'
import { corrupt } from './source.ts'

/** The facts of a batch that a cursor goes by. */
export interface CursorInput<K, V> {
  readonly origin: RecordOrigin<K, V>
  readonly magic: number
  readonly recordsStart: number
  readonly recordsEnd: number
  readonly recordCount: number
  readonly lastOffsetDelta: number
  /** What a record's timestamp is a distance from. */
  readonly baseTimestamp: number
  /** The timestamp of all records where the log gave it, else -1. */
  readonly appendTimestamp: number
}

/**
 * Walks over the records of one uncompressed batch and shows one at a time, without making an object for each:
 *
 *     const cursor = batch.cursor()
 *     while (cursor.next()) sum += cursor.valueEnd - cursor.valueStart
 *
 * Every length is checked before it is believed. Once `next` has answered false, all records were there and
 * nothing was left over.
 */
export class RecordCursor<K = Buffer, V = Buffer> {
  /** The record's offset less the batch's base offset. */
  offsetDelta = -1
  /** Milliseconds since the epoch; -1 when there is none. */
  timestamp: number = at.NO_TIMESTAMP
  /** Places in `buffer`; a start of -1 stands for null. */
  keyStart = -1
  keyEnd = -1
  valueStart = -1
  valueEnd = -1
  /** Where the count of the headers is; the same as `end` in formats without headers. */
  headersStart = 0
  end = 0

  readonly origin: RecordOrigin<K, V>
  readonly buffer: Buffer
  readonly #input: CursorInput<K, V>
  readonly #lastOffsetDelta: number
  readonly #baseTimestamp: number
  readonly #appendTimestamp: number
  readonly #recordsEnd: number
  readonly #magic: number
  #left: number
  #position: number
  #firstLegacyOffset = 0n

  constructor(input: CursorInput<K, V>) {
    this.origin = input.origin
    this.buffer = input.origin.buffer
    this.#input = input
    this.#lastOffsetDelta = input.lastOffsetDelta
    this.#baseTimestamp = input.baseTimestamp
    this.#appendTimestamp = input.appendTimestamp
    this.#recordsEnd = input.recordsEnd
    this.#magic = input.magic
    this.#left = input.recordCount
    this.#position = input.recordsStart
  }

  /**
   * Goes to the next record; false when there is none.
   *
   * @throws CorruptRecordsError
   */
  next(): boolean {
    if (this.#left === 0) {
      if (this.#position !== this.#recordsEnd) throw this.#corrupt('there are bytes behind its last record')
      return false
    }
    this.#left -= 1
    if (this.#magic === 2) this.#readRecord()
    else this.#readLegacyMessage()
    return true
  }

  /** The record in hand as an object, which stays as it is when the cursor goes on. */
  record(): KafkaRecord<K, V> {
    return new KafkaRecord(
      this.origin,
      this.offsetDelta,
      this.timestamp,
      this.keyStart,
      this.keyEnd,
      this.valueStart,
      this.valueEnd,
      this.headersStart,
      this.end,
    )
  }

  #readRecord(): void {
    const length = this.#varint()
    const start = this.#position
    if (length < at.SMALLEST_RECORD_BYTES - 1 || length > this.#recordsEnd - start) {
      throw this.#corrupt(`a record of ${length} bytes where ${this.#recordsEnd - start} are left`)
    }
    const end = start + length
    this.#position = start + 1 // attributes, of which records have none

    const timestampDelta = this.#varlong()
    const offsetDelta = this.#varint()
    if (offsetDelta < 0 || offsetDelta > this.#lastOffsetDelta) {
      throw this.#corrupt(
        `a record is at ${offsetDelta} behind its base, the last at ${this.#lastOffsetDelta}`,
      )
    }

    const keyLength = this.#varint()
    if (keyLength < 0) {
      if (keyLength !== -1) throw this.#corrupt(`a key of ${keyLength} bytes`)
      this.keyStart = -1
      this.keyEnd = -1
    } else {
      this.keyStart = this.#position
      this.#position += keyLength
      this.keyEnd = this.#position
      if (this.#position > end) throw this.#corrupt('a key reaches beyond its record')
    }

    const valueLength = this.#varint()
    if (valueLength < 0) {
      if (valueLength !== -1) throw this.#corrupt(`a value of ${valueLength} bytes`)
      this.valueStart = -1
      this.valueEnd = -1
    } else {
      this.valueStart = this.#position
      this.#position += valueLength
      this.valueEnd = this.#position
    }
    // The count of the headers takes at least one byte.
    if (this.#position >= end) throw this.#corrupt('a value reaches beyond its record')
    if (this.#position === end - 1 && this.buffer[this.#position] !== 0) {
      throw this.#corrupt('a record has headers and no room for them')
    }

    this.offsetDelta = offsetDelta
    this.timestamp =
      this.#appendTimestamp === at.NO_TIMESTAMP ? this.#baseTimestamp + timestampDelta : this.#appendTimestamp
    this.headersStart = this.#position
    this.end = end
    this.#position = end
  }

  /** The sizes and magics of messages have been walked over before; their keys and values have not. */
  #readLegacyMessage(): void {
    const { buffer } = this
    const start = this.#position
    const end = start + at.LENGTH_OVERHEAD_BYTES + buffer.readInt32BE(start + at.LENGTH_AT)
    const offset = buffer.readBigInt64BE(start + at.BASE_OFFSET_AT)
    if (start === this.#input.recordsStart) this.#firstLegacyOffset = offset
    const offsetDelta = Number(offset - this.#firstLegacyOffset)
    if (offsetDelta < 0 || offsetDelta > at.INT32_MAX) {
      throw this.#corrupt(`a message is at ${offsetDelta} behind the first`)
    }

    this.#position = start + at.LEGACY_KEY_AT[this.#magic]
    this.keyStart = this.#legacyData(end)
    this.keyEnd = this.keyStart === -1 ? -1 : this.#position
    this.valueStart = this.#legacyData(end)
    this.valueEnd = this.valueStart === -1 ? -1 : this.#position
    if (this.#position !== end) throw this.#corrupt('a message does not end where its value ends')

    this.offsetDelta = offsetDelta
    if (this.#magic === 0) this.timestamp = at.NO_TIMESTAMP
    else if (this.#appendTimestamp !== at.NO_TIMESTAMP) this.timestamp = this.#appendTimestamp
    else this.timestamp = Number(buffer.readBigInt64BE(start + at.LEGACY_TIMESTAMP_AT))
    this.headersStart = end
    this.end = end
  }

  /** The start of bytes behind an int32 length, -1 for null. */
  #legacyData(end: number): number {
    if (end - this.#position < 4) throw this.#corrupt('a message ends before its key and value')
    const length = this.buffer.readInt32BE(this.#position)
    const start = this.#position + 4
    if (length < -1 || length > end - start) {
      throw this.#corrupt(`a key or value of ${length} bytes where ${end - start} are left`)
    }
    this.#position = start + Math.max(0, length)
    return length === -1 ? -1 : start
  }

  // Places behind the record, or even behind the buffer, read as something or as 0; the checks of what comes out
  // find that, so the varints need no check of their own for every byte.

  #varint(): number {
    const buffer = this.buffer
    let position = this.#position
    let byte = buffer[position]
    position += 1
    let raw = byte & 0x7f
    for (let shift = 7; byte > 0x7f; shift += 7) {
      if (shift > 28) throw this.#corrupt('a number is longer than five bytes')
      byte = buffer[position]
      position += 1
      raw |= (byte & 0x7f) << shift
    }
    this.#position = position
    return (raw >>> 1) ^ -(raw & 1)
  }

  #varlong(): number {
    const buffer = this.buffer
    const byte = buffer[this.#position]
    if (byte > 0x7f) return this.#longVarlong()
    this.#position += 1
    return (byte >>> 1) ^ -(byte & 1)
  }

  /**
   * Exact up to 2^53; beyond, no time is meant anyway. The sign is the lowest bit and is kept apart, or the rest
   * would lose a bit to it.
   */
  #longVarlong(): number {
    const buffer = this.buffer
    let position = this.#position
    let byte = buffer[position]
    position += 1
    const negative = (byte & 1) === 1
    let magnitude = (byte & 0x7f) >> 1
    let factor = 64
    for (let count = 1; byte > 0x7f; count += 1) {
      if (count > 9) throw this.#corrupt('a number is longer than ten bytes')
      byte = buffer[position]
      position += 1
      magnitude += (byte & 0x7f) * factor
      factor *= 128
    }
    this.#position = position
    return negative ? -magnitude - 1 : magnitude
  }

  #corrupt(what: string): Error {
    return corrupt(this.origin.source, this.origin.baseOffset, what)
  }
}
