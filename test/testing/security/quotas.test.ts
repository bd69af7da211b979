import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AlterClientQuotas, DescribeCluster, Fetch, Produce } from '../../../src/protocol/messages/index.ts'
import { type Broker, startBroker } from '../../../src/testing/index.ts'
import { ClientQuotas, type EntityType } from '../../../src/testing/security/quotas/client-quotas.ts'
import { RateWindow } from '../../../src/testing/security/quotas/rate-window.ts'
import { batch } from '../support/batches.ts'
import { RawClient } from '../support/raw-client.ts'

describe('a rate', () => {
  test('is what was used in ten seconds', () => {
    const window = new RateWindow()
    window.record(10_000, 0)
    expect(window.throttleMs(1000, 0)).toBe(0)
    window.record(1, 0)
    expect(window.throttleMs(1000, 0)).toBeGreaterThan(0)
    expect(window.throttleMs(500, 0)).toBe(10_002)
  })

  test('forgets', () => {
    const window = new RateWindow()
    window.record(1_000_000, 0)
    expect(window.throttleMs(1, 10_999)).toBeGreaterThan(0)
    expect(window.isIdle(10_999)).toBe(false)
    expect(window.throttleMs(1, 11_000)).toBe(0)
    expect(window.isIdle(11_000)).toBe(true)
  })

  test('throttles whoever is above the limit, and nobody else, and the longer the more was used', () => {
    const uses = fc.array(fc.tuple(fc.nat(5000), fc.nat(3000)), { maxLength: 30 })
    fc.assert(
      fc.property(uses, fc.integer({ min: 1, max: 5000 }), fc.nat(5000), (steps, limit, more) => {
        const [window, busier] = [new RateWindow(), new RateWindow()]
        let nowMs = 0
        let total = 0
        for (const [amount, waitMs] of steps) {
          nowMs += waitMs
          total += amount
          window.record(amount, nowMs)
          busier.record(amount, nowMs)
        }
        busier.record(more, nowMs)
        const throttleMs = window.throttleMs(limit, nowMs)
        if (total <= limit * 10) expect(throttleMs).toBe(0)
        expect(busier.throttleMs(limit, nowMs)).toBeGreaterThanOrEqual(throttleMs)
      }),
    )
  })
})

describe('the quota in force', () => {
  function quotas(
    ...entities: [entity: Partial<Record<EntityType, string | null>>, limit: number][]
  ): ClientQuotas {
    const all = new ClientQuotas()
    for (const [entity, limit] of entities) {
      const key = new Map(Object.entries(entity) as [EntityType, string | null][])
      all.set(key, new Map([['producer_byte_rate', limit]]))
    }
    return all
  }

  test('is that of the most special entity', () => {
    const levels: Partial<Record<EntityType, string | null>>[] = [
      { user: 'alice', 'client-id': 'app' },
      { user: 'alice', 'client-id': null },
      { user: 'alice' },
      { user: null, 'client-id': 'app' },
      { user: null, 'client-id': null },
      { user: null },
      { 'client-id': 'app' },
      { 'client-id': null },
    ]
    for (let first = 0; first < levels.length; first++) {
      const rest = levels.map((level, index): [typeof level, number] => [level, index + 1]).slice(first)
      const all = quotas(...rest)
      expect(all.inForce('producer_byte_rate', 'alice', 'app')?.limit).toBe(first + 1)
    }
    expect(quotas([{ user: 'bob' }, 1]).inForce('producer_byte_rate', 'alice', 'app')).toBeUndefined()
  })

  test('is shared by all clients of a user, and not by users of a default', () => {
    const ofAlice = quotas([{ user: 'alice' }, 1])
    const shared = ['app', 'other'].map((id) => ofAlice.inForce('producer_byte_rate', 'alice', id)?.sharedBy)
    expect(shared[0]).toBe(shared[1])
    const ofAll = quotas([{ user: null }, 1])
    const own = ['alice', 'bob'].map((user) => ofAll.inForce('producer_byte_rate', user, 'app')?.sharedBy)
    expect(own[0]).not.toBe(own[1])
  })
})

describe('a client over its quota', () => {
  let broker: Broker
  let client: RawClient

  beforeEach(async () => {
    broker = await startBroker({ topics: { orders: 1 } })
    client = await RawClient.connect(broker.brokers[0], 'app')
  })

  afterEach(async () => {
    client.close()
    await broker.close()
  })

  async function limit(key: string, value: number): Promise<void> {
    const other = await RawClient.connect(broker.brokers[0], 'admin')
    const entity = [{ entityType: 'client-id', entityName: 'app' }]
    const entries = [{ entity, ops: [{ key, value, remove: false }] }]
    await other.call(AlterClientQuotas, 1, { entries, validateOnly: false })
    other.close()
  }

  async function produce(bytes: number, acks = -1) {
    const partitionData = [{ index: 0, records: await batch(['x'.repeat(bytes)]) }]
    return { topicData: [{ name: 'orders', partitionData }], acks, timeoutMs: 1000 }
  }

  function fetching(offset: bigint) {
    const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 6100 }]
    return { maxWaitMs: 0, minBytes: 0, maxBytes: 1_000_000, topics: [{ topic: 'orders', partitions }] }
  }

  /** Whether the answer is there before time moves, and after it has moved. */
  async function waitsFor(request: Promise<unknown>, ms: number): Promise<void> {
    let answered = false
    const done = request.then(() => {
      answered = true
    })
    // Another client is answered meanwhile, so the broker has had its turn.
    const other = await RawClient.connect(broker.brokers[0], 'other')
    await other.call(DescribeCluster, 0, {})
    await broker.time.advance(ms - 100)
    await other.call(DescribeCluster, 0, {})
    other.close()
    expect(answered).toBe(false)
    await broker.time.advance(200)
    await done
  }

  test('is told how long to wait when it produces, and not heard meanwhile', async () => {
    await limit('producer_byte_rate', 1000)
    const answer = await client.call(Produce, 9, await produce(20_000))
    expect(answer.responses[0].partitionResponses[0].errorCode).toBe(0)
    expect(answer.throttleTimeMs).toBeGreaterThan(10_000)
    expect(answer.throttleTimeMs).toBeLessThan(10_500)
    await waitsFor(client.call(DescribeCluster, 0, {}), answer.throttleTimeMs)
  })

  test('waits also when it asks for no answer', async () => {
    await limit('producer_byte_rate', 1000)
    client.post(Produce, 9, await produce(20_000, 0))
    await waitsFor(client.call(DescribeCluster, 0, {}), 10_000)
  })

  test('gets nothing when it fetches, and everything later', async () => {
    for (let i = 0; i < 3; i++) await client.call(Produce, 9, await produce(6000))
    await limit('consumer_byte_rate', 1000)
    const first = await client.call(Fetch, 11, fetching(0n))
    expect(first.throttleTimeMs).toBe(0)
    expect(first.responses[0].partitions[0].records!.length).toBeGreaterThan(6000)
    const second = await client.call(Fetch, 11, fetching(1n))
    expect(second).toMatchObject({ responses: [], errorCode: 0 })
    expect(second.throttleTimeMs).toBeGreaterThan(0)
    for (let waitedMs = 0; ; waitedMs += 1000) {
      const asking = client.call(Fetch, 11, fetching(1n))
      await broker.time.advance('10s')
      const { responses } = await asking
      if (responses.length > 0) break
      expect(waitedMs).toBeLessThan(3000)
    }
  })

  test('is no other client', async () => {
    await limit('producer_byte_rate', 1000)
    const other = await RawClient.connect(broker.brokers[0], 'other')
    expect((await other.call(Produce, 9, await produce(20_000))).throttleTimeMs).toBe(0)
    other.close()
  })
})
