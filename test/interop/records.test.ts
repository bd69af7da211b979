import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compressionNames } from '../../src/compression/codec.ts'
import { Kafka, type KafkaRecord } from '../../src/index.ts'
import { foreignClients, type PlainRecord, sampleRecords } from '../harness/foreign/index.ts'
import { useKafka } from '../harness/use-kafka.ts'
import { storedCompressions } from './stored-batches.ts'

const broker = useKafka()
let kafka: Kafka

beforeAll(() => {
  kafka = new Kafka({ brokers: broker.bootstrap, clientId: 'interop' })
})
afterAll(() => kafka.close())

function plain({ key, value, headers }: KafkaRecord): PlainRecord {
  const text = (data: Buffer | null) => data?.toString() ?? null
  return {
    key: text(key),
    value: text(value),
    headers: [...headers].map(([name, content]): [string, string | null] => [name, text(content)]),
  }
}

describe.each(foreignClients)('odradek and %s', (_, makeForeign) => {
  const foreign = makeForeign(broker)

  test.each(compressionNames)('odradek reads what it wrote in %s', async (compression) => {
    const topic = await broker.topic()
    const records = sampleRecords(foreign)
    await foreign.produce(topic, records, compression)
    expect(await storedCompressions(kafka, topic)).toContain(compression)
    const read: PlainRecord[] = []
    for await (const record of kafka.read(topic, { from: 'earliest', until: 'end' })) read.push(plain(record))
    expect(read).toEqual(records)
  })

  test.each(compressionNames)('it reads what odradek wrote in %s', async (compression) => {
    const topic = await broker.topic()
    const records = sampleRecords({ nullHeaderValues: true })
    await using producer = kafka.producer({ compression, lingerMs: 50, maxRequestSizeBytes: 5_000_000 })
    const acks = await producer.sendBatch(records.map((record) => ({ topic, partition: 0, ...record })))
    expect(acks.map(({ offset }) => offset)).toEqual(records.map((_, index) => BigInt(index)))
    expect([...(await storedCompressions(kafka, topic))]).toEqual([compression])
    expect(await foreign.consume(topic, records.length)).toEqual(records)
  })
})
