import {
  CreateTopics,
  DeleteRecords,
  DescribeTopicPartitions,
  Fetch,
  FindCoordinator,
  ListOffsets,
  Metadata,
  OffsetForLeaderEpoch,
  Produce,
} from '../../../src/protocol/messages/index.ts'
import { batch } from '../support/batches.ts'
import { type ClusterScenario, type ClusterWorld, eventually } from '../support/cluster-world.ts'
import type { Teller, TestTopic } from '../support/world.ts'
import { clusterAdminScenarios } from './cluster-admin.ts'
import { clusterGroupScenarios } from './cluster-groups.ts'

async function produce(client: Teller, topic: TestTopic, values: string[], acks = -1, version = 12) {
  const records = await batch(values)
  await client.call(
    Produce,
    version,
    {
      acks,
      timeoutMs: 5000,
      topicData: [{ name: topic.name, partitionData: [{ index: 0, records }] }],
    },
    `acks ${acks}`,
  )
}

async function fetch(
  client: Teller,
  { id, name }: TestTopic,
  partition: object = {},
  version = 17,
  more: object = {},
) {
  const asked = { partition: 0, fetchOffset: 0n, currentLeaderEpoch: -1, lastFetchedEpoch: -1 }
  const topic = version >= 13 ? { topicId: id } : { topic: name }
  await client.call(
    Fetch,
    version,
    {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1 << 20,
      sessionEpoch: -1,
      topics: [{ ...topic, partitions: [{ ...asked, partitionMaxBytes: 1 << 20, ...partition }] }],
      ...more,
    },
    JSON.stringify({ ...partition, ...more }, (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    ),
  )
}

async function describe(client: Teller, { name }: TestTopic) {
  await client.call(Metadata, 12, { topics: [{ name }] })
  await client.call(DescribeTopicPartitions, 0, { topics: [{ name }], responsePartitionLimit: 100 })
}

async function epochs(client: Teller, { name }: TestTopic, currentLeaderEpoch: number) {
  for (const leaderEpoch of [0, 1, 2, 7]) {
    await client.call(
      OffsetForLeaderEpoch,
      4,
      {
        replicaId: -1,
        topics: [{ topic: name, partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch }] }],
      },
      `epoch ${leaderEpoch} as of ${currentLeaderEpoch}`,
    )
  }
}

async function listOffsets(client: Teller, { name }: TestTopic, timestamp: bigint, version = 7) {
  await client.call(
    ListOffsets,
    version,
    { replicaId: -1, topics: [{ name, partitions: [{ partitionIndex: 0, timestamp }] }] },
    String(timestamp),
  )
}

/** Another broker leads after this one has stopped in peace. */
async function leaderStops(world: ClusterWorld, topic: TestTopic, leader: number, successor: number) {
  await world.stop(leader)
  await world.until(successor, topic, ({ leaderId }) => leaderId === successor)
}

export const clusterScenarios: ClusterScenario[] = [
  ...clusterGroupScenarios,
  ...clusterAdminScenarios,
  {
    name: 'cluster: what a follower answers, in every version of Produce',
    async run(world) {
      const topic = await world.topic([[1, 2, 3]])
      const follower = await world.client(2)
      for (let version = 3; version <= 12; version++) await produce(follower, topic, ['a'], -1, version)
      await produce(follower, topic, ['a'], 1)
    },
  },
  {
    name: 'cluster: a follower serves fetches of consumers that know of followers',
    async run(world) {
      const topic = await world.topic([[1, 2, 3]])
      await produce(await world.client(1), topic, ['a', 'b'])
      const follower = await world.client(2)
      // It learns what is committed by its next fetch.
      await eventually(async () => {
        const partitions = [{ partition: 0, fetchOffset: 2n, partitionMaxBytes: 1000 }]
        const asked = { maxWaitMs: 0, sessionEpoch: -1, topics: [{ topic: topic.name, partitions }] }
        const { responses } = await follower.quietly(Fetch, 12, asked)
        return responses[0].partitions[0].highWatermark === 2n
      })
      for (const version of [4, 9, 10, 11, 12, 13, 16, 17]) {
        await fetch(follower, topic, { fetchOffset: 1n }, version)
      }
      await fetch(follower, topic, { fetchOffset: 9n })
      await fetch(follower, topic, { currentLeaderEpoch: 5 })
    },
  },
  {
    name: 'cluster: a broker without a replica',
    async run(world) {
      const topic = await world.topic([[1, 2]])
      const stranger = await world.client(3)
      await produce(stranger, topic, ['a'])
      for (const version of [10, 12, 15, 17]) await fetch(stranger, topic, {}, version)
      await listOffsets(stranger, topic, -1n)
      await epochs(stranger, topic, -1)
      await describe(stranger, topic)
    },
  },
  {
    name: 'cluster: what only leaders do',
    async run(world) {
      const topic = await world.topic([[1, 2, 3]])
      const follower = await world.client(3)
      for (const timestamp of [-1n, -2n, -3n, 0n]) await listOffsets(follower, topic, timestamp)
      await epochs(follower, topic, -1)
      await epochs(follower, topic, 0)
      await epochs(follower, topic, 3)
      await follower.call(DeleteRecords, 2, {
        topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, offset: -1n }] }],
        timeoutMs: 1000,
      })
    },
  },
  {
    name: 'cluster: a leader stops, and the next one leads in a new epoch',
    async run(world) {
      const topic = await world.topic([[1, 2, 3]])
      await produce(await world.client(1), topic, ['a', 'b'])
      await leaderStops(world, topic, 1, 2)
      const next = await world.client(2)
      await describe(next, topic)
      await produce(next, topic, ['c'])
      await epochs(next, topic, 1)
      for (const currentLeaderEpoch of [-1, 0, 1, 2]) {
        await fetch(next, topic, { fetchOffset: 3n, currentLeaderEpoch })
        await fetch(next, topic, { fetchOffset: 3n, currentLeaderEpoch }, 12)
      }
      for (const [fetchOffset, lastFetchedEpoch] of [
        [2n, 0],
        [3n, 0],
        [3n, 1],
        [2n, 1],
        [5n, 1],
        [1n, 4],
      ] as const) {
        await fetch(next, topic, { fetchOffset, lastFetchedEpoch, currentLeaderEpoch: 1 })
      }
      await listOffsets(next, topic, -1n)
      await listOffsets(next, topic, -2n)
    },
  },
  {
    name: 'cluster: a leader comes back as a follower',
    async run(world) {
      const topic = await world.topic([[1, 2, 3]])
      await produce(await world.client(1), topic, ['a'])
      await leaderStops(world, topic, 1, 2)
      await produce(await world.client(2), topic, ['b'])
      await world.start(1)
      for (const id of [2, 1]) {
        await world.until(id, topic, ({ leaderId, isrNodes }) => leaderId === 2 && isrNodes.length === 3)
      }
      const back = await world.client(1)
      await describe(back, topic)
      await produce(back, topic, ['c'])
    },
  },
  {
    name: 'cluster: too few replicas in sync',
    async run(world) {
      const topic = await world.topic([[1, 2, 3]], { 'min.insync.replicas': '3' })
      const leader = await world.client(1)
      await produce(leader, topic, ['a'])
      await world.stop(3)
      await world.until(1, topic, ({ isrNodes }) => isrNodes.length === 2)
      await produce(leader, topic, ['b'])
      await produce(leader, topic, ['c'], 1)
      await describe(leader, topic)
      // What is written now is not committed before there are enough again.
      await listOffsets(leader, topic, -1n)
      await fetch(leader, topic, { fetchOffset: 1n })
      await fetch(leader, topic, { fetchOffset: 2n })
      await fetch(leader, topic, { fetchOffset: 3n })
      await world.start(3)
      await world.until(1, topic, ({ isrNodes }) => isrNodes.length === 3)
      await produce(leader, topic, ['d'])
      await listOffsets(leader, topic, -1n)
    },
  },
  {
    name: 'cluster: a partition without a leader',
    async run(world) {
      const topic = await world.topic([[3]])
      await produce(await world.client(3), topic, ['a'])
      await world.stop(3)
      await world.until(1, topic, ({ leaderId }) => leaderId === -1)
      const other = await world.client(1)
      await describe(other, topic)
      for (const version of [1, 5, 9]) await other.call(Metadata, version, { topics: [{ name: topic.name }] })
      await produce(other, topic, ['b'])
      await fetch(other, topic)
      await listOffsets(other, topic, -1n)
      await world.start(3)
      await world.until(1, topic, ({ leaderId }) => leaderId === 3)
      await describe(other, topic)
      const back = await world.client(3)
      await world.until(3, topic, ({ leaderId }) => leaderId === 3)
      await epochs(back, topic, -1)
      await fetch(back, topic, { currentLeaderEpoch: 0 })
    },
  },
  {
    name: 'cluster: an unclean election loses what only the dead had',
    async run(world) {
      const topic = await world.topic([[3, 2]], { 'unclean.leader.election.enable': 'true' })
      const leader = await world.client(3)
      await produce(leader, topic, ['kept'])
      await world.stop(2)
      await world.until(3, topic, ({ isrNodes }) => isrNodes.length === 1)
      await produce(leader, topic, ['lost', 'lost too'])
      await world.stop(3)
      await world.start(2)
      await world.until(2, topic, ({ leaderId }) => leaderId === 2)
      const next = await world.client(2)
      await describe(next, topic)
      await listOffsets(next, topic, -1n)
      await produce(next, topic, ['instead'])
      await epochs(next, topic, -1)
      await fetch(next, topic, { fetchOffset: 3n, lastFetchedEpoch: 0, currentLeaderEpoch: -1 })
      await fetch(next, topic, { fetchOffset: 3n })
    },
  },
  {
    name: 'cluster: topics that cannot be placed',
    async run(world) {
      const client = await world.client(1)
      const named = (name: string, more: object) => ({
        name,
        numPartitions: 1,
        replicationFactor: 3,
        assignments: [],
        configs: [],
        ...more,
      })
      const byHand = (...assignments: number[][]) => ({
        numPartitions: -1,
        replicationFactor: -1,
        assignments: assignments.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
      })
      const { name } = await world.topic([[1, 2, 3]])
      const topics = [
        named(`${name}.four-replicas`, { replicationFactor: 4 }),
        named(`${name}.unknown-broker`, byHand([1, 9])),
        named(`${name}.twice`, byHand([1, 1])),
        named(`${name}.uneven`, byHand([1, 2], [3])),
        named(`${name}.by-hand`, byHand([3, 1], [2, 3])),
      ]
      await client.call(CreateTopics, 7, { topics, timeoutMs: 5000 })
      await client.call(Metadata, 12, { topics: [{ name: `${name}.by-hand` }] }, 'who leads')
    },
  },
  {
    name: 'cluster: every broker tells the same brokers',
    async run(world) {
      for (const id of [1, 2, 3]) {
        const client = await world.client(id)
        const { brokers } = await client.quietly(Metadata, 12, { topics: [] })
        world.note(
          `the brokers that ${id} knows`,
          brokers.map(({ nodeId }) => nodeId).toSorted((a, b) => a - b),
        )
      }
      await world.stop(2)
      const client = await world.client(1)
      const { brokers } = await client.quietly(Metadata, 12, { topics: [] })
      world.note(
        'without the second',
        brokers.map(({ nodeId }) => nodeId).toSorted((a, b) => a - b),
      )
      const asked = { keyType: 0, coordinatorKeys: ['some-group'] }
      await client.quietly(FindCoordinator, 6, asked)
    },
  },
]
