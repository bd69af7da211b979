import type { Api, Draft } from '../../../src/protocol/message.ts'
import {
  CreatePartitions,
  CreateTopics,
  DeleteGroups,
  DeleteRecords,
  DeleteTopics,
  DescribeConfigs,
  DescribeGroups,
  DescribeProducers,
  DescribeTopicPartitions,
  Fetch,
  FindCoordinator,
  Heartbeat,
  IncrementalAlterConfigs,
  JoinGroup,
  LeaveGroup,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  OffsetForLeaderEpoch,
  Produce,
  SyncGroup,
} from '../../../src/protocol/messages/index.ts'
import { batch } from '../support/batches.ts'
import type { Scenario } from '../support/world.ts'

const timeoutMs = 10_000
const topicResource = 2

/** Names that no topic can have, by what is wrong with them, and one that just can be. */
const oddNames: readonly (readonly [say: string, name: string])[] = [
  ['no name', ''],
  ['one point', '.'],
  ['two points', '..'],
  ['a space', 'a b'],
  ['a slash', 'a/b'],
  ['a letter that is not ASCII', 'ü'],
  ['a line end', 'a\n'],
  ['a null character', 'a\0b'],
  ['249 letters', 'n'.repeat(249)],
  ['250 letters', 'n'.repeat(250)],
]

/** Asks one API about each of the names, one at a time. */
function each<Req>(
  api: Api<Req, unknown>,
  version: number,
  ask: (name: string) => Draft<Req> | Promise<Draft<Req>>,
): Scenario {
  return {
    name: `names: of topics in ${api.name}`,
    async run(world) {
      for (const [say, name] of oddNames) {
        const client = await world.client()
        await client.callHopeless(api, version, await ask(name), say)
      }
    },
  }
}

const inGroup = (name: string) => ({ groupId: 'names', name })

export const nameScenarios: Scenario[] = [
  each(Produce, 9, async (name) => {
    const partitionData = [{ index: 0, records: await batch(['a']) }]
    return { acks: 1, timeoutMs, topicData: [{ name, partitionData }] }
  }),
  each(Fetch, 12, (topic) => {
    const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 100 }]
    return { maxWaitMs: 0, topics: [{ topic, partitions }] }
  }),
  each(ListOffsets, 6, (name) => ({
    replicaId: -1,
    topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: -1n }] }],
  })),
  each(OffsetForLeaderEpoch, 4, (topic) => ({
    replicaId: -1,
    topics: [{ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] }],
  })),
  each(Metadata, 12, (name) => ({ topics: [{ name }], allowAutoTopicCreation: false })),
  {
    name: 'names: of topics in Metadata, which would create them',
    async run(world) {
      const client = await world.client()
      for (const [say, name] of oddNames.filter(([, odd]) => odd.length !== 249)) {
        await client.call(Metadata, 9, { topics: [{ name }], allowAutoTopicCreation: true }, say)
      }
    },
  },
  each(DescribeTopicPartitions, 0, (name) => ({ topics: [{ name }] })),
  each(DescribeProducers, 0, (name) => ({ topics: [{ name, partitionIndexes: [0] }] })),
  each(DeleteRecords, 2, (name) => ({
    timeoutMs,
    topics: [{ name, partitions: [{ partitionIndex: 0, offset: 0n }] }],
  })),
  each(DeleteTopics, 5, (name) => ({ timeoutMs, topicNames: [name] })),
  each(CreateTopics, 7, (name) => ({
    timeoutMs,
    validateOnly: true,
    topics: [{ name, numPartitions: 1, replicationFactor: 1 }],
  })),
  each(CreatePartitions, 3, (name) => ({ timeoutMs, topics: [{ name, count: 2, assignments: null }] })),
  each(DescribeConfigs, 4, (resourceName) => ({
    resources: [{ resourceType: topicResource, resourceName, configurationKeys: ['retention.ms'] }],
  })),
  each(IncrementalAlterConfigs, 1, (resourceName) => ({
    resources: [
      {
        resourceType: topicResource,
        resourceName,
        configs: [{ name: 'retention.ms', configOperation: 0, value: '5' }],
      },
    ],
  })),
  each(OffsetCommit, 8, (name) => ({
    ...inGroup(name),
    topics: [{ name, partitions: [{ partitionIndex: 0, committedOffset: 1n }] }],
  })),
  each(OffsetFetch, 7, (name) => ({ groupId: 'names', topics: [{ name, partitionIndexes: [0] }] })),
  each(OffsetDelete, 0, (name) => ({
    groupId: 'names that are deleted',
    topics: [{ name, partitions: [{ partitionIndex: 0 }] }],
  })),
  {
    name: 'names: groups without one',
    async run(world) {
      const client = await world.client()
      const groupId = ''
      const member = { groupId, generationId: 0, memberId: '' }
      const protocols = [{ name: 'range', metadata: Buffer.from('m') }]
      await client.call(JoinGroup, 5, {
        ...{ groupId, memberId: '', protocolType: 'consumer', protocols },
        ...{ sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000 },
      })
      await client.call(SyncGroup, 3, member)
      await client.call(Heartbeat, 3, member)
      await client.call(LeaveGroup, 3, { groupId, members: [{ memberId: 'm' }] })
      await client.call(DescribeGroups, 5, { groups: [groupId] })
      await client.call(DeleteGroups, 2, { groupsNames: [groupId] })
      await client.call(OffsetFetch, 7, { groupId, topics: [{ name: 'a', partitionIndexes: [0] }] })
      const partitions = [{ partitionIndex: 0, committedOffset: 1n }]
      await client.call(OffsetCommit, 8, { groupId, topics: [{ name: 'a', partitions }] })
      await client.call(OffsetDelete, 0, { groupId, topics: [] })
    },
  },
  {
    name: 'names: coordinators of nothing and of no known kind',
    async run(world) {
      for (const keyType of [0, 3, -1]) {
        const client = await world.client()
        await client.callHopeless(FindCoordinator, 3, { key: '', keyType }, `no key, type ${keyType}`)
      }
      const client = await world.client()
      await client.call(FindCoordinator, 4, { coordinatorKeys: [], keyType: 0 }, 'no keys')
      await client.call(FindCoordinator, 4, { coordinatorKeys: ['a', 'a', ''], keyType: 0 }, 'one twice')
    },
  },
  {
    name: 'names: topics named twice',
    async run(world) {
      const topic = await world.topic(2)
      const client = await world.client()
      const { name } = topic
      await client.call(Metadata, 12, { topics: [{ name }, { name }] })
      const partitions = [{ partitionIndex: 0, timestamp: -1n }]
      const others = [{ partitionIndex: 1, timestamp: -1n }]
      await client.call(ListOffsets, 6, {
        replicaId: -1,
        topics: [
          { name, partitions },
          { name, partitions: others },
        ],
      })
      await client.call(DescribeTopicPartitions, 0, { topics: [{ name }, { name }] })
      await client.call(DeleteRecords, 2, {
        timeoutMs,
        topics: [0n, 5n].map((offset) => ({ name, partitions: [{ partitionIndex: 0, offset }] })),
      })
      await client.call(OffsetForLeaderEpoch, 4, {
        replicaId: -1,
        topics: [0, 1].map((partition) => ({ topic: name, partitions: [{ partition, leaderEpoch: 0 }] })),
      })
      await client.call(DescribeProducers, 0, {
        topics: [
          { name, partitionIndexes: [0] },
          { name, partitionIndexes: [0, 1] },
        ],
      })
      await client.call(DeleteTopics, 5, { timeoutMs, topicNames: [name, name] })
    },
  },
  {
    name: 'names: topics named by ids that are wrong',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const unknownId = 'AAAAAAAAAAAAAAAAAAAAAQ'
      const noId = 'AAAAAAAAAAAAAAAAAAAAAA'
      const ask = (say: string, topicId: string, name: string | null) =>
        client.callHopeless(Metadata, 12, { topics: [{ topicId, name }], allowAutoTopicCreation: false }, say)
      await ask('an unknown id', unknownId, null)
      await ask('an id and another name', topic.id, 'other')
      const other = await world.client()
      await other.callHopeless(Metadata, 12, { topics: [{ topicId: noId, name: null }] }, 'neither')
      const producing = await world.client()
      const partitionData = [{ index: 0, records: await batch(['a']) }]
      for (const topicId of [unknownId, noId]) {
        const topicData = [{ topicId, partitionData }]
        await producing.callHopeless(Produce, 13, { acks: 1, timeoutMs, topicData }, `id ${topicId}`)
      }
      const deleting = await world.client()
      for (const topicId of [unknownId, noId]) {
        await deleting.callHopeless(DeleteTopics, 6, { timeoutMs, topics: [{ topicId }] }, `id ${topicId}`)
      }
      const fetching = await world.client()
      const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 100 }]
      await fetching.callHopeless(
        Fetch,
        13,
        { maxWaitMs: 0, topics: [{ topicId: noId, partitions }] },
        'no id',
      )
    },
  },
]
