import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32cByTable } from '../../src/records/crc32c.ts'
import { crc32c } from '../../src/records/index.ts'

test('the published values', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  // RFC 3720, B.4
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
  expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, index) => index)))).toBe(0x46dd794e)
  expect(crc32c(Buffer.alloc(0))).toBe(0)
})

test('the table and the package agree, on any range, whole or in parts', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(2000), fc.nat(2000), (bytes, one, other) => {
      const start = Math.min(one, other, bytes.length)
      const end = Math.min(Math.max(one, other), bytes.length)
      const expected = crc32cByTable(bytes, start, end)
      expect(crc32c(bytes, start, end)).toBe(expected)
      const middle = start + Math.floor((end - start) / 3)
      expect(crc32c(bytes, middle, end, crc32c(bytes, start, middle))).toBe(expected)
    }),
  )
})
