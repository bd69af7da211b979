import {
  AddPartitionsToTxn,
  DescribeTransactions,
  FindCoordinator,
  InitProducerId,
  ListTransactions,
} from '../../../../src/protocol/messages/index.ts'
import { TestProducer } from '../../support/test-producer.ts'
import type { Scenario } from '../../support/world.ts'

/** Producer ids, fencing, and which partitions belong to a transaction. */
export const beginningScenarios: Scenario[] = [
  {
    name: 'transactions: the coordinator in every version',
    async run(world) {
      const { client, transactionalId } = await TestProducer.make(world)
      for (let version = 1; version <= 3; version++)
        await client.call(FindCoordinator, version, { keyType: 1, key: transactionalId })
      for (let version = 4; version <= 6; version++)
        await client.call(FindCoordinator, version, { keyType: 1, coordinatorKeys: [transactionalId] })
      await client.call(FindCoordinator, 3, { keyType: 1, key: '' }, 'an empty key')
      await client.call(
        FindCoordinator,
        4,
        { keyType: 1, coordinatorKeys: ['', transactionalId] },
        'an empty key',
      )
    },
  },
  {
    name: 'transactions: a producer id in every version',
    async run(world) {
      const producer = await TestProducer.make(world)
      await producer.describe('before')
      let first: bigint | undefined
      for (let version = 0; version <= 5; version++) {
        await producer.init(version)
        first ??= producer.producerId
        world.note('the same id', producer.producerId === first)
      }
      await producer.describe('after')
    },
  },
  {
    name: 'transactions: producer ids that cannot be',
    async run(world) {
      const producer = await TestProducer.make(world)
      await producer.init(4, { transactionalId: '' }, 'an empty id')
      await producer.init(4, { transactionTimeoutMs: 0 }, 'a timeout of 0')
      await producer.init(4, { transactionTimeoutMs: -1 }, 'a negative timeout')
      await producer.init(4, { transactionTimeoutMs: 900_000 }, 'the longest timeout')
      await producer.init(4, { transactionTimeoutMs: 900_001 }, 'too long a timeout')
      await producer.init(4, { transactionalId: null, transactionTimeoutMs: 0 }, 'no id, a timeout of 0')
      await producer.init(4, { producerId: 5n }, 'an id without an epoch')
      await producer.init(4, { producerEpoch: 5 }, 'an epoch without an id')
      await producer.init(4, { producerId: -2n, producerEpoch: 3 }, 'a negative id')
      await producer.init(
        4,
        { transactionalId: null, producerId: 5n, producerEpoch: 3 },
        'idempotent, with both',
      )
      const other = await TestProducer.make(world, 'other')
      await other.init(
        4,
        { producerId: 777_777n, producerEpoch: 3 },
        'a new id, with a stranger’s producer id',
      )
      await other.describe()
    },
  },
  {
    name: 'transactions: a producer that goes on with its id and epoch',
    async run(world) {
      const producer = await TestProducer.make(world)
      const asking = (producerEpoch: number, say: string, producerId = producer.producerId) =>
        producer.init(5, { producerId, producerEpoch }, say)
      await producer.init()
      await asking(0, 'the epoch')
      await asking(0, 'the epoch before, as a retry')
      await asking(1, 'the epoch')
      await asking(0, 'an older epoch')
      await asking(7, 'an epoch to come')
      await asking(2, 'another id', producer.producerId + 100n)
      await producer.init(5, {}, 'without')
      await asking(2, 'the epoch before, of which no retry is known')
      await asking(3, 'the epoch')
      await producer.describe()
    },
  },
  {
    name: 'transactions: a second producer fences the first',
    async run(world) {
      const topic = await world.topic()
      const first = await TestProducer.make(world, 'first')
      const second = await first.twin(world, 'second')
      await first.init()
      await second.init()
      for (let version = 0; version <= 3; version++) await first.add(topic, { version })
      await first.send(topic, ['a'], { version: 11 })
      await first.send(topic, ['a'], { version: 12 })
      for (let version = 0; version <= 5; version++) await first.end(true, version)
      await second.add(topic)
      await second.send(topic, ['b'])
      for (let version = 9; version <= 12; version++)
        await first.send(topic, ['a'], { version, baseSequence: 0 })
      await second.end(true)
      await first.send(topic, ['a'], { version: 11, baseSequence: 0 })
    },
  },
  {
    name: 'transactions: a second producer aborts the first one’s transaction',
    async run(world) {
      const topic = await world.topic()
      const first = await TestProducer.make(world, 'first')
      const second = await first.twin(world, 'second')
      await first.init()
      await first.add(topic)
      await first.send(topic, ['a'])
      await second.init()
      await second.settled()
      await second.describe('aborted')
      await second.initQuietly()
      world.note('the epoch of the second', second.epoch)
      world.note('the same id', first.producerId === second.producerId)
      await first.add(topic)
      await first.end(true)
      await first.send(topic, ['b'])
      await first.init(5, { producerId: first.producerId, producerEpoch: first.epoch }, 'goes on')
      await second.describe()
    },
  },
  {
    name: 'transactions: a second producer aborts a transaction of version 2',
    async run(world) {
      const topic = await world.topic()
      const first = await TestProducer.make(world, 'first')
      const second = await first.twin(world, 'second')
      await first.init()
      await first.send(topic, ['a'], { version: 12 })
      await second.init()
      await second.settled()
      await second.describe('aborted')
      await second.initQuietly()
      world.note('the epoch of the second', second.epoch)
      await first.send(topic, ['b'], { version: 12 })
      await first.end(true, 5)
      await second.send(topic, ['c'], { version: 12 })
      await second.describe()
      await second.end(true, 5)
    },
  },
  {
    name: 'transactions: a producer goes on in the middle of its own',
    async run(world) {
      const topic = await world.topic()
      for (const version of [11, 12]) {
        const producer = await TestProducer.make(world)
        await producer.init()
        if (version === 11) await producer.add(topic)
        await producer.send(topic, ['a'], { version, partition: 0 })
        const { producerId, epoch: producerEpoch } = producer
        await producer.init(5, { producerId, producerEpoch })
        await producer.settled()
        await producer.describe()
        await producer.init(5, { producerId, producerEpoch }, 'again')
        await producer.init(5, { producerId, producerEpoch: producerEpoch + 1 }, 'with the next epoch')
      }
    },
  },
  {
    name: 'transactions: partitions added in every version',
    async run(world) {
      const [one, two] = [await world.topic(3), await world.topic()]
      const producer = await TestProducer.make(world)
      await producer.init()
      for (let version = 0; version <= 3; version++) {
        const message = {
          ...producer.addMessage(one, [version % 3, 0]),
          v3AndBelowTopics: [
            { name: one.name, partitions: [version % 3, 0] },
            { name: two.name, partitions: [0] },
          ],
        }
        await producer.client.call(AddPartitionsToTxn, version, message)
      }
      await producer.describe()
      await producer.end(true)
      await producer.describe()
    },
  },
  {
    name: 'transactions: partitions that cannot be added',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      const { client } = producer
      const adding = (more: object, say: string, version = 3) =>
        client.call(AddPartitionsToTxn, version, { ...producer.addMessage(topic), ...more }, say)
      await adding({}, 'an unknown transactional id')
      await adding({ v3AndBelowTransactionalId: '' }, 'an empty transactional id')
      await producer.init()
      await adding({ v3AndBelowProducerId: producer.producerId + 100n }, 'another producer id')
      for (const version of [1, 2]) {
        await adding({ v3AndBelowProducerEpoch: 1 }, 'an epoch to come', version)
        await adding({ v3AndBelowProducerEpoch: -1 }, 'a negative epoch', version)
      }
      const unknown = [
        { name: topic.name, partitions: [0, 7] },
        { name: world.unusedName(), partitions: [0] },
      ]
      await adding({ v3AndBelowTopics: unknown }, 'unknown partitions')
      await adding({ v3AndBelowTopics: [] }, 'nothing')
      await producer.describe()
    },
  },
  {
    name: 'transactions: several at a time, added and verified',
    async run(world) {
      const topic = await world.topic(2)
      const [one, two] = [await TestProducer.make(world, 'one'), await TestProducer.make(world, 'two')]
      await one.init()
      await two.init()
      const topics = [{ name: topic.name, partitions: [0, 1] }]
      const first = { ...one.identity, topics: [{ name: topic.name, partitions: [0] }] }
      for (const version of [4, 5]) {
        await one.client.call(
          AddPartitionsToTxn,
          version,
          { transactions: [{ ...first, verifyOnly: true }] },
          'Empty',
        )
      }
      await one.client.call(
        AddPartitionsToTxn,
        4,
        { transactions: [first, { ...two.identity, topics }] },
        'both',
      )
      await one.describe()
      for (const version of [4, 5]) {
        const verifying = (more: object, say: string) =>
          one.client.call(
            AddPartitionsToTxn,
            version,
            { transactions: [{ ...one.identity, verifyOnly: true, topics, ...more }] },
            say,
          )
        await verifying({}, 'one of two is there')
        await verifying({ producerEpoch: 1 }, 'an epoch to come')
        await verifying({ producerEpoch: -1 }, 'an epoch that was')
        await verifying({ producerId: one.producerId + 100n }, 'another producer id')
        await verifying({ transactionalId: world.unusedName() }, 'an unknown transactional id')
        await verifying({ transactionalId: '' }, 'an empty transactional id')
        await verifying({ topics: [{ name: world.unusedName(), partitions: [0] }] }, 'an unknown topic')
      }
      const mixed = [
        { ...one.identity, producerEpoch: 5, topics },
        { ...two.identity, topics },
        { ...two.identity, transactionalId: world.unusedName(), topics },
      ]
      await one.client.call(AddPartitionsToTxn, 5, { transactions: mixed }, 'some of them')
    },
  },
  {
    name: 'transactions: described and listed',
    async run(world) {
      const topic = await world.topic()
      const producer = await TestProducer.make(world)
      const other = await TestProducer.make(world, 'other')
      await producer.init()
      await producer.describe('Empty')
      await producer.addQuietly(topic)
      await producer.describe('Ongoing')
      await other.init()
      const { client, transactionalId } = producer
      const asked = { transactionalIds: [transactionalId, world.unusedName(), ''] }
      await client.call(DescribeTransactions, 0, asked, 'known, unknown and empty')
      const ours = [transactionalId, other.transactionalId]
      const listed = async (version: number, filters: object, say: string) => {
        const answer = await client.quietly(ListTransactions, version, filters)
        const transactionStates = answer.transactionStates
          .filter((one) => ours.includes(one.transactionalId))
          .sort((a, b) => a.transactionalId.localeCompare(b.transactionalId))
        world.note(`ListTransactions v${version} (${say})`, { ...answer, transactionStates })
      }
      for (let version = 0; version <= 2; version++) await listed(version, {}, 'all')
      await listed(0, { stateFilters: ['Ongoing'] }, 'ongoing')
      await listed(0, { stateFilters: ['Empty', 'Ongoing'] }, 'empty and ongoing')
      await listed(0, { stateFilters: ['CompleteCommit', 'Nonsense', 'ongoing'] }, 'nonsense')
      await listed(0, { stateFilters: ['Nonsense'] }, 'nothing but nonsense')
      await listed(0, { producerIdFilters: [producer.producerId] }, 'by producer id')
      await listed(0, { producerIdFilters: [other.producerId], stateFilters: ['Ongoing'] }, 'both')
      await listed(1, { durationFilter: 0n }, 'longer than 0 ms')
      await listed(1, { durationFilter: 600_000n }, 'longer than ten minutes')
      await listed(2, { transactionalIdPattern: `^${transactionalId}$` }, 'by a pattern')
      await listed(2, { transactionalIdPattern: transactionalId.slice(0, 8) }, 'by a piece of it')
      await listed(2, { transactionalIdPattern: '' }, 'by an empty pattern')
      await listed(2, { transactionalIdPattern: '(' }, 'by a broken pattern')
      await producer.endQuietly(false)
      await listed(0, { stateFilters: ['CompleteAbort'] }, 'aborted')
      await client.call(InitProducerId, 5, { transactionalId, transactionTimeoutMs: 1000 }, 'once more')
      await producer.describe('Empty, with another timeout')
    },
  },
]
