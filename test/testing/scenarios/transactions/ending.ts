import { setTimeout as sleep } from 'node:timers/promises'
import {
  DeleteTopics,
  EndTxn,
  InitProducerId,
  WriteTxnMarkers,
} from '../../../../src/protocol/messages/index.ts'
import { describeProducers, endOffsets, readBoth } from '../../support/reading.ts'
import { TestProducer } from '../../support/test-producer.ts'
import type { Scenario } from '../../support/world.ts'

/** How transactions end: by their producers, by their timeouts, by markers. */
export const endingScenarios: Scenario[] = [
  {
    name: 'transactions: ended in each state',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      await producer.init()
      await producer.end(true, 4, 'commit when Empty')
      await producer.end(false, 4, 'abort when Empty')
      await producer.addQuietly(topic)
      await producer.end(true, 4, 'commit when Ongoing')
      await producer.end(true, 4, 'commit when CompleteCommit')
      await producer.end(false, 4, 'abort when CompleteCommit')
      await producer.describe()
      await producer.addQuietly(topic)
      await producer.end(false, 4, 'abort when Ongoing')
      await producer.end(false, 4, 'abort when CompleteAbort')
      await producer.end(true, 4, 'commit when CompleteAbort')
      await producer.describe()
      world.note('the epoch', producer.epoch)
    },
  },
  {
    name: 'transactions: ended in each state, version 2',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      const { client } = producer
      await producer.init()
      const retried = async (before: object, say: string) => {
        await client.call(
          EndTxn,
          5,
          { ...producer.identity, ...before, committed: true },
          `${say}, commit again`,
        )
        await client.call(
          EndTxn,
          5,
          { ...producer.identity, ...before, committed: false },
          `${say}, abort again`,
        )
      }
      await producer.end(true, 5, 'commit when Empty')
      let before: object = producer.identity
      await producer.end(false, 5, 'abort when Empty')
      await producer.describe()
      await retried(before, 'CompleteAbort')
      await producer.send(topic, ['a'], { version: 12 })
      before = producer.identity
      await producer.end(true, 5, 'commit when Ongoing')
      await producer.describe()
      await retried(before, 'CompleteCommit')
      await producer.end(true, 5, 'commit when CompleteCommit')
      await producer.end(false, 5, 'abort when CompleteCommit')
      await producer.send(topic, ['b'], { version: 12 })
      before = producer.identity
      await producer.end(false, 5, 'abort when Ongoing')
      await retried(before, 'CompleteAbort')
      await producer.end(true, 5, 'commit when CompleteAbort')
      await producer.end(false, 5, 'abort when CompleteAbort')
      await producer.describe()
      await readBoth(client, topic)
    },
  },
  {
    name: 'transactions: ends that cannot be',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      const ending = (version: number, more: object, say: string) =>
        producer.client.call(EndTxn, version, { ...producer.identity, committed: true, ...more }, say)
      for (const version of [1, 4, 5]) {
        await ending(version, {}, 'an unknown transactional id')
        await ending(version, { transactionalId: '' }, 'an empty transactional id')
      }
      await producer.init()
      await producer.init()
      await producer.addQuietly(topic)
      for (let version = 0; version <= 5; version++) {
        await ending(version, { producerId: producer.producerId + 100n }, 'another producer id')
        await ending(version, { producerEpoch: 0 }, 'an epoch that was')
        await ending(version, { producerEpoch: 2 }, 'an epoch to come')
      }
      await producer.describe()
    },
  },
  {
    name: 'transactions: a commit as both isolation levels see it',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      const { client } = producer
      await producer.init()
      await producer.add(topic)
      await producer.send(topic, ['a', 'b'])
      await producer.send(topic, ['c'])
      await endOffsets(client, topic, 'open')
      await readBoth(client, topic, { say: 'open' })
      await describeProducers(client, topic, 'open')
      await producer.end(true)
      await endOffsets(client, topic, 'committed')
      await readBoth(client, topic, { say: 'committed' })
      for (const version of [4, 5, 10, 11, 12, 17])
        await readBoth(client, topic, { version, say: 'committed' })
      await describeProducers(client, topic, 'committed')
    },
  },
  {
    name: 'transactions: an abort as both isolation levels see it',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      const { client } = producer
      await producer.init()
      await producer.add(topic)
      await producer.send(topic, ['a', 'b'])
      await producer.end(false)
      await endOffsets(client, topic, 'aborted')
      for (const version of [4, 11, 12, 16]) await readBoth(client, topic, { version, say: 'aborted' })
      for (const offset of [1n, 2n, 3n]) await readBoth(client, topic, { offset, say: 'aborted' })
      await producer.transact(topic, ['c'], true)
      await readBoth(client, topic, { say: 'and committed' })
      await readBoth(client, topic, { offset: 3n, say: 'and committed' })
    },
  },
  {
    name: 'transactions: version 2 from its first record to its end',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      const { client } = producer
      await producer.init()
      await producer.send(topic, ['a'], { version: 12 })
      await producer.describe('Ongoing')
      await producer.send(topic, ['b'], { version: 13 })
      await producer.end(true, 5)
      world.note('the epoch', producer.epoch)
      const { producerId } = producer
      await client.call(
        InitProducerId,
        5,
        {
          transactionalId: producer.transactionalId,
          transactionTimeoutMs: 60_000,
          producerId,
          producerEpoch: 0,
        },
        'the epoch before',
      )
      await describeProducers(client, topic, 'committed')
      await producer.send(topic, ['c'], { version: 12, baseSequence: 2 })
      await producer.describe('the sequence did not begin at 0')
      await producer.send(topic, ['c'], { version: 12, baseSequence: 0 })
      await producer.end(false, 5)
      world.note('the epoch', producer.epoch)
      await readBoth(client, topic)
      await describeProducers(client, topic, 'aborted')
    },
  },
  {
    name: 'transactions: a version 1 end for version 2 records, and the other way round',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      await producer.init()
      await producer.send(topic, ['a'], { version: 12 })
      await producer.end(true, 4)
      world.note('the epoch', producer.epoch)
      await producer.add(topic)
      await producer.send(topic, ['b'], { version: 11 })
      await producer.end(true, 5)
      world.note('the epoch', producer.epoch)
      await producer.describe()
      await readBoth(producer.client, topic)
    },
  },
  {
    name: 'transactions: partitions that nothing was written to get markers too',
    async run(world) {
      const topic = await world.topic(3)
      const producer = await TestProducer.make(world)
      await producer.init()
      await producer.add(topic, { partitions: [0, 2] })
      await producer.end(false)
      for (const partition of [0, 1, 2])
        await readBoth(producer.client, topic, { partition, say: `${partition}` })
    },
  },
  {
    name: 'transactions: timed out',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      await producer.init(5, { transactionTimeoutMs: 100 })
      await producer.add(topic)
      await producer.send(topic, ['a'])
      await producer.becomes('CompleteAbort')
      await producer.describe()
      for (const version of [1, 3]) await producer.add(topic, { version })
      await producer.send(topic, ['b'])
      await producer.end(true)
      await producer.end(true, 5)
      await producer.init(5, { producerId: producer.producerId, producerEpoch: 0 }, 'goes on')
      await readBoth(producer.client, topic)
      await producer.init()
    },
  },
  {
    name: 'transactions: timed out, version 2',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      await producer.init(5, { transactionTimeoutMs: 100 })
      await producer.send(topic, ['a'], { version: 12 })
      await producer.becomes('CompleteAbort')
      await producer.describe()
      await producer.send(topic, ['b'], { version: 12 })
      await producer.end(false, 5)
      await producer.init(5, { producerId: producer.producerId, producerEpoch: 0 }, 'goes on')
      await readBoth(producer.client, topic)
      await producer.init()
    },
  },
  {
    name: 'transactions: a topic is deleted in the middle of one',
    async run(world) {
      const [kept, gone] = [await world.topic(), await world.topic()]
      const producer = await TestProducer.make(world)
      await producer.init()
      await producer.addQuietly(kept)
      await producer.addQuietly(gone)
      await producer.sendQuietly(kept, ['a'])
      await producer.sendQuietly(gone, ['b'])
      await producer.client.call(DeleteTopics, 5, { topicNames: [gone.name], timeoutMs: 5000 })
      await sleep(200)
      await producer.end(true)
      await producer.describe()
      await readBoth(producer.client, kept)
    },
  },
  {
    name: 'transactions: markers written by hand',
    async run(world) {
      const topic = await world.topic(2)
      const producer = await TestProducer.make(world)
      const { client } = producer
      await producer.init()
      await producer.init()
      await producer.addQuietly(topic)
      await producer.sendQuietly(topic, ['a'])
      const marking = (version: number, more: object, say: string) => {
        const { producerId, epoch: producerEpoch } = producer
        const topics = [{ name: topic.name, partitionIndexes: [0] }]
        const marker = {
          producerId,
          producerEpoch,
          transactionResult: false,
          topics,
          coordinatorEpoch: 3,
          ...more,
        }
        return client.call(WriteTxnMarkers, version, { markers: [marker] }, say)
      }
      await marking(1, { producerEpoch: 0 }, 'an old epoch')
      await marking(2, { producerEpoch: 0, transactionVersion: 2 }, 'an old epoch, version 2')
      await marking(2, { transactionVersion: 2 }, 'the epoch itself, version 2')
      await endOffsets(client, topic)
      await marking(1, {}, 'the epoch')
      await marking(1, { coordinatorEpoch: 2 }, 'an old coordinator')
      await marking(1, { transactionResult: true }, 'where nothing is open')
      await marking(2, { producerEpoch: 4, transactionVersion: 2 }, 'a later epoch, version 2')
      const unknown = [
        { name: topic.name, partitionIndexes: [1, 9] },
        { name: world.unusedName(), partitionIndexes: [0] },
      ]
      await marking(1, { topics: unknown }, 'unknown partitions')
      await client.call(WriteTxnMarkers, 1, { markers: [] }, 'none')
      await readBoth(client, topic)
      await readBoth(client, topic, { partition: 1, say: 'partition 1' })
      await describeProducers(client, topic, 'afterwards')
    },
  },
]
