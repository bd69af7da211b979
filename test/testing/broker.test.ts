import { afterEach, describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../src/errors.ts'
import { encodeRequestFrame } from '../../src/protocol/frame.ts'
import {
  ApiVersions,
  CreateTopics,
  DeleteTopics,
  Fetch,
  JoinGroup,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  Produce,
  SyncGroup,
} from '../../src/protocol/messages/index.ts'
import type { Logger } from '../../src/runtime/runtime.ts'
import { type Broker, type BrokerOptions, startBroker } from '../../src/testing/index.ts'
import { AdjustableRuntime } from '../../src/testing/time/adjustable-runtime.ts'
import { batch } from './support/batches.ts'
import { RawClient } from './support/raw-client.ts'
import { SeededWorld } from './support/seeded-world.ts'

const started: Broker[] = []
const clients: RawClient[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await Promise.all(started.splice(0).map((broker) => broker.close()))
})

async function start(options: BrokerOptions = {}): Promise<Broker> {
  const broker = await startBroker(options)
  started.push(broker)
  return broker
}

async function connect(broker: Broker): Promise<RawClient> {
  const client = await RawClient.connect(broker.brokers[0])
  clients.push(client)
  return client
}

function openHandles(): number {
  return process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
}

async function producing(topic: string, values: string[]) {
  const records = await batch(values)
  return { acks: 1, timeoutMs: 1000, topicData: [{ name: topic, partitionData: [{ index: 0, records }] }] }
}

function fetching(topic: string, more: object = {}) {
  const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1 << 20 }]
  return { maxWaitMs: 60_000, minBytes: 1, topics: [{ topic, partitions }], ...more }
}

describe('starting', () => {
  test('topics are there at once, with their partitions and configs', async () => {
    const broker = await start({
      topics: { one: 1, three: { partitions: 3, configs: { 'retention.ms': '5' } }, plain: {} },
    })
    const client = await connect(broker)
    const { topics, clusterId, brokers } = await client.call(Metadata, 12, { topics: null })
    const counts = topics.map(({ name, partitions }) => [name, partitions.length])
    expect(new Map(counts as [string, number][])).toEqual(
      new Map([
        ['one', 1],
        ['three', 3],
        ['plain', 1],
      ]),
    )
    expect(clusterId).toBe(broker.clusterId)
    expect(brokers).toEqual([{ nodeId: 1, host: broker.host, port: broker.port, rack: null }])
  })

  test.each<[string, unknown, string]>([
    ['an unknown option', { topic: {} }, "there is no option 'topic'; did you mean 'topics'?"],
    ['a port out of range', { port: 70_000 }, 'port must be an integer from 0 to 65535'],
    ['a topic without partitions', { topics: { a: 0 } }, '0 partitions of "a"'],
    ['too many partitions', { topics: { a: 100_001 } }, 'pass the limit of 100000'],
    ['a topic option that there is not', { topics: { a: { partition: 3 } } }, "did you mean 'partitions'?"],
    ['a topic name that cannot be', { topics: { 'a b': 1 } }, 'the topic "a b" cannot be'],
    [
      'an unknown topic config',
      { topics: { a: { configs: { 'retention.msec': '1' } } } },
      'no config "retention.msec"',
    ],
    ['an unknown broker config', { configs: { 'num.partition': '1' } }, 'did you mean "num.partitions"?'],
  ])('refuses %s', async (_, options, message) => {
    await expect(startBroker(options as BrokerOptions)).rejects.toThrow(ConfigurationError)
    await expect(startBroker(options as BrokerOptions)).rejects.toThrow(message)
  })

  test('one that cannot be started leaves nothing behind', async () => {
    const before = openHandles()
    await expect(startBroker({ topics: { a: 1, 'a b': 1 } })).rejects.toThrow(ConfigurationError)
    await expect.poll(openHandles).toBeLessThanOrEqual(before)
  })

  test('a port that is taken is an error', async () => {
    const { port } = await start()
    await expect(startBroker({ port })).rejects.toThrow('EADDRINUSE')
  })
})

describe('closing', () => {
  test('drops connections, ends waits and can be done twice', async () => {
    const broker = await start({ topics: { t: 1 } })
    const [reader, member] = [await connect(broker), await connect(broker)]
    const wait = reader.call(Fetch, 12, fetching('t'))
    const join = {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      protocolType: 'consumer',
    }
    const protocols = [{ name: 'range', metadata: Buffer.alloc(0) }]
    const { memberId, generationId } = await member.call(JoinGroup, 3, { ...join, protocols })
    const sync = member.call(SyncGroup, 3, { groupId: 'g', memberId, generationId, assignments: [] })
    await sync
    await Promise.all([broker.close(), broker.close()])
    await expect(wait).rejects.toThrow('hung up')
    await member.closed
    await expect(RawClient.connect(broker.brokers[0])).rejects.toThrow('ECONNREFUSED')
  })

  test('a hundred brokers come and go and leave no handle behind', async () => {
    const before = openHandles()
    for (let count = 0; count < 100; count++) {
      await using broker = await startBroker({ topics: { t: 3 } })
      using client = await RawClient.connect(broker.brokers[0])
      await client.call(Produce, 9, await producing('t', ['a']))
      client.post(Fetch, 12, fetching('t', { minBytes: 1_000_000 }))
    }
    await expect.poll(openHandles).toBeLessThanOrEqual(before)
  })

  test('clients made by kafka() are closed with the broker', async () => {
    const broker = await start({ topics: { t: 1 } })
    const kafka = broker.kafka({ clientId: 'mine' })
    const producer = kafka.producer()
    await producer.send({ topic: 't', value: 'a' })
    await broker.close()
    expect(() => kafka.producer()).toThrow('closed')
  })
})

describe('connections', () => {
  test('answers come in the order of the requests, a long poll first', async () => {
    const broker = await start({ topics: { t: 1 } })
    const [reader, writer] = [await connect(broker), await connect(broker)]
    const order: string[] = []
    const wait = reader.call(Fetch, 12, fetching('t')).then(() => order.push('fetch'))
    const behind = reader.call(Metadata, 12, { topics: [] }).then(() => order.push('metadata'))
    await writer.call(Produce, 9, await producing('t', ['a']))
    await Promise.all([wait, behind])
    expect(order).toEqual(['fetch', 'metadata'])
  })

  test('a client that asks for much and reads late gets all of it', async () => {
    const broker = await start({ topics: { t: 1 } })
    const [slow, writer] = [await connect(broker), await connect(broker)]
    await writer.call(Produce, 9, await producing('t', ['x'.repeat(500_000)]))
    slow.pause()
    const requests = Array.from({ length: 40 }, () => slow.call(Fetch, 12, fetching('t')))
    // Others are served while its answers wait for it.
    for (let count = 0; count < 20; count++) await writer.call(Metadata, 12, { topics: [] })
    slow.resume()
    const answers = await Promise.all(requests)
    for (const { responses } of answers)
      expect(responses[0].partitions[0].records!.length).toBeGreaterThan(500_000)
  })

  test('many requests in one write are all answered', async () => {
    const broker = await start({ topics: { t: 1 } })
    const client = await connect(broker)
    const message = await producing('t', ['x'.repeat(20_000)])
    const answers = await Promise.all(Array.from({ length: 100 }, () => client.call(Produce, 9, message)))
    const offsets = answers.map(({ responses }) => responses[0].partitionResponses[0].baseOffset)
    expect(offsets).toEqual(Array.from({ length: 100 }, (_, index) => BigInt(index)))
  })

  test('one that is cut during a long poll takes the wait with it', async () => {
    const world = new SeededWorld()
    const runtime = new AdjustableRuntime(world)
    const broker = await startBroker({ runtime, topics: { t: 1 } })
    const before = runtime.waitingTimers
    const nothing = {
      connected() {},
      readBuffer: () => Buffer.alloc(100),
      received() {},
      drained() {},
      closed() {},
    }
    const socket = world.network.connect({ host: broker.host, port: broker.port }, nothing)
    await world.advance(0)
    socket.write(encodeRequestFrame(Fetch, 12, 1, null, fetching('t')))
    await world.advance(10)
    expect(runtime.waitingTimers).toBe(before + 1)
    socket.destroy()
    await world.advance(10)
    expect(runtime.waitingTimers).toBe(before)
    const closing = broker.close()
    await world.advance(0)
    await closing
  })

  test('one that is idle for too long is closed', async () => {
    const world = new SeededWorld()
    const broker = await startBroker({ runtime: world, configs: { 'connections.max.idle.ms': '10000' } })
    let closed = false
    const nothing = { connected() {}, readBuffer: () => Buffer.alloc(100), received() {}, drained() {} }
    world.network.connect(
      { host: broker.host, port: broker.port },
      { ...nothing, closed: () => (closed = true) },
    )
    await world.advance(9_000)
    expect(closed).toBe(false)
    await world.advance(3_000)
    expect(closed).toBe(true)
    const closing = broker.close()
    await world.advance(0)
    await closing
  })
})

describe('what there is not', () => {
  test('a newer ApiVersions is answered in version 0, with the versions of ApiVersions itself', async () => {
    const client = await connect(await start())
    const header = Buffer.alloc(15)
    header.writeInt32BE(11)
    header.writeInt16BE(18, 4)
    header.writeInt16BE(99, 6)
    header.writeInt32BE(5, 8)
    header.writeInt16BE(-1, 12)
    client.write(header)
    const frame = await client.frame()
    expect(frame.readInt32BE(0)).toBe(5)
    expect(frame.readInt16BE(4)).toBe(35)
    const [count, ...range] = [frame.readInt32BE(6), ...[10, 12, 14].map((at) => frame.readInt16BE(at))]
    expect(count).toBe(1)
    expect(range).toEqual([ApiVersions.key, ...ApiVersions.request.versions])
  })

  test('ApiVersions tells exactly what is handled', async () => {
    const client = await connect(await start())
    const { apiKeys } = await client.call(ApiVersions, 3, {
      clientSoftwareName: 'x',
      clientSoftwareVersion: '1',
    })
    const keys = apiKeys.map(({ apiKey }) => apiKey)
    expect(keys).toEqual([...keys].sort((a, b) => a - b))
    // No streams groups: their first API.
    expect(keys).not.toContain(88)
    expect(apiKeys.find(({ apiKey }) => apiKey === 0)).toEqual({ apiKey: 0, minVersion: 0, maxVersion: 13 })
  })
})

describe('memory', () => {
  const warnings: string[] = []
  const note = (_: unknown, message: string) => warnings.push(message)
  const logger: Logger = { debug() {}, info() {}, warn: note, error: note }

  test('when it is used up, producing fails at once and says what to do, and goes on when there is room', async () => {
    const broker = await start({ topics: { t: 1, other: 1 }, maxStoredBytes: 1_000_000, logger })
    const client = await connect(broker)
    const message = await producing('t', ['x'.repeat(300_000)])
    const errors = []
    for (let count = 0; count < 4; count++) {
      const { responses } = await client.call(Produce, 9, message)
      errors.push(responses[0].partitionResponses[0])
    }
    expect(errors.map(({ errorCode }) => errorCode)).toEqual([0, 0, 0, 44])
    expect(errors[3].errorMessage).toContain('maxStoredBytes')
    expect(warnings.at(-1)).toContain('maxStoredBytes')
    await client.call(DeleteTopics, 5, { topicNames: ['t'], timeoutMs: 1000 })
    const { responses } = await client.call(Produce, 9, await producing('other', ['x'.repeat(300_000)]))
    expect(responses[0].partitionResponses[0].errorCode).toBe(0)
  })

  test('retention.bytes drops the oldest records as new ones come', async () => {
    const broker = await start({
      topics: { t: { partitions: 1, configs: { 'retention.bytes': '2000000' } } },
    })
    const client = await connect(broker)
    const message = await producing('t', ['x'.repeat(500_000)])
    for (let count = 0; count < 20; count++) await client.call(Produce, 9, message)
    const ask = async (timestamp: bigint) => {
      const topics = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp }] }]
      const answer = await client.call(ListOffsets, 5, { replicaId: -1, topics })
      return Number(answer.topics[0].partitions[0].offset)
    }
    expect(await ask(-1n)).toBe(20)
    expect(await ask(-2n)).toBeGreaterThan(10)
    expect(await ask(-2n)).toBeLessThan(17)
  })

  test('retention.ms drops records when the housekeeping comes by', async () => {
    const world = new SeededWorld()
    const broker = await startBroker({
      runtime: world,
      topics: {
        t: { partitions: 1, configs: { 'retention.ms': '60000', 'message.timestamp.type': 'LogAppendTime' } },
      },
    })
    const kafka = broker.kafka()
    const producer = kafka.producer()
    const sent = producer.send({ topic: 't', value: 'a' })
    await world.advance(1000)
    await sent
    const offsets = async () => {
      const topics = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -2n }] }]
      const asked = kafka.request({ leader: { topic: 't', partition: 0 } }, ListOffsets, {
        replicaId: -1,
        topics,
      })
      await world.advance(1000)
      return (await asked).topics[0].partitions[0].offset
    }
    expect(await offsets()).toBe(0n)
    await world.advance(300_000)
    expect(await offsets()).toBe(1n)
    const closing = broker.close()
    await world.advance(1000)
    await closing
    expect(world.waitingTimers).toBe(0)
  })
})

describe('topics that come and go', () => {
  test('metadata creates what it is asked for, unless it must not', async () => {
    const open = await connect(await start({ configs: { 'num.partitions': '2' } }))
    const made = await open.call(Metadata, 12, { topics: [{ name: 'new' }], allowAutoTopicCreation: true })
    expect(made.topics[0].partitions).toHaveLength(2)
    const closed = await connect(await start({ configs: { 'auto.create.topics.enable': 'false' } }))
    const refused = await closed.call(Metadata, 12, {
      topics: [{ name: 'new' }],
      allowAutoTopicCreation: true,
    })
    expect(refused.topics[0].errorCode).toBe(3)
  })

  test('deleting a topic ends the waits for its records and forgets its offsets', async () => {
    const broker = await start({ topics: { t: 1 } })
    const [reader, admin] = [await connect(broker), await connect(broker)]
    const wait = reader.call(Fetch, 12, fetching('t'))
    const partitions = [{ partitionIndex: 0, committedOffset: 5n, committedMetadata: '' }]
    const commit = {
      groupId: 'g',
      memberId: '',
      generationIdOrMemberEpoch: -1,
      topics: [{ name: 't', partitions }],
    }
    await admin.call(OffsetCommit, 7, commit)
    const committed = async () => (await admin.call(OffsetFetch, 7, { groupId: 'g', topics: null })).topics
    expect(await committed()).toHaveLength(1)
    await admin.call(DeleteTopics, 5, { topicNames: ['t'], timeoutMs: 1000 })
    expect((await wait).responses[0].partitions[0].errorCode).toBe(3)
    const again = { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }], timeoutMs: 1000 }
    expect((await admin.call(CreateTopics, 7, again)).topics[0].errorCode).toBe(0)
    expect(await committed()).toEqual([])
  })

  test('delete.topic.enable=false keeps them', async () => {
    const client = await connect(
      await start({ topics: { t: 1 }, configs: { 'delete.topic.enable': 'false' } }),
    )
    const { responses } = await client.call(DeleteTopics, 5, { topicNames: ['t'], timeoutMs: 1000 })
    expect(responses[0].errorCode).toBe(73)
  })
})
