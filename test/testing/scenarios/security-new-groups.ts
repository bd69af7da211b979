import {
  AlterShareGroupOffsets,
  ConsumerGroupDescribe,
  ConsumerGroupHeartbeat,
  DeleteShareGroupOffsets,
  DescribeShareGroupOffsets,
  DescribeTransactions,
  FindCoordinator,
  InitProducerId,
  ListTransactions,
  ShareAcknowledge,
  ShareFetch,
  ShareGroupDescribe,
  ShareGroupHeartbeat,
  WriteTxnMarkers,
} from '../../../src/protocol/messages/index.ts'
import { type Grant, grantTo } from '../support/acls.ts'
import { as } from '../support/secured.ts'
import { type Scenario, type Teller, until, type World } from '../support/world.ts'

const unknownId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const memberId = 'AAAAAAAAAAAAAAAAAAAAAw'
const joining = { memberEpoch: 0, rebalanceTimeoutMs: 10_000, topicPartitions: [] }

async function client(world: World, user: string, ...grants: Grant[]): Promise<Teller> {
  await grantTo(world, user, ...grants)
  return world.client(user, as(user))
}

async function found(teller: Teller, key: string, keyType: number): Promise<void> {
  await until(async () => {
    const { coordinators } = await teller.quietly(FindCoordinator, 4, { coordinatorKeys: [key], keyType })
    return coordinators[0].errorCode === 0
  })
}

export const newGroupScenarios: Scenario[] = [
  {
    name: 'security: denied: consumer groups',
    async run(world) {
      const topic = await world.topic()
      const groupId = world.groupId()
      const teller = await world.client('alice', as('alice'))
      const subscribedTopicNames = [topic.name]
      await teller.call(ConsumerGroupHeartbeat, 0, {
        groupId,
        memberId: '',
        ...joining,
        subscribedTopicNames,
      })
      await teller.call(ConsumerGroupHeartbeat, 1, { groupId, memberId, ...joining, subscribedTopicNames })
      await teller.call(ConsumerGroupDescribe, 1, { groupIds: [groupId], includeAuthorizedOperations: true })
      const member = await client(world, 'zoe', { may: 'read', on: 'group', name: groupId })
      const heartbeat = { groupId, memberId, ...joining, subscribedTopicNames }
      await member.call(ConsumerGroupHeartbeat, 1, heartbeat, 'a topic that may not be known')
      await member.call(ConsumerGroupHeartbeat, 1, {
        ...heartbeat,
        subscribedTopicNames: [topic.name, world.unusedName()],
      })
    },
  },
  {
    name: 'security: consumer groups with topics that not everybody may know',
    async run(world) {
      const topic = await world.topic()
      const groupId = world.groupId()
      const group: Grant = { may: 'read', on: 'group', name: groupId }
      const describing: Grant = { may: 'describe', on: 'topic', name: topic.name }
      const member = await client(world, 'yvonne', group, describing)
      const heartbeat = { groupId, memberId, ...joining, subscribedTopicNames: [topic.name] }
      await member.call(ConsumerGroupHeartbeat, 1, heartbeat)
      const message = { groupIds: [groupId], includeAuthorizedOperations: true }
      await until(async () => {
        const { groups } = await member.quietly(ConsumerGroupDescribe, 1, message)
        return groups[0].groupState === 'Stable'
      })
      await member.call(ConsumerGroupDescribe, 1, message)
      const other = await client(world, 'mallory', { ...group, may: 'describe' })
      await other.call(ConsumerGroupDescribe, 1, message, 'who may not know the topic')
      await member.quietly(ConsumerGroupHeartbeat, 1, { groupId, memberId, memberEpoch: -1 })
    },
  },
  {
    name: 'security: denied: share groups',
    async run(world) {
      const topic = await world.topic()
      const groupId = world.groupId()
      const teller = await world.client('alice', as('alice'))
      const heartbeat = { groupId, memberId, memberEpoch: 0, subscribedTopicNames: [topic.name] }
      await teller.call(ShareGroupHeartbeat, 1, heartbeat)
      await teller.call(ShareGroupDescribe, 1, { groupIds: [groupId], includeAuthorizedOperations: true })
      const limits = { maxWaitMs: 0, minBytes: 0, maxBytes: 1000, maxRecords: 10, batchSize: 10 }
      const session = { groupId, memberId, shareSessionEpoch: 0 }
      const partitions = [{ partitionIndex: 0, acknowledgementBatches: [] }]
      const topics = [topic.id, unknownId].map((topicId) => ({ topicId, partitions }))
      await teller.call(ShareFetch, 1, { ...session, ...limits, topics, forgottenTopicsData: [] })
      await teller.call(ShareAcknowledge, 1, { ...session, shareSessionEpoch: 1, topics })
      const member = await client(world, 'bob', { may: 'read', on: 'group', name: groupId })
      await member.call(ShareGroupHeartbeat, 1, heartbeat, 'a topic that may not be known')
      const known = [{ topicId: topic.id, partitions }]
      await member.call(ShareFetch, 1, { ...session, ...limits, topics: known, forgottenTopicsData: [] })
    },
  },
  {
    name: 'security: denied: the offsets of share groups',
    async run(world) {
      const topic = await world.topic()
      const groupId = world.groupId()
      const teller = await world.client('alice', as('alice'))
      const described = [{ topicName: topic.name, partitions: [0] }]
      const altered = [{ topicName: topic.name, partitions: [{ partitionIndex: 0, startOffset: 0n }] }]
      await teller.call(DescribeShareGroupOffsets, 1, { groups: [{ groupId, topics: described }] })
      await teller.call(AlterShareGroupOffsets, 0, { groupId, topics: altered })
      await teller.call(DeleteShareGroupOffsets, 0, { groupId, topics: [{ topicName: topic.name }] })
    },
  },
  {
    name: 'security: denied: transactions described',
    async run(world) {
      const transactionalId = `${world.unusedName()}-tx`
      const admin = await world.client('admin')
      await found(admin, transactionalId, 1)
      await until(async () => {
        const message = { transactionalId, transactionTimeoutMs: 1000 }
        return (await admin.quietly(InitProducerId, 4, message)).errorCode === 0
      })
      const teller = await world.client('alice', as('alice'))
      await teller.call(DescribeTransactions, 0, { transactionalIds: [transactionalId, 'other'] })
      await teller.call(ListTransactions, 0, {})
      const topics = [{ name: 'x', partitionIndexes: [0] }]
      const markers = [
        { producerId: 1n, producerEpoch: 0, transactionResult: true, topics, coordinatorEpoch: 0 },
      ]
      await teller.call(WriteTxnMarkers, 1, { markers })
      const knowing = await client(world, 'carol', {
        may: 'describe',
        on: 'transactionalId',
        name: transactionalId,
      })
      await knowing.call(DescribeTransactions, 0, { transactionalIds: [transactionalId, 'other'] })
      await knowing.call(ListTransactions, 0, {})
    },
  },
]
