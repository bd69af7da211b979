import type { Draft } from '../../../src/protocol/message.ts'
import {
  DeleteRecords,
  DeleteTopics,
  Fetch,
  type FetchRequest,
  Produce,
} from '../../../src/protocol/messages/index.ts'
import { batch } from '../support/batches.ts'
import type { Scenario, Teller, TestTopic } from '../support/world.ts'

export async function fill(
  client: Teller,
  topic: TestTopic,
  values: readonly (readonly string[])[],
  partition = 0,
) {
  for (const records of values) {
    await client.quietly(Produce, 9, {
      acks: -1,
      timeoutMs: 5000,
      topicData: [{ name: topic.name, partitionData: [{ index: partition, records: await batch(records) }] }],
    })
  }
}

export interface Wanted {
  partition?: number
  offset?: bigint
  maxBytes?: number
  epoch?: number
  lastEpoch?: number
}

export function request(
  version: number,
  topic: TestTopic,
  wanted: readonly Wanted[],
  more: Draft<FetchRequest> = {},
) {
  const named = version >= 13 ? { topicId: topic.id } : { topic: topic.name }
  return {
    maxWaitMs: 0,
    minBytes: 1,
    ...more,
    topics:
      wanted.length === 0
        ? []
        : [
            {
              ...named,
              partitions: wanted.map(
                ({ partition = 0, offset = 0n, maxBytes = 1 << 20, epoch = -1, lastEpoch }) => ({
                  partition,
                  fetchOffset: offset,
                  partitionMaxBytes: maxBytes,
                  ...(version >= 9 && { currentLeaderEpoch: epoch }),
                  ...(lastEpoch !== undefined && { lastFetchedEpoch: lastEpoch }),
                }),
              ),
            },
          ],
  }
}

export function forgetting(version: number, topic: TestTopic, partitions: number[]) {
  const named = version >= 13 ? { topicId: topic.id } : { topic: topic.name }
  return { forgottenTopicsData: [{ ...named, partitions }] }
}

export const fetchScenarios: Scenario[] = [
  {
    name: 'fetch: in every version, with the batches as they were sent',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      await fill(client, topic, [['a', 'b'], ['c']])
      for (let version = 4; version <= 18; version++) {
        await client.call(Fetch, version, request(version, topic, [{}]))
      }
      await client.call(Fetch, 12, request(12, topic, [{ offset: 1n }]), 'within the first batch')
      await client.call(Fetch, 12, request(12, topic, [{ offset: 2n }]), 'the second batch')
      await client.call(Fetch, 12, request(12, topic, [{ offset: 3n }]), 'the end')
    },
  },
  {
    name: 'fetch: offsets out of range and partitions that are not there',
    async run(world) {
      const topic = await world.topic(2)
      const client = await world.client()
      await fill(client, topic, [['a']])
      const wanted = [{ offset: 2n }, { partition: 1, offset: -1n }, { partition: 2 }]
      await client.call(Fetch, 12, request(12, topic, wanted))
      await client.call(Fetch, 17, request(17, topic, wanted))
      const nothing = { name: world.unusedName(), id: 'AAAAAAAAAAAAAAAAAAAAAQ' }
      await client.call(Fetch, 12, request(12, nothing, [{}]), 'unknown name')
      await client.call(Fetch, 13, request(13, nothing, [{}]), 'unknown id')
      await client.call(Fetch, 12, request(12, topic, []), 'nothing')
      await client.call(Fetch, 11, request(11, topic, [{ offset: 2n ** 62n }]), 'far out')
    },
  },
  {
    name: 'fetch: leader epochs',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      await fill(client, topic, [['a']])
      for (const epoch of [-1, 0, 1]) {
        await client.call(Fetch, 16, request(16, topic, [{ epoch }]), `current epoch ${epoch}`)
        await client.call(Fetch, 9, request(9, topic, [{ epoch }]), `current epoch ${epoch}`)
      }
      for (const lastEpoch of [0, 3]) {
        await client.call(
          Fetch,
          12,
          request(12, topic, [{ offset: 1n, lastEpoch }]),
          `last epoch ${lastEpoch}`,
        )
      }
    },
  },
  {
    name: 'fetch: limits of bytes',
    async run(world) {
      const topic = await world.topic(2)
      const client = await world.client()
      const hundred = 'x'.repeat(100)
      await fill(client, topic, [[hundred], [hundred], [hundred]])
      await fill(client, topic, [[hundred], [hundred]], 1)
      const both = [{}, { partition: 1 }]
      await client.call(Fetch, 12, request(12, topic, [{ maxBytes: 1 }]), 'the first batch is given whole')
      await client.call(Fetch, 12, request(12, topic, [{ maxBytes: 250 }]), 'and the next is cut off')
      await client.call(Fetch, 12, request(12, topic, both, { maxBytes: 1 }), 'one byte for both')
      await client.call(Fetch, 12, request(12, topic, both, { maxBytes: 700 }), '700 bytes for both')
      const impatient = { maxBytes: 1, minBytes: 300, maxWaitMs: 60_000 }
      await client.call(Fetch, 12, request(12, topic, both, impatient), 'waits for more than it may get')
      const small = [{ maxBytes: 1 }, { partition: 1, maxBytes: 1 }]
      await client.call(Fetch, 12, request(12, topic, small), 'one byte each')
      await client.call(Fetch, 12, request(12, topic, [{ maxBytes: 0 }]), 'no byte')
      await client.call(Fetch, 4, request(4, topic, [{ maxBytes: 1 }]), 'the first batch is given whole')
    },
  },
  {
    name: 'fetch: waiting for records',
    async run(world) {
      const topic = await world.topic()
      const [reader, writer] = [await world.client('reader'), await world.client('writer')]
      await reader.call(Fetch, 12, request(12, topic, [{}], { maxWaitMs: 50 }), 'nothing came')
      const waiting = reader.call(
        Fetch,
        12,
        request(12, topic, [{}], { maxWaitMs: 20_000 }),
        'something came',
      )
      await fill(writer, topic, [['a']])
      await waiting
      const longer = request(12, topic, [{}], { maxWaitMs: 20_000, minBytes: 200 })
      const waitingLonger = reader.call(Fetch, 12, longer, 'enough came')
      await fill(writer, topic, [['b'], ['c'.repeat(100)]])
      await waitingLonger
      await reader.call(
        Fetch,
        12,
        request(12, topic, [{}], { maxWaitMs: 50, minBytes: 5000 }),
        'not enough came',
      )
    },
  },
  {
    name: 'fetch: isolation',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      await fill(client, topic, [['a']])
      for (const version of [4, 11, 13]) {
        await client.call(
          Fetch,
          version,
          request(version, topic, [{}], { isolationLevel: 1 }),
          'read committed',
        )
      }
    },
  },
  {
    name: 'fetch: records that were deleted',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      await fill(client, topic, [
        ['a', 'b'],
        ['c', 'd'],
      ])
      const before = (offset: bigint) => ({
        topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, offset }] }],
        timeoutMs: 5000,
      })
      await client.call(DeleteRecords, 2, before(3n))
      await client.call(Fetch, 12, request(12, topic, [{ offset: 2n }]), 'below the start')
      await client.call(Fetch, 12, request(12, topic, [{ offset: 3n }]), 'at the start, within a batch')
      await client.call(DeleteRecords, 2, before(9n), 'past the end')
      await client.call(DeleteRecords, 2, before(-2n), 'negative')
      await client.call(DeleteRecords, 2, before(-1n), 'all')
      await client.call(Fetch, 12, request(12, topic, [{ offset: 4n }]), 'the end')
    },
  },
  ...[12, 13].map(
    (version): Scenario => ({
      name: `fetch sessions, v${version}: opened, gone on with, added to, forgotten from, ended`,
      async run(world) {
        const topic = await world.topic(3)
        const client = await world.client()
        await fill(client, topic, [['a']])
        const all = [{}, { partition: 1 }]
        const { sessionId } = await client.call(
          Fetch,
          version,
          request(version, topic, all, { sessionEpoch: 0 }),
        )
        const go = (sessionEpoch: number, wanted: Wanted[], say: string, more: Draft<FetchRequest> = {}) =>
          client.call(
            Fetch,
            version,
            request(version, topic, wanted, { sessionId, sessionEpoch, ...more }),
            say,
          )
        await go(1, [], 'the same again: what has records is told again')
        await go(2, [{ offset: 1n }], 'read on: nothing is new')
        await fill(client, topic, [['b']], 1)
        await go(3, [], 'the other partition has something')
        await go(4, [{ partition: 1, offset: 1n }, { partition: 2 }], 'a partition more')
        await go(5, [], 'still nothing', forgetting(version, topic, [1]))
        await fill(client, topic, [['c']], 1)
        await go(6, [], 'nothing of what was forgotten')
        await go(7, [{ partition: 2, offset: 9n }], 'an error is told')
        await go(8, [], 'and told again')
        await go(9, [{ partition: 2, offset: 0n }], 'and when it is gone')
        await go(9, [], 'an epoch again')
        await go(12, [], 'an epoch too far')
        await go(10, [], 'the right epoch')
        await go(11, [], 'all forgotten', forgetting(version, topic, [0, 2]))
        await go(12, [], 'the session is gone')
      },
    }),
  ),
  {
    name: 'fetch sessions: unknown, replaced and refused',
    async run(world) {
      const topic = await world.topic(2)
      const client = await world.client()
      await fill(client, topic, [['a']])
      const one = [{}]
      await client.call(Fetch, 12, request(12, topic, one, { sessionId: 12345, sessionEpoch: 1 }), 'unknown')
      await client.call(
        Fetch,
        12,
        request(12, topic, one, { sessionId: 12345, sessionEpoch: 0 }),
        'unknown, anew',
      )
      const { sessionId } = await client.call(Fetch, 12, request(12, topic, one, { sessionEpoch: 0 }))
      const switched = request(13, topic, one, { sessionId, sessionEpoch: 1 })
      await client.call(Fetch, 13, switched, 'names before, ids now')
      const again = await client.call(
        Fetch,
        12,
        request(12, topic, one, { sessionId, sessionEpoch: 0 }),
        'anew',
      )
      world.note('another session', again.sessionId !== sessionId)
      await client.call(
        Fetch,
        12,
        request(12, topic, one, { sessionId, sessionEpoch: 1 }),
        'the replaced one',
      )
      const { sessionId: last } = again
      await client.call(Fetch, 12, request(12, topic, one, { sessionId: last, sessionEpoch: -1 }), 'ended')
      await client.call(
        Fetch,
        12,
        request(12, topic, one, { sessionId: last, sessionEpoch: 1 }),
        'after its end',
      )
      await client.call(Fetch, 12, request(12, topic, [], { sessionEpoch: 0 }), 'a session of nothing')
      await client.call(Fetch, 12, request(12, topic, one, { sessionEpoch: 5 }), 'an epoch without a session')
    },
  },
  {
    name: 'fetch sessions: a topic that is deleted',
    async run(world) {
      const [stays, goes] = [await world.topic(), await world.topic()]
      const client = await world.client()
      await fill(client, stays, [['a']])
      const both = {
        ...request(13, stays, []),
        topics: [stays, goes].map(({ id: topicId }) => ({
          topicId,
          partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1000 }],
        })),
      }
      const { sessionId } = await client.call(Fetch, 13, { ...both, sessionEpoch: 0 })
      await client.call(DeleteTopics, 6, { topics: [{ topicId: goes.id }], timeoutMs: 5000 })
      // Kafka's brokers learn of it a little later.
      let epoch = 1
      for (;;) {
        const answer = await client.quietly(
          Fetch,
          13,
          request(13, stays, [{ offset: 1n }], { sessionId, sessionEpoch: epoch++ }),
        )
        if (answer.responses.length > 0) break
      }
      await client.call(Fetch, 13, request(13, stays, [], { sessionId, sessionEpoch: epoch }))
    },
  },
]
