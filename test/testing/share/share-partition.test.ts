import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { ErrorCodes } from '../../../src/protocol/error-codes.ts'
import type { LogBatch } from '../../../src/testing/share/new-batches.ts'
import { type ShareLimits, SharePartition } from '../../../src/testing/share/share-partition.ts'
import { VirtualWorld } from '../../network/support/virtual-world.ts'

const lockDurationMs = 30_000
const usual: ShareLimits = {
  deliveryCountLimit: 5,
  maxRecordLocks: 2000,
  lockDurationMs,
  allowsRenewal: true,
}
const all = { maxRecords: 500, batchSize: 500, isRecordLimit: false }

let world: VirtualWorld
let partition: SharePartition
let told: number

beforeEach(() => begin())

function begin(limits: Partial<ShareLimits> = {}): void {
  world = new VirtualWorld()
  told = 0
  partition = new SharePartition({
    timers: world.timers,
    nowMs: () => world.clock.monotonicMs(),
    limits: () => ({ ...usual, ...limits }),
    onAvailable: () => {
      told += 1
    },
  })
  partition.beginAt(0)
}

/** Batches of so many records, one behind the other. */
function log(...counts: number[]): LogBatch[] {
  let next = 0
  return counts.map((count) => {
    const baseOffset = next
    next += count
    return { baseOffset, lastOffset: next - 1 }
  })
}

/** What a read from the next offset on would give. */
function readable(batches: readonly LogBatch[]): LogBatch[] {
  return batches.filter(({ lastOffset }) => lastOffset >= partition.nextOffset)
}

function acquire(memberId: string, batches: readonly LogBatch[], wish = all): string {
  return partition
    .acquire(memberId, readable(batches), wish)
    .map(({ firstOffset, lastOffset, deliveryCount }) => `${firstOffset}-${lastOffset}x${deliveryCount}`)
    .join(' ')
}

function acknowledge(memberId: string, firstOffset: number, lastOffset: number, ...types: number[]): number {
  return partition.acknowledge(memberId, [{ firstOffset, lastOffset, types }], 0)
}

const [gap, accept, release, reject, renew] = [0, 1, 2, 3, 4]

describe('locks', () => {
  test('records come back when the lock is over, and not before', async () => {
    acquire('m', log(4))
    await world.advance(lockDurationMs - 1)
    expect(acquire('n', log(4))).toBe('')
    await world.advance(1)
    expect(told).toBe(1)
    expect(acquire('n', log(4))).toBe('0-3x2')
    expect(acknowledge('m', 0, 3, accept)).toBe(ErrorCodes.INVALID_RECORD_STATE)
  })

  test('each member has its own time', async () => {
    acquire('m', log(4, 4), { ...all, maxRecords: 4 })
    await world.advance(20_000)
    acquire('n', log(4, 4))
    await world.advance(10_000)
    expect(partition.ranges.map(({ state }) => state)).toEqual(['Available', 'Acquired'])
    await world.advance(20_000)
    expect(partition.ranges.map(({ state }) => state)).toEqual(['Available', 'Available'])
  })

  test('are renewed, all or some', async () => {
    acquire('m', log(4))
    await world.advance(20_000)
    expect(acknowledge('m', 0, 3, renew, renew, accept, release)).toBe(ErrorCodes.NONE)
    await world.advance(20_000)
    expect(acknowledge('m', 0, 1, accept)).toBe(ErrorCodes.NONE)
    expect(partition.startOffset).toBe(3)
    await world.advance(60_000)
    expect(world.waitingTimers).toBe(0)
  })

  test('renewals can be forbidden', () => {
    begin({ allowsRenewal: false })
    acquire('m', log(4))
    expect(acknowledge('m', 0, 3, renew)).toBe(ErrorCodes.INVALID_RECORD_STATE)
    expect(acknowledge('m', 0, 3, accept)).toBe(ErrorCodes.NONE)
  })

  test('a lock that is over for the last time ends in the archive', async () => {
    begin({ deliveryCountLimit: 2 })
    for (const delivery of ['0-3x1', '0-3x2', '']) {
      expect(acquire('m', log(4))).toBe(delivery)
      await world.advance(lockDurationMs)
    }
    expect(partition.startOffset).toBe(4)
    expect(world.waitingTimers).toBe(0)
  })

  test('nothing waits after the end', () => {
    acquire('m', log(4))
    partition.stop()
    expect(world.waitingTimers).toBe(0)
  })
})

describe('acknowledgements', () => {
  test('take effect all together or not at all', () => {
    acquire('m', log(8), { ...all, maxRecords: 8 })
    acknowledge('m', 6, 6, release)
    acquire('n', log(8))
    const both = [
      { firstOffset: 0, lastOffset: 3, types: [accept] },
      { firstOffset: 4, lastOffset: 7, types: [accept] },
    ]
    expect(partition.acknowledge('m', both, 0)).toBe(ErrorCodes.INVALID_RECORD_STATE)
    expect(partition.startOffset).toBe(0)
    expect(acknowledge('m', 0, 5, accept)).toBe(ErrorCodes.NONE)
    expect(partition.startOffset).toBe(6)
  })

  test('of what is done with change nothing', () => {
    acquire('m', log(4))
    acknowledge('m', 0, 1, accept)
    expect(acknowledge('m', 0, 1, release)).toBe(ErrorCodes.NONE)
    expect(acknowledge('m', 0, 3, accept)).toBe(ErrorCodes.NONE)
    expect(partition.inFlightCount).toBe(0)
  })

  test('a member that is gone gives back what it has, and nothing else', () => {
    acquire('m', log(4, 4), { ...all, maxRecords: 4 })
    acquire('n', log(4, 4))
    partition.releaseAllOf('m', 0)
    expect(acquire('n', log(4, 4))).toBe('0-3x2')
    expect(acknowledge('n', 0, 7, accept)).toBe(ErrorCodes.NONE)
  })

  test('who looks sees the start as it was before the last change', () => {
    expect(partition.summary.startOffset).toBe(-1)
    acquire('m', log(4))
    partition.acknowledge('m', [{ firstOffset: 0, lastOffset: 0, types: [accept] }], 7)
    expect(partition.summary).toEqual({ startOffset: 0, finishedCount: 1, leaderEpoch: 7 })
    acknowledge('m', 3, 3, gap)
    expect(partition.summary).toEqual({ startOffset: 1, finishedCount: 1, leaderEpoch: 0 })
  })
})

describe('what is gone from the log', () => {
  test('the log begins later: nobody has what is before', () => {
    acquire('m', log(4, 4))
    partition.logBeginsAt(6)
    expect(partition.startOffset).toBe(6)
    expect(acknowledge('m', 0, 7, accept)).toBe(ErrorCodes.NONE)
    expect(partition.startOffset).toBe(8)
    partition.logBeginsAt(20)
    expect([partition.startOffset, partition.nextOffset]).toEqual([20, 20])
  })

  test('compaction: what was free and is no longer there is archived', () => {
    acquire('m', log(4, 4))
    acknowledge('m', 0, 7, release)
    expect(
      partition.acquire('m', [{ baseOffset: 6, lastOffset: 9 }], all).map((one) => one.firstOffset),
    ).toEqual([6, 8])
    expect(partition.startOffset).toBe(6)
  })

  test('compaction: reading goes on behind a gap', () => {
    acquire('m', log(4))
    acknowledge('m', 0, 3, accept)
    partition.acquire('m', [{ baseOffset: 10, lastOffset: 11 }], all)
    expect(acknowledge('m', 10, 11, accept)).toBe(ErrorCodes.NONE)
    expect(partition.startOffset).toBe(12)
  })
})

test('an administrator sets the start, and everything else is forgotten', async () => {
  acquire('m', log(4))
  partition.resetTo(2, 3)
  expect(world.waitingTimers).toBe(0)
  expect(acknowledge('m', 2, 3, accept)).toBe(ErrorCodes.INVALID_RECORD_STATE)
  expect(acquire('n', log(4))).toBe('2-3x1')
})

type Step =
  | { do: 'acquire'; member: string; maxRecords: number; batchSize: number; isRecordLimit: boolean }
  | { do: 'acknowledge'; member: string; from: number; count: number; type: number }
  | { do: 'leave'; member: string }
  | { do: 'wait'; ms: number }
  | { do: 'write'; count: number }
  | { do: 'delete'; count: number }

const member = fc.constantFrom('a', 'b', 'c')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('acquire' as const),
    member,
    maxRecords: fc.integer({ min: 1, max: 12 }),
    batchSize: fc.integer({ min: 1, max: 12 }),
    isRecordLimit: fc.boolean(),
  }),
  fc.record({
    do: fc.constant('acknowledge' as const),
    member,
    from: fc.nat(20),
    count: fc.integer({ min: 1, max: 10 }),
    type: fc.constantFrom(gap, accept, release, reject, renew),
  }),
  fc.record({ do: fc.constant('leave' as const), member }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
  fc.record({ do: fc.constant('write' as const), count: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ do: fc.constant('delete' as const), count: fc.integer({ min: 1, max: 5 }) }),
)

test('a record is with one member at a time, no more often than it may be, and ends accepted or archived', async () => {
  const limits = fc.record({
    deliveryCountLimit: fc.integer({ min: 2, max: 6 }),
    maxRecordLocks: fc.integer({ min: 3, max: 40 }),
  })
  const stories = fc.asyncProperty(limits, fc.array(step, { maxLength: 60 }), async (wanted, steps) => {
    begin(wanted)
    const batches: LogBatch[] = [...log(3, 1, 5)]
    const deliveries = new Map<number, number>()
    const holders = new Map<number, string>()
    const done = new Set<number>()
    let logStart = 0
    const end = () => (batches.at(-1)?.lastOffset ?? -1) + 1
    const deliver = (memberId: string, wish = all) => {
      const given = partition.acquire(
        memberId,
        readable(batches.filter((one) => one.lastOffset >= logStart)),
        wish,
      )
      for (const { firstOffset, lastOffset, deliveryCount } of given) {
        expect(deliveryCount).toBeLessThanOrEqual(wanted.deliveryCountLimit)
        for (let offset = firstOffset; offset <= lastOffset; offset++) {
          expect(holders.get(offset), `offset ${offset} is given out twice`).toBeUndefined()
          expect(done.has(offset), `offset ${offset} is given out although it is done with`).toBe(false)
          expect(deliveryCount).toBe((deliveries.get(offset) ?? 0) + 1)
          deliveries.set(offset, deliveryCount)
          holders.set(offset, memberId)
        }
      }
      return given.length
    }
    /** What the machine says of who has what is what was given out and neither acknowledged nor taken back. */
    const settle = () => {
      const held = new Map<number, string>()
      for (const { firstOffset, lastOffset, state, memberId } of partition.ranges) {
        for (let offset = firstOffset; offset <= lastOffset; offset++) {
          if (state === 'Acquired') held.set(offset, memberId!)
        }
      }
      for (const [offset, memberId] of held) expect(holders.get(offset)).toBe(memberId)
      for (const offset of [...holders.keys()]) if (!held.has(offset)) holders.delete(offset)
    }
    for (const one of steps) {
      if (one.do === 'acquire') deliver(one.member, one)
      else if (one.do === 'acknowledge') {
        const first = partition.startOffset! + one.from
        const own = Array.from({ length: one.count }, (_, index) => holders.get(first + index) === one.member)
        const error = acknowledge(one.member, first, first + one.count - 1, one.type)
        expect(error === ErrorCodes.NONE).toBe(own.every(Boolean))
        if (error === ErrorCodes.NONE && one.type !== release && one.type !== renew) {
          for (let offset = first; offset < first + one.count; offset++) done.add(offset)
        }
      } else if (one.do === 'leave') partition.releaseAllOf(one.member, 0)
      else if (one.do === 'wait') await world.advance(one.ms)
      else if (one.do === 'write') batches.push({ baseOffset: end(), lastOffset: end() + one.count - 1 })
      else {
        logStart = Math.min(end(), logStart + one.count)
        partition.logBeginsAt(logStart)
      }
      settle()
      expect(partition.startOffset!).toBeLessThanOrEqual(partition.nextOffset)
    }
    // Everybody who is left reads to the end: nothing is lost on the way.
    await world.advance(lockDurationMs)
    settle()
    for (let round = 0; partition.startOffset! < end(); round++) {
      expect(round, 'reading does not come to an end').toBeLessThan(1000)
      const given = deliver('last')
      settle()
      if (given === 0) await world.advance(lockDurationMs)
      settle()
      for (const [offset, memberId] of [...holders]) {
        if (memberId !== 'last') continue
        expect(acknowledge('last', offset, offset, accept)).toBe(ErrorCodes.NONE)
        done.add(offset)
      }
      settle()
    }
    expect(partition.inFlightCount).toBe(0)
    for (let offset = logStart; offset < end(); offset++) {
      const isArchived = (deliveries.get(offset) ?? 0) === wanted.deliveryCountLimit
      expect(done.has(offset) || isArchived, `what became of offset ${offset}`).toBe(true)
    }
    await world.advance(lockDurationMs)
    expect(world.waitingTimers).toBe(0)
  })
  await fc.assert(stories, { numRuns: 300 })
})
