/** The clients of odradek meet faults and come through. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Kafka } from '../../../src/kafka.ts'
import type { Broker, Faults } from '../../../src/testing/index.ts'
import { Bench } from './support.ts'

let bench: Bench
let broker: Broker
let kafka: Kafka

beforeEach(async () => {
  bench = new Bench()
  broker = await bench.start()
  kafka = broker.kafka({ clientId: 'app', requestTimeoutMs: 1000, retryBackoffMs: 10, retryBackoffMaxMs: 20 })
})

afterEach(() => bench[Symbol.asyncDispose]())

async function readAll(): Promise<string[]> {
  broker.faults.clear()
  const values: string[] = []
  for await (const record of kafka.read('orders', { from: 'earliest', until: 'end' })) {
    values.push(record.value!.toString())
  }
  return values
}

test.each<[string, (faults: Faults) => { acted: number }, string[]]>([
  ['disconnect', (faults) => faults.on({ api: 'Produce', nth: 1 }).disconnect(), ['a']],
  // Without idempotence the broker cannot know that the record is there already.
  [
    'disconnectAfterHandling',
    (faults) => faults.on({ api: 'Produce', nth: 1 }).disconnectAfterHandling(),
    ['a', 'a'],
  ],
  ['delay', (faults) => faults.on({ api: 'Produce' }).delay('50ms'), ['a']],
  ['delayAnswer', (faults) => faults.on({ api: 'Produce' }).delayAnswer('50ms'), ['a']],
  ['fail', (faults) => faults.on({ api: 'Produce', nth: 1 }).fail('NOT_LEADER_OR_FOLLOWER'), ['a']],
  [
    'fail to find the leader',
    (faults) => faults.on({ api: 'Metadata', times: 2 }).fail('LEADER_NOT_AVAILABLE'),
    ['a'],
  ],
  ['throttle', (faults) => faults.on({ api: 'Produce', nth: 1 }).throttle('50ms'), ['a']],
  ['trickle', (faults) => faults.on({ api: 'Produce' }).trickle({ bytes: 1, everyMs: 1 }), ['a']],
  ['truncate', (faults) => faults.on({ api: 'Produce', nth: 1 }).truncate(7), ['a', 'a']],
  ['garbage', (faults) => faults.on({ api: 'Produce', nth: 1 }).garbage(), ['a', 'a']],
  ['swallow', (faults) => faults.on({ api: 'Produce', nth: 1 }).swallow(), ['a']],
  [
    'disconnect from the first word',
    (faults) => faults.on({ api: 'ApiVersions', nth: 1 }).disconnect(),
    ['a'],
  ],
])('a producer sends through %s, and with idempotence once', async (_, make, expected) => {
  const rule = make(broker.faults)
  await using producer = kafka.producer({ requestTimeoutMs: 500, idempotent: false })
  expect((await producer.send({ topic: 'orders', value: 'a' })).topic).toBe('orders')
  expect(rule.acted).toBeGreaterThan(0)
  expect(await readAll()).toEqual(expected)

  const again = make(broker.faults)
  await using idempotent = broker.kafka().producer({ requestTimeoutMs: 500 })
  expect((await idempotent.send({ topic: 'orders', value: 'b' })).topic).toBe('orders')
  expect(again.acted).toBeGreaterThan(0)
  expect(await readAll()).toEqual([...expected, 'b'])
})

test.each<[string, (faults: Faults) => { acted: number }]>([
  ['disconnect', (faults) => faults.on({ api: 'Fetch', nth: 1 }).disconnect()],
  ['disconnectAfterHandling', (faults) => faults.on({ api: 'Fetch', nth: 1 }).disconnectAfterHandling()],
  ['fail', (faults) => faults.on({ api: 'Fetch', topic: 'orders', nth: 2 }).fail('NOT_LEADER_OR_FOLLOWER')],
  [
    'a session that is lost',
    (faults) => faults.on({ api: 'Fetch', nth: 2 }).fail('FETCH_SESSION_ID_NOT_FOUND'),
  ],
  ['trickle', (faults) => faults.on({ api: 'Fetch' }).trickle({ bytes: 16, everyMs: 1 })],
  ['truncate', (faults) => faults.on({ api: 'Fetch', nth: 1 }).truncate(100)],
  ['garbage', (faults) => faults.on({ api: 'Fetch', nth: 1 }).garbage()],
  ['swallow', (faults) => faults.on({ api: 'Fetch', nth: 1 }).swallow()],
])('a consumer reads through %s', async (_, make) => {
  const producer = kafka.producer()
  const rule = make(broker.faults)
  const values: string[] = []
  await producer.send({ topic: 'orders', value: '0' })
  for await (const record of kafka.read('orders', { from: 'earliest', maxWaitMs: 50 })) {
    values.push(record.value!.toString())
    if (values.length === 5) break
    await producer.send({ topic: 'orders', value: `${values.length}` })
  }
  expect(values).toEqual(['0', '1', '2', '3', '4'])
  expect(rule.acted).toBeGreaterThan(0)
})

test.each<[string, (faults: Faults) => { acted: number }]>([
  [
    'a coordinator that is not there yet',
    (faults) => faults.on({ api: 'FindCoordinator', times: 2 }).fail('COORDINATOR_NOT_AVAILABLE'),
  ],
  [
    'a coordinator that has moved',
    (faults) => faults.on({ api: 'JoinGroup', nth: 1 }).fail('NOT_COORDINATOR'),
  ],
  ['a join that is cut off', (faults) => faults.on({ api: 'JoinGroup', nth: 2 }).disconnectAfterHandling()],
  [
    'a rebalance that begins anew',
    (faults) => faults.on({ api: 'SyncGroup', nth: 1 }).fail('REBALANCE_IN_PROGRESS'),
  ],
  [
    'offsets that are not stable',
    (faults) => faults.on({ api: 'OffsetFetch', nth: 1 }).fail('UNSTABLE_OFFSET_COMMIT'),
  ],
  [
    'a heartbeat that asks it to join again',
    (faults) => faults.on({ api: 'Heartbeat', nth: 1 }).fail('REBALANCE_IN_PROGRESS'),
  ],
])('a member of a group reads through %s', async (_, make) => {
  const rule = make(broker.faults)
  const consumer = kafka.consumer({
    groupId: 'g',
    topics: ['orders'],
    autoOffsetReset: 'earliest',
    heartbeatIntervalMs: 20,
    maxWaitMs: 20,
  })
  const producer = kafka.producer()
  await producer.send({ topic: 'orders', value: '0' })
  const seen = new Set<string>()
  for await (const record of consumer) {
    seen.add(record.value!.toString())
    if (seen.size === 3 && rule.acted > 0) break
    await new Promise((resolve) => setTimeout(resolve, 30))
    await producer.send({ topic: 'orders', value: `${seen.size}` })
  }
  expect([...seen].slice(0, 3)).toEqual(['0', '1', '2'])
})

test('a producer that is cut off goes on when it is healed', async () => {
  const producer = kafka.producer()
  await producer.send({ topic: 'orders', value: 'before' })
  broker.faults.cutClients(1, { clientId: 'app' })
  const sent = producer.send({ topic: 'orders', value: 'behind the cut' })
  await new Promise((resolve) => setTimeout(resolve, 100))
  broker.faults.healClients(1)
  await sent
  expect(await readAll()).toEqual(['before', 'behind the cut'])
})

test('closing does not wait for what a rule holds up', async () => {
  const producer = kafka.producer()
  await producer.send({ topic: 'orders', value: 'a' })
  const rule = broker.faults.on({ api: 'Produce' }).swallow()
  const sent = producer.send({ topic: 'orders', value: 'b' })
  await rule.happened()
  const started = performance.now()
  await broker.close()
  expect(performance.now() - started).toBeLessThan(900)
  await sent
})
