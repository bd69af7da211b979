/** Clients of all kinds on a clock that a test moves. Sockets are real. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../../src/errors.ts'
import type { Kafka } from '../../../src/kafka.ts'
import {
  AddPartitionsToTxn,
  DescribeGroups,
  DescribeTransactions,
  EndTxn,
  Fetch,
  FindCoordinator,
  InitProducerId,
  JoinGroup,
  ListOffsets,
  Metadata,
  Produce,
} from '../../../src/protocol/messages/index.ts'
import type { Broker, Duration } from '../../../src/testing/index.ts'
import { Bench, isPending } from '../faults/support.ts'
import { batch } from '../support/batches.ts'

let bench: Bench
let broker: Broker
let kafka: Kafka

beforeEach(async () => {
  bench = new Bench()
  broker = await bench.start()
  kafka = broker.kafka({ clientId: 'app' })
})

afterEach(() => bench[Symbol.asyncDispose]())

async function membersOf(groupId: string): Promise<number> {
  const answer = await kafka.request({ anyBroker: true }, DescribeGroups, { groups: [groupId] })
  return answer.groups[0].members.length
}

async function startOffset(): Promise<bigint> {
  const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp: -2n }] }]
  const message = { replicaId: -1, topics }
  const answer = await kafka.request({ leader: { topic: 'orders', partition: 0 } }, ListOffsets, message)
  return answer.topics[0].partitions[0].offset
}

test('a member that says nothing is put out when its session is over', async () => {
  const client = await bench.connect(broker)
  const joining = {
    groupId: 'g',
    sessionTimeoutMs: 45_000,
    rebalanceTimeoutMs: 60_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
  }
  const { memberId } = await client.call(JoinGroup, 5, { ...joining, memberId: '' })
  await client.call(JoinGroup, 5, { ...joining, memberId })
  expect(await membersOf('g')).toBe(1)
  await broker.time.advance('40s')
  expect(await membersOf('g')).toBe(1)
  await broker.time.advance('6s')
  expect(await membersOf('g')).toBe(0)
})

test('a consumer that lives keeps its place through an hour, and reads on', async () => {
  const lost: unknown[] = []
  let assigned = 0
  const consumer = kafka.consumer({
    groupId: 'g',
    topics: ['orders'],
    autoOffsetReset: 'earliest',
    onAssigned: () => {
      assigned += 1
    },
    onRevoked: (_, { lost: isLost }) => {
      if (isLost) lost.push(isLost)
    },
    onError: (error) => lost.push(error),
  })
  const records = consumer[Symbol.asyncIterator]()
  const producer = kafka.producer()
  await producer.send({ topic: 'orders', value: 'before' })
  expect((await records.next()).value?.value?.toString()).toBe('before')
  const next = records.next()
  const [wall, real] = [broker.time.now(), performance.now()]
  await broker.time.advance('1h')
  expect(broker.time.now() - wall).toBeGreaterThanOrEqual(3_600_000)
  expect(performance.now() - real).toBeLessThan(20_000)
  expect(await membersOf('g')).toBe(1)
  await producer.send({ topic: 'orders', value: 'after' })
  expect((await next).value?.value?.toString()).toBe('after')
  expect([assigned, lost]).toEqual([1, []])
  await consumer.close()
})

test('retention drops what is too old', async () => {
  broker.createTopic('short', { partitions: 1, configs: { 'retention.ms': '60000' } })
  const producer = kafka.producer()
  await producer.send({ topic: 'orders', value: 'kept for a week' })
  expect(await startOffset()).toBe(0n)
  await broker.time.advance('6d')
  expect(await startOffset()).toBe(0n)
  await broker.time.advance('2d')
  expect(await startOffset()).toBe(1n)
})

test('a transaction that takes too long is aborted', async () => {
  const client = await bench.connect(broker)
  const transactionalId = 'tx'
  const coordinator = async () =>
    (await client.call(FindCoordinator, 3, { key: transactionalId, keyType: 1 })).errorCode
  while ((await coordinator()) !== 0) await broker.time.advance(10)
  const begun = await client.call(InitProducerId, 3, { transactionalId, transactionTimeoutMs: 60_000 })
  expect(begun.errorCode).toBe(0)
  const { producerId, producerEpoch } = begun
  const records = await batch(['hello'], {
    producerId,
    producerEpoch,
    baseSequence: 0,
    transactional: true,
  })
  const producer = { transactionalId, producerId, producerEpoch }
  await client.call(AddPartitionsToTxn, 3, {
    v3AndBelowTransactionalId: transactionalId,
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: [{ name: 'orders', partitions: [0] }],
  })
  const topicData = [{ name: 'orders', partitionData: [{ index: 0, records }] }]
  const produced = await client.call(Produce, 9, { transactionalId, acks: -1, timeoutMs: 1000, topicData })
  expect(produced.responses[0].partitionResponses[0].errorCode).toBe(0)
  const state = async () => {
    const answer = await client.call(DescribeTransactions, 0, { transactionalIds: [transactionalId] })
    return answer.transactionStates[0].transactionState
  }
  await broker.time.advance('59s')
  expect(await state()).toBe('Ongoing')
  await broker.time.advance('12s')
  expect(await state()).toBe('CompleteAbort')
  expect((await client.call(EndTxn, 3, { ...producer, committed: true })).errorCode).not.toBe(0)
})

test('a long poll returns', async () => {
  const client = await bench.connect(broker)
  const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1 << 20 }]
  const topics = [{ topic: 'orders', partitions }]
  const fetch = client.call(Fetch, 11, { maxWaitMs: 600_000, minBytes: 1, topics })
  await broker.time.advance('9m')
  expect(await isPending(fetch, 20)).toBe(true)
  await broker.time.advance('61s')
  expect((await fetch).responses[0].partitions[0].errorCode).toBe(0)
})

test('a batch that lingers is sent', async () => {
  const producer = kafka.producer({ lingerMs: 100_000 })
  const sent = producer.send({ topic: 'orders', value: 'a' })
  expect(await isPending(sent, 50)).toBe(true)
  await broker.time.advance('100s')
  expect((await sent).offset).toBe(0n)
})

test('a request that is never answered is given up, and made again', async () => {
  const producer = kafka.producer()
  const rule = broker.faults.on({ api: 'Produce', nth: 1 }).swallow()
  const sent = producer.send({ topic: 'orders', value: 'a' })
  await rule.happened()
  await broker.time.advance('31s')
  expect((await sent).offset).toBe(0n)
})

test('a fault of an hour is over in a moment', async () => {
  const client = await bench.connect(broker)
  const rule = broker.faults.on({ api: 'Metadata', nth: 1 }).delay('1h')
  const answer = client.call(Metadata, 9, { topics: [] })
  await rule.happened()
  await broker.time.advance('59m')
  expect(await isPending(answer, 20)).toBe(true)
  await broker.time.advance('1m')
  expect((await answer).topics).toEqual([])
})

describe('a jump', () => {
  test('steps the wall clock, and no timer', async () => {
    const producer = kafka.producer()
    const before = await producer.send({ topic: 'orders', value: 'a' })
    broker.time.jump('-1h')
    const after = await producer.send({ topic: 'orders', value: 'b' })
    expect(Math.round(Number(after.timestamp - before.timestamp) / 60_000)).toBe(-60)
    broker.time.jump('1h')
    expect(Math.abs(broker.time.now() - Date.now())).toBeLessThan(1000)
  })
})

test.each<[() => unknown]>([
  [() => broker.time.advance('-1s')],
  [() => broker.time.advance('soon' as Duration)],
])('what is no duration is refused', async (move) => {
  await expect(move()).rejects.toThrow(ConfigurationError)
})

test('and so is a jump to nowhere', () => {
  expect(() => broker.time.jump('soon' as Duration)).toThrow(ConfigurationError)
})
