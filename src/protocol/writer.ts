import { ProtocolError } from '../errors.ts'
import type { BytesInput } from './message.ts'

const initialChunkBytes = 512
/** Chunks grow to this size and no further; what is longer than a chunk gets one of its own. */
const largestChunkBytes = 256 * 1024
/** Bytes of this length and above go by reference, shorter ones are copied: a piece of its own costs more. */
const referenceFromBytes = 1024

/** The length of bytes in one piece or several. */
export function byteLength(bytes: BytesInput): number {
  if (bytes instanceof Uint8Array) return bytes.length
  let length = 0
  for (const piece of bytes) length += piece.length
  return length
}

/**
 * Writes the types of Kafka's protocol, big endian, into chunks that grow as needed; large bytes, and bytes
 * given as a list, are not copied but become pieces of the result. They must not change until the result is
 * sent.
 *
 * The value comes first, then the field's name, a constant used in errors only; `compact` chooses the lengths
 * of flexible versions (KIP-482). A value that its type cannot hold is a `ProtocolError` that names the message,
 * its version and the field; nothing is cut to fit.
 */
export class Writer {
  readonly #maxBytes: number
  #message = 'message'
  #version = -1
  readonly #pieces: Buffer[] = []
  #piecesBytes = 0
  #chunk: Buffer
  /** Where the part of the chunk begins that is not among the pieces yet; that is `#start` to `#position`. */
  #start = 0
  #position = 0

  /** `maxBytes` bounds the whole, referenced bytes included; the default is the most that a frame can say. */
  constructor(chunkBytes = initialChunkBytes, maxBytes = 0x7fffffff) {
    this.#chunk = Buffer.allocUnsafe(Math.min(chunkBytes, maxBytes))
    this.#maxBytes = maxBytes
  }

  /** Bytes written so far, referenced ones included. */
  get size(): number {
    return this.#piecesBytes + this.#position - this.#start
  }

  /** Names the message that is written from here on; a version outside of its range is an error. */
  enter(message: string, version: number, lowest = 0, highest = 0x7fff): void {
    this.#message = message
    this.#version = version
    if (!(version >= lowest && version <= highest)) {
      this.fail('version', `is not one of ${lowest} to ${highest}`)
    }
  }

  /** Throws the `ProtocolError` of a field: `what` goes on from `field f`. */
  fail(field: string, what: string): never {
    const message = this.#message
    const version = this.#version
    throw new ProtocolError(`${message} v${version}: field ${field} ${what}`, {
      context: { message, version, field },
    })
  }

  /** A field that is null in a version that has no null for it. */
  failNull(field: string): never {
    this.fail(field, 'is null, which this version does not allow')
  }

  /** A field that was set although this version has no place for it. */
  failAbsent(field: string): never {
    this.fail(field, 'was set, and this version does not carry it: leave it out or use another version')
  }

  /** Makes room for bytes in a row and says where they go in the chunk. */
  #reserve(bytes: number): number {
    const at = this.#position
    if (at + bytes <= this.#chunk.length) {
      this.#position = at + bytes
      return at
    }
    return this.#grow(bytes)
  }

  #grow(bytes: number): number {
    this.#seal()
    const room = this.#roomFor(bytes)
    const doubled = Math.min(this.#chunk.length * 2, largestChunkBytes)
    this.#chunk = Buffer.allocUnsafe(Math.min(Math.max(doubled, bytes), room))
    this.#start = 0
    this.#position = bytes
    return 0
  }

  /** How much the limit leaves beside the pieces, which must be enough for these bytes. */
  #roomFor(bytes: number): number {
    const room = this.#maxBytes - this.#piecesBytes
    if (bytes > room) this.fail('size', `of the whole goes past the limit of ${this.#maxBytes} bytes`)
    return room
  }

  /** Moves what the chunk holds so far to the pieces. */
  #seal(): void {
    if (this.#position > this.#start) {
      this.#pieces.push(this.#chunk.subarray(this.#start, this.#position))
      this.#piecesBytes += this.#position - this.#start
      this.#start = this.#position
    }
  }

  #reference(bytes: Uint8Array): void {
    this.#seal()
    const room = this.#roomFor(bytes.length) - bytes.length
    // The chunk keeps no more room than the limit leaves, so that writing into it needs no second check.
    if (this.#chunk.length - this.#position > room)
      this.#chunk = this.#chunk.subarray(0, this.#position + room)
    const piece = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#pieces.push(piece)
    this.#piecesBytes += piece.length
  }

  #raw(bytes: BytesInput): void {
    if (!(bytes instanceof Uint8Array)) {
      for (const piece of bytes) this.#raw(piece)
    } else if (bytes.length >= referenceFromBytes) {
      this.#reference(bytes)
    } else if (bytes.length > 0) {
      const at = this.#reserve(bytes.length)
      this.#chunk.set(bytes, at)
    }
  }

  #notA(type: string, value: unknown, field: string): never {
    const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value)
    this.fail(field, `is ${shown}, which is not ${type}`)
  }

  bool(value: boolean, field = 'value'): void {
    if (typeof value !== 'boolean') this.#notA('a boolean', value, field)
    const at = this.#reserve(1)
    this.#chunk[at] = value ? 1 : 0
  }

  int8(value: number, field = 'value'): void {
    if (value !== (value << 24) >> 24) this.#notA('an int8', value, field)
    const at = this.#reserve(1)
    this.#chunk[at] = value
  }

  int16(value: number, field = 'value'): void {
    if (value !== (value << 16) >> 16) this.#notA('an int16', value, field)
    const at = this.#reserve(2)
    this.#chunk[at] = value >> 8
    this.#chunk[at + 1] = value
  }

  uint16(value: number, field = 'value'): void {
    if (value !== (value & 0xffff)) this.#notA('an uint16', value, field)
    const at = this.#reserve(2)
    this.#chunk[at] = value >> 8
    this.#chunk[at + 1] = value
  }

  int32(value: number, field = 'value'): void {
    if (value !== (value | 0)) this.#notA('an int32', value, field)
    const at = this.#reserve(4)
    const chunk = this.#chunk
    chunk[at] = value >> 24
    chunk[at + 1] = value >> 16
    chunk[at + 2] = value >> 8
    chunk[at + 3] = value
  }

  uint32(value: number, field = 'value'): void {
    if (value !== value >>> 0) this.#notA('an uint32', value, field)
    this.int32(value | 0, field)
  }

  int64(value: bigint, field = 'value'): void {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) this.#notA('an int64', value, field)
    const at = this.#reserve(8)
    this.#chunk.writeBigInt64BE(value, at)
  }

  float64(value: number, field = 'value'): void {
    if (typeof value !== 'number') this.#notA('a float64', value, field)
    const at = this.#reserve(8)
    this.#chunk.writeDoubleBE(value, at)
  }

  /** A zigzag varint of 32 bits. */
  varint(value: number, field = 'value'): void {
    if (value !== (value | 0)) this.#notA('an int32', value, field)
    this.unsignedVarint(((value << 1) ^ (value >> 31)) >>> 0, field)
  }

  /** A zigzag varint of 64 bits. */
  varlong(value: bigint, field = 'value'): void {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) this.#notA('an int64', value, field)
    let zigzag = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    while (zigzag >= 0x80n) {
      const at = this.#reserve(1)
      this.#chunk[at] = Number(zigzag & 0x7fn) | 0x80
      zigzag >>= 7n
    }
    const at = this.#reserve(1)
    this.#chunk[at] = Number(zigzag)
  }

  /** A varint of 32 bits without sign. */
  unsignedVarint(value: number, field = 'value'): void {
    if (value !== value >>> 0) this.#notA('an uint32', value, field)
    let rest = value
    while (rest >= 0x80) {
      const at = this.#reserve(1)
      this.#chunk[at] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    const at = this.#reserve(1)
    this.#chunk[at] = rest
  }

  /** Kafka's own form of a UUID: 22 characters of base64url. */
  uuid(value: string, field = 'value'): void {
    const at = this.#reserve(16)
    if (
      typeof value !== 'string' ||
      value.length !== 22 ||
      this.#chunk.write(value, at, 16, 'base64url') !== 16
    ) {
      this.#notA('a UUID of 22 base64url characters', value, field)
    }
  }

  /** UTF-8; half of a surrogate pair, which no UTF-8 can hold, becomes U+FFFD. */
  string(value: string | null, field = 'value', compact = false): void {
    if (typeof value !== 'string') {
      if (value === null) this.failNull(field)
      this.#notA('a string', value, field)
    }
    const bytes = Buffer.byteLength(value)
    if (compact) this.unsignedVarint(bytes + 1, field)
    else if (bytes <= 0x7fff) this.int16(bytes, field)
    else this.fail(field, `is a string of ${bytes} bytes of UTF-8, and 32767 is the most in this version`)
    const at = this.#reserve(bytes)
    this.#chunk.write(value, at, bytes, 'utf8')
  }

  nullableString(value: string | null, field = 'value', compact = false): void {
    if (value !== null) this.string(value, field, compact)
    else if (compact) this.unsignedVarint(0)
    else this.int16(-1)
  }

  compactString(value: string, field = 'value'): void {
    this.string(value, field, true)
  }

  compactNullableString(value: string | null, field = 'value'): void {
    this.nullableString(value, field, true)
  }

  /** Bytes in one piece or several; those of 1 KiB and more go by reference. */
  bytes(value: BytesInput | null, field = 'value', compact = false): void {
    if (value === null) this.failNull(field)
    if (!(value instanceof Uint8Array) && !Array.isArray(value)) this.#notA('bytes', value, field)
    const length = byteLength(value)
    if (compact) this.unsignedVarint(length + 1, field)
    else this.int32(length, field)
    this.#raw(value)
  }

  nullableBytes(value: BytesInput | null, field = 'value', compact = false): void {
    if (value !== null) this.bytes(value, field, compact)
    else if (compact) this.unsignedVarint(0)
    else this.int32(-1)
  }

  compactBytes(value: BytesInput, field = 'value'): void {
    this.bytes(value, field, true)
  }

  compactNullableBytes(value: BytesInput | null, field = 'value'): void {
    this.nullableBytes(value, field, true)
  }

  /** The length of an array, -1 for null; its elements follow. */
  arrayLength(length: number, field = 'value', compact = false): void {
    if (compact) this.unsignedVarint(length + 1, field)
    else this.int32(length, field)
  }

  compactArrayLength(length: number, field = 'value'): void {
    this.arrayLength(length, field, true)
  }

  /** The length of an array that cannot be null; its elements follow. */
  arrayStart(values: readonly unknown[] | null, field = 'value', compact = false): void {
    if (!Array.isArray(values)) {
      if (values === null) this.failNull(field)
      this.#notA('an array', values, field)
    }
    this.arrayLength(values.length, field, compact)
  }

  nullableArrayStart(values: readonly unknown[] | null, field = 'value', compact = false): void {
    if (values === null) this.arrayLength(-1, field, compact)
    else this.arrayStart(values, field, compact)
  }

  int8Array(values: readonly number[], field = 'value', compact = false): void {
    this.arrayStart(values, field, compact)
    for (const value of values) this.int8(value, field)
  }

  int16Array(values: readonly number[], field = 'value', compact = false): void {
    this.arrayStart(values, field, compact)
    for (const value of values) this.int16(value, field)
  }

  int32Array(values: readonly number[], field = 'value', compact = false): void {
    this.arrayStart(values, field, compact)
    for (const value of values) this.int32(value, field)
  }

  nullableInt32Array(values: readonly number[] | null, field = 'value', compact = false): void {
    if (values === null) this.arrayLength(-1, field, compact)
    else this.int32Array(values, field, compact)
  }

  int64Array(values: readonly bigint[], field = 'value', compact = false): void {
    this.arrayStart(values, field, compact)
    for (const value of values) this.int64(value, field)
  }

  uuidArray(values: readonly string[], field = 'value', compact = false): void {
    this.arrayStart(values, field, compact)
    for (const value of values) this.uuid(value, field)
  }

  stringArray(values: readonly string[], field = 'value', compact = false): void {
    this.arrayStart(values, field, compact)
    for (const value of values) this.string(value, field, compact)
  }

  nullableStringArray(values: readonly string[] | null, field = 'value', compact = false): void {
    if (values === null) this.arrayLength(-1, field, compact)
    else this.stringArray(values, field, compact)
  }

  /** Whether a nullable structure follows. */
  present(isPresent: boolean): void {
    this.int8(isPresent ? 1 : -1)
  }

  /** How many tagged fields follow. */
  tagCount(count: number): void {
    this.unsignedVarint(count)
  }

  /** A writer for the value of a tagged field, for `tag` to take: its size stands before it. */
  tagValue(): Writer {
    const value = new Writer(64, this.#maxBytes)
    value.#message = this.#message
    value.#version = this.#version
    return value
  }

  /** A tagged field: its number, its size, its value. Its pieces go over by reference. */
  tag(tag: number, value: Writer): void {
    this.unsignedVarint(tag)
    this.unsignedVarint(value.size)
    this.#raw(value.finish())
  }

  /** Writes over an int32 that was written at `position`, as a frame's size once it is known. */
  int32At(position: number, value: number): void {
    if (value !== (value | 0)) this.#notA('an int32', value, 'value')
    let start = 0
    for (const piece of this.#pieces) {
      if (position < start + piece.length) {
        piece.writeInt32BE(value, position - start)
        return
      }
      start += piece.length
    }
    this.#chunk.writeInt32BE(value, this.#start + position - start)
  }

  /** What was written, in order, as it can be given to a socket. Call once: the writer is done then. */
  finish(): Buffer[] {
    this.#seal()
    return this.#pieces
  }

  /** What was written in one buffer, copied together when there are several pieces. Call once. */
  finishContiguous(): Buffer {
    const pieces = this.finish()
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
  }
}
