import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BatchBuilder, bytesSource, readBatches } from '../../../src/records/index.ts'
import { PartitionLog } from '../../../src/testing/log/partition-log.ts'
import { StorageBudget } from '../../../src/testing/log/storage-budget.ts'
import type { ValidBatch } from '../../../src/testing/log/validate-batch.ts'

function valid(recordCount: number, valueBytes: number, timestamp: number): ValidBatch {
  const builder = new BatchBuilder(Buffer.alloc(100 + recordCount * (valueBytes + 30)))
  for (let index = 0; index < recordCount; index++) {
    builder.append(timestamp, null, Buffer.alloc(valueBytes, index), null)
  }
  const bytes = Buffer.concat(builder.close())
  return { bytes, recordCount, maxTimestamp: timestamp, producer: null, isTransactional: false }
}

function aLog(budget = new StorageBudget(1e9)): PartitionLog {
  return new PartitionLog(budget)
}

function append(log: PartitionLog, batch: ValidBatch): number {
  expect(log.reserve(batch.bytes.length)).toBe(true)
  return log.append(batch, 0)
}

/** Offsets of the whole batches of a read. */
function baseOffsets(buffers: readonly Buffer[]): number[] {
  const batches = [...readBatches(Buffer.concat(buffers), bytesSource('t', 0))]
  return batches.map(({ baseOffset }) => Number(baseOffset))
}

describe('reading', () => {
  test('gives back every batch from any offset, as a simple list would', () => {
    const batches = fc.array(
      fc.record({ count: fc.integer({ min: 1, max: 20 }), bytes: fc.integer({ min: 0, max: 3000 }) }),
      {
        minLength: 1,
        maxLength: 60,
      },
    )
    fc.assert(
      fc.property(
        batches,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 200_000 }),
        (list, where, maxBytes) => {
          const log = aLog()
          const model = list.map(({ count, bytes }) => {
            const batch = valid(count, bytes, 0)
            return { batch, base: append(log, batch) }
          })
          const offset = Math.floor(where * log.endOffset)
          const expected = model.filter(({ base, batch }) => base + batch.recordCount > offset)
          const { buffers, sizeBytes } = log.read(offset, maxBytes, true)
          const available = expected.reduce((sum, { batch }) => sum + batch.bytes.length, 0)
          expect(sizeBytes).toBe(
            Math.min(available, Math.max(maxBytes, expected[0]?.batch.bytes.length ?? 0)),
          )
          expect(log.bytesFrom(offset)).toBe(available)
          const whole = baseOffsets(buffers)
          let wholeBytes = 0
          const fitting = expected.filter(({ batch }) => {
            wholeBytes += batch.bytes.length
            return wholeBytes <= sizeBytes
          })
          expect(whole).toEqual(fitting.map(({ base }) => base))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('copies nothing: two reads show the same memory', () => {
    const log = aLog()
    append(log, valid(3, 100, 0))
    const [first, second] = [log.read(0, 1000, true), log.read(0, 1000, true)]
    expect(first.buffers[0].buffer).toBe(second.buffers[0].buffer)
    expect(first.buffers[0].byteOffset).toBe(second.buffers[0].byteOffset)
  })

  test('many small batches come as one slice', () => {
    const log = aLog()
    for (let index = 0; index < 50; index++) append(log, valid(1, 10, 0))
    expect(log.read(0, 1 << 20, true).buffers).toHaveLength(1)
  })

  test('a batch larger than any segment gets one of its own', () => {
    const log = aLog()
    append(log, valid(1, 10, 0))
    append(log, valid(1, 3_000_000, 0))
    append(log, valid(1, 10, 0))
    expect(baseOffsets(log.read(0, 1 << 30, true).buffers)).toEqual([0, 1, 2])
    expect(baseOffsets(log.read(1, 1, true).buffers)).toEqual([1])
  })

  test('what is appended later is not seen by a slice that was read before', () => {
    const log = aLog()
    append(log, valid(1, 10, 0))
    const { buffers } = log.read(0, 1 << 20, true)
    const before = Buffer.concat(buffers)
    append(log, valid(1, 10, 0))
    expect(Buffer.concat(buffers).equals(before)).toBe(true)
  })

  test('the end, and an empty log, give nothing', () => {
    const log = aLog()
    expect(log.read(0, 100, true).sizeBytes).toBe(0)
    append(log, valid(2, 10, 0))
    expect(log.read(2, 100, true).sizeBytes).toBe(0)
    expect(log.bytesFrom(2)).toBe(0)
  })
})

describe('stamping', () => {
  test('offsets, epoch and time are written into the stored batch, not into what came', () => {
    const log = aLog()
    append(log, valid(2, 10, 5))
    const batch = valid(3, 10, 5)
    const before = Buffer.from(batch.bytes)
    log.reserve(batch.bytes.length)
    log.append(batch, 7, 12345)
    expect(batch.bytes.equals(before)).toBe(true)
    const [stored] = readBatches(Buffer.concat(log.read(2, 1000, true).buffers), bytesSource('t', 0))
    expect(stored).toMatchObject({
      baseOffset: 2n,
      leaderEpoch: 7,
      timestampType: 'logAppend',
      maxTimestamp: 12345,
    })
    expect(log.epochs.epochAt(1)).toBe(0)
    expect(log.epochs.epochAt(2)).toBe(7)
  })
})

describe('retention', () => {
  /** Ten segments of a megabyte, the first written at time 1, the last at 10, after smaller ones. */
  function full(): PartitionLog {
    const log = aLog()
    for (let time = 1; time <= 10; time++) append(log, valid(1, 1_048_000, time))
    return log
  }

  test('by bytes keeps that much, and drops what is older', () => {
    const log = full()
    log.retainBytes(3_000_000)
    expect(log.startOffset).toBe(7)
    expect(log.sizeBytes).toBeGreaterThanOrEqual(3_000_000)
    expect(baseOffsets(log.read(7, 1 << 30, true).buffers)).toEqual([7, 8, 9])
  })

  test('by time drops what has no younger record', () => {
    const log = full()
    log.retainSince(5)
    expect(log.startOffset).toBe(4)
    log.retainSince(11)
    expect([log.startOffset, log.endOffset, log.sizeBytes]).toEqual([10, 10, 0])
    expect(append(log, valid(1, 10, 12))).toBe(10)
  })

  test('deleting moves the start, also into a batch, and memory goes when all of it is deleted', () => {
    const budget = new StorageBudget(1e9)
    const log = aLog(budget)
    for (let index = 0; index < 5; index++) append(log, valid(4, 1_000_000, 0))
    const before = budget.usedBytes
    log.deleteBefore(6)
    expect(log.startOffset).toBe(6)
    expect(baseOffsets(log.read(6, 1 << 30, true).buffers)).toEqual([4, 8, 12, 16])
    expect(budget.usedBytes).toBeLessThan(before)
    log.deleteBefore(2)
    expect(log.startOffset).toBe(6)
    log.discard()
    expect(budget.usedBytes).toBe(0)
  })

  test('a budget that is used up refuses, and takes again when memory was given back', () => {
    const budget = new StorageBudget(2_500_000)
    const log = aLog(budget)
    append(log, valid(1, 1_200_000, 0))
    append(log, valid(1, 1_200_000, 0))
    expect(log.reserve(1_200_000)).toBe(false)
    log.deleteBefore(1)
    expect(log.reserve(1_200_000)).toBe(true)
  })
})

describe('times', () => {
  test('batches since a time begin with the first that reaches it', () => {
    const log = aLog()
    for (const time of [10, 30, 20, 40]) append(log, valid(2, 10, time))
    const since = (time: number) => [...log.batchesSince(time)].map(({ baseOffset }) => baseOffset)
    expect(since(5)).toEqual([0, 2, 4, 6])
    expect(since(11)).toEqual([2, 4, 6])
    expect(since(31)).toEqual([6])
    expect(since(41)).toEqual([])
  })

  test('the latest batch is the first of those with the largest time', () => {
    const log = aLog()
    expect(log.latestBatch()).toBeUndefined()
    for (const time of [10, 40, 40, 20]) append(log, valid(2, 10, time))
    expect(log.latestBatch()!.baseOffset).toBe(2)
  })
})
