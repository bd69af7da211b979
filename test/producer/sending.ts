import { expect, it } from 'vitest'
import type { CompressionName, Kafka, KafkaRecord, ProducerRecord } from '../../src/index.ts'
import { BrokerError, RecordMetadata } from '../../src/index.ts'

/** A broker to send to, real or not. */
export interface Place {
  kafka: Kafka
  /** Makes a topic of a name of its own. */
  topic(partitions?: number, configs?: Record<string, string>): Promise<string>
}

/** What is in a topic, by partition and offset. */
export async function contents(kafka: Kafka, topic: string): Promise<Map<string, KafkaRecord>> {
  const records = new Map<string, KafkaRecord>()
  for await (const record of kafka.read(topic, { from: 'earliest', until: 'end' })) {
    records.set(`${record.partition}:${record.offset}`, record)
  }
  return records
}

const at = ({ partition, offset }: RecordMetadata) => `${partition}:${offset}`
const text = (bytes: Buffer | null) => bytes?.toString() ?? null

/** How a producer and a broker get on; the same for every broker. */
export function describeSending(place: () => Place): void {
  it.each(['all', 1] as const)('writes records where it says, with acks %s', async (acks) => {
    const { kafka } = place()
    const topic = await place().topic(3)
    await using producer = kafka.producer({ acks })
    const records: ProducerRecord[] = [
      { topic, key: 'k', value: 'both', headers: { a: 'b' } },
      { topic, key: null, value: null },
      { topic, key: '', value: '' },
      { topic, key: Buffer.from([0, 255]), value: new Uint8Array([1, 2, 3]), timestamp: 1_700_000_000_000 },
      { topic, key: 'größe', value: '日本語 😀', headers: [['h', null], ['h', 'twice'], ['', Buffer.from([7])]] }, // biome-ignore format: one record a line
      { topic, partition: 2, value: 'pinned' },
    ]
    const before = Date.now()
    const sent = await Promise.all(records.map((record) => producer.send(record)))
    const found = await contents(kafka, topic)
    expect(found.size).toBe(records.length)
    for (const [index, metadata] of sent.entries()) {
      const { key = null, value, timestamp, partition } = records[index]
      const record = found.get(at(metadata))!
      expect(record.raw.key).toEqual(key === null ? null : Buffer.from(key))
      expect(record.raw.value).toEqual(value === null ? null : Buffer.from(value))
      expect(record.timestamp).toBe(metadata.timestamp)
      if (timestamp === undefined) expect(record.timestamp).toBeGreaterThanOrEqual(before)
      else expect(record.timestamp).toBe(timestamp)
      if (partition !== undefined) expect(metadata.partition).toBe(partition)
    }
    const headers = [...found.get(at(sent[4]))!.headers].map(([name, value]) => [name, text(value)])
    expect(headers).toEqual([
      ['h', null],
      ['h', 'twice'],
      ['', '\u0007'],
    ])
  })

  it('writes records with acks 0, and tells no offset', async () => {
    const { kafka } = place()
    const topic = await place().topic(1)
    await using producer = kafka.producer({ acks: 0 })
    const sent = await producer.sendBatch(Array.from({ length: 100 }, (_, i) => ({ topic, value: `${i}` })))
    expect(sent.every(({ offset }) => offset === -1n)).toBe(true)
    // The answer to a request on the same connection comes after all that was written before.
    await expect.poll(async () => (await contents(kafka, topic)).size).toBe(100)
    expect([...(await contents(kafka, topic)).values()].map(({ value }) => text(value))).toEqual(
      Array.from({ length: 100 }, (_, i) => `${i}`),
    )
  })

  it.each<CompressionName>(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'writes batches of every size with %s',
    async (codec) => {
      const { kafka } = place()
      const topic = await place().topic(2)
      await using producer = kafka.producer({ compression: codec, batchSizeBytes: 400_000 })
      // A record alone is compressed in place, a full batch on another thread.
      const lone = await producer.send({ topic, partition: 0, value: 'alone' })
      const values = Array.from({ length: 20_000 }, (_, i) => `${i} `.padEnd(20 + (i % 100), 'abcdefgh'))
      const sent = await Promise.all(
        values.map((value, i) => producer.send({ topic, partition: i % 2, value })),
      )
      const found = await contents(kafka, topic)
      expect(found.size).toBe(values.length + 1)
      expect(text(found.get(at(lone))!.value)).toBe('alone')
      for (const [i, metadata] of sent.entries()) expect(text(found.get(at(metadata))!.value)).toBe(values[i])
      for (const partition of [0, 1]) {
        const offsets = sent.filter((each) => each.partition === partition).map(({ offset }) => offset)
        expect(offsets).toEqual(offsets.toSorted((a, b) => Number(a - b)))
      }
    },
  )

  it('sends to many topics and partitions at once, each in order', async () => {
    const { kafka } = place()
    const topics = await Promise.all([1, 3, 16].map((partitions) => place().topic(partitions)))
    await using producer = kafka.producer({ batchSizeBytes: 20_000, bufferMemoryBytes: 1_000_000 })
    const records = Array.from({ length: 30_000 }, (_, i) => ({
      topic: topics[i % 3],
      key: `k${i % 101}`,
      value: `${i}`.padEnd(100),
    }))
    const sent = await producer.sendBatch(records)
    for (const topic of topics) {
      const last = new Map<number, number>()
      for (const record of (await contents(kafka, topic)).values()) {
        const number = Number.parseInt(text(record.value)!, 10)
        expect(number).toBeGreaterThan(last.get(record.partition) ?? -1)
        last.set(record.partition, number)
        expect([sent[number].topic, at(sent[number])]).toEqual([
          topic,
          `${record.partition}:${record.offset}`,
        ])
      }
    }
    expect(sent).toHaveLength(records.length)
  })

  it('posts as fast as there is room', async () => {
    const { kafka } = place()
    const topic = await place().topic(3)
    await using producer = kafka.producer({ bufferMemoryBytes: 300_000 })
    const acks: (RecordMetadata | null)[] = []
    let waits = 0
    for (let i = 0; i < 20_000; i++) {
      const record = { topic, value: `${i}`.padEnd(100) }
      while (!producer.post(record, (_, metadata) => acks.push(metadata))) {
        waits++
        await producer.ready()
      }
    }
    await producer.flush()
    expect(waits).toBeGreaterThan(0)
    expect(acks).toHaveLength(20_000)
    expect(acks.every((metadata) => metadata instanceof RecordMetadata)).toBe(true)
    expect((await contents(kafka, topic)).size).toBe(20_000)
  })

  it('lets a linger gather what is sent over time', async () => {
    const { kafka } = place()
    const topic = await place().topic(1)
    await using producer = kafka.producer({ lingerMs: 60_000 })
    const sent: Promise<RecordMetadata>[] = []
    for (let i = 0; i < 10; i++) {
      sent.push(producer.send({ topic, value: `${i}` }))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await producer.flush()
    expect((await Promise.all(sent)).map(({ offset }) => offset)).toEqual(sent.map((_, i) => BigInt(i)))
  })

  it('gives the time of the log where the topic has it', async () => {
    const { kafka } = place()
    const topic = await place().topic(1, { 'message.timestamp.type': 'LogAppendTime' })
    await using producer = kafka.producer()
    const before = Date.now()
    const { timestamp, offset } = await producer.send({ topic, value: 'v', timestamp: 1_000 })
    expect(timestamp).toBeGreaterThanOrEqual(before - 1_000)
    expect((await contents(kafka, topic)).get(`0:${offset}`)!.timestamp).toBe(timestamp)
  })

  it('says when the broker finds a batch too large, and goes on', async () => {
    const { kafka } = place()
    const topic = await place().topic(1, { 'max.message.bytes': '2000' })
    await using producer = kafka.producer()
    const error = await producer.send({ topic, value: 'x'.repeat(5_000) }).catch((reason) => reason)
    expect(error).toBeInstanceOf(BrokerError)
    expect(error).toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
      context: { topic, partition: 0, mayBeWritten: false },
    })
    expect((await producer.send({ topic, value: 'small' })).offset).toBe(0n)
  })

  it('misses a topic that it may not make', async () => {
    const { kafka } = place()
    const topic = `absent-${Math.random().toString(36).slice(2)}`
    await using producer = kafka.producer({ allowAutoTopicCreation: false })
    const sent = producer.send({ topic, value: 'v' })
    await expect(sent).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', context: { topic } })
  })

  it('makes a topic by sending to it', async () => {
    const { kafka } = place()
    const topic = `made-${Math.random().toString(36).slice(2)}`
    await using producer = kafka.producer()
    const sent = await Promise.all(
      ['a', 'b', 'c'].map((value) => producer.send({ topic, partition: 0, value })),
    )
    expect(sent.map(({ offset }) => offset)).toEqual([0n, 1n, 2n])
  })

  it('settles everything when it is closed, and can be closed at once', async () => {
    const { kafka } = place()
    const topic = await place().topic(3)
    const unused = kafka.producer()
    await unused.close()
    const producer = kafka.producer({ lingerMs: 10_000 })
    const sent = Array.from({ length: 1_000 }, (_, i) => producer.send({ topic, value: `${i}` }))
    await producer.close()
    const outcomes = await Promise.allSettled(sent)
    expect(outcomes.every(({ status }) => status === 'fulfilled')).toBe(true)
    await expect(producer.send({ topic, value: 'late' })).rejects.toMatchObject({ code: 'CLOSED' })
    expect((await contents(kafka, topic)).size).toBe(1_000)
  })
}
