import { DeleteRecords, InitProducerId, Produce } from '../../../../src/protocol/messages/index.ts'
import { batch } from '../../support/batches.ts'
import { describeProducers, endOffsets, readBoth } from '../../support/reading.ts'
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
