import {
  DeleteRecords,
  ListOffsets,
  OffsetForLeaderEpoch,
  Produce,
} from '../../../src/protocol/messages/index.ts'
import { batch, someTime } from '../support/batches.ts'
import type { Scenario, Teller, TestTopic } from '../support/world.ts'

const latestVersion = 11
/** What brokers of 2.8 have, too. */
const commonVersion = 6

async function list(
  client: Teller,
  topic: TestTopic,
  timestamp: bigint,
  { version = commonVersion, partition = 0, say = String(timestamp), epoch = -1, isolationLevel = 0 } = {},
) {
  const partitions = [
    { partitionIndex: partition, timestamp, ...(version >= 4 && { currentLeaderEpoch: epoch }) },
  ]
  await client.call(
    ListOffsets,
    version,
    { replicaId: -1, ...(version >= 2 && { isolationLevel }), topics: [{ name: topic.name, partitions }] },
    say,
  )
}

async function fill(client: Teller, topic: TestTopic, records: Buffer) {
  const topicData = [{ name: topic.name, partitionData: [{ index: 0, records }] }]
  await client.quietly(Produce, 9, { acks: -1, timeoutMs: 5000, topicData })
}

const specs = [-1n, -2n, -3n, -4n, -5n, -6n, -7n]

export const listOffsetsScenarios: Scenario[] = [
  {
    name: 'list offsets: every spec in every version, on an empty and a filled partition',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      for (const timestamp of [...specs, someTime])
        await list(client, topic, BigInt(timestamp), { say: `empty, ${timestamp}` })
      await fill(client, topic, await batch(['a', 'b']))
      for (let version = 1; version <= latestVersion; version++) {
        for (const timestamp of specs) await list(client, topic, timestamp, { version })
      }
      const empty = await world.topic()
      for (const timestamp of [...specs, someTime])
        await list(client, empty, BigInt(timestamp), { version: latestVersion, say: `empty, ${timestamp}` })
    },
  },
  {
    name: 'list offsets: by time, in plain and compressed batches',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const at = (...times: number[]) => times.map((time) => ({ value: 'v', timestamp: someTime + time }))
      await fill(client, topic, await batch(at(10, 20)))
      await fill(client, topic, await batch(at(15, 40, 30), { compression: 'gzip' }))
      await fill(client, topic, await batch(at(40, 5)))
      await fill(client, topic, await batch(at(7, 7)))
      for (const time of [0, 10, 11, 20, 21, 30, 31, 40, 41]) {
        await list(client, topic, BigInt(someTime + time), { say: `+${time}` })
      }
      const topics = [{ name: topic.name, partitions: [{ partitionIndex: 0, offset: 4n }] }]
      await client.quietly(DeleteRecords, 2, { topics, timeoutMs: 5000 })
      for (const time of [0, 31])
        await list(client, topic, BigInt(someTime + time), { say: `+${time} after deleting` })
      await list(client, topic, -2n, { say: 'earliest after deleting' })
      await list(client, topic, -3n, { version: latestVersion, say: 'the largest time' })
      const ties = await world.topic()
      await fill(client, ties, await batch(at(10, 40, 40, 20)))
      await list(client, ties, -3n, { version: latestVersion, say: 'the largest time, twice in a batch' })
    },
  },
  {
    name: 'list offsets: where the log gives the time',
    async run(world) {
      const topic = await world.topic(1, { 'message.timestamp.type': 'LogAppendTime' })
      const client = await world.client()
      await fill(client, topic, await batch(['a', 'b', 'c']))
      await fill(client, topic, await batch(['a', 'b', 'c'], { compression: 'gzip' }))
      await list(client, topic, 0n)
      await list(client, topic, BigInt(someTime))
    },
  },
  {
    name: 'list offsets: errors',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      await list(client, topic, -1n, { partition: 3, say: 'unknown partition' })
      await list(client, { name: world.unusedName(), id: '' }, -1n, { say: 'unknown topic' })
      for (const epoch of [0, 1]) await list(client, topic, -1n, { epoch, say: `epoch ${epoch}` })
      await list(client, topic, -1n, { isolationLevel: 1, say: 'read committed' })
      const partition = { partitionIndex: 0, timestamp: -1n }
      const twice = [{ name: topic.name, partitions: [partition, partition] }]
      await client.call(ListOffsets, 5, { replicaId: -1, topics: twice }, 'twice')
    },
  },
  {
    name: 'offsets of leader epochs',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      await fill(client, topic, await batch(['a', 'b']))
      for (const version of [2, 3, 4]) {
        const ask = (say: string, partition: number, currentLeaderEpoch: number, leaderEpoch: number) =>
          client.call(
            OffsetForLeaderEpoch,
            version,
            {
              replicaId: -1,
              topics: [{ topic: topic.name, partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }],
            },
            say,
          )
        await ask('epoch 0', 0, -1, 0)
        await ask('epoch 1', 0, -1, 1)
        await ask('epoch -1', 0, -1, -1)
        await ask('current epoch 1', 0, 1, 0)
        await ask('unknown partition', 4, -1, 0)
      }
    },
  },
]
