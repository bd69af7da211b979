/**
 * Hostile bytes: whatever arrives, decoding either works or ends in a ProtocolError, and what it makes is in
 * proportion to the bytes that it got.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../src/errors.ts'
import { decodeRequestHeader } from '../../src/protocol/frame.ts'
import type { Message } from '../../src/protocol/message.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { committedVectors } from './support.ts'

const vectors = committedVectors()
const anyVector = fc.constantFrom(...vectors)

/** What was decoded, or undefined for a ProtocolError. Any other error goes through. */
function attempt(message: Message<unknown>, bytes: Buffer, version: number): unknown {
  try {
    return message.decode(new Reader(bytes), version)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

/** Decodes, holds the result against the size of its bytes, and writes it again. */
function withstand(message: Message<unknown>, bytes: Buffer, version: number): void {
  const decoded = attempt(message, bytes, version)
  if (decoded === undefined) return
  expect(countElements(decoded)).toBeLessThanOrEqual(bytes.length)
  try {
    message.encode(new Writer(), decoded, version)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
  }
}

/** The elements of all arrays together, however deep: each of them took a byte at least. */
function countElements(value: unknown): number {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return 0
  const items = Object.values(value)
  return items.reduce(
    (sum: number, item) => sum + countElements(item),
    Array.isArray(value) ? items.length : 0,
  )
}

describe('decoding', () => {
  it('of random bytes', () => {
    fc.assert(
      fc.property(
        anyVector,
        fc.uint8Array({ maxLength: 400, size: 'max' }),
        ({ message, version }, bytes) => {
          withstand(message, Buffer.from(bytes), version)
        },
      ),
      { numRuns: 20_000 },
    )
  })

  it('of small numbers, which look like lengths, counts and tags', () => {
    const small = fc.array(fc.oneof({ weight: 3, arbitrary: fc.nat(4) }, fc.nat(255)), {
      maxLength: 120,
      size: 'max',
    })
    fc.assert(
      fc.property(anyVector, small, ({ message, version }, bytes) => {
        withstand(message, Buffer.from(bytes), version)
      }),
      { numRuns: 20_000 },
    )
  })

  it('of every vector cut short, at every byte', () => {
    for (const { message, version, bytes } of vectors) {
      // Long strings fill most of the longest vectors: there every 7th cut is enough.
      const step = bytes.length > 2000 ? 7 : 1
      for (let length = 0; length < bytes.length; length += step) {
        if (attempt(message, bytes.subarray(0, length), version) !== undefined) {
          expect.fail(`${message.name} v${version} was decoded from ${length} of ${bytes.length} bytes`)
        }
      }
    }
  })

  it('of every vector with bits turned over', () => {
    const flips = fc.array(fc.nat(0x7fff_ffff), { minLength: 1, maxLength: 4 })
    for (const { message, version, bytes } of vectors) {
      if (bytes.length === 0) continue
      fc.assert(
        fc.property(flips, (bits) => {
          const broken = Buffer.from(bytes)
          for (const bit of bits) broken[(bit >> 3) % bytes.length]! ^= 1 << (bit & 7)
          withstand(message, broken, version)
        }),
        { numRuns: 40 },
      )
    }
  })

  it('of every vector with huge and negative lengths at any place', () => {
    const lengths = [
      '7fffffff',
      '80000000',
      'fffffffe',
      '7fff',
      '8000',
      'ffffffff07',
      'ffffffff0f',
      'ffffffffff01',
    ]
    const length = fc.constantFrom(...lengths.map((hex) => Buffer.from(hex, 'hex')))
    for (const { message, version, bytes } of vectors) {
      fc.assert(
        fc.property(fc.nat(bytes.length), length, (at, huge) => {
          const over = Buffer.from(bytes)
          huge.copy(over, at)
          withstand(message, over, version)
          withstand(message, Buffer.concat([bytes.subarray(0, at), huge, bytes.subarray(at)]), version)
        }),
        { numRuns: 20 },
      )
    }
  })

  it('of a request header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeRequestHeader(new Reader(Buffer.from(bytes)))
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
        }
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('a megabyte that claims to be all elements', () => {
  it('takes memory in proportion, in each message', () => {
    const claims = Buffer.alloc(1 << 20)
    for (const { message, version } of vectors) {
      const flexible = version >= message.flexibleFrom
      // A count of about all that is left, in both forms and at each of the first places.
      for (let at = 0; at < 12; at++) {
        claims.fill(0, 0, 32)
        claims.set(Buffer.from(flexible ? 'ffff3f' : '000ffff0', 'hex'), at)
        withstand(message, claims, version)
      }
    }
  })
})
