import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CompressionName } from '../../../src/compression/index.ts'
import { bytesSource, readBatches } from '../../../src/records/index.ts'
import { type CompactionRules, compact } from '../../../src/testing/log/compaction.ts'
import { PartitionLog } from '../../../src/testing/log/partition-log.ts'
import { StorageBudget } from '../../../src/testing/log/storage-budget.ts'
import { batch, type RecordInput, someTime } from '../support/batches.ts'

const rules: CompactionRules = {
  nowMs: someTime,
  deleteRetentionMs: 1000,
  minLagMs: 0,
  maxLagMs: Number.MAX_SAFE_INTEGER,
  minDirtyRatio: 0,
  segmentBytes: 1,
  segmentMs: Number.MAX_SAFE_INTEGER,
  maxUncompressedBytes: 1_000_000,
  offload: (job) => job(),
}

interface Read {
  offset: number
  key: string | null
  value: string | null
}

function newLog(limitBytes = 100_000_000): PartitionLog {
  return new PartitionLog(new StorageBudget(limitBytes))
}

async function append(
  log: PartitionLog,
  records: readonly RecordInput[],
  compression: CompressionName = 'none',
): Promise<void> {
  const bytes = await batch(records, { compression })
  const maxTimestamp = Math.max(...records.map(({ timestamp }, index) => timestamp ?? someTime + index))
  if (!log.reserve(bytes.length)) throw new Error('there is no room')
  log.append({ bytes, recordCount: records.length, maxTimestamp, producer: null, isTransactional: false }, 0)
}

/** `key=value` for each record; a key alone is a tombstone. */
function records(text: string, timestamp = someTime): RecordInput[] {
  return text.split(' ').map((word) => {
    const [key, value = null] = word.split('=')
    return { key, value, timestamp }
  })
}

/** All records from the one at `from` on, read in pieces of about `maxBytes`, as consumers do. */
async function read(log: PartitionLog, from = log.startOffset, maxBytes = 1): Promise<Read[]> {
  const found: Read[] = []
  let offset = from
  while (offset < log.endOffset) {
    const slice = Buffer.concat(log.read(offset, maxBytes, true).buffers)
    const reader = readBatches(slice, bytesSource('t', 0), { checkCrc: true })
    const before = offset
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      const uncompressed = await next.uncompressed(1_000_000)
      for (const record of uncompressed) {
        if (record.offset < BigInt(from)) continue
        const { key, value } = record
        found.push({
          offset: Number(record.offset),
          key: key?.toString() ?? null,
          value: value?.toString() ?? null,
        })
      }
      offset = Number(uncompressed.nextOffset)
    }
    if (offset <= before) throw new Error(`reading does not get on behind ${before}`)
  }
  return found
}

const told = (found: readonly Read[]) =>
  found.map(({ offset, key, value }) => `${offset}:${key}=${value}`).join(' ')

describe('compaction', () => {
  test('keeps the last record of each key where it is, and the newest segment as it is', async () => {
    const log = newLog()
    await append(log, records('a=1 b=1 c=1'))
    await append(log, records('a=2 b=2'))
    await append(log, records('c=1'))
    await append(log, records('a=3 a=4'))
    expect(await compact(log, log.endOffset, rules)).toBe(true)
    expect(told(await read(log))).toBe('3:a=2 4:b=2 5:c=1 6:a=3 7:a=4')
    expect([log.startOffset, log.endOffset, log.compactedUpTo]).toEqual([0, 8, 6])
  })

  test.each(['none', 'gzip', 'snappy', 'lz4'] as const)(
    'rewrites batches in their own codec: %s',
    async (codec) => {
      const log = newLog()
      await append(log, records('a=1 b=1 c=1 d=1'), codec)
      await append(log, records('a=2 c=2'), codec)
      await append(log, records('z=1'))
      await compact(log, log.endOffset, rules)
      expect(told(await read(log))).toBe('1:b=1 3:d=1 4:a=2 5:c=2 6:z=1')
      const batches = readBatches(Buffer.concat(log.read(0, 10_000, true).buffers), bytesSource('t', 0))
      expect(batches.next()).toMatchObject({
        compression: codec,
        baseOffset: 0n,
        lastOffsetDelta: 3,
        recordCount: 2,
      })
    },
  )

  test('reading and looking up go on over gaps, wherever they begin', async () => {
    const log = newLog()
    for (let round = 0; round < 5; round++) await append(log, records('a=1 b=1'))
    await append(log, records('z=1'))
    await compact(log, log.endOffset, rules)
    const all = await read(log)
    expect(told(all)).toBe('8:a=1 9:b=1 10:z=1')
    for (let from = 0; from <= log.endOffset; from++) {
      expect(await read(log, from)).toEqual(all.filter(({ offset }) => offset >= from))
      expect(log.bytesFrom(from)).toBe(log.endPosition - log.positionOf(from))
    }
    expect(log.sizeBytes).toBe(log.bytesFrom(0))
    await append(log, records('y=1'))
    expect(told(await read(log))).toBe('8:a=1 9:b=1 10:z=1 11:y=1')
  })

  test('a tombstone stays until delete.retention.ms after it was first met', async () => {
    const log = newLog()
    await append(log, records('a=1'))
    await append(log, records('a'))
    await append(log, records('b=1'))
    const next = async (afterMs: number) => {
      await append(log, records('c=1'))
      await append(log, records('c=1'))
      await compact(log, log.endOffset, { ...rules, nowMs: someTime + afterMs })
      return (await read(log)).filter(({ key }) => key === 'a').length
    }
    expect(await next(5000)).toBe(1)
    expect(await next(5999)).toBe(1)
    expect(await next(6000)).toBe(0)
  })

  test('young records wait for min.compaction.lag.ms', async () => {
    const log = newLog()
    await append(log, records('a=1', someTime - 5000))
    await append(log, records('a=2', someTime - 4000))
    await append(log, records('a=3', someTime - 100))
    await append(log, records('a=4'))
    await append(log, records('b=1'))
    await compact(log, log.endOffset, { ...rules, minLagMs: 1000 })
    expect(told(await read(log))).toBe('1:a=2 2:a=3 3:a=4 4:b=1')
  })

  test('what Kafka would keep in one segment with the newest record is left alone', async () => {
    const log = newLog()
    for (const age of [9000, 8000, 500, 0]) await append(log, records('a=1', someTime - age))
    const wide = { ...rules, segmentBytes: 1_000_000 }
    expect(await compact(log, log.endOffset, wide)).toBe(false)
    expect(await compact(log, log.endOffset, { ...wide, segmentMs: 1000 })).toBe(true)
    expect((await read(log)).map(({ offset }) => offset)).toEqual([1, 2, 3])
  })

  test('little that is new is not worth it, unless it is older than max.compaction.lag.ms', async () => {
    const log = newLog()
    for (let key = 0; key < 9; key++) await append(log, records(`${key}=1`))
    await append(log, records('a=1'))
    const half = { ...rules, minDirtyRatio: 0.5 }
    expect(await compact(log, log.endOffset, half)).toBe(true)
    await append(log, records('a=2'))
    await append(log, records('a=3'))
    expect(await compact(log, log.endOffset, half)).toBe(false)
    expect(await compact(log, log.endOffset, { ...half, maxLagMs: 1000, nowMs: someTime + 1001 })).toBe(true)
    expect((await read(log)).filter(({ key }) => key === 'a').map(({ value }) => value)).toEqual(['2', '3'])
  })

  test('nothing counts that is not committed', async () => {
    const log = newLog()
    for (let round = 1; round <= 5; round++) await append(log, records(`a=${round}`))
    await compact(log, 3, rules)
    expect(told(await read(log))).toBe('2:a=3 3:a=4 4:a=5')
  })

  test('gives memory back', async () => {
    const budget = new StorageBudget(100_000_000)
    const log = new PartitionLog(budget)
    for (let round = 0; round < 40; round++) await append(log, [{ key: 'a', value: 'x'.repeat(10_000) }])
    const before = budget.usedBytes
    await compact(log, log.endOffset, rules)
    expect(budget.usedBytes).toBeLessThan(before / 4)
    log.discard()
    expect(budget.usedBytes).toBe(0)
  })

  test('a log that was cut meanwhile stays as it is', async () => {
    const log = newLog()
    for (let round = 1; round <= 5; round++) await append(log, records(`a=${round}`))
    const compacting = compact(log, log.endOffset, rules)
    log.truncateTo(3, 0)
    expect(await compacting).toBe(false)
    expect(told(await read(log))).toBe('0:a=1 1:a=2 2:a=3')
  })
})

const key = fc.constantFrom('a', 'b', 'c', 'd')
const written = fc.array(fc.record({ key, isTombstone: fc.boolean() }), { minLength: 1, maxLength: 6 })
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ written, codec: fc.constantFrom('none', 'gzip') }) },
  { weight: 1, arbitrary: fc.record({ compactAfterMs: fc.nat(3000), committed: fc.nat(100) }) },
)

test('the compacted log tells the same last value for each key as the whole one', async () => {
  const stories = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
    const log = newLog()
    const whole: Read[] = []
    let nowMs = someTime
    for (const one of steps) {
      if ('written' in one) {
        const batchOf = one.written.map((record, index) => ({
          key: record.key,
          value: record.isTombstone ? null : `${whole.length + index}`,
          timestamp: nowMs,
        }))
        for (const [index, { key, value }] of batchOf.entries())
          whole.push({ offset: log.endOffset + index, key, value })
        await append(log, batchOf, one.codec as CompressionName)
        continue
      }
      nowMs += one.compactAfterMs
      await compact(log, Math.floor((log.endOffset * one.committed) / 100), { ...rules, nowMs })
      const found = await read(log, 0, 200)
      const lastOf = (all: readonly Read[]) =>
        new Map(all.filter(({ value }) => value !== null).map(({ key, value }) => [key, value]))
      const last = lastOf(whole)
      const tombs = new Map(whole.map(({ key, value }) => [key, value]))
      for (const [dead, value] of tombs) if (value === null) last.delete(dead)
      const seen = new Map<string | null, string | null>()
      for (const { key, value } of found) {
        if (value === null) seen.delete(key)
        else seen.set(key, value)
      }
      expect(seen).toEqual(last)
      const known = new Map(whole.map((record) => [record.offset, record]))
      for (const record of found) expect(record).toEqual(known.get(record.offset))
      for (let from = 0; from <= log.endOffset; from++) {
        expect(await read(log, from)).toEqual(found.filter(({ offset }) => offset >= from))
      }
    }
  })
  await fc.assert(stories, { numRuns: 150 })
})
