import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Intake } from '../../src/producer/intake.ts'
import { checkProducerOptions, type ProducerOptions } from '../../src/producer/options.ts'
import { StickyChoice, type StickyTopic, type TurnRules } from '../../src/producer/sticky-choice.ts'
import { FakeCluster, FakeTime } from './fake-cluster.ts'
import { randomUnits } from './random-keys.ts'

const rules: TurnRules = { turnBytes: 65_536, lingerMs: 0, adaptive: true, availabilityTimeoutMs: 0 }
const nowMs = 100_000

/** What waits for a partition: its broker, and batches of so many bytes that came so long ago. */
interface Waiting {
  leader: number
  batches?: { bytes: number; agoMs?: number; attempts?: number }[]
}

function topicOf(partitions: readonly Waiting[]): StickyTopic {
  return {
    partitionCount: partitions.length,
    availablePartitions: partitions.flatMap(({ leader }, index) => (leader < 0 ? [] : [index])),
    queues: partitions.map(({ leader, batches = [] }) => ({
      leader,
      batches: batches.map(({ bytes, agoMs = 0, attempts = 0 }) => ({
        sizeBytes: bytes,
        createdMs: nowMs - agoMs,
        attempts,
      })),
    })),
  }
}

/** The share of turns that each partition has, out of many. */
function sharesOf(topic: StickyTopic, given: Partial<TurnRules> = {}, seed = 7): number[] {
  const sticky = new StickyChoice({ unit: randomUnits(seed), bytes: (length) => Buffer.alloc(length) })
  const turns = topic.queues.map(() => 0)
  const count = 20_000
  for (let i = 0; i < count; i++) turns[sticky.begin(nowMs, topic, { ...rules, ...given })]++
  return turns.map((each) => each / count)
}

function expectShares(shares: readonly number[], weights: readonly number[]): void {
  const total = weights.reduce((sum, each) => sum + each, 0)
  // Six standard deviations of 20,000 draws are below 0.022.
  for (const [i, share] of shares.entries()) expect(Math.abs(share - weights[i] / total)).toBeLessThan(0.025)
}

describe('who has the next turn', () => {
  test('every partition with a leader as often, and none twice running', () => {
    const leaders = fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 2, maxLength: 12 })
    fc.assert(
      fc.property(leaders, fc.boolean(), fc.integer(), (given, adaptive, seed) => {
        fc.pre(given.filter((leader) => leader >= 0).length > 1)
        const topic = topicOf(given.map((leader) => ({ leader })))
        expectShares(
          sharesOf(topic, { adaptive }, seed),
          given.map((leader) => (leader < 0 ? 0 : 1)),
        )
        const sticky = new StickyChoice({ unit: randomUnits(seed), bytes: (length) => Buffer.alloc(length) })
        for (let i = 0, last = -1; i < 100; i++) {
          const next = sticky.begin(nowMs, topic, { ...rules, adaptive })
          expect(next).not.toBe(last)
          last = next
        }
      }),
      { numRuns: 30 },
    )
  })

  test('all partitions when none has a leader', () => {
    expectShares(sharesOf(topicOf([{ leader: -1 }, { leader: -1 }, { leader: -1 }])), [1, 1, 1])
  })

  test('the fewer, the more turns wait for the broker, which its partitions share', () => {
    const topic = topicOf([
      { leader: 1 },
      { leader: 2, batches: [{ bytes: 3 * 65_536 }, { bytes: 65_536 }] },
      { leader: 2 },
      { leader: 3, batches: [{ bytes: 3 * 65_536 }] },
    ])
    expectShares(sharesOf(topic), [4, 2, 2, 1])
    expectShares(sharesOf(topic, { adaptive: false }), [1, 1, 1, 1])
  })

  test('weights are those of the formula, whatever waits', () => {
    const partition = fc.record({
      leader: fc.integer({ min: -1, max: 3 }),
      batches: fc.array(fc.record({ bytes: fc.nat(400_000) }), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.array(partition, { minLength: 2, maxLength: 8 }), fc.integer(), (partitions, seed) => {
        const led = partitions.filter(({ leader }) => leader >= 0)
        fc.pre(led.length > 0)
        const turns = (of: number) => {
          const own = led.filter(({ leader }) => leader === of)
          return (
            own.flatMap(({ batches }) => batches).reduce((sum, { bytes }) => sum + bytes, 0) /
            own.length /
            65_536
          )
        }
        const longest = Math.max(...led.map(({ leader }) => turns(leader)))
        expectShares(
          sharesOf(topicOf(partitions), {}, seed),
          partitions.map(({ leader }) => (leader < 0 ? 0 : longest + 1 - turns(leader))),
        )
      }),
      { numRuns: 40 },
    )
  })

  test('one broker has nobody to give its turns to', () => {
    const batches = [{ bytes: 1_000_000, agoMs: 60_000 }]
    const topic = topicOf([{ leader: 1, batches }, { leader: 1 }])
    expectShares(sharesOf(topic), [1, 1])
    expectShares(sharesOf(topic, { availabilityTimeoutMs: 1_000 }), [1, 1])
  })

  test('a broker that lets batches wait too long has none', () => {
    const late = [{ bytes: 100, agoMs: 1_501 }]
    const topic = topicOf([{ leader: 1, batches: late }, { leader: 2 }, { leader: 1 }, { leader: 3 }])
    expectShares(sharesOf(topic, { availabilityTimeoutMs: 1_500 }), [0, 1, 0, 1])
    expectShares(sharesOf(topic, { availabilityTimeoutMs: 1_501 }), [1, 1, 1, 1])
    expectShares(sharesOf(topic, { availabilityTimeoutMs: 1_500, lingerMs: 1 }), [1, 1, 1, 1])
    expectShares(sharesOf(topic), [1, 1, 1, 1])
  })

  test('a batch that waits for its own next attempt does not count against its broker', () => {
    const retried = [{ bytes: 100, agoMs: 60_000, attempts: 2 }]
    const topic = topicOf([{ leader: 1, batches: retried }, { leader: 2 }])
    expectShares(sharesOf(topic, { availabilityTimeoutMs: 1_000 }), [1, 1])
  })
})

test('bytes are spread evenly, however they come in records', () => {
  const sizes = fc.array(fc.oneof(fc.nat(200), fc.nat(20_000)), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 6 }), fc.integer(), (records, partitions, seed) => {
      const sticky = new StickyChoice({ unit: randomUnits(seed), bytes: (length) => Buffer.alloc(length) })
      const topic = topicOf(Array.from({ length: partitions }, () => ({ leader: 1 })))
      const bytes = new Array<number>(partitions).fill(0)
      let total = 0
      for (let i = 0; total < 100_000_000; i++) {
        const size = 16 + records[i % records.length]
        const partition = sticky.partition < 0 ? sticky.begin(nowMs, topic, rules) : sticky.partition
        sticky.took(size)
        bytes[partition] += size
        total += size
      }
      for (const each of bytes) expect(Math.abs(each / total - 1 / partitions)).toBeLessThan(0.04)
    }),
    { numRuns: 10 },
  )
})

/** Where records go, 20 a millisecond; after each of which the brokers that are not stuck answer. */
async function send(
  options: ProducerOptions,
  leaders: readonly number[],
  records: number,
  stuck: number[] = [],
) {
  const time = new FakeTime(randomUnits(11))
  const cluster = new FakeCluster(time)
  cluster.setTopic('t', leaders)
  const intake = new Intake(cluster.asCluster(), checkProducerOptions(options))
  const partitions: number[] = []
  for (let i = 0; i < records; i++) {
    const record = { topic: 't', key: `${i}`, value: 'x'.repeat(984) }
    const batch = intake.take(record)
    if (batch === undefined) throw new Error('no room')
    partitions.push(batch.queue.partition)
    if (i % 20 < 19) continue
    await time.advance(1)
    for (const request of cluster.open) if (!stuck.includes(request.brokerId)) request.answer()
  }
  return { partitions, intake, cluster }
}

/** How many records went to one partition before the next had its turn. */
function turnsOf(partitions: readonly number[]): number[] {
  const turns: number[] = []
  for (const [i, partition] of partitions.entries()) {
    if (partition === partitions[i - 1]) turns[turns.length - 1]++
    else turns.push(1)
  }
  return turns
}

const share = (partitions: readonly number[], of: number) =>
  partitions.filter((each) => each === of).length / partitions.length

describe('records of 1,000 bytes and a key that is ignored', () => {
  test.each([
    [16_000, 16],
    [500_000, 66],
  ])('stay in one partition for as long as batches of %i bytes say', async (batchSizeBytes, length) => {
    const options = { batchSizeBytes, ignoreKeys: true, adaptivePartitioning: false }
    const { partitions } = await send(options, [1, 2, 3], 6_000)
    const turns = turnsOf(partitions).slice(0, -1)
    // Record and overhead are about 1,000 bytes; a turn of 65,536 takes up to 66 of them.
    for (const turn of turns) expect(Math.abs(turn - length)).toBeLessThanOrEqual(1)
    expect(new Set(partitions)).toEqual(new Set([0, 1, 2]))
  })

  test('go to a broker that does not answer less often, and to no other partition less', async () => {
    const options = { ignoreKeys: true, maxInFlightRequests: 1, batchSizeBytes: 16_000 }
    const { partitions } = await send(options, [1, 2, 3, 1, 2, 3], 20_000, [2])
    expect(share(partitions, 1) + share(partitions, 4)).toBeLessThan(0.1)
    for (const partition of [0, 2, 3, 5]) expect(share(partitions, partition)).toBeGreaterThan(0.15)
    const even = await send({ ...options, adaptivePartitioning: false }, [1, 2, 3, 1, 2, 3], 20_000, [2])
    for (const partition of [0, 1, 2, 3, 4, 5])
      expect(share(even.partitions, partition)).toBeCloseTo(1 / 6, 1)
  })

  test('do not go to it at all once it is late', async () => {
    const options = { ignoreKeys: true, maxInFlightRequests: 1, batchSizeBytes: 16_000 }
    const late = { ...options, partitionerAvailabilityTimeoutMs: 50 }
    const { partitions } = await send(late, [1, 2, 3], 20_000, [2])
    // 20 of them a millisecond: after 50 ms of waiting, and the turn that is on, there are none.
    expect(partitions.lastIndexOf(1)).toBeLessThan(4_000)
    expect(partitions.indexOf(1)).toBeGreaterThanOrEqual(0)
  })
})
