import { afterEach, expect, it } from 'vitest'
import { Connection, type ConnectionOptions } from '../../src/network/connection.ts'
import { ApiVersions, Fetch, ListOffsets, Metadata, Produce } from '../../src/protocol/messages/index.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { nodeRuntime } from '../../src/runtime/node.ts'
import { useKafka } from '../harness/use-kafka.ts'
import { silent } from '../network/support/connect.ts'

const kafka = useKafka()
const connections: Connection[] = []

afterEach(() => {
  for (const connection of connections.splice(0)) connection.close()
})

async function connect(options: Partial<ConnectionOptions> = {}): Promise<Connection> {
  const [host, port] = kafka.bootstrap[0].split(':')
  const connection = new Connection({
    runtime: nodeRuntime(),
    logger: silent,
    host,
    port: Number(port),
    clientId: 'connection-test',
    softwareName: 'odradek',
    softwareVersion: '0.1.0',
    ...options,
  })
  connections.push(connection)
  await connection.open()
  return connection
}

function batchOf(value: Buffer): Buffer[] {
  const builder = new BatchBuilder(Buffer.alloc(value.length + 200))
  expect(builder.append(Date.now(), null, value, null)).toBe(true)
  return builder.close()
}

function produceRequest(name: string, records: Buffer[], acks = 1) {
  return { acks, timeoutMs: 10_000, topicData: [{ name, partitionData: [{ index: 0, records }] }] }
}

/** Versions in which topics go by name. */
const named = { version: 9 }

it('learns what a broker offers', async () => {
  const connection = await connect()
  expect(connection.broker.range(ApiVersions.key)?.min).toBe(0)
  expect(connection.version(Metadata)).toBeGreaterThanOrEqual(kafka.atLeast('2.8') ? 9 : 5)
  if (kafka.atLeast('3.3')) expect(connection.broker.finalizedFeatures.has('metadata.version')).toBe(true)
  if (kafka.atLeast('4.0')) expect(connection.broker.finalizedFeatures.get('group.version')?.max).toBe(1)
})

it('gets the answers of a thousand requests in a row, each its own', async () => {
  const connection = await connect({ maxInFlightRequests: 100, maxQueuedRequests: 1000 })
  const topics = [await kafka.topic({ partitions: 2 }), await kafka.topic({ partitions: 3 })]
  const responses = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => connection.send(Metadata, { topics: [{ name: topics[i % 2] }] })),
  )
  expect(responses.map((response) => response.topics[0].partitions.length)).toEqual(
    responses.map((_, i) => 2 + (i % 2)),
  )
  expect(connection.inFlight).toBe(0)
})

it('writes and reads many megabytes in one piece', async () => {
  const connection = await connect()
  const topic = await kafka.topic()
  const values = Array.from({ length: 24 }, (_, i) => Buffer.alloc(900_000, i))
  const batches = values.map(batchOf)
  let flushed = 0
  const onFlushed = () => {
    flushed += 1
  }
  const produced = await Promise.all(
    batches.map((batch) => connection.send(Produce, produceRequest(topic, batch), { ...named, onFlushed })),
  )
  for (const { responses } of produced) expect(responses[0].partitionResponses[0].errorCode).toBe(0)
  expect(flushed).toBe(values.length)
  const partition = { partition: 0, fetchOffset: 0n, partitionMaxBytes: 1 << 30 }
  const { responses } = await connection.send(
    Fetch,
    { maxWaitMs: 500, minBytes: 1, maxBytes: 1 << 30, topics: [{ topic, partitions: [partition] }] },
    { version: 12 },
  )
  const records = responses[0].partitions[0].records!
  expect(records.length).toBe(batches.flat().reduce((bytes, piece) => bytes + piece.length, 0))
  // Each value stands once, at the end of its batch, before the empty headers.
  let end = 0
  values.forEach((value, i) => {
    end += batches[i].reduce((bytes, piece) => bytes + piece.length, 0)
    expect(records.subarray(end - 1 - value.length, end - 1).equals(value)).toBe(true)
  })
})

it('sends without waiting for an answer', async () => {
  const connection = await connect()
  const topic = await kafka.topic()
  const latest = { topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1n }] }] }
  const partition = async () =>
    (await connection.send(ListOffsets, latest, { version: 6 })).topics[0].partitions[0]
  // A broker that does not lead the new partition yet would answer acks 0 with the end of the connection.
  await expect.poll(async () => (await partition()).errorCode).toBe(0)
  for (let i = 0; i < 10; i++) {
    const request = produceRequest(topic, batchOf(Buffer.from('value')), 0)
    await connection.send(Produce, request, { ...named, noResponse: true })
  }
  expect((await partition()).offset).toBe(10n)
})

it('goes on after a long poll was aborted', async () => {
  const connection = await connect()
  const topic = await kafka.topic()
  const controller = new AbortController()
  const partition = { partition: 0, fetchOffset: 0n, partitionMaxBytes: 1000 }
  const polling = connection.send(
    Fetch,
    { maxWaitMs: 300, minBytes: 1, topics: [{ topic, partitions: [partition] }] },
    { version: 12, signal: controller.signal },
  )
  const behind = connection.send(Metadata, { topics: [{ name: topic }] })
  const aborted = expect(polling).rejects.toMatchObject({ code: 'ABORTED', context: { sent: true } })
  // Requests leave before the next turn.
  await new Promise(setImmediate)
  controller.abort()
  await aborted
  expect((await behind).topics[0].name).toBe(topic)
  const again = await connection.send(Metadata, { topics: [{ name: topic }] })
  expect(again.topics[0].name).toBe(topic)
  expect(connection.state).toBe('ready')
})
