/**
 * Keys and values as Java's serializers of the same name write and read them, byte for byte
 * (`org.apache.kafka.common.serialization`; `test/conformance/serde` compares). `json` alone is nobody's standard.
 */
import { bytes as readBytes, text as readText } from '../records/index.ts'
import { refuse, unreadable } from './failures.ts'
import type { SyncSerde } from './serde.ts'

const loneSurrogates = /\p{Surrogate}/gu

/**
 * Text as UTF-8: StringSerializer. Half a surrogate pair, which UTF-8 cannot say, is written as `?` as Java does; a plain
 * `send` of the same string writes U+FFFD, as Node does.
 */
export const string: SyncSerde<string> = {
  serialize(value) {
    if (typeof value !== 'string') refuse('must be a string', value)
    return value.isWellFormed() ? value : value.replace(loneSurrogates, '?')
  },
  deserialize: readText,
}

/**
 * Bytes as they are: ByteArraySerializer. They must not change until the send has its outcome. What is read is a view of
 * the response, without a copy.
 */
export const bytes: SyncSerde<Uint8Array, Buffer> = {
  serialize(value) {
    return value instanceof Uint8Array ? value : refuse('must be a Uint8Array', value)
  },
  deserialize: readBytes,
}

/** A whole number from -2^31 to 2^31 - 1 in four bytes, the high one first: IntegerSerializer. */
export const int32: SyncSerde<number> = {
  serialize(value) {
    if (!Number.isInteger(value) || (value | 0) !== value) {
      refuse('must be an integer from -2147483648 to 2147483647', value)
    }
    const buffer = Buffer.allocUnsafe(4)
    buffer.writeInt32BE(value)
    return buffer
  },
  deserialize(buffer, start, end) {
    expectLength('int32', 4, end - start)
    return buffer.readInt32BE(start)
  },
}

const leastLong = -(2n ** 63n)
const greatestLong = 2n ** 63n - 1n

/** A bigint from -2^63 to 2^63 - 1 in eight bytes, the high one first: LongSerializer. */
export const int64: SyncSerde<bigint> = {
  serialize(value) {
    if (typeof value !== 'bigint' || value < leastLong || value > greatestLong) {
      refuse('must be a bigint from -2^63 to 2^63 - 1', value)
    }
    const buffer = Buffer.allocUnsafe(8)
    buffer.writeBigInt64BE(value)
    return buffer
  },
  deserialize(buffer, start, end) {
    expectLength('int64', 8, end - start)
    return buffer.readBigInt64BE(start)
  },
}

/** The one NaN that Java's `doubleToLongBits` knows; an engine may have any of them. */
const javaNaN = Buffer.from('7ff8000000000000', 'hex')

/** A number as IEEE 754 in eight bytes, the high one first: DoubleSerializer. */
export const double: SyncSerde<number> = {
  serialize(value) {
    if (typeof value !== 'number') refuse('must be a number', value)
    if (Number.isNaN(value)) return Buffer.from(javaNaN)
    const buffer = Buffer.allocUnsafe(8)
    buffer.writeDoubleBE(value)
    return buffer
  },
  deserialize(buffer, start, end) {
    expectLength('double', 8, end - start)
    return buffer.readDoubleBE(start)
  },
}

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * A UUID as its 36 characters in lower case: UUIDSerializer, which writes the text and not the 16 bytes. Unlike Java,
 * which also reads `1-2-3-4-5`, this takes the full form alone.
 */
export const uuid: SyncSerde<string> = {
  serialize(value) {
    if (typeof value !== 'string') refuse('must be a UUID as a string', value)
    if (!uuidForm.test(value))
      throw new TypeError(`it must be a UUID of 36 characters, not '${clipped(value)}'`)
    return value.toLowerCase()
  },
  deserialize(buffer, start, end) {
    // No more is looked at than tells that it is too long.
    const read = buffer.toString('latin1', start, Math.min(end, start + 37))
    if (!uuidForm.test(read)) throw unreadable('uuid', `'${clipped(read)}' is none`)
    return read.toLowerCase()
  },
}

/** No value at all: VoidSerializer. Only null goes with it, and bytes where nothing should be are refused. */
export const nothing: SyncSerde<null> = {
  serialize(value) {
    return refuse('must be null', value)
  },
  deserialize(_buffer, start, end) {
    throw unreadable('nothing', `there are ${end - start}`)
  },
}

function expectLength(serde: string, expected: number, length: number): void {
  if (length !== expected) throw unreadable(serde, `there are ${length} in place of ${expected}`)
}

function clipped(text: string): string {
  return text.length > 36 ? `${text.slice(0, 36)}…` : text
}
