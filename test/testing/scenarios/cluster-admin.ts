import {
  AlterPartitionReassignments,
  AlterReplicaLogDirs,
  DescribeCluster,
  DescribeLogDirs,
  ElectLeaders,
  ListPartitionReassignments,
  Metadata,
} from '../../../src/protocol/messages/index.ts'
import type { ClusterScenario } from '../support/cluster-world.ts'
import type { Teller, TestTopic } from '../support/world.ts'

const timeoutMs = 10_000

function elect(client: Teller, { name }: TestTopic, electionType: number, say: string) {
  const topicPartitions = [{ topic: name, partitions: [0] }]
  return client.call(ElectLeaders, 2, { electionType, topicPartitions, timeoutMs }, say)
}

function reassign(client: Teller, { name }: TestTopic, replicas: number[] | null, say: string) {
  const topics = [{ name, partitions: [{ partitionIndex: 0, replicas }] }]
  return client.call(AlterPartitionReassignments, 0, { timeoutMs, topics }, say)
}

function moves(client: Teller, { name }: TestTopic, say: string) {
  const topics = [{ name, partitionIndexes: [0] }]
  return client.call(ListPartitionReassignments, 0, { timeoutMs, topics }, say)
}

/** Who has the partition, in whatever epoch. */
async function replicas(client: Teller, { name }: TestTopic): Promise<number[]> {
  const { topics } = await client.quietly(Metadata, 12, { topics: [{ name }] })
  return topics[0].partitions[0].replicaNodes
}

const preferred = 0
const unclean = 1

export const clusterAdminScenarios: ClusterScenario[] = [
  {
    name: 'admin: a preferred leader that was away is elected again',
    async run(world) {
      const topic = await world.topic([[1, 2, 3]])
      const client = await world.client(2)
      await elect(client, topic, preferred, 'it leads')
      await world.stop(1)
      await world.until(2, topic, ({ leaderId, isrNodes }) => leaderId === 2 && isrNodes.length === 2)
      await elect(client, topic, preferred, 'it is away')
      await elect(client, topic, unclean, 'another leads')
      await world.start(1)
      await world.until(2, topic, ({ isrNodes }) => isrNodes.length === 3)
      await elect(client, topic, preferred, 'it is back')
      await world.until(2, topic, ({ leaderId }) => leaderId === 1)
      await client.call(Metadata, 12, { topics: [{ name: topic.name }] }, 'it leads')
      await elect(client, topic, preferred, 'it leads again')
    },
  },
  {
    name: 'admin: an unclean leader is elected where nobody else is left',
    async run(world) {
      const topic = await world.topic([[1, 2]])
      const client = await world.client(3)
      await world.stop(2)
      await world.until(3, topic, ({ isrNodes }) => isrNodes.length === 1)
      await world.stop(1)
      await world.until(3, topic, ({ leaderId }) => leaderId === -1)
      await elect(client, topic, preferred, 'all are away')
      await elect(client, topic, unclean, 'all are away')
      await world.start(2)
      await elect(client, topic, preferred, 'the one that lacks something is back')
      await elect(client, topic, unclean, 'the one that lacks something is back')
      await world.until(3, topic, ({ leaderId }) => leaderId === 2)
      await elect(client, topic, unclean, 'it leads')
    },
  },
  {
    name: 'admin: a partition is reassigned to other brokers',
    async run(world) {
      const topic = await world.topic([[1, 2]])
      const client = await world.client(1)
      await reassign(client, topic, [2, 3], 'from 1 and 2 to 2 and 3')
      await world.until(1, topic, ({ leaderId, isrNodes }) => leaderId === 2 && isrNodes.length === 2)
      while ((await replicas(client, topic)).length > 2) {}
      await client.call(Metadata, 12, { topics: [{ name: topic.name }] }, 'there')
      await moves(client, topic, 'there')
      await reassign(client, topic, null, 'nothing to end')
      await reassign(client, topic, [3, 2], 'in another order')
      await elect(client, topic, preferred, 'the leader of that order')
      await world.until(1, topic, ({ leaderId }) => leaderId === 3)
    },
  },
  {
    name: 'admin: a move to a broker that is away waits, and is ended',
    async run(world) {
      const topic = await world.topic([[1]])
      const client = await world.client(1)
      await world.stop(3)
      await reassign(client, topic, [3], 'to the one that is away')
      await moves(client, topic, 'on the way')
      await reassign(client, topic, [2], 'to another instead')
      await world.until(1, topic, ({ leaderId }) => leaderId === 2)
      await moves(client, topic, 'there')
      await reassign(client, topic, [3], 'to the one that is away again')
      await reassign(client, topic, null, 'ended')
      await moves(client, topic, 'ended')
      await world.until(1, topic, ({ leaderId, isrNodes }) => leaderId === 2 && isrNodes.length === 1)
    },
  },
  {
    name: 'admin: each broker tells the log dirs of its own replicas',
    async run(world) {
      const topic = await world.topic([
        [1, 2],
        [3, 2],
      ])
      for (const id of [1, 2, 3]) {
        const client = await world.client(id)
        const topics = [{ topic: topic.name, partitions: [0, 1] }]
        const { results } = await client.quietly(DescribeLogDirs, 4, { topics })
        world.note(`broker ${id}`, results[0].topics)
        const dirs = [{ path: results[0].logDir, topics: [{ name: topic.name, partitions: [0, 1] }] }]
        await client.call(AlterReplicaLogDirs, 2, { dirs }, 'to where it would be')
      }
    },
  },
  {
    name: 'admin: brokers that are away, in DescribeCluster',
    async run(world) {
      const client = await world.client(1)
      const topic = await world.topic([[3, 1]])
      await world.stop(3)
      await world.until(1, topic, ({ leaderId }) => leaderId === 1)
      for (const includeFencedBrokers of [false, true]) {
        const { brokers, ...rest } = await client.quietly(DescribeCluster, 2, { includeFencedBrokers })
        const known = brokers
          .map(({ brokerId, isFenced }) => ({ brokerId, isFenced }))
          .sort((a, b) => a.brokerId - b.brokerId)
        world.note(`with fenced ones: ${includeFencedBrokers}`, { ...rest, known })
      }
    },
  },
]
