import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BytesInput } from '../../src/protocol/message.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { protocolErrorOf, written } from './support.ts'

describe('chunks', () => {
  it('grow without a change to what was written', () => {
    const strings = Array.from({ length: 300 }, (_, i) => `string number ${i}`)
    const small = new Writer(8)
    const large = new Writer(1 << 20)
    for (const writer of [small, large]) writer.stringArray(strings)
    expect(small.size).toBe(large.size)
    expect(small.finishContiguous()).toEqual(large.finishContiguous())
  })

  it('hold a string that is longer than any of them', () => {
    const long = 'x'.repeat(700_000)
    const writer = new Writer()
    writer.compactString(long)
    expect(writer.finishContiguous().toString('latin1', 3)).toBe(long)
  })
})

describe('bytes', () => {
  it('go by reference when they are large, in their place', () => {
    const large = Buffer.alloc(5000, 7)
    const writer = new Writer()
    writer.int8(1)
    writer.bytes(large)
    writer.int8(2)
    expect(writer.size).toBe(5006)
    const pieces = writer.finish()
    expect(pieces).toHaveLength(3)
    expect(pieces[1]).toBe(large)
    expect(Buffer.concat(pieces)).toEqual(
      Buffer.concat([Buffer.from('0100001388', 'hex'), large, Buffer.from([2])]),
    )
  })

  it('may be a Uint8Array that is not a Buffer, without a copy', () => {
    const large = new Uint8Array(new ArrayBuffer(4096), 8, 2000).fill(3)
    const writer = new Writer()
    writer.bytes(large)
    expect(writer.finish()[1]!.buffer).toBe(large.buffer)
  })

  it('are the same in one piece and in many', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 2000, size: 'max' }), { maxLength: 6 })
    fc.assert(
      fc.property(pieces, fc.boolean(), (list, compact) => {
        const write = (bytes: BytesInput) => written((writer) => writer.bytes(bytes, 'f', compact))
        expect(write(list)).toBe(write(Buffer.concat(list)))
      }),
    )
  })
})

describe('size', () => {
  it('is what comes out, at any time', () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('string' as const), value: fc.string({ maxLength: 600 }) }),
      fc.record({
        type: fc.constant('bytes' as const),
        value: fc.uint8Array({ maxLength: 3000, size: 'max' }),
      }),
    )
    fc.assert(
      fc.property(fc.array(step), fc.integer({ min: 1, max: 64 }), (steps, chunkBytes) => {
        const writer = new Writer(chunkBytes)
        let expected = 0
        for (const { type, value } of steps) {
          if (type === 'string') {
            writer.string(value)
            expected += 2 + Buffer.byteLength(value)
          } else {
            writer.bytes(value)
            expected += 4 + value.length
          }
          expect(writer.size).toBe(expected)
        }
        expect(writer.finishContiguous()).toHaveLength(expected)
      }),
    )
  })

  it('has a limit, for copied and for referenced bytes', () => {
    expect(protocolErrorOf(() => new Writer(16, 100).bytes(Buffer.alloc(2000))).message).toContain(
      '100 bytes',
    )
    const copying = new Writer(16, 100)
    protocolErrorOf(() => {
      for (;;) copying.int64(0n)
    })
    expect(copying.size).toBe(96)
    const both = new Writer(512, 2100)
    both.bytes(Buffer.alloc(2000))
    protocolErrorOf(() => {
      for (;;) both.int64(0n)
    })
    expect(both.size).toBe(2100)
  })
})

describe('int32At', () => {
  it('writes over what was written before, in whatever piece it is', () => {
    const writer = new Writer(8)
    writer.int32(0)
    writer.int32(0)
    writer.int32(0)
    writer.bytes(Buffer.alloc(2000))
    writer.int32(0)
    writer.int32At(0, 1)
    writer.int32At(8, 2)
    writer.int32At(2016, 3)
    const bytes = writer.finishContiguous()
    expect([0, 4, 8, 2016].map((at) => bytes.readInt32BE(at))).toEqual([1, 0, 2, 3])
  })
})

describe('values that a type cannot hold', () => {
  const cases: [string, (writer: Writer) => void][] = [
    ['int8 128', (w) => w.int8(128, 'f')],
    ['int16 -32769', (w) => w.int16(-32769, 'f')],
    ['uint16 -1', (w) => w.uint16(-1, 'f')],
    ['int32 2^31', (w) => w.int32(2 ** 31, 'f')],
    ['int32 1.5', (w) => w.int32(1.5, 'f')],
    ['int32 NaN', (w) => w.int32(Number.NaN, 'f')],
    ['int32 string', (w) => w.int32('1' as never, 'f')],
    ['uint32 -1', (w) => w.uint32(-1, 'f')],
    ['int64 2^63', (w) => w.int64(2n ** 63n, 'f')],
    ['int64 number', (w) => w.int64(1 as never, 'f')],
    ['float64 string', (w) => w.float64('1' as never, 'f')],
    ['varint 2^31', (w) => w.varint(2 ** 31, 'f')],
    ['varlong -2^64', (w) => w.varlong(-(2n ** 64n), 'f')],
    ['unsigned varint 2^32', (w) => w.unsignedVarint(2 ** 32, 'f')],
    ['bool 1', (w) => w.bool(1 as never, 'f')],
    ['uuid of 21 characters', (w) => w.uuid('A'.repeat(21), 'f')],
    ['uuid with a character that is not base64url', (w) => w.uuid(`${'A'.repeat(21)}!`, 'f')],
    ['string of 32768 bytes', (w) => w.string('x'.repeat(32768), 'f')],
    ['string null', (w) => w.string(null, 'f')],
    ['string number', (w) => w.string(1 as never, 'f')],
    ['bytes null', (w) => w.bytes(null, 'f')],
    ['bytes string', (w) => w.bytes('x' as never, 'f')],
    ['array null', (w) => w.arrayStart(null, 'f')],
    ['array of one string', (w) => w.stringArray('x' as never, 'f')],
    ['array of a wrong element', (w) => w.int32Array([0.5], 'f')],
  ]
  it.each(cases)('fail and name the field: %s', (_, write) => {
    const writer = new Writer()
    writer.enter('SomeRequest', 3)
    const error = protocolErrorOf(() => write(writer))
    expect(error.message).toMatch(/^SomeRequest v3: field f is /)
    expect(error.context).toEqual({ message: 'SomeRequest', version: 3, field: 'f' })
  })

  it('take 32767 bytes of string, and any number where lengths are compact', () => {
    expect(written((w) => w.string('x'.repeat(32767))).slice(0, 4)).toBe('7fff')
    expect(written((w) => w.compactString('x'.repeat(32768))).slice(0, 6)).toBe('818002')
  })
})
