import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../src/errors.ts'
import { Reader, ZERO_UUID } from '../../src/protocol/reader.ts'
import type { Writer } from '../../src/protocol/writer.ts'
import { protocolErrorOf, readerOf, written } from './support.ts'

describe('fixed widths', () => {
  it('are big endian and signed as their names say', () => {
    expect(readerOf('80').int8('f')).toBe(-128)
    expect(readerOf('fffe').int16('f')).toBe(-2)
    expect(readerOf('fffe').uint16('f')).toBe(65534)
    expect(readerOf('80000000').int32('f')).toBe(-2147483648)
    expect(readerOf('80000000').uint32('f')).toBe(2147483648)
    expect(readerOf('8000000000000000').int64('f')).toBe(-9223372036854775808n)
    expect(readerOf('00000001ffffffff').int64('f')).toBe(8589934591n)
    expect(readerOf('3ff8000000000000').float64('f')).toBe(1.5)
  })

  it('take any byte but zero for true, as Kafka does', () => {
    expect(readerOf('00').bool('f')).toBe(false)
    expect(readerOf('01').bool('f')).toBe(true)
    expect(readerOf('ff').bool('f')).toBe(true)
  })
})

/** Each type once: how a value is written and read again. */
const types: Record<string, [fc.Arbitrary<unknown>, (w: Writer, v: never) => void, (r: Reader) => unknown]> =
  {
    bool: [fc.boolean(), (w, v) => w.bool(v), (r) => r.bool('f')],
    int8: [fc.integer({ min: -128, max: 127 }), (w, v) => w.int8(v), (r) => r.int8('f')],
    int16: [fc.integer({ min: -32768, max: 32767 }), (w, v) => w.int16(v), (r) => r.int16('f')],
    uint16: [fc.integer({ min: 0, max: 65535 }), (w, v) => w.uint16(v), (r) => r.uint16('f')],
    int32: [fc.integer(), (w, v) => w.int32(v), (r) => r.int32('f')],
    uint32: [fc.integer({ min: 0, max: 0xffffffff }), (w, v) => w.uint32(v), (r) => r.uint32('f')],
    int64: [fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (w, v) => w.int64(v), (r) => r.int64('f')],
    float64: [fc.double({ noNaN: true }), (w, v) => w.float64(v), (r) => r.float64('f')],
    varint: [fc.integer(), (w, v) => w.varint(v), (r) => r.varint('f')],
    varlong: [
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      (w, v) => w.varlong(v),
      (r) => r.varlong('f'),
    ],
    unsignedVarint: [
      fc.integer({ min: 0, max: 0xffffffff }),
      (w, v) => w.unsignedVarint(v),
      (r) => r.unsignedVarint('f'),
    ],
    uuid: [
      fc
        .uint8Array({ minLength: 16, maxLength: 16 })
        .map((bytes) => Buffer.from(bytes).toString('base64url')),
      (w, v) => w.uuid(v),
      (r) => r.uuid('f'),
    ],
    string: [fc.string({ unit: 'grapheme' }), (w, v) => w.string(v), (r) => r.string('f')],
    nullableString: [
      fc.option(fc.string({ unit: 'binary' })),
      (w, v) => w.nullableString(v),
      (r) => r.nullableString('f'),
    ],
    compactString: [
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      (w, v) => w.compactString(v),
      (r) => r.compactString('f'),
    ],
    compactNullableString: [
      fc.option(fc.string({ unit: 'grapheme' })),
      (w, v) => w.compactNullableString(v),
      (r) => r.compactNullableString('f'),
    ],
    bytes: [fc.uint8Array().map(Buffer.from), (w, v) => w.bytes(v), (r) => r.bytes('f')],
    nullableBytes: [
      fc.option(fc.uint8Array().map(Buffer.from)),
      (w, v) => w.nullableBytes(v),
      (r) => r.nullableBytes('f'),
    ],
    compactBytes: [fc.uint8Array().map(Buffer.from), (w, v) => w.compactBytes(v), (r) => r.compactBytes('f')],
    compactNullableBytes: [
      fc.option(fc.uint8Array().map(Buffer.from)),
      (w, v) => w.compactNullableBytes(v),
      (r) => r.compactNullableBytes('f'),
    ],
    int8Array: [
      fc.array(fc.integer({ min: -128, max: 127 })),
      (w, v) => w.int8Array(v),
      (r) => r.int8Array('f'),
    ],
    int16Array: [
      fc.array(fc.integer({ min: -32768, max: 32767 })),
      (w, v) => w.int16Array(v, 'f', true),
      (r) => r.int16Array('f', true),
    ],
    int32Array: [fc.array(fc.integer()), (w, v) => w.int32Array(v), (r) => r.int32Array('f')],
    nullableInt32Array: [
      fc.option(fc.array(fc.integer())),
      (w, v) => w.nullableInt32Array(v, 'f', true),
      (r) => r.nullableInt32Array('f', true),
    ],
    int64Array: [
      fc.array(fc.bigInt({ min: -9n, max: 9n })),
      (w, v) => w.int64Array(v),
      (r) => r.int64Array('f'),
    ],
    stringArray: [fc.array(fc.string()), (w, v) => w.stringArray(v), (r) => r.stringArray('f')],
    nullableStringArray: [
      fc.option(fc.array(fc.string())),
      (w, v) => w.nullableStringArray(v, 'f', true),
      (r) => r.nullableStringArray('f', true),
    ],
  }

describe.each(Object.entries(types))('%s', (_, [values, write, read]) => {
  it('reads what was written, and all of it', () => {
    fc.assert(
      fc.property(values, (value) => {
        const reader = readerOf(written((writer) => write(writer, value as never)))
        expect(read(reader)).toEqual(value)
        expect(reader.remaining()).toBe(0)
      }),
    )
  })

  it('fails with a ProtocolError on every cut', () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = Buffer.from(
          written((writer) => write(writer, value as never)),
          'hex',
        )
        for (let length = 0; length < bytes.length; length++) {
          protocolErrorOf(() => read(new Reader(bytes, 0, length)))
        }
      }),
      { numRuns: 30 },
    )
  })
})

describe('varints', () => {
  it('have the bytes that Kafka gives them', () => {
    expect(written((w) => w.unsignedVarint(300))).toBe('ac02')
    expect(written((w) => w.varint(-1))).toBe('01')
    expect(written((w) => w.varint(-2147483648))).toBe('ffffffff0f')
    expect(written((w) => w.varlong(-(2n ** 63n)))).toBe('ffffffffffffffffff01')
  })

  it.each(['ffffffff10', 'ffffffffff01', '8080808080808001'])('of more than 32 bits fail: %s', (hex) => {
    expect(protocolErrorOf(() => readerOf(hex).unsignedVarint('f')).message).toContain('more than 32 bits')
  })

  it.each(['ffffffffffffffffff02', 'ffffffffffffffffffff01'])('of more than 64 bits fail: %s', (hex) => {
    expect(protocolErrorOf(() => readerOf(hex).varlong('f')).message).toContain('more than 64 bits')
  })
})

describe('uuid', () => {
  it('has 22 characters, and a name for none', () => {
    expect(readerOf('00'.repeat(16)).uuid('f')).toBe(ZERO_UUID)
    expect(readerOf('ff'.repeat(16)).uuid('f')).toBe('_____________________w')
  })
})

describe('strings', () => {
  it('read bytes that are not UTF-8 as U+FFFD', () => {
    expect(readerOf('0003 61ff62'.replace(' ', '')).string('f')).toBe('a\ufffdb')
  })

  it.each([
    ['a null', 'ffff', 'is null'],
    ['a negative length', 'fffe', 'has the length -2'],
    ['a length past the end', '000561', 'needs 5 bytes and 1 are left'],
  ])('fail on %s', (_, hex, what) => {
    expect(protocolErrorOf(() => readerOf(hex).string('name')).message).toContain(what)
  })
})

describe('bytes', () => {
  it('are views over the buffer, not copies', () => {
    const buffer = Buffer.from('00000002aabb', 'hex')
    const view = new Reader(buffer).bytes('f')
    buffer[4] = 0xcc
    expect(view).toEqual(Buffer.from('ccbb', 'hex'))
    expect(view.buffer).toBe(buffer.buffer)
  })

  it('stay within the end that was given', () => {
    const buffer = Buffer.from('00000002aabb', 'hex')
    protocolErrorOf(() => new Reader(buffer, 0, 5).bytes('f'))
  })
})

describe('array lengths', () => {
  it('are -1 for null, where null is allowed', () => {
    expect(readerOf('ffffffff').arrayLength('f')).toBe(-1)
    expect(readerOf('00').compactArrayLength('f')).toBe(-1)
    protocolErrorOf(() => readerOf('ffffffff').arrayCount('f'))
    protocolErrorOf(() => readerOf('fffffffe').arrayLength('f'))
  })

  it('are believed only as far as what is left can hold', () => {
    expect(readerOf('000000020102').arrayLength('f')).toBe(2)
    protocolErrorOf(() => readerOf('000000030102').arrayLength('f'))
    protocolErrorOf(() => readerOf('000000020102').arrayLength('f', false, 2))
    protocolErrorOf(() => readerOf('7fffffff').arrayLength('f'))
    protocolErrorOf(() => readerOf('ffffffff0f').compactArrayLength('f'))
    protocolErrorOf(() => readerOf('0000000200000001').int32Array('f'))
  })
})

describe('tagged fields', () => {
  it('that are unknown are stepped over', () => {
    const reader = readerOf('02 00 02 aabb 07 00 99'.replaceAll(' ', ''))
    reader.skipTags()
    expect(reader.remaining()).toBe(1)
  })

  it.each(['ffffffff0f', '020001aa', '01', '0100', '0100ff01'])('that cannot be there fail: %s', (hex) => {
    protocolErrorOf(() => readerOf(hex).skipTags())
  })
})

describe('errors', () => {
  it('name the message, version, field and position', () => {
    const reader = readerOf('00010002')
    reader.enter('FetchResponse', 7, 4, 18)
    reader.int16('errorCode')
    const error = protocolErrorOf(() => reader.int32('sessionId'))
    expect(error.message).toBe('FetchResponse v7: field sessionId at byte 2 needs 4 bytes and 2 are left')
    expect(error.context).toEqual({ message: 'FetchResponse', version: 7, field: 'sessionId', position: 2 })
  })

  it('come for versions that a message does not have', () => {
    expect(protocolErrorOf(() => readerOf('').enter('FetchResponse', 19, 4, 18)).message).toContain('4 to 18')
    protocolErrorOf(() => readerOf('').enter('FetchResponse', Number.NaN, 4, 18))
  })

  it('come for a range that is not in the buffer', () => {
    expect(() => new Reader(Buffer.alloc(2), 0, 3)).toThrow(ProtocolError)
    expect(() => new Reader(Buffer.alloc(2), 2, 1)).toThrow(ProtocolError)
    expect(() => new Reader(Buffer.alloc(2), -1)).toThrow(ProtocolError)
  })
})
