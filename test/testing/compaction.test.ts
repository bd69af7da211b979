import { afterEach, expect, test } from 'vitest'
import { ListOffsets, Produce } from '../../src/protocol/messages/index.ts'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { clusterOf } from '../../src/testing/internals.ts'
import { batch, type RecordInput } from './support/batches.ts'
import { RawClient } from './support/raw-client.ts'

let broker: Broker | undefined

afterEach(() => broker?.close())

async function start(policy: string, more: Record<string, string> = {}): Promise<RawClient> {
  const configs = {
    'cleanup.policy': policy,
    'segment.ms': '1',
    'min.cleanable.dirty.ratio': '0.01',
    'message.timestamp.before.max.ms': '9000000000000',
    ...more,
  }
  broker = await startBroker({
    brokers: 3,
    topics: { t: { partitions: 1, replicas: 3, configs } },
    configs: { 'log.cleaner.backoff.ms': '20', 'log.retention.check.interval.ms': '20' },
  })
  const leader = broker.partition('t', 0).leader
  return RawClient.connect(`127.0.0.1:${broker.node(leader).port}`)
}

async function write(client: RawClient, records: RecordInput[]): Promise<void> {
  const topicData = [{ name: 't', partitionData: [{ index: 0, records: await batch(records) }] }]
  const { responses } = await client.call(Produce, 9, { acks: -1, timeoutMs: 5000, topicData })
  expect(responses[0].partitionResponses[0].errorCode).toBe(0)
}

/** The log of each broker. */
const logs = () =>
  [...clusterOf(broker!).processes()].map(({ view }) => view.topics.byName('t')!.partitions[0].log)

test('every broker compacts its log, and consumers and lookups go on over the gaps', async () => {
  const client = await start('compact')
  const now = Date.now()
  for (let round = 0; round < 10; round++) {
    await write(
      client,
      ['a', 'b', 'c'].map((key) => ({ key, value: `${key}${round}`, timestamp: now + round * 10 })),
    )
  }
  await expect
    .poll(() => logs().map((log) => [...log.batches()].map(({ baseOffset }) => baseOffset)), {
      timeout: 5000,
    })
    .toEqual([
      [24, 27],
      [24, 27],
      [24, 27],
    ])
  const read: string[] = []
  for await (const { offset, value } of broker!.kafka().read('t', { from: 'earliest', until: 'end' })) {
    read.push(`${offset}=${value}`)
  }
  expect(read).toEqual(['24=a8', '25=b8', '26=c8', '27=a9', '28=b9', '29=c9'])
  const ask = async (timestamp: bigint) => {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp }] }]
    const answer = await client.call(ListOffsets, 7, { replicaId: -1, topics })
    return answer.topics[0].partitions[0].offset
  }
  expect(await ask(-2n)).toBe(0n)
  expect(await ask(-1n)).toBe(30n)
  expect(await ask(BigInt(now))).toBe(24n)
  expect(await ask(BigInt(now + 85))).toBe(27n)
})

test('compact,delete does both', async () => {
  const client = await start('compact,delete', { 'retention.ms': '3600000' })
  const longAgo = Date.now() - 7_200_000
  for (let round = 0; round < 3; round++) {
    await write(client, [{ key: 'old', value: `${round}`, timestamp: longAgo + round * 10 }])
  }
  await expect.poll(() => broker!.partition('t', 0).startOffset, { timeout: 5000 }).toBe(3)
  const now = Date.now()
  for (let round = 0; round < 3; round++) {
    await write(client, [{ key: 'new', value: `${round}`, timestamp: now + round * 10 }])
  }
  await expect
    .poll(() => logs().map((log) => [...log.batches()].map(({ baseOffset }) => baseOffset)), {
      timeout: 5000,
    })
    .toEqual([
      [4, 5],
      [4, 5],
      [4, 5],
    ])
})
