import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  CreateTopics,
  DeleteTopics,
  EndTxn,
  InitProducerId,
  ListOffsets,
  OffsetFetch,
  Produce,
  TxnOffsetCommit,
} from '../../../../src/protocol/messages/index.ts'
import { layout, tampered } from '../../support/batches.ts'
import { describeProducers, endOffsets, readBoth, readCommitted } from '../../support/reading.ts'
import { TestProducer } from '../../support/test-producer.ts'
import type { Scenario, TestTopic } from '../../support/world.ts'

/** Transactions where several things come together. */
export const cornerScenarios: Scenario[] = [
  {
    name: 'transactions: who was fenced asks for an epoch while another has one open',
    async run(world) {
      const topic = await world.topic()
      const first = await TestProducer.make(world, 'first')
      const second = await first.twin(world, 'second')
      await first.init()
      await second.init()
      await second.addQuietly(topic)
      const { producerId } = first
      await first.init(5, { producerId, producerEpoch: 0 }, 'goes on')
      await first.settled()
      await second.describe()
      await second.init(5, { producerId, producerEpoch: 1 }, 'goes on')
      await first.init(5, { producerId, producerEpoch: 0 }, 'goes on')
      await first.init(5, { producerId: producerId + 100n, producerEpoch: 0 }, 'another id')
      await second.describe()
    },
  },
  {
    name: 'transactions: how older producers are told that they are fenced',
    async run(world) {
      const producer = await TestProducer.make(world)
      await producer.init()
      await producer.init()
      await producer.init()
      const { producerId } = producer
      for (const version of [3, 4, 5]) {
        await producer.init(version, { producerId, producerEpoch: 0 }, 'an epoch that was')
        await producer.init(version, { producerId, producerEpoch: 9 }, 'an epoch to come')
      }
    },
  },
  {
    name: 'transactions: a producer goes on after each end',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      const going = (epoch: number, say: string) =>
        producer.init(5, { producerId: producer.producerId, producerEpoch: epoch }, say)
      await producer.init()
      await producer.transact(topic, ['a'], true)
      await going(producer.epoch, 'after a commit of version 1')
      await producer.transact(topic, ['b'], false)
      await going(producer.epoch, 'after an abort of version 1')
      await producer.sendQuietly(topic, ['c'], { version: 12 })
      await producer.endQuietly(true, 5)
      await going(producer.epoch, 'after a commit of version 2')
      await producer.sendQuietly(topic, ['d'], { version: 12 })
      await producer.endQuietly(false, 5)
      await going(producer.epoch - 1, 'after an abort of version 2, with the epoch before')
      await going(producer.epoch, 'and with the epoch')
      await producer.describe()
      await describeProducers(producer.client, topic, 'at the end')
    },
  },
  {
    name: 'transactions: records to come, looked up by their times',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      await producer.init()
      await producer.transact(topic, ['a'], true)
      const later = producer.startedAtMs + 60_000
      producer.startedAtMs = later
      await producer.addQuietly(topic)
      await producer.sendQuietly(topic, ['b', 'c'])
      for (const isolationLevel of [0, 1]) {
        for (const [say, timestamp] of [
          ['within the open one', BigInt(later + 1)],
          ['largest', -3n],
          ['before it', BigInt(later - 59_999)],
        ] as const) {
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
    name: 'transactions: one after the other, without a pause',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      const { client } = producer
      await producer.init()
      for (let round = 0; round < 8; round++) {
        const message = await producer.produceMessage(topic, [`${round}`], {
          version: 12,
          baseSequence: 0,
        })
        for (let code = 51; code === 51; ) {
          const { responses } = await client.quietly(Produce, 12, message)
          code = responses[0].partitionResponses[0].errorCode
          if (code !== 51) world.note(`round ${round}`, responses[0].partitionResponses[0])
        }
        const answer = await client.quietly(EndTxn, 5, { ...producer.identity, committed: round % 2 === 0 })
        producer.epoch = answer.producerEpoch
      }
      await producer.settled()
      await readBoth(client, topic)
    },
  },
  {
    name: 'transactions: aborted ones far apart in a log',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      await producer.init()
      for (let round = 0; round < 8; round++)
        await producer.transact(topic, ['x'.repeat(6000)], round % 2 === 1)
      for (const partitionMaxBytes of [100, 7000, 14_000, 30_000]) {
        const answer = { partitionMaxBytes, say: `${partitionMaxBytes} bytes` }
        await readCommitted(producer.client, topic, { ...answer, brief: true })
        await readCommitted(producer.client, topic, { ...answer, offset: 4n, brief: true })
      }
    },
  },
  {
    name: 'transactions: where the log gives the time, and where keys are needed',
    async run(world) {
      const stamped = await world.topic(1, { 'message.timestamp.type': 'LogAppendTime' })
      const compacted = await world.topic(1, { 'cleanup.policy': 'compact' })
      const producer = await TestProducer.make(world)
      await producer.init()
      await producer.addQuietly(stamped)
      await producer.addQuietly(compacted)
      await producer.send(stamped, ['a'])
      await producer.send(compacted, ['a'])
      await producer.end(true)
      await readBoth(producer.client, stamped)
      await readBoth(producer.client, compacted)
      await describeProducers(producer.client, stamped, 'at the end')
    },
  },
  {
    name: 'transactions: what is refused first',
    async run(world) {
      const lonely = await world.topic(1, { 'min.insync.replicas': '2' })
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      await producer.init()
      for (const version of [10, 11, 12]) {
        const sending = { version, baseSequence: 0 }
        await producer.send(lonely, ['a'], { ...sending, say: 'too few in-sync replicas' })
        const message = await producer.produceMessage(topic, ['a'], sending)
        const { records } = message.topicData[0].partitionData[0]
        const corrupted = Buffer.from(records)
        corrupted[corrupted.length - 1] ^= 1
        const counted = tampered(records, (bytes) => bytes.writeInt32BE(3, layout.RECORD_COUNT_AT))
        for (const [say, broken] of [
          ['a wrong checksum', corrupted],
          ['a wrong count', counted],
        ] as const) {
          const topicData = [{ name: topic.name, partitionData: [{ index: 0, records: broken }] }]
          await producer.client.call(Produce, version, { ...message, topicData }, say)
        }
      }
      await producer.describe()
      await endOffsets(producer.client, topic)
    },
  },
  {
    name: 'transactions: one without anything in it is ended',
    async run(world) {
      const producer = await TestProducer.make(world)
      await producer.init()
      const nothing = {
        v3AndBelowTransactionalId: producer.transactionalId,
        v3AndBelowProducerId: producer.producerId,
        v3AndBelowProducerEpoch: 0,
      }
      await producer.client.call(AddPartitionsToTxn, 3, nothing, 'nothing')
      await producer.end(true)
      await producer.describe()
      await producer.client.call(AddPartitionsToTxn, 3, nothing, 'nothing')
      await producer.end(false, 5)
      await producer.describe()
    },
  },
  {
    name: 'transactions: a topic is made again in the middle of one',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      const { client } = producer
      await producer.init()
      await producer.addQuietly(topic)
      await producer.sendQuietly(topic, ['a'])
      await client.call(DeleteTopics, 5, { topicNames: [topic.name], timeoutMs: 5000 })
      const made = await client.quietly(CreateTopics, 7, {
        topics: [{ name: topic.name, numPartitions: 1, replicationFactor: 1 }],
        timeoutMs: 5000,
      })
      const again: TestTopic = { name: topic.name, id: made.topics[0].topicId }
      for (let code = -1; code !== 0; ) {
        const { topics } = await client.quietly(ListOffsets, 5, {
          replicaId: -1,
          topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, timestamp: -1n }] }],
        })
        code = topics[0].partitions[0].errorCode
      }
      await producer.end(true)
      await readBoth(client, again)
    },
  },
  {
    name: 'transactions: records and offsets become visible together',
    async run(world) {
      const [one, two] = [await world.topic(2), await world.topic()]
      const groupId = world.groupId()
      const producer = await TestProducer.make(world)
      const { client } = producer
      await producer.init()
      await producer.addQuietly(one, [0, 1])
      await producer.addQuietly(two)
      await client.call(AddOffsetsToTxn, 4, { ...producer.identity, groupId })
      await producer.sendQuietly(one, ['a'], { partition: 1 })
      await producer.sendQuietly(two, ['b'])
      const partitions = [{ partitionIndex: 0, committedOffset: 11n, committedMetadata: null }]
      await client.call(TxnOffsetCommit, 4, {
        ...producer.identity,
        groupId,
        topics: [{ name: two.name, partitions }],
      })
      const fetched = async (say: string) => {
        for (const version of [9, 10]) {
          const named = version >= 10 ? { topicId: two.id } : { name: two.name }
          const groups = [{ groupId, topics: [{ ...named, partitionIndexes: [0] }] }]
          for (const requireStable of [false, true]) {
            await client.call(OffsetFetch, version, { groups, requireStable }, `${say}, ${requireStable}`)
          }
        }
      }
      await fetched('open')
      await producer.describe()
      await producer.end(true)
      await fetched('committed')
      await readCommitted(client, one, { partition: 1 })
      await readCommitted(client, two)
    },
  },
  {
    name: 'transactions: a transactional id goes from one timeout to another',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      await producer.init(5, { transactionTimeoutMs: 300_000 })
      await producer.addQuietly(topic)
      await producer.init(5, { transactionTimeoutMs: 100 }, 'aborts')
      await producer.settled()
      await producer.describe()
      await producer.client.call(
        InitProducerId,
        5,
        { transactionalId: producer.transactionalId, transactionTimeoutMs: 100 },
        'again',
      )
      await producer.describe()
    },
  },
]
