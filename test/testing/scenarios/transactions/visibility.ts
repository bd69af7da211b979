import { DeleteRecords, Fetch, ListOffsets } from '../../../../src/protocol/messages/index.ts'
import { describeProducers, endOffsets, readBoth, readCommitted } from '../../support/reading.ts'
import { TestProducer } from '../../support/test-producer.ts'
import type { Scenario } from '../../support/world.ts'

/** Who sees the records of transactions, and when. */
export const visibilityScenarios: Scenario[] = [
  {
    name: 'transactions: two interleaved, one committed and one aborted',
    async run(world) {
      const topic = await world.topic()
      const one = await TestProducer.make(world, 'one')
      const two = await TestProducer.make(world, 'two')
      for (const producer of [one, two]) {
        await producer.init()
        await producer.addQuietly(topic)
      }
      await one.sendQuietly(topic, ['a'])
      await two.sendQuietly(topic, ['b'])
      await one.sendQuietly(topic, ['c'])
      await two.endQuietly(false)
      await endOffsets(one.client, topic, 'the second is aborted')
      await readBoth(one.client, topic, { say: 'the second is aborted' })
      await one.endQuietly(true)
      await endOffsets(one.client, topic, 'both have ended')
      await readBoth(one.client, topic, { say: 'both have ended' })
      await two.transact(topic, ['d'], false)
      await one.transact(topic, ['e'], false)
      for (const offset of [0n, 2n, 4n, 5n, 7n, 9n]) await readCommitted(one.client, topic, { offset })
      for (const partitionMaxBytes of [1, 100, 200, 300]) {
        await readCommitted(one.client, topic, { partitionMaxBytes, say: `${partitionMaxBytes} bytes` })
      }
    },
  },
  {
    name: 'transactions: offsets by time, by both isolation levels',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      await producer.init()
      await producer.transact(topic, ['a'], true)
      await producer.addQuietly(topic)
      await producer.sendQuietly(topic, ['b', 'c'])
      for (const isolationLevel of [0, 1]) {
        const first = BigInt(producer.startedAtMs)
        const times = { first, second: first + 1n, future: first + 60_000n }
        const specs = { latest: -1n, earliest: -2n, largest: -3n, local: -4n, tiered: -5n }
        for (const [say, timestamp] of Object.entries({ ...times, ...specs })) {
          await producer.client.call(
            ListOffsets,
            9,
            {
              replicaId: -1,
              isolationLevel,
              topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, timestamp }] }],
            },
            `isolation ${isolationLevel}, ${say}`,
          )
        }
      }
    },
  },
  {
    name: 'transactions: records deleted in the middle of one',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      const { client } = producer
      await producer.init()
      await producer.transact(topic, ['a'], false)
      await producer.addQuietly(topic)
      await producer.sendQuietly(topic, ['b', 'c'])
      await producer.sendQuietly(topic, ['d'])
      const deleting = (offset: bigint) =>
        client.call(DeleteRecords, 2, {
          topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, offset }] }],
          timeoutMs: 1000,
        })
      await deleting(3n)
      await endOffsets(client, topic)
      await readBoth(client, topic, { offset: 3n })
      await describeProducers(client, topic, 'some are gone')
      await deleting(-1n)
      await endOffsets(client, topic)
      await readBoth(client, topic, { offset: 5n })
      await describeProducers(client, topic, 'all are gone')
      await producer.end(true)
      await readBoth(client, topic, { offset: 5n })
      await endOffsets(client, topic)
    },
  },
  {
    name: 'transactions: a reader of what is committed waits for the end',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      const reader = await world.client('reader')
      await producer.init()
      await producer.addQuietly(topic)
      await producer.sendQuietly(topic, ['a'])
      const request = { maxWaitMs: 8000, minBytes: 1 }
      const began = Date.now()
      const reading = readCommitted(reader, topic, { request, say: 'waits' })
      await new Promise((resolve) => setTimeout(resolve, 50))
      await producer.sendQuietly(topic, ['b'])
      await producer.end(true)
      await reading
      world.note('waited for all of the time', Date.now() - began > 7000)
      await producer.addQuietly(topic)
      await producer.sendQuietly(topic, ['c'])
      await readBoth(reader, topic, { offset: 3n, request: { maxWaitMs: 50 }, say: 'in vain' })
      await readCommitted(reader, topic, {
        offset: 4n,
        request: { maxWaitMs: 50 },
        say: 'beyond what is stable',
      })
    },
  },
  {
    name: 'transactions: a fetch session tells of a stable offset that has moved',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      const reader = await world.client('reader')
      await producer.init()
      await producer.addQuietly(topic)
      await producer.sendQuietly(topic, ['a'])
      const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1 << 20 }]
      const common = { maxWaitMs: 0, minBytes: 1, isolationLevel: 1 }
      const { sessionId } = await reader.call(Fetch, 12, {
        ...common,
        sessionId: 0,
        sessionEpoch: 0,
        topics: [{ topic: topic.name, partitions }],
      })
      await reader.call(Fetch, 12, { ...common, sessionId, sessionEpoch: 1, topics: [] }, 'nothing new')
      await producer.sendQuietly(topic, ['b'])
      await reader.call(
        Fetch,
        12,
        { ...common, sessionId, sessionEpoch: 2, topics: [] },
        'a higher watermark',
      )
    },
  },
]
