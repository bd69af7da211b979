import type { Api, Draft } from '../../../src/protocol/message.ts'
import {
  AlterPartitionReassignments,
  AlterReplicaLogDirs,
  DescribeLogDirs,
  DescribeQuorum,
  type DescribeQuorumRequest,
  ElectLeaders,
  ListPartitionReassignments,
  Produce,
  UnregisterBroker,
  UpdateFeatures,
} from '../../../src/protocol/messages/index.ts'
import { batch } from '../support/batches.ts'
import type { Scenario, Teller, World } from '../support/world.ts'

const timeoutMs = 10_000
/** A broker that there is not. */
const nobody = 77

/** The folder where the broker has its log, which both brokers call in a way of their own. */
async function logDirOf(client: Teller, world: World): Promise<string> {
  const { results } = await client.quietly(DescribeLogDirs, 4, { topics: [] })
  world.alias(results[0].logDir, 'the log dir')
  return results[0].logDir
}

const versionsOf = ({ request }: Api<unknown, unknown>) => {
  const [lowest, highest] = request.versions
  return Array.from({ length: highest - lowest + 1 }, (_, index) => lowest + index)
}

export const adminScenarios: Scenario[] = [
  {
    name: 'admin: log dirs described in every version',
    async run(world) {
      const topic = await world.topic(2)
      const client = await world.client()
      await logDirOf(client, world)
      const records = await batch(['a', 'b', 'c'])
      const topicData = [{ name: topic.name, partitionData: [{ index: 1, records }] }]
      await client.quietly(Produce, 9, { acks: -1, timeoutMs, topicData })
      for (const version of versionsOf(DescribeLogDirs)) {
        const answer = await client.quietly(DescribeLogDirs, version, {
          topics: [
            { topic: topic.name, partitions: [0, 1, 7] },
            { topic: world.unusedName(), partitions: [0] },
          ],
        })
        const results = answer.results.map(({ totalBytes, usableBytes, ...rest }) => ({
          ...rest,
          knowsTotal: totalBytes > 0n,
          knowsUsable: usableBytes > 0n,
        }))
        world.note(`DescribeLogDirs v${version}`, { ...answer, results })
      }
    },
  },
  {
    name: 'admin: log dirs of all topics, and of none',
    async run(world) {
      const topic = await world.topic(2)
      const client = await world.client()
      await logDirOf(client, world)
      const all = await client.quietly(DescribeLogDirs, 4, { topics: null })
      world.note(
        'all',
        all.results.map(({ errorCode, logDir, topics }) => ({
          errorCode,
          logDir,
          ours: topics.filter(({ name }) => name === topic.name),
        })),
      )
      const none = await client.quietly(DescribeLogDirs, 4, { topics: [] })
      world.note(
        'none',
        none.results.map(({ errorCode, topics }) => ({ errorCode, topics })),
      )
    },
  },
  {
    name: 'admin: replicas moved to where they are and to where they cannot go',
    async run(world) {
      const topic = await world.topic(2)
      const client = await world.client()
      const path = await logDirOf(client, world)
      for (const version of versionsOf(AlterReplicaLogDirs)) {
        const move = (say: string, to: string, name: string, partitions: number[]) =>
          client.call(
            AlterReplicaLogDirs,
            version,
            { dirs: [{ path: to, topics: [{ name, partitions }] }] },
            say,
          )
        await move('where it is', path, topic.name, [0, 1])
        await move('a folder that is no log dir', '/nowhere', topic.name, [0])
        await move('a relative path', 'here', topic.name, [0])
        await move('no path', '', topic.name, [0])
        await move('an unknown partition', path, topic.name, [9])
        await move('an unknown topic', path, world.unusedName(), [0])
      }
      await client.call(AlterReplicaLogDirs, 2, { dirs: [] }, 'nothing')
    },
  },
  {
    name: 'admin: preferred leaders elected where they lead already',
    async run(world) {
      const topic = await world.topic(2)
      const client = await world.client()
      const elect = (version: number, say: string, name: string, partitions: number[], electionType = 0) =>
        client.call(
          ElectLeaders,
          version,
          {
            ...(version >= 1 && { electionType }),
            topicPartitions: [{ topic: name, partitions }],
            timeoutMs,
          },
          say,
        )
      for (const version of versionsOf(ElectLeaders)) {
        await elect(version, 'leads already', topic.name, [0, 1])
        await elect(version, 'an unknown partition', topic.name, [0, 5])
        await elect(version, 'an unknown topic', world.unusedName(), [0])
      }
      await elect(2, 'unclean, where there is a leader', topic.name, [0], 1)
      await elect(2, 'an invalid name', 'a b', [0])
      await client.call(ElectLeaders, 2, { topicPartitions: [], timeoutMs }, 'none')
    },
  },
  {
    name: 'admin: an election of no known type',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const topicPartitions = [{ topic: topic.name, partitions: [0] }]
      await client.callHopeless(ElectLeaders, 2, { electionType: 9, topicPartitions, timeoutMs })
    },
  },
  {
    name: 'admin: leaders elected for all topics',
    async run(world) {
      const topic = await world.topic(2)
      const client = await world.client()
      for (const electionType of [0, 1]) {
        const answer = await client.quietly(ElectLeaders, 2, {
          electionType,
          topicPartitions: null,
          timeoutMs,
        })
        const ours = answer.replicaElectionResults.filter((result) => result.topic === topic.name)
        world.note(`election of type ${electionType}`, { errorCode: answer.errorCode, ours })
      }
    },
  },
  {
    name: 'admin: partitions reassigned to where they are and to where they cannot go',
    async run(world) {
      const topic = await world.topic(2)
      const client = await world.client()
      const to = (
        say: string,
        replicas: number[] | null,
        { name = topic.name, partitionIndex = 0, version = 0, more = {} } = {},
      ) =>
        client.call(
          AlterPartitionReassignments,
          version,
          { timeoutMs, ...more, topics: [{ name, partitions: [{ partitionIndex, replicas }] }] },
          say,
        )
      await to('where it is', [1])
      await to('an unknown broker', [nobody])
      await to('one broker more, unknown', [1, nobody])
      await to('no broker', [])
      await to('a broker twice', [1, 1])
      await to('a negative broker', [-1])
      await to('nothing to cancel', null)
      await to('an unknown partition', [1], { partitionIndex: 8 })
      await to('nothing to cancel of an unknown partition', null, { partitionIndex: 8 })
      await to('an unknown topic', [1], { name: world.unusedName() })
      await to('an invalid name', [1], { name: 'a b' })
      await to('as many as before', [1], { version: 1, more: { allowReplicationFactorChange: false } })
      await to('more than before', [1, nobody], { version: 1, more: { allowReplicationFactorChange: false } })
      await client.call(AlterPartitionReassignments, 0, { timeoutMs, topics: [] }, 'nothing')
    },
  },
  {
    name: 'admin: several partitions reassigned at once',
    async run(world) {
      const topic = await world.topic(2)
      const client = await world.client()
      const topics = [
        {
          name: topic.name,
          partitions: [
            { partitionIndex: 0, replicas: [1] },
            { partitionIndex: 1, replicas: [nobody] },
            { partitionIndex: 2, replicas: [1] },
          ],
        },
        { name: world.unusedName(), partitions: [{ partitionIndex: 0, replicas: [1] }] },
      ]
      await client.call(AlterPartitionReassignments, 1, { timeoutMs, topics })
    },
  },
  {
    name: 'admin: reassignments listed when there are none',
    async run(world) {
      const topic = await world.topic(2)
      const client = await world.client()
      const of = (name: string, partitionIndexes: number[]) => ({
        timeoutMs,
        topics: [{ name, partitionIndexes }],
      })
      await client.call(ListPartitionReassignments, 0, of(topic.name, [0, 1]), 'of a topic')
      await client.call(ListPartitionReassignments, 0, of(topic.name, [7]), 'of an unknown partition')
      await client.call(ListPartitionReassignments, 0, of(world.unusedName(), [0]), 'of an unknown topic')
      await client.call(ListPartitionReassignments, 0, { timeoutMs, topics: [] }, 'of nothing')
    },
  },
  {
    name: 'admin: the quorum described',
    async run(world) {
      const client = await world.client()
      for (const version of versionsOf(DescribeQuorum)) {
        const answer = await client.quietly(DescribeQuorum, version, metadataLog)
        const topics = answer.topics.map(({ topicName, partitions }) => ({
          topicName,
          partitions: partitions.map(({ leaderEpoch, highWatermark, currentVoters, observers, ...rest }) => ({
            ...rest,
            hasEpoch: leaderEpoch > 0,
            hasRecords: highWatermark > 0n,
            currentVoters: currentVoters.map(plainVoter),
            observers: observers.map(plainVoter),
          })),
        }))
        const nodes = answer.nodes.map(({ nodeId, listeners }) => ({
          nodeId,
          listeners: listeners.map(({ name }) => name),
        }))
        world.note(`DescribeQuorum v${version}`, { ...answer, topics, nodes })
      }
    },
  },
  {
    name: 'admin: the quorum of something else described',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      for (const version of versionsOf(DescribeQuorum)) {
        const of = (topicName: string, ...indexes: number[]) => ({
          topics: [{ topicName, partitions: indexes.map((partitionIndex) => ({ partitionIndex })) }],
        })
        await client.call(DescribeQuorum, version, of(topic.name, 0), 'an ordinary topic')
        await client.call(DescribeQuorum, version, of('__cluster_metadata', 1), 'another partition')
        await client.call(DescribeQuorum, version, { topics: [] }, 'nothing')
      }
    },
  },
  {
    name: 'admin: a broker unregistered that there is not',
    async run(world) {
      const client = await world.client()
      for (const brokerId of [nobody, -1, 2 ** 31 - 1]) {
        await client.call(UnregisterBroker, 0, { brokerId }, `broker ${brokerId}`)
      }
    },
  },
  {
    name: 'admin: features updated that cannot be, in every version',
    async run(world) {
      const client = await world.client()
      for (const version of versionsOf(UpdateFeatures)) {
        const update = (say: string, feature: string, maxVersionLevel: number) =>
          client.call(
            UpdateFeatures,
            version,
            { timeoutMs, featureUpdates: [{ feature, maxVersionLevel }] },
            say,
          )
        await update('an unknown feature', 'no.such.feature', 1)
        await update('no name', '', 1)
        await update('a level too high', 'metadata.version', 999)
        await update('a negative level', 'metadata.version', -1)
        await update('a level below the finalized one', 'metadata.version', 29)
        await update('the level that it has', 'metadata.version', 30)
        await client.call(UpdateFeatures, version, { timeoutMs, featureUpdates: [] }, 'nothing')
        const twice = [unknown('one.unknown'), unknown('another')]
        await client.call(UpdateFeatures, version, { timeoutMs, featureUpdates: twice }, 'two unknown')
      }
    },
  },
  {
    name: 'admin: features updated as a question',
    async run(world) {
      const client = await world.client()
      for (const version of [1, 2]) {
        const update = (say: string, feature: string, maxVersionLevel: number, upgradeType: number) =>
          client.call(
            UpdateFeatures,
            version,
            {
              timeoutMs,
              validateOnly: true,
              featureUpdates: [{ feature, maxVersionLevel, upgradeType }],
            },
            say,
          )
        await update('the same level', 'metadata.version', 30, 1)
        await update('a safe downgrade', 'metadata.version', 29, 2)
        await update('an unsafe downgrade', 'metadata.version', 29, 3)
        await update('a downgrade below what is supported', 'metadata.version', 3, 3)
        await update('an unknown type', 'metadata.version', 30, 9)
        await update('the type unknown', 'metadata.version', 30, 0)
        await update('a downgrade to the same', 'metadata.version', 30, 2)
        await update('unknown, removed', 'no.such.feature', 0, 2)
        for (const type of [1, 2, 3]) {
          await update(
            `one that is at 1 back to 0, type ${type}`,
            'eligible.leader.replicas.version',
            0,
            type,
          )
          await update(`one that is at 0 up to 1, type ${type}`, 'kraft.version', 1, type)
          await update(`one that is at 0 to 0, type ${type}`, 'kraft.version', 0, type)
          await update(`one that is at 1 up to 2, type ${type}`, 'eligible.leader.replicas.version', 2, type)
        }
      }
    },
  },
]

const metadataLog: Draft<DescribeQuorumRequest> = {
  topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
}

function plainVoter({ replicaId, logEndOffset }: { replicaId: number; logEndOffset: bigint }) {
  return { replicaId, hasRecords: logEndOffset > 0n }
}

function unknown(feature: string) {
  return { feature, maxVersionLevel: 1 }
}
