import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KafkaError } from '../../src/errors.ts'
import { BufferPool } from '../../src/records/index.ts'

test('buffers of one size are used again, the last one first', () => {
  const pool = new BufferPool({ maxBytes: 1000, bufferBytes: 100 })
  const first = pool.acquire(1)!
  const second = pool.acquire(100)!
  expect([first.length, second.length]).toEqual([100, 100])
  expect(pool).toMatchObject({ usedBytes: 200, idleBytes: 0 })
  pool.release(first)
  pool.release(second)
  expect(pool).toMatchObject({ usedBytes: 0, idleBytes: 200 })
  expect(pool.acquire(50)).toBe(second)
  expect(pool.acquire(50)).toBe(first)
})

test('larger ones are made to measure and not kept', () => {
  const pool = new BufferPool({ maxBytes: 1000, bufferBytes: 100 })
  const large = pool.acquire(301)!
  expect(large).toHaveLength(301)
  pool.release(large)
  expect(pool).toMatchObject({ usedBytes: 0, idleBytes: 0 })
})

test('the bound holds for what is out and what is kept together', () => {
  const pool = new BufferPool({ maxBytes: 250, bufferBytes: 100 })
  const [first, second] = [pool.acquire(1)!, pool.acquire(1)!]
  expect(pool.acquire(1)).toBeUndefined()
  pool.release(first)
  pool.release(second)
  expect(pool.idleBytes).toBe(200)
  const large = pool.acquire(200)!
  expect(large).toHaveLength(200)
  expect(pool.idleBytes, 'kept ones give way').toBe(0)
  expect(pool.acquire(51)).toBeUndefined()
  pool.release(large)
  expect(pool.acquire(251)).toBeUndefined()
  expect([pool.fits(250), pool.fits(251)]).toEqual([true, false])
})

test('a bound below the buffer size is the buffer size', () => {
  const pool = new BufferPool({ maxBytes: 50, bufferBytes: 100 })
  expect(pool.acquire(1)).toHaveLength(50)
  expect(pool.acquire(1)).toBeUndefined()
})

test('a buffer cannot be given back twice, nor a foreign one', () => {
  const pool = new BufferPool({ maxBytes: 1000, bufferBytes: 100 })
  const buffer = pool.acquire(1)!
  pool.release(buffer)
  expect(() => pool.release(buffer)).toThrow(KafkaError)
  expect(() => pool.release(Buffer.alloc(100))).toThrow(KafkaError)
})

test('kept buffers can be let go of', () => {
  const pool = new BufferPool({ maxBytes: 1000, bufferBytes: 100 })
  pool.release(pool.acquire(1)!)
  pool.clear()
  expect(pool.idleBytes).toBe(0)
})

test('whatever is asked and given back, in whatever order, the sums are right and nothing is out twice', () => {
  const steps = fc.array(
    fc.oneof(fc.record({ bytes: fc.integer({ min: 1, max: 400 }) }), fc.record({ release: fc.nat() })),
  )
  fc.assert(
    fc.property(steps, (list) => {
      const pool = new BufferPool({ maxBytes: 1000, bufferBytes: 128 })
      const out: Buffer[] = []
      for (const step of list) {
        if ('release' in step) {
          if (out.length > 0) pool.release(out.splice(step.release % out.length, 1)[0])
          continue
        }
        const buffer = pool.acquire(step.bytes)
        if (buffer === undefined) {
          expect(pool.usedBytes + Math.max(128, step.bytes)).toBeGreaterThan(1000)
        } else {
          expect(buffer.length).toBeGreaterThanOrEqual(step.bytes)
          expect(out).not.toContain(buffer)
          out.push(buffer)
        }
        expect(pool.usedBytes).toBe(out.reduce((sum, one) => sum + one.length, 0))
        expect(pool.usedBytes + pool.idleBytes).toBeLessThanOrEqual(1000)
      }
    }),
  )
})
