import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytes, type Serde, string } from '../../src/serde/index.ts'

/** What comes back of a value that lies in the middle of a response. */
function through<T>(serde: Serde<T>, value: T): T {
  const data = serde.serialize(value)
  const written = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data!)
  const response = Buffer.concat([Buffer.from('before'), written, Buffer.from('after')])
  return serde.deserialize(response, 6, 6 + written.length)
}

test('text comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => {
      expect(through(string, value)).toBe(value)
    }),
  )
})

test('bytes come back', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (value) => {
      expect(Buffer.from(through(bytes, value))).toEqual(Buffer.from(value))
    }),
  )
})
