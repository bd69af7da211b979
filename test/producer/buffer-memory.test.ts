import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BufferMemory } from '../../src/producer/buffer-memory.ts'

test('a buffer that was given back is used again', () => {
  const memory = new BufferMemory(1_000_000, 500_000)
  const first = memory.take(5_000)!
  memory.give(first)
  expect(memory.take(10_000)).toBe(first)
})

test('what is kept makes room for what is needed', () => {
  const memory = new BufferMemory(16_384 * 2, 500_000)
  const buffers = [memory.take(16_384)!, memory.take(16_384)!]
  expect(memory.take(1)).toBeUndefined()
  for (const buffer of buffers) memory.give(buffer)
  expect(memory.heldBytes).toBe(32_768)
  expect(memory.take(4_096)).toHaveLength(4_096)
  expect(memory.heldBytes).toBeLessThanOrEqual(32_768)
})

test('a buffer above the largest size is made to measure', () => {
  const memory = new BufferMemory(4_000_000, 500_000)
  const buffer = memory.take(3_000_000)!
  expect(buffer).toHaveLength(3_000_000)
  memory.give(buffer)
  expect(memory.heldBytes).toBe(0)
})

test('never holds more than its bound, and gives whenever it can', () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 300_000 }), fc.integer({ min: 1, max: 3_000_000 }))
  const step = fc.oneof(
    size.map((bytes) => ({ take: bytes })),
    fc.nat(50).map((at) => ({ give: at })),
  )
  fc.assert(
    fc.property(
      fc.integer({ min: 65_536, max: 4_000_000 }),
      fc.array(step, { maxLength: 200 }),
      (limit, steps) => {
        const memory = new BufferMemory(limit, 500_000)
        const taken: Buffer[] = []
        for (const each of steps) {
          if ('take' in each) {
            const buffer = memory.take(each.take)
            if (buffer !== undefined) {
              expect(buffer.length >= each.take).toBe(true)
              expect(taken.includes(buffer)).toBe(false)
              taken.push(buffer)
            } else {
              // The smallest buffer that would do is at most four times as large, and none smaller than 4 KiB.
              expect(memory.usedBytes + Math.max(4_096, each.take * 4)).toBeGreaterThan(limit)
            }
          } else if (taken.length > 0) {
            memory.give(taken.splice(each.give % taken.length, 1)[0])
          }
          const used = taken.reduce((sum, buffer) => sum + buffer.length, 0)
          expect(memory.usedBytes).toBe(used)
          expect(memory.heldBytes).toBeGreaterThanOrEqual(used)
          expect(memory.heldBytes).toBeLessThanOrEqual(limit)
        }
      },
    ),
  )
})
