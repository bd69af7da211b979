import type { Draft } from '../../../../src/protocol/message.ts'
import {
  AddOffsetsToTxn,
  DeleteGroups,
  JoinGroup,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  SyncGroup,
  TxnOffsetCommit,
  type TxnOffsetCommitRequest,
} from '../../../../src/protocol/messages/index.ts'
import { TestProducer } from '../../support/test-producer.ts'
import type { Scenario, Teller, TestTopic } from '../../support/world.ts'

interface Committing {
  version?: number
  offset?: bigint
  more?: Draft<TxnOffsetCommitRequest>
  partitions?: readonly number[]
  say?: string
}

function commit(producer: TestProducer, groupId: string, topic: TestTopic, committing: Committing = {}) {
  const { version = 3, offset = 7n, more, partitions = [0], say } = committing
  const message = {
    ...producer.identity,
    groupId,
    topics: [
      {
        name: topic.name,
        partitions: partitions.map((partitionIndex) => ({
          partitionIndex,
          committedOffset: offset,
          committedMetadata: 'm',
          ...(version >= 2 && { committedLeaderEpoch: 0 }),
        })),
      },
    ],
    ...more,
  }
  return producer.client.call(TxnOffsetCommit, version, message, say)
}

function addOffsets(producer: TestProducer, groupId: string, version = 3, say = '') {
  return producer.client.call(AddOffsetsToTxn, version, { ...producer.identity, groupId }, say)
}

async function offsets(client: Teller, groupId: string, topic: TestTopic, say: string) {
  const wanted = [{ name: topic.name, partitionIndexes: [0, 1] }]
  for (const requireStable of [false, true]) {
    const told = `${say}${requireStable ? ', stable' : ''}`
    await client.call(OffsetFetch, 7, { groupId, topics: wanted, requireStable }, told)
    await client.call(OffsetFetch, 8, { groups: [{ groupId, topics: null }], requireStable }, `${told}, all`)
  }
}

async function plainCommit(
  client: Teller,
  groupId: string,
  topic: TestTopic,
  committedOffset: bigint,
  say: string,
) {
  await client.call(
    OffsetCommit,
    7,
    {
      groupId,
      generationIdOrMemberEpoch: -1,
      topics: [
        { name: topic.name, partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: '' }] },
      ],
    },
    say,
  )
}

/** Offsets of consumer groups in transactions. */
export const offsetScenarios: Scenario[] = [
  {
    name: 'transactions: offsets committed and aborted',
    async run(world) {
      const topic = await world.topic(2)
      const groupId = world.groupId()
      const producer = await TestProducer.make(world)
      const { client } = producer
      await producer.init()
      await addOffsets(producer, groupId)
      await producer.describe()
      await offsets(client, groupId, topic, 'before')
      await commit(producer, groupId, topic)
      await offsets(client, groupId, topic, 'pending')
      await producer.end(true)
      await offsets(client, groupId, topic, 'committed')
      await addOffsets(producer, groupId)
      await commit(producer, groupId, topic, { offset: 9n, partitions: [0, 1] })
      await offsets(client, groupId, topic, 'pending again')
      await producer.end(false)
      await offsets(client, groupId, topic, 'aborted')
    },
  },
  {
    name: 'transactions: offsets in every version',
    async run(world) {
      const topic = await world.topic()
      const groupId = world.groupId()
      const producer = await TestProducer.make(world)
      await producer.init()
      for (let version = 0; version <= 5; version++) {
        if (version <= 4) await addOffsets(producer, groupId, version)
        await commit(producer, groupId, topic, { version, offset: BigInt(version) })
        await producer.end(true, version <= 4 ? 4 : 5)
      }
      await offsets(producer.client, groupId, topic, 'at the end')
    },
  },
  {
    name: 'transactions: offsets of version 2 need not be announced',
    async run(world) {
      const topic = await world.topic()
      const groupId = world.groupId()
      const producer = await TestProducer.make(world)
      await producer.init()
      await commit(producer, groupId, topic, { version: 5 })
      await producer.describe()
      await offsets(producer.client, groupId, topic, 'pending')
      await producer.end(true, 5)
      await offsets(producer.client, groupId, topic, 'committed')
      await commit(producer, groupId, topic, { version: 5, offset: 20n })
      await producer.end(false, 5)
      await offsets(producer.client, groupId, topic, 'aborted')
    },
  },
  {
    name: 'transactions: offsets that were not announced',
    async run(world) {
      const topic = await world.topic()
      const groupId = world.groupId()
      const producer = await TestProducer.make(world)
      await commit(producer, groupId, topic, { say: 'an unknown transactional id' })
      await commit(producer, groupId, topic, { version: 5, say: 'an unknown transactional id' })
      await producer.init()
      for (let version = 0; version <= 4; version++) await commit(producer, groupId, topic, { version })
      await producer.addQuietly(topic)
      for (const version of [3, 4]) await commit(producer, groupId, topic, { version, say: 'Ongoing' })
      await offsets(producer.client, groupId, topic, 'refused')
    },
  },
  {
    name: 'transactions: offsets of who is not the producer',
    async run(world) {
      const topic = await world.topic()
      const groupId = world.groupId()
      const producer = await TestProducer.make(world)
      await producer.init()
      await producer.init()
      await addOffsets(producer, groupId)
      for (const version of [1, 2, 3, 4, 5]) {
        const refused = (more: Draft<TxnOffsetCommitRequest>, say: string) =>
          commit(producer, groupId, topic, { version, more, say })
        await refused({ producerEpoch: 0 }, 'an epoch that was')
        await refused({ producerEpoch: 2 }, 'an epoch to come')
        await refused({ producerId: producer.producerId + 100n }, 'another producer id')
        await refused({ transactionalId: world.unusedName() }, 'an unknown transactional id')
        await refused({ transactionalId: '' }, 'an empty transactional id')
      }
    },
  },
  {
    name: 'transactions: groups that cannot be announced',
    async run(world) {
      const groupId = world.groupId()
      const producer = await TestProducer.make(world)
      await addOffsets(producer, groupId, 3, 'an unknown transactional id')
      await producer.init()
      await producer.init()
      for (let version = 0; version <= 4; version++) {
        const adding = (more: object, say: string) =>
          producer.client.call(AddOffsetsToTxn, version, { ...producer.identity, groupId, ...more }, say)
        await adding({ producerEpoch: 0 }, 'an epoch that was')
        await adding({ producerEpoch: 2 }, 'an epoch to come')
        await adding({ producerId: producer.producerId + 100n }, 'another producer id')
        await adding({ transactionalId: '' }, 'an empty transactional id')
      }
      await addOffsets(producer, '', 3, 'an empty group')
      await addOffsets(producer, groupId, 3, 'the group')
      await addOffsets(producer, groupId, 3, 'the group again')
      await producer.describe()
      await producer.end(true)
    },
  },
  {
    name: 'transactions: offsets that cannot be',
    async run(world) {
      const topic = await world.topic()
      const groupId = world.groupId()
      const producer = await TestProducer.make(world)
      await producer.init()
      await addOffsets(producer, groupId)
      const committing = (more: Draft<TxnOffsetCommitRequest>, say: string, version = 3) =>
        commit(producer, groupId, topic, { more, say, version })
      await committing({ groupId: '' }, 'an empty group')
      await committing({ generationId: 3, memberId: 'nobody' }, 'a generation of a group that there is not')
      await committing({ memberId: 'nobody' }, 'a member of a group that there is not')
      await commit(producer, groupId, topic, { partitions: [0, 9], say: 'an unknown partition' })
      const named = (name: string, committedMetadata: string | null) => ({
        topics: [{ name, partitions: [{ partitionIndex: 0, committedOffset: 5n, committedMetadata }] }],
      })
      await committing(named(world.unusedName(), ''), 'an unknown topic')
      await committing(named(topic.name, 'x'.repeat(5000)), 'long metadata')
      await committing(named(topic.name, null), 'no metadata')
      await committing({ topics: [] }, 'nothing')
      await producer.end(true)
      await offsets(producer.client, groupId, topic, 'at the end')
    },
  },
  {
    name: 'transactions: offsets of the members of a group',
    async run(world) {
      const topic = await world.topic()
      const groupId = world.groupId()
      const producer = await TestProducer.make(world)
      const { client } = producer
      await producer.init()
      await addOffsets(producer, groupId)
      const joining = (memberId: string) => ({
        groupId,
        sessionTimeoutMs: 30_000,
        rebalanceTimeoutMs: 30_000,
        memberId,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
      })
      const { memberId } = await client.quietly(JoinGroup, 5, joining(''))
      const { generationId } = await client.quietly(JoinGroup, 5, joining(memberId))
      const member = { memberId, generationId }
      const committing = async (state: string) => {
        for (const version of [3, 5]) {
          const refused = (more: Draft<TxnOffsetCommitRequest>, say: string) =>
            commit(producer, groupId, topic, { version, more, say: `${state}: ${say}` })
          await refused(member, 'the member')
          await refused({}, 'nobody')
          await refused({ ...member, generationId: generationId + 1 }, 'another generation')
          await refused({ ...member, memberId: 'nobody' }, 'another member')
          await refused({ ...member, groupInstanceId: 'i' }, 'as static')
          await refused({ memberId, generationId: -1 }, 'no generation')
        }
      }
      await committing('CompletingRebalance')
      await client.quietly(SyncGroup, 3, {
        groupId,
        ...member,
        assignments: [{ memberId, assignment: Buffer.alloc(0) }],
      })
      await committing('Stable')
      await producer.end(true)
      await offsets(client, groupId, topic, 'at the end')
    },
  },
  {
    name: 'transactions: offsets committed by others while some are pending',
    async run(world) {
      const topic = await world.topic(2)
      const groupId = world.groupId()
      const one = await TestProducer.make(world, 'one')
      const two = await TestProducer.make(world, 'two')
      const { client } = one
      for (const producer of [one, two]) {
        await producer.init()
        await addOffsets(producer, groupId)
      }
      await commit(one, groupId, topic, { offset: 10n })
      await plainCommit(client, groupId, topic, 20n, 'while it is pending')
      await offsets(client, groupId, topic, 'both')
      await one.end(true)
      await offsets(client, groupId, topic, 'the later one stays')
      await one.client.quietly(AddOffsetsToTxn, 3, { ...one.identity, groupId })
      await commit(two, groupId, topic, { offset: 30n })
      await commit(one, groupId, topic, { offset: 40n })
      await commit(two, groupId, topic, { offset: 31n })
      await one.end(true)
      await offsets(client, groupId, topic, 'one has ended')
      await two.end(true)
      await offsets(client, groupId, topic, 'both have ended')
    },
  },
  {
    name: 'transactions: a group is deleted while offsets are pending',
    async run(world) {
      const topic = await world.topic(2)
      const groupId = world.groupId()
      const producer = await TestProducer.make(world)
      const { client } = producer
      await producer.init()
      await addOffsets(producer, groupId)
      await commit(producer, groupId, topic, { partitions: [0, 1] })
      await client.call(OffsetDelete, 0, {
        groupId,
        topics: [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }],
      })
      await offsets(client, groupId, topic, 'one deleted')
      await client.call(DeleteGroups, 2, { groupsNames: [groupId] })
      await offsets(client, groupId, topic, 'the group deleted')
      await producer.end(true)
      await offsets(client, groupId, topic, 'committed')
    },
  },
]
