import { describe, expect, test } from 'vitest'
import { MetadataView } from '../../src/cluster/metadata-view.ts'
import type { MetadataResponse } from '../../src/protocol/messages/metadata.ts'
import { ZERO_UUID } from '../../src/protocol/reader.ts'

const firstId = 'BBBBBBBBBBBBBBBBBBBBBA'
const secondId = 'CCCCCCCCCCCCCCCCCCCCCA'
const orders = { wanted: new Set(['orders']), allTopics: false }

/** A response about one topic whose only partition has this leader in this epoch. */
function response(leaderId: number, leaderEpoch: number, topicId = firstId): MetadataResponse {
  return {
    throttleTimeMs: 0,
    brokers: [1, 2].map((nodeId) => ({ nodeId, host: `kafka-${nodeId}`, port: 9092, rack: null })),
    clusterId: 'c',
    controllerId: 1,
    topics: [topic('orders', topicId, 0, leaderId, leaderEpoch)],
    clusterAuthorizedOperations: 0,
    errorCode: 0,
  }
}

function topic(name: string, topicId: string, errorCode: number, leaderId: number, leaderEpoch: number) {
  const partition = { leaderId, leaderEpoch, replicaNodes: [1, 2], isrNodes: [1, 2], offlineReplicas: [] }
  return {
    errorCode,
    name,
    topicId,
    isInternal: false,
    partitions: errorCode === 0 ? [{ errorCode: 0, partitionIndex: 0, ...partition }] : [],
    topicAuthorizedOperations: 0,
  }
}

const leaderOf = (view: MetadataView) => view.topics.get('orders')?.partitions[0].leaderId

describe('a response', () => {
  test('gives brokers and topics, by name and by id', () => {
    const view = MetadataView.empty.withResponse(response(1, 5), orders)
    expect(view.brokers.get(2)).toEqual({ id: 2, host: 'kafka-2', port: 9092, rack: null })
    expect(view.topicById(firstId)?.name).toBe('orders')
    expect(leaderOf(view)).toBe(1)
  })

  test('does not take a partition back to an older leader epoch', () => {
    const view = MetadataView.empty.withResponse(response(1, 5), orders).withResponse(response(2, 4), orders)
    expect(leaderOf(view)).toBe(1)
    expect(leaderOf(view.withResponse(response(2, 5), orders))).toBe(2)
  })

  test('begins anew when the topic was made again with another id', () => {
    const view = MetadataView.empty.withResponse(response(1, 5), orders)
    const again = view.withResponse(response(2, 0, secondId), orders)
    expect(leaderOf(again)).toBe(2)
    expect(again.topicById(firstId)).toBeUndefined()
  })

  test('says of a wanted topic that it is gone, and forgets topics that nobody wants', () => {
    const view = MetadataView.empty.withResponse(response(1, 5), orders)
    const gone = { ...response(1, 5), topics: [topic('orders', firstId, 3, -1, -1)] }
    expect(view.withResponse(gone, orders).topics.get('orders')?.errorCode).toBe(3)
    expect(
      view.withResponse({ ...gone, topics: [] }, { wanted: new Set(), allTopics: false }).topics.size,
    ).toBe(0)
  })

  test('does not believe in a partition with an index that no topic has', () => {
    const hostile = response(1, 5)
    hostile.topics[0].partitions[0].partitionIndex = 0x7fffffff
    expect(MetadataView.empty.withResponse(hostile, orders).topics.get('orders')?.partitions).toEqual([])
  })

  test('of a broker that does not know the topic yet does not make its epochs forgotten', () => {
    const view = MetadataView.empty.withResponse(response(1, 5), orders)
    const lagging = { ...response(1, 5), topics: [topic('orders', ZERO_UUID, 3, -1, -1)] }
    const stale = view.withResponse(lagging, orders).withResponse(lagging, orders)
    expect(leaderOf(stale.withResponse(response(2, 4), orders))).toBe(1)
    expect(leaderOf(stale.withResponse(response(2, 0, secondId), orders))).toBe(2)
  })

  test('without ids, as of an older broker, does not make the topic another one', () => {
    const view = MetadataView.empty.withResponse(response(1, 5), orders)
    const older = view.withResponse(response(2, 4, ZERO_UUID), orders)
    expect([leaderOf(older), older.topicById(firstId)?.name]).toEqual([1, 'orders'])
  })

  test('about all topics drops those that it does not tell', () => {
    const view = MetadataView.empty.withResponse(response(1, 5), orders)
    const all = view.withResponse({ ...response(1, 5), topics: [] }, { ...orders, allTopics: true })
    expect(all.topics.size).toBe(0)
  })

  test('that leaves partitions out makes them leaderless, not missing', () => {
    const told = response(1, 5)
    told.topics[0].partitions[0].partitionIndex = 2
    const view = MetadataView.empty.withResponse(told, orders)
    expect(view.topics.get('orders')?.partitions.map(({ leaderId }) => leaderId)).toEqual([-1, -1, 1])
  })

  test('of another cluster begins anew, also where the topic has the same id', () => {
    const view = MetadataView.empty.withResponse(response(1, 5), orders)
    expect(leaderOf(view.withResponse({ ...response(2, 0), clusterId: 'd' }, orders))).toBe(2)
  })
})

describe('hints', () => {
  const view = MetadataView.empty.withResponse(response(1, 5), orders)
  const hint = { topic: 'orders', partition: 0, leaderId: 3 }
  const endpoint = { nodeId: 3, host: 'kafka-3', port: 9093, rack: null }

  test('of a newer epoch move the leader and bring its address', () => {
    const moved = view.withHints([{ ...hint, leaderEpoch: 6 }], [endpoint])
    expect(leaderOf(moved)).toBe(3)
    expect(moved.brokers.get(3)?.port).toBe(9093)
    expect(leaderOf(view)).toBe(1)
  })

  test('of the same or an older epoch, and of what is unknown, change nothing', () => {
    expect(view.withHints([{ ...hint, leaderEpoch: 5 }], [endpoint])).toBe(view)
    expect(view.withHints([{ ...hint, topic: 'other', leaderEpoch: 9 }], [endpoint])).toBe(view)
    expect(view.withHints([{ ...hint, partition: 7, leaderEpoch: 9 }], [endpoint])).toBe(view)
  })
})
