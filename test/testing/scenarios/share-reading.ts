import { setTimeout as sleep } from 'node:timers/promises'
import {
  AddPartitionsToTxn,
  DeleteRecords,
  DeleteTopics,
  DescribeTransactions,
  EndTxn,
  FindCoordinator,
  InitProducerId,
  ShareAcknowledge,
  ShareFetch,
} from '../../../src/protocol/messages/index.ts'
import {
  accept,
  ack,
  configureGroup,
  gap,
  joined,
  newMemberId,
  produce,
  ready,
  reject,
  release,
  renew,
  ShareReader,
  shareReader,
  until,
} from '../support/share-reader.ts'
import type { Scenario, Teller, TestTopic, World } from '../support/world.ts'

const recordLimit = { shareAcquireMode: 1 }
const onlyRenews = { isRenewAck: true, maxWaitMs: 0, minBytes: 0, maxBytes: 0, maxRecords: 0 }

/** Another reader of the same group; Kafka asks nobody who reads whether it is a member. */
async function another(world: World, reader: ShareReader, name: string): Promise<ShareReader> {
  return new ShareReader(await world.client(name), reader.groupId, reader.topic, newMemberId(world, name))
}

/** Begins a transaction that writes to partition 0 of the topic. */
async function transaction(client: Teller, transactionalId: string, topic: TestTopic) {
  const { producerId, producerEpoch } = await eventually(async () => {
    // A real Kafka makes the topic of transactions when somebody looks for a coordinator.
    await client.quietly(FindCoordinator, 4, { keyType: 1, coordinatorKeys: [transactionalId] })
    const answer = await client.quietly(InitProducerId, 4, { transactionalId, transactionTimeoutMs: 60_000 })
    return { ...answer, done: answer.errorCode === 0 }
  })
  await eventually(async () => {
    const answer = await client.quietly(AddPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: topic.name, partitions: [0] }],
    })
    const [{ partitionErrorCode }] = answer.resultsByTopicV3AndBelow[0].resultsByPartition
    return { done: partitionErrorCode === 0 }
  })
  return { producerId, producerEpoch }
}

/** Ends a transaction and waits for its marker. */
async function ended(
  client: Teller,
  transactionalId: string,
  producer: { producerId: bigint; producerEpoch: number },
  committed: boolean,
): Promise<void> {
  await client.quietly(EndTxn, 3, { transactionalId, ...producer, committed })
  await eventually(async () => {
    const { transactionStates } = await client.quietly(DescribeTransactions, 0, {
      transactionalIds: [transactionalId],
    })
    return { done: transactionStates[0].transactionState.startsWith('Complete') }
  })
}

/** What is given out until the offset `last` is, or a few fetches gave nothing. */
async function acquired(reader: ShareReader, last: number): Promise<string[]> {
  const ranges: string[] = []
  let highest = -1
  for (let round = 0; round < 20 && highest < last; round++) {
    const request = reader.request({ maxWaitMs: 50 })
    const { responses } = await reader.client.quietly(ShareFetch, 2, request)
    reader.epoch += 1
    for (const { firstOffset, lastOffset, deliveryCount } of responses[0]?.partitions[0].acquiredRecords ??
      []) {
      ranges.push(`${firstOffset} to ${lastOffset}, delivery ${deliveryCount}`)
      highest = Number(lastOffset)
    }
  }
  return ranges
}

/** Asks until it is done. */
async function eventually<T extends { done: boolean }>(ask: () => Promise<T>): Promise<T> {
  let answer: T | undefined
  await until(async () => {
    answer = await ask()
    return answer.done
  })
  return answer!
}

/** Opens sessions until there is something to acquire; where that begins. */
async function firstAcquired(reader: ShareReader): Promise<bigint | undefined> {
  let first: bigint | undefined
  await until(async () => {
    const { responses } = await reader.client.quietly(ShareFetch, 2, reader.request())
    first = responses[0]?.partitions[0].acquiredRecords[0]?.firstOffset
    return first !== undefined
  })
  return first
}

export const shareReadingScenarios: Scenario[] = [
  {
    name: 'share groups: records are acquired and accepted',
    async run(world) {
      const reader = await shareReader(world, await world.client(), { batches: [3, 2] })
      await reader.fetch('opens', {}, [], [0], 1)
      await reader.acknowledge('the first batch', [ack(0, 2, accept)])
      await reader.fetch('nothing is left', { maxWaitMs: 50 })
      await produce(reader.client, reader.topic, 1)
      await reader.fetch('what came meanwhile', {}, [], [0], 1)
      await reader.acknowledge('the rest', [ack(3, 5, accept)])
      await reader.close('closes')
    },
  },
  {
    name: 'share groups: sessions in every wrong order',
    async run(world) {
      const reader = await shareReader(world, await world.client(), { batches: [2] })
      for (const epoch of [1, -1, -2, 7]) {
        reader.epoch = epoch
        await reader.fetch(`epoch ${epoch} without a session`)
        await reader.acknowledge(`epoch ${epoch} without a session`, [ack(0, 0, accept)])
      }
      reader.epoch = 0
      await reader.acknowledge('cannot open', [ack(0, 0, accept)])
      await reader.fetch('cannot acknowledge while it opens', {}, [ack(0, 0, accept)])
      await reader.fetch('opens')
      for (const epoch of [2, -2, 0]) {
        reader.epoch = epoch
        if (epoch !== 0) await reader.fetch(`epoch ${epoch} in the place of 1`)
        await reader.acknowledge(`epoch ${epoch} in the place of 1`, [ack(0, 0, accept)])
      }
      reader.epoch = 1
      await reader.acknowledge('the right one', [ack(0, 0, accept)])
      await reader.fetch('the next one', { maxWaitMs: 0 })
      reader.epoch = 0
      await reader.fetch('opens again while it is open', { maxWaitMs: 0 })
      await reader.close('closes')
      reader.epoch = -1
      await reader.acknowledge('closes once more', [])
    },
  },
  {
    name: 'share groups: fetches that cannot be',
    async run(world) {
      const reader = await shareReader(world, await world.client(), { batches: [2] })
      await reader.fetch('no group', { groupId: null })
      await reader.fetch('no member', { memberId: null })
      await reader.fetch('an empty member', { memberId: '' })
      await reader.fetch('an unknown way to acquire', { shareAcquireMode: 2 })
      await reader.fetch('renews and fetches', { isRenewAck: true })
      await reader.fetch('no records wanted', { maxRecords: 0 })
      await reader.client.call(
        ShareAcknowledge,
        2,
        { groupId: null, memberId: 'm', shareSessionEpoch: 1 },
        'no group',
      )
      await reader.client.call(
        ShareAcknowledge,
        2,
        { groupId: 'g', memberId: null, shareSessionEpoch: 1 },
        'no member',
      )
    },
  },
  {
    name: 'share groups: what nobody has joined for cannot be read',
    async run(world) {
      const client = await world.client()
      const topic = await world.topic()
      await produce(client, topic, 1)
      const reader = new ShareReader(client, world.groupId(), topic, newMemberId(world, 'member'))
      await reader.fetch('a group without members')
      await reader.acknowledge('what was not given out', [ack(0, 0, accept)])
      await reader.close('closes')
    },
  },
  {
    name: 'share groups: acknowledgements that make no sense',
    async run(world) {
      const reader = await shareReader(world, await world.client(), { batches: [8] })
      await reader.fetch('opens')
      await reader.acknowledge('none', [])
      await reader.acknowledge('the last before the first', [ack(1, 0, accept)])
      await reader.acknowledge('no types', [ack(0, 0)])
      await reader.acknowledge('too few types', [ack(0, 2, accept, accept)])
      await reader.acknowledge('a type that there is not', [ack(0, 0, 5)])
      await reader.acknowledge('a type below all', [ack(0, 0, -1)])
      await reader.acknowledge('a renewal among others', [ack(0, 0, renew)])
      await reader.acknowledge('out of order', [ack(2, 3, accept), ack(0, 1, accept)])
      await reader.acknowledge('past what was given out', [ack(0, 100, accept)])
      await reader.acknowledge('all past what was given out', [ack(100, 100, accept)])
      await reader.acknowledge('before the beginning', [ack(-1, -1, accept)])
      await reader.acknowledge('one offset twice', [ack(0, 1, accept), ack(1, 2, accept)])
      await reader.acknowledge('a partition that there is not', [ack(0, 0, accept)], false, 9)
      await reader.acknowledge('all of it, after all', [ack(0, 7, accept)])
      await reader.acknowledge('once more', [ack(0, 7, accept)])
    },
  },
  {
    name: 'share groups: accepted, released, rejected and missing, one by one',
    async run(world) {
      const reader = await shareReader(world, await world.client(), { batches: [8] })
      await reader.fetch('opens')
      await reader.acknowledge('some of each', [ack(0, 3, accept, release, reject, gap), ack(4, 5, release)])
      await reader.acknowledge('what was released', [ack(1, 1, accept)])
      await reader.acknowledge('what was rejected', [ack(2, 2, accept)])
      await reader.acknowledge('good and bad', [ack(5, 7, accept)])
      await reader.fetch('what was released')
      await reader.acknowledge('all that is left', [ack(1, 1, accept), ack(4, 7, accept)])
      await reader.fetch('nothing is left', { maxWaitMs: 50 })
    },
  },
  {
    name: 'share groups: deliveries are counted up to the limit',
    async run(world) {
      const reader = await shareReader(world, await world.client(), { batches: [8] })
      for (let round = 1; round <= 12; round++) {
        const { responses } = await reader.fetch(`round ${round}`, { maxWaitMs: 100 })
        for (const { firstOffset, lastOffset } of responses[0]?.partitions[0].acquiredRecords ?? []) {
          await reader.acknowledge('gives it back', [ack(Number(firstOffset), Number(lastOffset), release)])
        }
      }
    },
  },
  {
    name: 'share groups: a limit of deliveries of the group itself',
    async run(world) {
      for (const limit of ['2', '3', '10']) {
        const configs = { 'share.delivery.count.limit': limit }
        const reader = await shareReader(world, await world.client(), { batches: [16], configs })
        for (let round = 1; round <= 11; round++) {
          const { responses } = await reader.fetch(`limit ${limit}, round ${round}`, { maxWaitMs: 100 })
          for (const { firstOffset, lastOffset } of responses[0]?.partitions[0].acquiredRecords ?? []) {
            await reader.acknowledge('gives it back', [ack(Number(firstOffset), Number(lastOffset), release)])
          }
        }
      }
    },
  },
  {
    name: 'share groups: about so many records, by whole batches of the log',
    async run(world) {
      const reader = await shareReader(world, await world.client(), { batches: [4, 4, 4, 4] })
      await reader.fetch('one', { maxRecords: 1 })
      await reader.fetch('five', { maxRecords: 5 })
      await reader.acknowledge('some come back', [ack(1, 2, release), ack(4, 11, release)])
      await reader.fetch('three', { maxRecords: 3 })
      await reader.fetch('the rest')
    },
  },
  {
    name: 'share groups: no more than so many records',
    async run(world) {
      const reader = await shareReader(world, await world.client(), { batches: [4, 4, 4] })
      await reader.fetch('five', { maxRecords: 5, ...recordLimit })
      await reader.fetch('two', { maxRecords: 2, ...recordLimit })
      await reader.acknowledge('three come back', [ack(1, 3, release)])
      await reader.fetch('two', { maxRecords: 2, ...recordLimit })
      await reader.fetch('three', { maxRecords: 3, ...recordLimit })
      await reader.fetch('many', { maxRecords: 30, ...recordLimit })
      const one = await shareReader(world, await world.client(), { batches: [4, 4, 4, 4] })
      await one.fetch('one', { maxRecords: 1, ...recordLimit })
      await one.fetch('eight', { maxRecords: 8, batchSize: 2, ...recordLimit })
      await one.fetch('the rest by batches')
    },
  },
  {
    name: 'share groups: what is told of in one',
    async run(world) {
      for (const batchSize of [1, 2, 3, 5]) {
        const reader = await shareReader(world, await world.client(), { batches: [10, 1, 1, 1, 3, 4] })
        await reader.fetch(`ranges of ${batchSize}`, { batchSize })
        await reader.close('closes')
        await reader.fetch('as they were', { batchSize: 500 })
      }
    },
  },
  {
    name: 'share groups: so many records in flight and no more',
    async run(world) {
      const configs = { 'share.partition.max.record.locks': '100' }
      const reader = await shareReader(world, await world.client(), { batches: [60, 60, 60], configs })
      await reader.fetch('two batches')
      await reader.fetch('there is no room', { maxWaitMs: 50 })
      await reader.acknowledge('the beginning', [ack(0, 9, accept)])
      await reader.acknowledge('the middle', [ack(20, 59, accept)])
      await reader.fetch('still no room', { maxWaitMs: 50 })
      await reader.acknowledge('some come back', [ack(60, 69, release)])
      await reader.fetch('those', { maxWaitMs: 50 })
      await reader.acknowledge('what holds up the others', [ack(10, 19, accept)])
      await reader.fetch('the last batch')
    },
  },
  {
    name: 'share groups: locks are renewed',
    async run(world) {
      const reader = await shareReader(world, await world.client(), { batches: [8] })
      await reader.fetch('opens')
      await reader.acknowledge('with an acknowledgement', [ack(0, 3, renew)], true)
      await reader.acknowledge('and others', [ack(0, 3, renew, accept, renew, release)], true)
      await reader.acknowledge('what it has no more', [ack(1, 1, renew)], true)
      await reader.fetch('with a fetch', onlyRenews, [ack(4, 7, renew)])
      await reader.fetch('without saying so', { maxWaitMs: 0 }, [ack(4, 7, renew)])
      await reader.acknowledge('they are still its own', [ack(4, 7, accept)])
      await configureGroup(reader.client, reader.groupId, { 'share.renew.acknowledge.enable': 'false' })
      await sleep(300)
      await reader.acknowledge('where that is not allowed', [ack(0, 0, renew)], true)
    },
  },
  {
    name: 'share groups: acknowledgements come with fetches',
    async run(world) {
      const reader = await shareReader(world, await world.client(), { batches: [4, 4] })
      await reader.fetch('opens', { maxRecords: 4 })
      await reader.fetch('accepts and gets more', { maxRecords: 4 }, [ack(0, 1, accept)])
      await reader.fetch('bad ones, and nothing to get', { maxWaitMs: 50 }, [
        ack(0, 1, accept),
        ack(2, 3, gap, 9),
      ])
      await reader.fetch('what it does not have', { maxWaitMs: 50 }, [ack(90, 91, accept)])
      await reader.fetch('gives back and gets that', {}, [ack(2, 3, release)])
      reader.epoch = -1
      await reader.fetch('closes', { maxWaitMs: 50 }, [ack(2, 3, accept), ack(4, 4, accept)])
      reader.epoch = 0
      await reader.fetch('the others were given back')
    },
  },
  {
    name: 'share groups: a connection that is lost gives its records back',
    async run(world) {
      const reader = await shareReader(world, await world.client(), { batches: [4] })
      const lost = await another(world, reader, 'lost')
      await lost.fetch('opens')
      await reader.fetch('gets nothing', { maxWaitMs: 50 })
      lost.client.close()
      await reader.fetch('gets what the other had', { maxWaitMs: 5000 })
      await reader.acknowledge('has it', [ack(0, 3, accept)])
    },
  },
  {
    name: 'share groups: nobody acknowledges for others',
    async run(world) {
      const one = await shareReader(world, await world.client('one'), { batches: [4, 4] })
      const two = await another(world, one, 'two')
      await one.fetch('the first batch', { maxRecords: 4 })
      await two.fetch('the second batch', { maxRecords: 4 })
      await two.acknowledge('what one has', [ack(0, 3, accept)])
      await one.acknowledge('what both have', [ack(2, 5, accept)])
      await one.acknowledge('its own', [ack(0, 3, release)])
      await two.fetch('gets what one gave back')
      await one.acknowledge('has it no more', [ack(0, 3, accept)])
      await two.acknowledge('has all', [ack(0, 7, accept)])
    },
  },
  {
    name: 'share groups: where reading begins',
    async run(world) {
      const client = await world.client()
      const topic = await world.topic()
      await produce(client, topic, 3)
      await produce(client, topic, [{ value: 'young', timestamp: Date.now() }], 0)
      for (const reset of ['latest', 'earliest', 'by_duration:PT1H']) {
        const groupId = world.groupId()
        await configureGroup(client, groupId, { 'share.auto.offset.reset': reset })
        await joined(client, groupId, newMemberId(world, 'member'), [topic.name], 1)
        if (reset === 'latest') {
          await ready(world, client, groupId, topic)
          await produce(client, topic, ['after the others'])
        }
        const reader = new ShareReader(client, groupId, topic, newMemberId(world, 'reader'))
        world.note(`reading from ${reset} begins at`, await firstAcquired(reader))
      }
    },
  },
  {
    name: 'share groups: fetches wait for records',
    async run(world) {
      const one = await shareReader(world, await world.client('one'))
      const two = await another(world, one, 'two')
      const writer = await world.client('writer')
      await one.fetch('opens', { maxWaitMs: 0 })
      const waiting = one.fetch('waits', { maxWaitMs: 9000 })
      await sleep(100)
      await produce(writer, one.topic, 2)
      await waiting
      await two.fetch('opens', { maxWaitMs: 0 })
      const forReleased = two.fetch('waits for what one has', { maxWaitMs: 9000 })
      await sleep(100)
      await one.acknowledge('gives it back', [ack(0, 1, release)])
      await forReleased
      await one.fetch('many bytes, and no such', { minBytes: 100_000, maxWaitMs: 200 })
      await produce(writer, one.topic, 1)
      await one.fetch('many bytes, and what there is', { minBytes: 100_000, maxWaitMs: 200 })
    },
  },
  {
    name: 'share groups: partitions take turns',
    async run(world) {
      const reader = await shareReader(world, await world.client(), { partitions: 3 })
      const { client, topic } = reader
      await reader.fetch('opens', { maxWaitMs: 0 }, [], [0, 1, 2])
      for (const index of [0, 1, 2]) await produce(client, topic, 3, index)
      // Whose turn it is depends on the order of a hash table in Kafka.
      const read: number[] = []
      const round = async (maxRecords: number) => {
        const { responses } = await client.quietly(
          ShareFetch,
          2,
          reader.request({ maxRecords, maxWaitMs: 100 }),
        )
        reader.epoch += 1
        for (const { partitionIndex, acquiredRecords } of responses.flatMap(({ partitions }) => partitions)) {
          if (acquiredRecords.length > 0) read.push(partitionIndex)
        }
      }
      for (let turn = 0; turn < 4; turn++) await round(1)
      world.note('one record at a time', read.splice(0).sort())
      for (const index of [0, 1, 2]) await produce(client, topic, 3, index)
      await round(5)
      world.note('five records: from how many partitions', read.length)
      await round(50)
      world.note('and the rest', read.splice(0).sort())
    },
  },
  {
    name: 'share groups: partitions are forgotten',
    async run(world) {
      const reader = await shareReader(world, await world.client(), { partitions: 2 })
      const { client, topic } = reader
      await reader.fetch('opens', { maxWaitMs: 0 }, [], [0, 1])
      await produce(client, topic, 2, 0)
      await produce(client, topic, 2, 1)
      const forgottenTopicsData = [{ topicId: topic.id, partitions: [1, 7] }]
      await reader.fetch('without the second', { forgottenTopicsData })
      await reader.fetch('nothing more', { maxWaitMs: 50 })
      await reader.fetch('with the second again', {
        topics: [{ topicId: topic.id, partitions: [{ partitionIndex: 1 }] }],
      })
    },
  },
  {
    name: 'share groups: topics and partitions that there are not',
    async run(world) {
      const reader = await shareReader(world, await world.client(), { batches: [2] })
      await reader.fetch('opens')
      const unknown = 'AAAAAAAAAAAAAAAAAAAAAQ'
      const named = (topicId: string, partitionIndex: number) => ({
        topics: [{ topicId, partitions: [{ partitionIndex }] }],
      })
      await reader.fetch('a partition that there is not', named(reader.topic.id, 5))
      await reader.fetch('it stays in the session')
      const forgotten = (topicId: string, partition: number) => ({
        forgottenTopicsData: [{ topicId, partitions: [partition] }],
        maxWaitMs: 50,
      })
      await reader.fetch('forgets it', forgotten(reader.topic.id, 5))
      await reader.fetch('a topic that there is not', named(unknown, 0))
      reader.epoch += 1
      await reader.fetch('it stays in the session')
      reader.epoch += 1
      await reader.fetch('forgets it', forgotten(unknown, 0))
      const { groupId, memberId, epoch } = reader
      const partitions = [{ partitionIndex: 0, acknowledgementBatches: [ack(0, 0, accept)] }]
      const topics = [{ topicId: unknown, partitions }]
      const wrong = { groupId, memberId, shareSessionEpoch: epoch, topics }
      await reader.client.call(ShareAcknowledge, 2, wrong, 'a topic that there is not')
    },
  },
  {
    name: 'share groups: a topic is deleted while it is read',
    async run(world) {
      const reader = await shareReader(world, await world.client(), { batches: [2] })
      const { client, topic } = reader
      await reader.fetch('opens')
      await client.quietly(DeleteTopics, 6, { topics: [{ name: topic.name }], timeoutMs: 10_000 })
      await sleep(700)
      await reader.fetch('it is gone', { maxWaitMs: 50 })
      reader.epoch += 1
      await reader.acknowledge('it is gone', [ack(0, 1, accept)])
      await reader.close('closes')
    },
  },
  {
    name: 'share groups: records that were deleted',
    async run(world) {
      const reader = await shareReader(world, await world.client(), { batches: [5, 5, 5] })
      const { client, topic } = reader
      const partitions = [{ partitionIndex: 0, offset: 7n }]
      await client.quietly(DeleteRecords, 2, {
        timeoutMs: 10_000,
        topics: [{ name: topic.name, partitions }],
      })
      world.note('reading begins at', await firstAcquired(reader))
      reader.epoch = 1
      await reader.acknowledge('what is left', [ack(7, 14, accept)])
      await reader.acknowledge('what is gone', [ack(0, 6, accept)])
    },
  },
  {
    name: 'share groups: transactions, committed and aborted',
    async run(world) {
      for (const level of ['read_uncommitted', 'read_committed']) {
        const configs = { 'share.isolation.level': level }
        const reader = await shareReader(world, await world.client(), { configs })
        const { client, topic } = reader
        const transactionalId = newMemberId(world, 'transaction')
        const begun = await transaction(client, transactionalId, topic)
        await produce(
          client,
          topic,
          2,
          0,
          { ...begun, baseSequence: 0, transactional: true },
          transactionalId,
        )
        world.note(`${level}: while it is open`, await acquired(reader, 0))
        await ended(client, transactionalId, begun, false)
        await produce(client, topic, 3)
        const next = await transaction(client, transactionalId, topic)
        await produce(client, topic, 2, 0, { ...next, baseSequence: 0, transactional: true }, transactionalId)
        await ended(client, transactionalId, next, true)
        world.note(`${level}: when both have ended`, await acquired(reader, 8))
      }
    },
  },
  {
    name: 'share groups: compressed batches and limits of bytes',
    async run(world) {
      const reader = await shareReader(world, await world.client())
      const { client, topic } = reader
      await produce(client, topic, ['one', 'two'], 0, { compression: 'gzip' })
      await produce(client, topic, 5)
      await produce(client, topic, 5)
      await reader.fetch('one byte', { maxBytes: 1 })
      await reader.fetch('more than a batch', { maxBytes: 150 })
      await reader.fetch('all', {})
    },
  },
]
