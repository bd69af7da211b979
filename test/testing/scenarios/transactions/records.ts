import {
  DeleteRecords,
  Fetch,
  InitProducerId,
  ListOffsets,
  Produce,
} from '../../../../src/protocol/messages/index.ts'
import { batch } from '../../support/batches.ts'
import { describeProducers, endOffsets, readBoth, readCommitted } from '../../support/reading.ts'
import { TestProducer } from '../../support/test-producer.ts'
import type { Scenario } from '../../support/world.ts'

/** Records in transactions: which are taken, and who sees them. */
export const recordScenarios: Scenario[] = [
  {
    name: 'transactions: records for partitions that were not added',
    async run(world) {
      const topic = await world.topic(2)
      const producer = await TestProducer.make(world)
      await producer.init()
      for (let version = 3; version <= 11; version++)
        await producer.send(topic, ['a'], { version, baseSequence: 0 })
      await producer.add(topic)
      await producer.send(topic, ['a'], { version: 11, partition: 1, baseSequence: 0 })
      await producer.send(topic, ['a'], { version: 11, baseSequence: 0 })
      await producer.end(true)
      await producer.send(topic, ['b'], { version: 11, baseSequence: 1 })
      await producer.send(topic, ['b'], { version: 11, partition: 1, baseSequence: 0 })
      await endOffsets(producer.client, topic)
    },
  },
  {
    name: 'transactions: records of producers that there are not',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      for (const version of [11, 12]) {
        producer.producerId = 888_888n
        producer.epoch = 0
        await producer.send(topic, ['a'], { version, say: 'an unknown transactional id' })
        await producer.send(topic, ['a'], { version, transactionalId: '', say: 'an empty transactional id' })
        await producer.send(topic, ['a'], { version, transactionalId: null, say: 'no transactional id' })
        await producer.initQuietly()
        const { producerId, epoch } = producer
        await producer.send(topic, ['a'], {
          version,
          producerId: producerId + 100n,
          say: 'another producer id',
        })
        await producer.send(topic, ['a'], { version, producerEpoch: epoch + 1, say: 'an epoch to come' })
        await producer.send(topic, ['a'], { version, producerEpoch: -1, say: 'no epoch' })
        await producer.send(topic, ['a'], {
          version,
          transactional: false,
          say: 'a transactional id, and a batch without',
        })
        await producer.send(topic, ['a'], {
          version,
          transactional: false,
          producerId: -1n,
          producerEpoch: -1,
          baseSequence: -1,
          say: 'a transactional id, and a batch without a producer',
        })
      }
      await endOffsets(producer.client, topic)
    },
  },
  {
    name: 'transactions: repetitions and gaps',
    async run(world) {
      const topic = await world.topic()
      for (const version of [11, 12]) {
        const producer = await TestProducer.make(world)
        await producer.init()
        if (version === 11) await producer.addQuietly(topic)
        const sending = (baseSequence: number, say: string) =>
          producer.send(topic, ['a', 'b'], { version, baseSequence, say })
        await sending(0, 'first')
        await sending(0, 'first again')
        await sending(2, 'second')
        await sending(6, 'a gap')
        for (const sequence of [4, 6, 8, 10]) await sending(sequence, `${sequence}`)
        await sending(2, 'the fifth last')
        await sending(0, 'the sixth last')
        await producer.endQuietly(true, version === 11 ? 4 : 5)
        await sending(10, 'the last again, after the end')
        await sending(12, 'the next, after the end')
        await describeProducers(producer.client, topic, 'at the end')
        await producer.client.call(DeleteRecords, 2, {
          topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, offset: -1n }] }],
          timeoutMs: 1000,
        })
      }
    },
  },
  {
    name: 'transactions: the first sequence of a producer and of an epoch',
    async run(world) {
      const topic = await world.topic()
      for (const version of [11, 12]) {
        const producer = await TestProducer.make(world)
        await producer.init()
        if (version === 11) await producer.addQuietly(topic)
        await producer.send(topic, ['a'], {
          version,
          baseSequence: 5,
          say: 'of a producer that nobody knows',
        })
        await producer.send(topic, ['a'], { version, baseSequence: 6, say: 'the next' })
        await producer.endQuietly(false, version === 11 ? 4 : 5)
        const { producerId, epoch: producerEpoch } = producer
        await producer.init(5, { producerId, producerEpoch })
        if (version === 11) await producer.addQuietly(topic)
        await producer.send(topic, ['b'], { version, baseSequence: 3, say: 'of a new epoch' })
        await producer.send(topic, ['b'], { version, baseSequence: 0, say: 'of a new epoch' })
        await producer.endQuietly(true, version === 11 ? 4 : 5)
        await describeProducers(producer.client, topic, 'at the end')
        await producer.client.quietly(DeleteRecords, 2, {
          topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, offset: -1n }] }],
          timeoutMs: 1000,
        })
      }
    },
  },
  {
    name: 'transactions: an epoch that is over, when the coordinator knows and when the log does',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      await producer.init()
      await producer.transact(topic, ['a'], true)
      await producer.init(5, {}, 'a new epoch')
      for (let version = 9; version <= 12; version++) {
        await producer.send(topic, ['x'], { version, producerEpoch: 0, baseSequence: 1, say: 'before' })
      }
      await producer.transact(topic, ['b'], true)
      for (let version = 9; version <= 12; version++) {
        await producer.send(topic, ['x'], { version, producerEpoch: 0, baseSequence: 1, say: 'after' })
      }
      await producer.addQuietly(topic)
      await producer.sendQuietly(topic, ['c'])
      for (let version = 9; version <= 12; version++) {
        await producer.send(topic, ['x'], { version, producerEpoch: 0, baseSequence: 1, say: 'during' })
      }
    },
  },
  {
    name: 'transactions: plain records among those of a transaction',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      await producer.init()
      await producer.addQuietly(topic)
      await producer.sendQuietly(topic, ['a'])
      await producer.send(topic, ['b'], {
        transactional: false,
        baseSequence: 1,
        say: 'by the producer itself',
      })
      await producer.send(topic, ['b'], {
        transactional: false,
        transactionalId: null,
        baseSequence: 1,
        say: 'without the transactional id',
      })
      const { producerId } = await producer.client.quietly(InitProducerId, 4, {
        transactionalId: null,
        transactionTimeoutMs: 1000,
      })
      await producer.send(topic, ['c'], {
        transactional: false,
        transactionalId: null,
        producerId,
        producerEpoch: 0,
        baseSequence: 0,
        say: 'by another producer',
      })
      await endOffsets(producer.client, topic)
      await readBoth(producer.client, topic)
      await producer.end(true)
      await readBoth(producer.client, topic)
    },
  },
  {
    name: 'transactions: two producers in one request',
    async run(world) {
      const topic = await world.topic(2)
      const producer = await TestProducer.make(world)
      const other = await TestProducer.make(world, 'other')
      await producer.init()
      await other.init()
      await producer.addQuietly(topic, [0, 1])
      const one = await producer.produceMessage(topic, ['a'])
      const two = await other.produceMessage(topic, ['b'], { partition: 1 })
      const partitionData = [...one.topicData[0].partitionData, ...two.topicData[0].partitionData]
      for (const version of [11, 12]) {
        await producer.client.callHopeless(Produce, version, {
          ...one,
          topicData: [{ name: topic.name, partitionData }],
        })
      }
      await endOffsets(producer.client, topic)
    },
  },
  {
    name: 'transactions: several partitions, some of them not added',
    async run(world) {
      const topic = await world.topic(3)
      const producer = await TestProducer.make(world)
      await producer.init()
      await producer.addQuietly(topic, [0, 2])
      const messages = []
      for (const partition of [0, 1, 2, 7])
        messages.push(await producer.produceMessage(topic, ['a'], { partition }))
      const partitionData = messages.flatMap(({ topicData }) => topicData[0].partitionData)
      for (const version of [11, 12]) {
        const message = { ...messages[0], topicData: [{ name: topic.name, partitionData }] }
        await producer.client.call(Produce, version, message)
      }
      await producer.describe()
      await producer.end(true)
    },
  },
  {
    name: 'transactions: acks 0 and 1',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      await producer.init()
      await producer.addQuietly(topic)
      await producer.send(topic, ['a'], { acks: 1 })
      producer.client.post(Produce, 11, await producer.produceMessage(topic, ['b'], { acks: 0 }))
      await endOffsets(producer.client, topic)
      const other = await TestProducer.make(world, 'other')
      await other.init()
      other.client.post(Produce, 11, await other.produceMessage(topic, ['c'], { acks: 0 }))
      await other.client.closed
      world.note('other', 'hung up')
    },
  },
  {
    name: 'transactions: compressed batches',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      await producer.init()
      await producer.addQuietly(topic)
      await producer.send(topic, ['a'.repeat(200), 'b'.repeat(200)], { compression: 'gzip' })
      await producer.send(topic, ['c'.repeat(200)], { compression: 'zstd' })
      await endOffsets(producer.client, topic)
      await producer.end(true)
      await readBoth(producer.client, topic)
    },
  },
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
  {
    name: 'transactions: an idempotent producer without one begins anew with each id',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const answers = []
      for (let version = 0; version <= 5; version++) {
        answers.push(
          await client.call(InitProducerId, version, { transactionalId: null, transactionTimeoutMs: 1000 }),
        )
      }
      world.note('ids that differ', new Set(answers.map(({ producerId }) => producerId)).size)
      const { producerId } = answers[0]
      for (const version of [11, 12]) {
        const records = await batch(['a'], { producerId, producerEpoch: 0, baseSequence: version - 6 })
        const topicData = [{ name: topic.name, partitionData: [{ index: 0, records }] }]
        await client.call(Produce, version, { acks: -1, timeoutMs: 5000, topicData })
      }
      await describeProducers(client, topic, 'idempotent')
    },
  },
]
