import { describe, expect, it } from 'vitest'
import { compressionNames } from '../../src/compression/codec.ts'
import { drain, eventually, type Fixture, numbers, take, textOf } from './fixture.ts'

/** What reading without a group has to do, whatever the broker. */
export function describeReading(fixture: () => Fixture): void {
  const filled = async (count: number, partitions = 1) => {
    const topic = await fixture().createTopic(partitions)
    for (let partition = 0; partition < partitions; partition++) {
      await fixture().fill(topic, partition, numbers(0, count), { timestampMs: 1_000_000 })
    }
    return topic
  }

  describe('where reading starts', () => {
    it('is the first record, unless something else is asked for', async () => {
      const topic = await filled(5)
      await using consumer = fixture().kafka.consumer({ topics: [topic] })
      expect(await take(consumer, 5)).toEqual(numbers(0, 5))
    })

    it('is the end, with latest', async () => {
      const topic = await filled(5)
      await using consumer = fixture().kafka.consumer({ topics: [topic], autoOffsetReset: 'latest' })
      const first = take(consumer, 2)
      await eventually(
        () => consumer.assignment().some((partition) => consumer.position(partition) === 5n),
        'a position',
      )
      await fixture().fill(topic, 0, ['new', 'newer'])
      expect(await first).toEqual(['new', 'newer'])
    })

    it('is an offset', async () => {
      const topic = await filled(5)
      await using consumer = fixture().kafka.consumer({ topics: [topic], autoOffsetReset: { offset: 3n } })
      expect(await take(consumer, 2)).toEqual(['3', '4'])
    })

    it('is the first record of a time or later', async () => {
      const topic = await filled(5)
      const at = (timestamp: number | Date) =>
        drain(fixture().kafka.read(topic, { from: { timestamp }, until: 'end' }))
      expect(await at(0)).toEqual(numbers(0, 5))
      expect(await at(1_001_500)).toEqual(['2', '3', '4'])
      expect(await at(new Date(1_004_000))).toEqual(['4'])
      expect(await at(9_000_000)).toEqual([])
    })

    it('is what each partition says', async () => {
      const topic = await filled(4, 3)
      await using consumer = fixture().kafka.consumer({
        partitions: [
          { topic, partition: 0, from: { offset: 3n } },
          { topic, partition: 2, from: 'latest' },
        ],
        until: 'end',
      })
      expect(await drain(consumer)).toEqual(['3'])
    })

    it('is left open by none, and thrown', async () => {
      const topic = await filled(3)
      await using consumer = fixture().kafka.consumer({ topics: [topic], autoOffsetReset: 'none' })
      await expect(take(consumer, 1)).rejects.toMatchObject({
        code: 'NO_OFFSET',
        context: { topic, partition: 0 },
      })
      consumer.seek({ topic, partition: 0, offset: 1n })
      expect(await take(consumer, 2)).toEqual(['1', '2'])
    })
  })

  describe('a position that is not in the log', () => {
    it('moves to where the reset says', async () => {
      const topic = await filled(5)
      await fixture().deleteBefore(topic, 0, 2n)
      const from = (offset: bigint) =>
        fixture().kafka.consumer({ partitions: [{ topic, partition: 0, from: { offset } }], until: 'end' })
      await using below = from(0n)
      expect(await drain(below)).toEqual(['2', '3', '4'])
      await using above = fixture().kafka.consumer({
        partitions: [{ topic, partition: 0, from: { offset: 99n } }],
      })
      expect(await take(above, 3)).toEqual(['2', '3', '4'])
    })

    it('is thrown with none', async () => {
      const topic = await filled(5)
      await using consumer = fixture().kafka.consumer({
        partitions: [{ topic, partition: 0, from: { offset: 99n } }],
        autoOffsetReset: 'none',
      })
      await expect(take(consumer, 1)).rejects.toMatchObject({ code: 'NO_OFFSET' })
    })
  })

  describe('reading until the end', () => {
    it('stops where the end was when it began', async () => {
      const topic = await filled(3, 2)
      const values = []
      for await (const record of fixture().kafka.read(topic, { until: 'end' })) {
        if (values.length === 0)
          for (const partition of [0, 1]) await fixture().fill(topic, partition, ['late'])
        values.push(textOf(record))
      }
      expect(values.sort()).toEqual(['0', '0', '1', '1', '2', '2'])
    })

    it('does not wait for partitions that are empty', async () => {
      const topic = await fixture().createTopic(3)
      expect(await drain(fixture().kafka.read(topic, { until: 'end' }))).toEqual([])
      await fixture().fill(topic, 1, ['one'])
      expect(await drain(fixture().kafka.read(topic, { until: 'end' }))).toEqual(['one'])
      expect(await drain(fixture().kafka.read(topic, { until: 'end', partitions: [0, 2] }))).toEqual([])
    })
  })

  describe('what is read', () => {
    it.each(compressionNames)('may be compressed: %s', async (compression) => {
      const topic = await fixture().createTopic()
      const small = numbers(0, 20)
      const large = Array.from({ length: 2000 }, (_, index) => `${index} ${'x'.repeat(index % 300)}`)
      await fixture().fill(topic, 0, small, { compression })
      await fixture().fill(topic, 0, large, { compression })
      expect(await drain(fixture().kafka.read(topic, { until: 'end' }))).toEqual([...small, ...large])
    })

    it('comes in batches of one partition', async () => {
      const topic = await filled(100, 3)
      await using consumer = fixture().kafka.consumer({ topics: [topic], until: 'end' })
      const counts = [0, 0, 0]
      for await (const batch of consumer.batches()) {
        expect(batch.topic).toBe(topic)
        expect(batch.highWatermark).toBe(100n)
        for (const record of batch) {
          expect(record.partition).toBe(batch.partition)
          expect(Number(record.offset)).toBe(counts[batch.partition]++)
        }
        expect(Number(batch.nextOffset)).toBe(counts[batch.partition])
      }
      expect(counts).toEqual([100, 100, 100])
    })

    it('is made by the deserializers, which see no null', async () => {
      const topic = await fixture().createTopic()
      await fixture().fill(topic, 0, ['17'], { key: () => 'k' })
      const records = fixture().kafka.read(topic, {
        until: 'end',
        keyDeserializer: (buffer, start, end) => buffer.toString('utf8', start, end).toUpperCase(),
        valueDeserializer: (buffer, start, end) => Number(buffer.toString('utf8', start, end)),
      })
      for await (const record of records) expect([record.key, record.value]).toEqual(['K', 17])
    })

    it('is more than is fetched at a time or held', async () => {
      const topic = await fixture().createTopic(3)
      const values = Array.from({ length: 300 }, (_, index) => `${index} ${'x'.repeat(1000)}`)
      for (const partition of [0, 1, 2]) {
        for (let i = 0; i < 300; i += 30) await fixture().fill(topic, partition, values.slice(i, i + 30))
      }
      const limits = { maxPartitionBytes: 10_000, maxBytes: 50_000, maxBufferedBytes: 60_000 }
      const read = await drain(fixture().kafka.read(topic, { until: 'end', ...limits }))
      expect(read.sort()).toEqual([...values, ...values, ...values].sort())
    })
  })

  describe('a consumer in use', () => {
    it('goes on elsewhere after a seek, also in the middle of what it has fetched', async () => {
      const topic = await filled(10)
      await using consumer = fixture().kafka.consumer({ topics: [topic] })
      expect(await take(consumer, 4)).toEqual(numbers(0, 4))
      consumer.seek({ topic, partition: 0, offset: 8n })
      expect(consumer.position({ topic, partition: 0 })).toBe(8n)
      expect(await take(consumer, 2)).toEqual(['8', '9'])
      consumer.seek({ topic, partition: 0, offset: 'earliest' })
      expect(await take(consumer, 1)).toEqual(['0'])
      const seen = []
      for await (const record of consumer) {
        seen.push(textOf(record))
        if (seen.length === 1) consumer.seek({ topic, partition: 0, offset: 5n })
        if (seen.length === 3) break
      }
      expect(seen).toEqual(['1', '5', '6'])
    })

    it('hands out nothing of a paused partition', async () => {
      const topic = await filled(5, 2)
      await using consumer = fixture().kafka.consumer({ topics: [topic] })
      const seen = [0, 0]
      for await (const record of consumer) {
        seen[record.partition] += 1
        if (seen[0] + seen[1] === 1) consumer.pause([{ topic, partition: record.partition === 0 ? 1 : 0 }])
        if (seen[0] + seen[1] === 5) break
      }
      expect(seen.sort()).toEqual([0, 5])
      expect(consumer.paused()).toHaveLength(1)
      consumer.resume(consumer.paused())
      await take(consumer, 5)
    })

    it('knows its partitions, positions and high watermarks', async () => {
      const topic = await filled(5)
      await using consumer = fixture().kafka.consumer({ topics: [topic] })
      expect(consumer.assignment()).toEqual([])
      expect(() => consumer.position({ topic, partition: 0 })).toThrow(/is not assigned/)
      for await (const record of consumer) if (record.offset === 2n) break
      expect(consumer.assignment()).toEqual([{ topic, partition: 0 }])
      expect(consumer.highWatermark({ topic, partition: 0 })).toBe(5n)
      expect(consumer.position({ topic, partition: 0 })).toBe(2n) // left with 2 in hand: it comes again
    })

    it('ends quietly when its signal fires', async () => {
      const topic = await filled(3)
      const stop = new AbortController()
      await using consumer = fixture().kafka.consumer({ topics: [topic], signal: stop.signal })
      const values = []
      for await (const record of consumer) {
        values.push(textOf(record))
        if (values.length === 3) setTimeout(() => stop.abort(), 20) // while the fourth is waited for
      }
      expect(values).toEqual(numbers(0, 3))
      expect(await drain(consumer)).toEqual([])
    })

    it('settles what waits when it is closed, and refuses to go on', async () => {
      const topic = await filled(1)
      const consumer = fixture().kafka.consumer({ topics: [topic] })
      const records = consumer[Symbol.asyncIterator]()
      await records.next()
      const waiting = records.next()
      await Promise.all([consumer.close(), consumer.close()])
      expect((await waiting).done).toBe(true)
      expect(() => consumer[Symbol.asyncIterator]()).toThrow(/was closed/)
      expect(() => consumer.commit()).toThrow(/was closed/)
    })

    it('is closed from inside its own loop', async () => {
      const topic = await filled(3)
      const consumer = fixture().kafka.consumer({ topics: [topic] })
      const values = []
      for await (const record of consumer) {
        values.push(textOf(record))
        await consumer.close()
      }
      expect(values).toEqual(['0'])
    })

    it('sees partitions that are added, and what was written to them before', async () => {
      const topic = await filled(1)
      await using consumer = fixture()
        .another({ metadataMaxAgeMs: 100 })
        .consumer({ topics: [topic], autoOffsetReset: 'latest' })
      const one = take(consumer, 1)
      await eventually(() => consumer.assignment().length === 1, 'the first partition')
      await fixture().addPartitions(topic, 2)
      await eventually(
        async () =>
          (await fixture()
            .fill(topic, 1, ['added'])
            .catch(() => -1n)) === 0n,
        'a leader',
      )
      expect(await one).toEqual(['added'])
    })

    it('waits for a topic that does not exist yet', async () => {
      const topic = fixture().name()
      await using consumer = fixture().kafka.consumer({ topics: [topic] })
      const one = take(consumer, 1)
      await fixture().createTopicNamed(topic)
      await fixture().fill(topic, 0, ['here'])
      expect(await one).toEqual(['here'])
    })
  })
}
