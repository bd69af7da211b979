import type { Draft } from '../../../src/protocol/message.ts'
import {
  CreatePartitions,
  CreateTopics,
  DeleteRecords,
  Fetch,
  type FetchRequest,
} from '../../../src/protocol/messages/index.ts'
import type { Scenario, Teller, TestTopic, World } from '../support/world.ts'
import { fill, forgetting, request, type Wanted } from './fetch.ts'

const largestEpoch = 2 ** 31 - 1

/** A session over some partitions of a topic, and a way to go on with it. */
async function open(client: Teller, version: number, topic: TestTopic, wanted: readonly Wanted[]) {
  const { sessionId } = await client.call(
    Fetch,
    version,
    request(version, topic, wanted, { sessionEpoch: 0 }),
    'a session',
  )
  const go = (
    sessionEpoch: number,
    say: string,
    changed: readonly Wanted[] = [],
    more: Draft<FetchRequest> = {},
  ) =>
    client.callHopeless(
      Fetch,
      version,
      request(version, topic, changed, { sessionId, sessionEpoch, ...more }),
      say,
    )
  return { sessionId, go }
}

async function filled(world: World, partitions = 1): Promise<{ topic: TestTopic; client: Teller }> {
  const topic = await world.topic(partitions)
  const client = await world.client()
  for (let partition = 0; partition < partitions; partition++) {
    await fill(client, topic, [['a'], ['b']], partition)
  }
  return { topic, client }
}

export const fetchSessionScenarios: Scenario[] = [
  ...[7, 12, 13, 17].map(
    (version): Scenario => ({
      name: `fetch: v${version}, epochs of a session in every wrong order`,
      async run(world) {
        const { topic, client } = await filled(world)
        const { go } = await open(client, version, topic, [{}])
        await go(2, 'one too far')
        await go(largestEpoch, 'the last that there is')
        await go(-2, 'below all')
        await go(1, 'the right one')
        await go(1, 'the same again')
        await go(3, 'one too far again')
        await go(2, 'the right one')
        await go(-1, 'the end')
        await go(3, 'after the end')
        await go(-1, 'the end again')
      },
    }),
  ),
  {
    name: 'fetch: a session is begun anew with the id of the old',
    async run(world) {
      const { topic, client } = await filled(world, 2)
      const { sessionId, go } = await open(client, 12, topic, [{}])
      const next = await client.call(
        Fetch,
        12,
        request(12, topic, [{ partition: 1 }], { sessionId, sessionEpoch: 0 }),
        'anew, of another partition',
      )
      world.note('has another id', next.sessionId !== sessionId && next.sessionId > 0)
      await go(1, 'the old one')
      const more = { sessionId: next.sessionId, sessionEpoch: 1 }
      await client.call(Fetch, 12, request(12, topic, [], more), 'the new one')
    },
  },
  {
    name: 'fetch: a session goes on over another connection',
    async run(world) {
      const { topic, client } = await filled(world)
      const { sessionId } = await open(client, 12, topic, [{ offset: 2n }])
      const other = await world.client('other')
      client.close()
      const more = { sessionId, sessionEpoch: 1 }
      await other.call(Fetch, 12, request(12, topic, [{ offset: 0n }], more), 'over the other connection')
      const next = { sessionId, sessionEpoch: 2 }
      await other.call(Fetch, 12, request(12, topic, [{ offset: 2n }], next), 'and on')
    },
  },
  {
    name: 'fetch: partitions named twice in a session',
    async run(world) {
      const { topic, client } = await filled(world, 2)
      const { go } = await open(client, 12, topic, [
        { offset: 0n },
        { offset: 1n },
        { partition: 1, offset: 2n },
      ])
      await go(1, 'nothing changed')
      await go(2, 'changed twice', [{ offset: 1n }, { offset: 0n }])
      await go(3, 'as it was changed')
    },
  },
  {
    name: 'fetch: partitions named twice without a session',
    async run(world) {
      const { topic, client } = await filled(world)
      const twice = [{ offset: 0n }, { offset: 1n }]
      for (const version of [4, 12, 13]) await client.call(Fetch, version, request(version, topic, twice))
    },
  },
  {
    name: 'fetch: what a session forgets',
    async run(world) {
      const { topic, client } = await filled(world, 3)
      const { go } = await open(client, 12, topic, [{}, { partition: 1 }])
      await go(1, 'what it does not have', [], forgetting(12, topic, [2]))
      await go(2, 'what there is not', [], forgetting(12, topic, [9]))
      await go(3, 'what is changed by the same request', [{ offset: 1n }], forgetting(12, topic, [0]))
      await go(4, 'what is added by the same request', [{ partition: 2 }], forgetting(12, topic, [2]))
      await go(5, 'and added again', [{ offset: 1n }])
      await go(6, 'one twice', [], forgetting(12, topic, [0, 0]))
      await go(7, 'the last', [], forgetting(12, topic, [1]))
      await go(8, 'nothing is left')
    },
  },
  {
    name: 'fetch: forgetting where no session is',
    async run(world) {
      const { topic, client } = await filled(world, 2)
      for (const sessionEpoch of [0, -1]) {
        const more = { sessionEpoch, ...forgetting(12, topic, [0]) }
        await client.call(
          Fetch,
          12,
          request(12, topic, [{}, { partition: 1 }], more),
          `epoch ${sessionEpoch}`,
        )
      }
    },
  },
  {
    name: 'fetch: a session of a topic that there is not yet',
    async run(world) {
      const client = await world.client()
      const name = world.unusedName()
      const { go } = await open(client, 12, { name, id: '' }, [{}])
      await go(1, 'still none')
      const topics = [{ name, numPartitions: 1, replicationFactor: 1 }]
      await client.quietly(CreateTopics, 7, { topics, timeoutMs: 10_000 })
      await led(client, name)
      await go(2, 'now there is one')
      await go(3, 'and nothing is new')
    },
  },
  {
    name: 'fetch: a session of a partition that there is not yet',
    async run(world) {
      const { topic, client } = await filled(world)
      const { go } = await open(client, 13, topic, [{ offset: 2n }, { partition: 1 }])
      const { name } = topic
      await client.quietly(CreatePartitions, 3, {
        topics: [{ name, count: 2, assignments: null }],
        timeoutMs: 10_000,
      })
      await led(client, name, 1)
      await go(1, 'now there is one')
      await go(2, 'and nothing is new')
    },
  },
  {
    name: 'fetch: a session sees where its partitions begin',
    async run(world) {
      const { topic, client } = await filled(world)
      const { go } = await open(client, 12, topic, [{ offset: 2n }])
      const partitions = [{ partitionIndex: 0, offset: 1n }]
      await client.quietly(DeleteRecords, 2, { topics: [{ name: topic.name, partitions }], timeoutMs: 5000 })
      await go(1, 'it begins later')
      await go(2, 'which is old by now')
      await go(3, 'below where it begins', [{ offset: 0n }])
      await go(4, 'still')
      await go(5, 'within', [{ offset: 1n }])
    },
  },
  {
    name: 'fetch: epochs of leaders within a session',
    async run(world) {
      const { topic, client } = await filled(world)
      const { go } = await open(client, 12, topic, [{ offset: 2n, epoch: 0 }])
      await go(1, 'unknown', [{ offset: 2n, epoch: 4 }])
      await go(2, 'still unknown')
      await go(3, 'known again', [{ offset: 2n, epoch: 0 }])
      await go(4, 'not said', [{ offset: 2n, epoch: -1 }])
      await go(5, 'a log that parts', [{ offset: 2n, lastEpoch: 3 }])
      await go(6, 'that still parts')
      await go(7, 'that agrees', [{ offset: 2n, lastEpoch: 0 }])
      await go(8, 'and goes too far', [{ offset: 9n, lastEpoch: 0 }])
    },
  },
  {
    name: 'fetch: the order in which a session serves its partitions',
    async run(world) {
      const { topic, client } = await filled(world, 3)
      const one = { maxBytes: 1 }
      const { sessionId } = await client.call(
        Fetch,
        12,
        request(12, topic, [{}, { partition: 1 }, { partition: 2 }], { sessionEpoch: 0, ...one }),
        'one byte for all',
      )
      for (const sessionEpoch of [1, 2, 3, 4]) {
        const more = { sessionId, sessionEpoch, ...one }
        await client.call(Fetch, 12, request(12, topic, [], more), `the same, epoch ${sessionEpoch}`)
      }
    },
  },
  {
    name: 'fetch: last epochs that cannot be',
    async run(world) {
      const { topic, client } = await filled(world)
      for (const lastEpoch of [-2, -1, 0, 1, 99]) {
        for (const offset of [0n, 2n, 3n]) {
          const say = `last epoch ${lastEpoch}, offset ${offset}`
          await client.call(Fetch, 12, request(12, topic, [{ offset, lastEpoch }]), say)
        }
      }
    },
  },
  {
    name: 'fetch: epochs unknown, in every version that has them',
    async run(world) {
      const { topic, client } = await filled(world)
      for (let version = 9; version <= 18; version++) {
        await client.call(Fetch, version, request(version, topic, [{ epoch: 7 }, { partition: 4, epoch: 7 }]))
      }
    },
  },
  {
    name: 'fetch: offsets at and past the ends, in every version',
    async run(world) {
      const { topic, client } = await filled(world)
      for (let version = 4; version <= 18; version += 2) {
        for (const offset of [-2n, -1n, 2n, 3n, 2n ** 63n - 1n, -(2n ** 63n)]) {
          await client.call(Fetch, version, request(version, topic, [{ offset }]), `offset ${offset}`)
        }
      }
    },
  },
  {
    name: 'fetch: limits below 0',
    async run(world) {
      const { topic, client } = await filled(world)
      await client.call(
        Fetch,
        12,
        request(12, topic, [{}], { maxWaitMs: -1, minBytes: 5000 }),
        'a wait below 0',
      )
      await client.call(Fetch, 12, request(12, topic, [{}], { minBytes: -5, maxWaitMs: 20_000 }), 'few bytes')
      await client.call(Fetch, 12, request(12, topic, [{}], { maxBytes: -1 }), 'all bytes')
      await client.call(Fetch, 12, request(12, topic, [{ maxBytes: -1 }]), 'a partition’s bytes')
    },
  },
  {
    name: 'fetch: isolation that there is not',
    async run(world) {
      const { topic } = await filled(world)
      for (const isolationLevel of [2, -1, 127]) {
        const client = await world.client()
        await client.callHopeless(
          Fetch,
          12,
          request(12, topic, [{}], { isolationLevel }),
          `${isolationLevel}`,
        )
      }
    },
  },
  {
    name: 'fetch: as a replica that there is not',
    async run(world) {
      const { topic } = await filled(world)
      for (const replicaId of [77, -2, -3]) {
        for (const version of [4, 12]) {
          const client = await world.client()
          await client.callHopeless(
            Fetch,
            version,
            request(version, topic, [{}], { replicaId }),
            `${replicaId}`,
          )
        }
      }
    },
  },
]

/** Waits until the broker knows that it leads the partition. */
async function led(client: Teller, name: string, partition = 0): Promise<void> {
  for (;;) {
    const topics = [{ topic: name, partitions: [{ partition, fetchOffset: 0n, partitionMaxBytes: 1 }] }]
    const { responses } = await client.quietly(Fetch, 11, { maxWaitMs: 0, minBytes: 0, topics })
    if (responses[0].partitions[0].errorCode === 0) return
  }
}
