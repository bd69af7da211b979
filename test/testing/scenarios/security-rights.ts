import {
  AddPartitionsToTxn,
  CreateTopics,
  DeleteTopics,
  DescribeCluster,
  DescribeConfigs,
  DescribeGroups,
  DescribeTopicPartitions,
  Fetch,
  FindCoordinator,
  InitProducerId,
  ListGroups,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  Produce,
} from '../../../src/protocol/messages/index.ts'
import { type Grant, grantTo } from '../support/acls.ts'
import { batch } from '../support/batches.ts'
import { as } from '../support/secured.ts'
import { type Scenario, type Teller, type TestTopic, until, type World } from '../support/world.ts'
import { fetching } from './security-denials.ts'

async function client(world: World, user: string, ...grants: Grant[]): Promise<Teller> {
  await grantTo(world, user, ...grants)
  return world.client(user, as(user))
}

/** One request of each kind that a client may send about a topic. */
async function tryEverything(teller: Teller, topic: TestTopic): Promise<void> {
  const records = await batch(['a'])
  const partitionData = [{ index: 0, records }]
  await teller.call(Produce, 9, {
    topicData: [{ name: topic.name, partitionData }],
    acks: -1,
    timeoutMs: 1000,
  })
  await teller.call(Fetch, 12, fetching(topic, 12, { maxBytes: 1 }))
  const partitions = [{ partitionIndex: 0, timestamp: -2n }]
  await teller.call(ListOffsets, 5, { replicaId: -1, topics: [{ name: topic.name, partitions }] })
  const operations = { includeTopicAuthorizedOperations: true }
  await teller.call(Metadata, 9, { topics: [{ name: topic.name }], ...operations })
  const configurationKeys = ['retention.ms']
  const resource = { resourceType: 2, resourceName: topic.name, configurationKeys }
  await teller.call(DescribeConfigs, 4, { resources: [resource] })
  await teller.call(DescribeTopicPartitions, 0, {
    topics: [{ name: topic.name }],
    responsePartitionLimit: 10,
    cursor: null,
  })
}

function produceTo(names: readonly string[], records: Buffer) {
  const partitionData = [{ index: 0, records }]
  return { topicData: names.map((name) => ({ name, partitionData })), acks: -1, timeoutMs: 1000 }
}

function topicRights(right: NonNullable<Grant['may']>, user: string): Scenario {
  return {
    name: `security: who may ${right} a topic`,
    async run(world) {
      const topic = await world.topic()
      await tryEverything(await client(world, user, { may: right, on: 'topic', name: topic.name }), topic)
    },
  }
}

export const rightsScenarios: Scenario[] = [
  topicRights('read', 'bob'),
  topicRights('write', 'carol'),
  topicRights('describe', 'dave'),
  topicRights('delete', 'erin'),
  topicRights('alter', 'frank'),
  topicRights('alterConfigs', 'grace'),
  topicRights('describeConfigs', 'heidi'),
  topicRights('create', 'ivan'),
  topicRights('all', 'judy'),
  {
    name: 'security: prefixes, denials and everything',
    async run(world) {
      const [topic, other] = [await world.topic(), await world.topic()]
      const records = await batch(['a'])
      const names = [topic.name, other.name]
      const produce = async (say: string, ...grants: Grant[]) => {
        const teller = await client(world, 'kate', ...grants)
        await teller.call(Produce, 9, produceTo(names, records), say)
      }
      const [a, b] = names
      await produce('one of two', { may: 'write', on: 'topic', name: a })
      await produce('by prefix', { may: 'write', on: 'topic', name: 'topic-1-', isPrefix: true })
      await produce('by a prefix of both', { may: 'write', on: 'topic', name: 'topic-', isPrefix: true })
      await produce('everything', { may: 'write', on: 'topic', name: '*' })
      await produce('a star for a prefix', { may: 'write', on: 'topic', name: '*', isPrefix: true })
      const allowed: Grant = { may: 'write', on: 'topic', name: '*' }
      await produce('all but one', allowed, { mayNot: 'write', on: 'topic', name: b })
      await produce('all but a prefix', allowed, {
        mayNot: 'all',
        on: 'topic',
        name: 'topic-2-',
        isPrefix: true,
      })
      await produce('all but everything', allowed, { mayNot: 'write', on: 'topic', name: '*' })
      await produce('denied something else', allowed, { mayNot: 'read', on: 'topic', name: '*' })
      await produce('from another host', { ...allowed, host: '10.1.2.3' })
      await produce('from this host', { ...allowed, host: '127.0.0.1' })
      await produce('denied from this host', allowed, {
        mayNot: 'write',
        on: 'topic',
        name: a,
        host: '127.0.0.1',
      })
    },
  },
  {
    name: 'security: who may not describe but read',
    async run(world) {
      const topic = await world.topic()
      const name = topic.name
      const denial: Grant = { mayNot: 'describe', on: 'topic', name }
      await tryEverything(await client(world, 'leo', { may: 'read', on: 'topic', name }, denial), topic)
    },
  },
  {
    name: 'security: idempotence needs a right to write anywhere',
    async run(world) {
      const init = async (say: string, ...grants: Grant[]) => {
        const teller = await client(world, 'quinn', ...grants)
        await teller.call(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 }, say)
      }
      await init('to write to one topic', { may: 'write', on: 'topic', name: 'some' })
      await init('to read one topic', { may: 'read', on: 'topic', name: 'some' })
      await init('on the cluster', { may: 'idempotentWrite', on: 'cluster' })
      await init('to do all with one prefix', { may: 'all', on: 'topic', name: 'so', isPrefix: true })
      const write: Grant = { may: 'write', on: 'topic', name: 'some' }
      await init('denied for the topic', write, { mayNot: 'write', on: 'topic', name: 'some' })
      await init('denied for its prefix', write, { mayNot: 'write', on: 'topic', name: 'so', isPrefix: true })
      await init('denied for another', write, { mayNot: 'write', on: 'topic', name: 'other' })
      await init('denied for all', write, { mayNot: 'write', on: 'topic', name: '*' })
    },
  },
  {
    name: 'security: who may make topics',
    async run(world) {
      const prefix = world.unusedName()
      const wish = (name: string) => ({ name: `${prefix}.${name}`, numPartitions: 1, replicationFactor: 1 })
      const make = async (say: string, name: string, ...grants: Grant[]) => {
        const teller = await client(world, 'rita', ...grants)
        await teller.call(
          CreateTopics,
          7,
          { topics: [wish(name), wish(`${name}-x`)], timeoutMs: 10_000 },
          say,
        )
      }
      await make('on the cluster', 'a', { may: 'create', on: 'cluster' })
      await make('one of them', 'b', { may: 'create', on: 'topic', name: `${prefix}.b` })
      await make(
        'and describe configs',
        'c',
        { may: 'create', on: 'topic', name: `${prefix}.c` },
        { may: 'describeConfigs', on: 'topic', name: `${prefix}.c` },
      )
      const teller = await client(world, 'rita', { may: 'delete', on: 'topic', name: `${prefix}.a` })
      const topicNames = [`${prefix}.a`, `${prefix}.b`]
      await teller.call(DeleteTopics, 5, { topicNames, timeoutMs: 10_000 })
    },
  },
  {
    name: 'security: topics that are made by asking for them',
    async run(world) {
      const name = `${world.unusedName()}-auto`
      const message = { topics: [{ name }], allowAutoTopicCreation: true }
      const describe: Grant = { may: 'describe', on: 'topic', name }
      const teller = await client(world, 'sybil', describe)
      await teller.call(Metadata, 9, message, 'who may describe')
      await teller.call(Metadata, 9, { ...message, allowAutoTopicCreation: false }, 'without making')
    },
  },
  {
    name: 'security: who may read a group',
    async run(world) {
      const topic = await world.topic()
      const other = await world.topic()
      const groupId = world.groupId()
      const partitions = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }]
      const commit = {
        groupId,
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: [
          { name: topic.name, partitions },
          { name: other.name, partitions },
        ],
      }
      const wanted = [topic, other].map(({ name }) => ({ name, partitionIndexes: [0] }))
      const use = async (say: string, ...grants: Grant[]) => {
        const teller = await client(world, 'trent', ...grants)
        await teller.call(FindCoordinator, 4, { coordinatorKeys: [groupId], keyType: 0 }, say)
        await teller.call(OffsetCommit, 8, commit, say)
        await teller.call(OffsetFetch, 7, { groupId, topics: wanted }, say)
        await teller.call(OffsetFetch, 7, { groupId, topics: null }, `all, ${say}`)
        await teller.call(OffsetFetch, 9, { groups: [{ groupId, topics: wanted }] }, say)
        await teller.call(OffsetFetch, 9, { groups: [{ groupId, topics: null }] }, `all, ${say}`)
        await teller.call(DescribeGroups, 5, { groups: [groupId], includeAuthorizedOperations: true }, say)
        const deletion = [topic, other].map(({ name }) => ({ name, partitions: [{ partitionIndex: 0 }] }))
        await teller.call(OffsetDelete, 0, { groupId, topics: deletion }, say)
      }
      const group: Grant = { may: 'read', on: 'group', name: groupId }
      const read: Grant = { may: 'read', on: 'topic', name: topic.name }
      await use('the group alone', group)
      await use('the topic alone', read)
      await use('both', group, read)
      await use('describing both', { ...group, may: 'describe' }, { ...read, may: 'describe' })
      await use('deleting the group', { ...group, may: 'delete' }, read)
      await use(
        'all',
        { ...group, may: 'all' },
        { ...read, may: 'all' },
        { may: 'all', on: 'topic', name: other.name },
      )
      const lister = await client(world, 'ursula', { may: 'describe', on: 'group', name: groupId })
      await lister.call(ListGroups, 4, {}, 'who may describe one')
    },
  },
  {
    name: 'security: what may be done with the cluster',
    async run(world) {
      const topic = await world.topic()
      const ask = async (say: string, ...grants: Grant[]) => {
        const teller = await client(world, 'victor', ...grants)
        const operations = {
          includeClusterAuthorizedOperations: true,
          includeTopicAuthorizedOperations: true,
        }
        await teller.call(Metadata, 9, { topics: [{ name: topic.name }], ...operations }, say)
        await teller.call(DescribeCluster, 1, { includeClusterAuthorizedOperations: true }, say)
      }
      await ask('alter', { may: 'alter', on: 'cluster' })
      await ask('create', { may: 'create', on: 'cluster' })
      await ask('create and describe', { may: 'create', on: 'cluster' }, { may: 'describe', on: 'cluster' })
      await ask('all', { may: 'all', on: 'cluster' }, { may: 'all', on: 'topic', name: topic.name })
    },
  },
  {
    name: 'security: rights that change within a fetch session',
    async run(world) {
      const topic = await world.topic()
      const name = topic.name
      const teller = await client(world, 'wendy', { may: 'read', on: 'topic', name })
      const first = await teller.call(Fetch, 12, fetching(topic, 12, { sessionId: 0, sessionEpoch: 0 }))
      const next = (sessionEpoch: number) => ({
        ...fetching(topic, 12, { sessionId: first.sessionId, sessionEpoch }),
        topics: [],
      })
      await teller.call(Fetch, 12, next(1), 'nothing new')
      await grantTo(world, 'wendy', { may: 'describe', on: 'topic', name })
      await teller.call(Fetch, 12, next(2), 'taken away')
      await teller.call(Fetch, 12, next(3), 'still')
      await grantTo(world, 'wendy', { may: 'read', on: 'topic', name })
      await teller.call(Fetch, 12, next(4), 'given back')
    },
  },
  {
    name: 'security: who may write in transactions',
    async run(world) {
      const topic = await world.topic()
      const transactionalId = `${world.unusedName()}-tx`
      const write: Grant = { may: 'write', on: 'transactionalId', name: transactionalId }
      const teller = await client(world, 'xavier', write)
      const message = { coordinatorKeys: [transactionalId], keyType: 1 }
      // The topic of transactions is made by the first who asks.
      await until(async () => {
        const { coordinators } = await teller.quietly(FindCoordinator, 4, message)
        return coordinators[0].errorCode === 0
      })
      await teller.call(FindCoordinator, 4, message)
      const topics = [{ name: topic.name, partitions: [0] }]
      await teller.call(AddPartitionsToTxn, 3, {
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: 1n,
        v3AndBelowProducerEpoch: 0,
        v3AndBelowTopics: topics,
      })
    },
  },
]
