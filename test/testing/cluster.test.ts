import { afterEach, describe, expect, test } from 'vitest'
import { ErrorCodes } from '../../src/protocol/error-codes.ts'
import {
  CreateTopics,
  DescribeTopicPartitions,
  Fetch,
  FindCoordinator,
  Heartbeat,
  ListOffsets,
  Metadata,
  OffsetForLeaderEpoch,
  Produce,
} from '../../src/protocol/messages/index.ts'
import { type Broker, type BrokerOptions, startBroker } from '../../src/testing/index.ts'
import { clusterOf } from '../../src/testing/internals.ts'
import { batch } from './support/batches.ts'
import { RawClient } from './support/raw-client.ts'

const started: Broker[] = []
const clients: RawClient[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await Promise.all(started.splice(0).map((broker) => broker.close()))
})

async function start(options: BrokerOptions = {}): Promise<Broker> {
  const broker = await startBroker({ brokers: 3, ...options })
  started.push(broker)
  return broker
}

async function connect(broker: Broker, id: number): Promise<RawClient> {
  const { host, port } = broker.node(id)
  const client = await RawClient.connect(`${host}:${port}`)
  clients.push(client)
  return client
}

/** Produces one batch to t[0] at broker `id`, and answers the partition's part of the response. */
async function produce(broker: Broker, id: number, values: string[], acks = -1, timeoutMs = 1000) {
  const client = await connect(broker, id)
  const answer = await client.call(Produce, 10, {
    acks,
    timeoutMs,
    topicData: [{ name: 't', partitionData: [{ index: 0, records: await batch(values) }] }],
  })
  client.close()
  return { ...answer.responses[0].partitionResponses[0], nodeEndpoints: answer.nodeEndpoints }
}

async function fetch(broker: Broker, id: number, fetchOffset = 0n, more: object = {}) {
  const client = await connect(broker, id)
  const { maxWaitMs = 0, ...wanted } = more as { maxWaitMs?: number }
  const answer = await client.call(Fetch, 12, {
    maxWaitMs,
    minBytes: 1,
    maxBytes: 1 << 20,
    topics: [
      { topic: 't', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20, ...wanted }] },
    ],
    ...('rackId' in more && { rackId: (more as { rackId: string }).rackId }),
  })
  client.close()
  return answer.responses[0].partitions[0]
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; !isTrue(); turn++) {
    if (turn > 2000) throw new Error('waited for ten seconds')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Nobody is missed before a test says so. */
const patient = { 'broker.session.timeout.ms': '60000' }
const hasty = { 'broker.session.timeout.ms': '20' }

describe('several brokers', () => {
  test('share out leaders and replicas, and every one of them tells the same', async () => {
    const broker = await start({ topics: { t: 6 }, racks: ['a', 'b', 'c'] })
    expect(broker.brokers).toHaveLength(3)
    for (const id of [1, 2, 3]) {
      const client = await connect(broker, id)
      const { brokers, topics } = await client.call(Metadata, 12, { topics: null })
      expect(brokers.map(({ nodeId, rack }) => [nodeId, rack])).toEqual([
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
      ])
      const leaders = topics[0].partitions.map(({ leaderId }) => leaderId)
      expect(leaders.toSorted()).toEqual([1, 1, 2, 2, 3, 3])
      for (const { replicaNodes, isrNodes } of topics[0].partitions) {
        expect(replicaNodes.toSorted()).toEqual([1, 2, 3])
        expect(isrNodes.toSorted()).toEqual([1, 2, 3])
      }
    }
  })

  test('only the leader takes records, and the others say who that is', async () => {
    const broker = await start({ topics: { t: 1 } })
    const { leader } = broker.partition('t', 0)
    const other = (leader % 3) + 1
    const refused = await produce(broker, other, ['a'])
    expect(refused.errorCode).toBe(ErrorCodes.NOT_LEADER_OR_FOLLOWER)
    expect(refused.currentLeader).toEqual({ leaderId: leader, leaderEpoch: 0 })
    expect(refused.nodeEndpoints.map(({ nodeId, port }) => [nodeId, port])).toEqual([
      [leader, broker.node(leader).port],
    ])
    expect((await produce(broker, leader, ['a'])).errorCode).toBe(0)
    expect([...broker.partition('t', 0).endOffsets.values()]).toEqual([1, 1, 1])
  })

  test('acks all waits until the followers have the records, and readers see them then', async () => {
    const broker = await start({ topics: { t: 1 }, delays: { replicationMs: 300 } })
    const { leader } = broker.partition('t', 0)
    const sent = produce(broker, leader, ['a'])
    await until(() => broker.partition('t', 0).endOffsets.get(leader) === 1)
    expect(broker.partition('t', 0).highWatermark).toBe(0)
    expect((await fetch(broker, leader)).records).toHaveLength(0)
    const polled = fetch(broker, leader, 0n, { maxWaitMs: 5000 })
    expect((await sent).errorCode).toBe(0)
    expect(broker.partition('t', 0).highWatermark).toBe(1)
    expect((await polled).records!.length).toBeGreaterThan(0)
  })

  test('acks all gives up after its time when a follower in sync is silent', async () => {
    const broker = await start({ topics: { t: 1 }, configs: patient })
    const { leader } = broker.partition('t', 0)
    broker.node((leader % 3) + 1).pause()
    expect((await produce(broker, leader, ['a'], -1, 30)).errorCode).toBe(ErrorCodes.REQUEST_TIMED_OUT)
    expect((await produce(broker, leader, ['b'], 1)).errorCode).toBe(0)
    expect(broker.partition('t', 0).highWatermark).toBe(0)
    broker.node((leader % 3) + 1).resume()
    expect(broker.partition('t', 0).highWatermark).toBe(2)
  })

  test('a follower that lags for too long is in sync no more, and comes back', async () => {
    const broker = await start({
      topics: { t: 1 },
      configs: { ...patient, 'replica.lag.time.max.ms': '30' },
    })
    const { leader } = broker.partition('t', 0)
    const laggard = (leader % 3) + 1
    broker.cut(leader, laggard)
    expect((await produce(broker, leader, ['a'], -1, 5000)).errorCode).toBe(0)
    expect(broker.partition('t', 0).isr).not.toContain(laggard)
    broker.heal(leader, laggard)
    expect(broker.partition('t', 0).isr).toContain(laggard)
    expect(broker.partition('t', 0).endOffsets.get(laggard)).toBe(1)
  })

  test('who is about to be in sync has to have a record before it counts as committed', async () => {
    const broker = await start({
      brokers: 2,
      topics: { t: 1 },
      configs: hasty,
      delays: { metadataMs: 150, replicationMs: 100 },
    })
    await until(() => clusterOf(broker).livingNodes().length === 2)
    await new Promise((resolve) => setTimeout(resolve, 200))
    const { leader } = broker.partition('t', 0)
    const other = 3 - leader
    await broker.node(other).stop()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect((await produce(broker, leader, ['a'])).errorCode).toBe(0)
    await broker.node(other).start()
    await until(() => broker.partition('t', 0).isr.length === 2)
    // The controller has decided so, and the leader has not heard of it yet.
    expect((await produce(broker, leader, ['b'])).errorCode).toBe(0)
    await broker.node(leader).kill()
    await until(() => broker.partition('t', 0).leader === other)
    await until(() => broker.partition('t', 0).highWatermark === 2)
  })

  test('too few replicas in sync: refused before, or found out after', async () => {
    const broker = await start({
      topics: { t: { partitions: 1, configs: { 'min.insync.replicas': '2' } } },
      configs: hasty,
    })
    const { leader } = broker.partition('t', 0)
    const others = [1, 2, 3].filter((id) => id !== leader)
    await broker.node(others[0]).stop()
    expect((await produce(broker, leader, ['a'])).errorCode).toBe(0)
    await broker.node(others[1]).stop()
    expect((await produce(broker, leader, ['b'])).errorCode).toBe(ErrorCodes.NOT_ENOUGH_REPLICAS)
    expect((await produce(broker, leader, ['c'], 1)).errorCode).toBe(0)
    expect(broker.partition('t', 0).highWatermark).toBe(1)
    await broker.node(others[1]).start()
    expect(broker.partition('t', 0).highWatermark).toBe(2)
  })
})

describe('leaders that go', () => {
  test('killed: another leads in a new epoch, and what was acknowledged is there', async () => {
    const broker = await start({ topics: { t: 1 }, configs: hasty })
    const { leader } = broker.partition('t', 0)
    await produce(broker, leader, ['a', 'b'])
    await broker.node(leader).kill()
    expect(broker.partition('t', 0).leader).toBe(leader)
    await until(() => broker.partition('t', 0).leader !== leader)
    const now = broker.partition('t', 0)
    expect(now.leaderEpoch).toBe(1)
    expect(now.isr).not.toContain(leader)
    expect((await fetch(broker, now.leader)).highWatermark).toBe(2n)
    expect((await produce(broker, now.leader, ['c'])).errorCode).toBe(0)
    await broker.node(leader).start()
    expect(broker.partition('t', 0).endOffsets.get(leader)).toBe(3)
    expect(broker.partition('t', 0).isr).toContain(leader)
  })

  test('stopped: others lead before it hangs up', async () => {
    const broker = await start({ topics: { t: 1 }, configs: patient })
    const { leader } = broker.partition('t', 0)
    const stopping = broker.node(leader).stop()
    expect(broker.partition('t', 0).leader).not.toBe(leader)
    await stopping
  })

  test('a tail that no follower had is cut off, and the epoch tells where', async () => {
    const broker = await start({ topics: { t: 1 }, configs: hasty, delays: { replicationMs: 15 } })
    const { leader } = broker.partition('t', 0)
    await produce(broker, leader, ['kept'])
    for (const id of [1, 2, 3]) if (id !== leader) broker.cut(leader, id)
    expect((await produce(broker, leader, ['lost', 'lost too'], 1)).baseOffset).toBe(1n)
    await broker.node(leader).kill()
    await until(() => broker.partition('t', 0).leader !== leader)
    const { leader: next } = broker.partition('t', 0)
    broker.heal()
    expect((await produce(broker, next, ['instead'])).baseOffset).toBe(1n)
    await broker.node(leader).start()
    await until(() => broker.partition('t', 0).isr.length === 3)
    expect([...broker.partition('t', 0).endOffsets.values()]).toEqual([2, 2, 2])
    const client = await connect(broker, next)
    const { topics } = await client.call(OffsetForLeaderEpoch, 4, {
      replicaId: -1,
      topics: [{ topic: 't', partitions: [{ partition: 0, currentLeaderEpoch: 1, leaderEpoch: 0 }] }],
    })
    expect(topics[0].partitions[0]).toMatchObject({ errorCode: 0, leaderEpoch: 0, endOffset: 1n })
    // Who fetches on with the old epoch is told where its log and the leader's part.
    const told = await fetch(broker, next, 3n, { lastFetchedEpoch: 0, currentLeaderEpoch: 1 })
    expect(told.divergingEpoch).toEqual({ epoch: 0, endOffset: 1n })
  })

  test('nobody in sync is left: no leader, until one comes back, or an unclean election', async () => {
    const broker = await start({ brokers: 2, topics: { t: 1 }, configs: hasty })
    const { leader } = broker.partition('t', 0)
    const other = 3 - leader
    await broker.node(other).kill()
    await until(() => broker.partition('t', 0).isr.length === 1)
    await produce(broker, leader, ['a'])
    await broker.node(leader).kill()
    await broker.node(other).start()
    await until(() => broker.partition('t', 0).leader === -1)
    const client = await connect(broker, other)
    const { topics } = await client.call(Metadata, 12, { topics: [{ name: 't' }] })
    expect(topics[0].partitions[0]).toMatchObject({
      errorCode: ErrorCodes.LEADER_NOT_AVAILABLE,
      leaderId: -1,
      isrNodes: [],
      offlineReplicas: [leader],
    })
    await broker.node(leader).start()
    expect(broker.partition('t', 0)).toMatchObject({ leader, highWatermark: 1 })
  })

  test('unclean election: records are lost rather than waited for', async () => {
    const broker = await start({
      brokers: 2,
      topics: { t: { partitions: 1, configs: { 'unclean.leader.election.enable': 'true' } } },
      configs: hasty,
    })
    const { leader } = broker.partition('t', 0)
    const other = 3 - leader
    await broker.node(other).kill()
    await until(() => broker.partition('t', 0).isr.length === 1)
    await produce(broker, leader, ['a'])
    await broker.node(leader).kill()
    await broker.node(other).start()
    await until(() => broker.partition('t', 0).leader === other)
    expect(broker.partition('t', 0)).toMatchObject({ isr: [other], highWatermark: 0 })
    await broker.node(leader).start()
    expect([...broker.partition('t', 0).endOffsets.values()]).toEqual([0, 0])
  })

  test('cut off from the controller, it goes on in its old view and is fenced', async () => {
    const broker = await start({ topics: { t: 1 }, configs: hasty })
    const { leader } = broker.partition('t', 0)
    broker.cut(leader, 'controller')
    for (const id of [1, 2, 3]) if (id !== leader) broker.cut(leader, id)
    await until(() => broker.partition('t', 0).leader !== leader)
    // It takes what asks for no more than itself, and none of that counts.
    expect((await produce(broker, leader, ['zombie'], 1)).errorCode).toBe(0)
    expect((await produce(broker, leader, ['zombie'], -1, 30)).errorCode).toBe(ErrorCodes.REQUEST_TIMED_OUT)
    expect((await fetch(broker, leader)).highWatermark).toBe(0n)
    const { leader: next } = broker.partition('t', 0)
    await produce(broker, next, ['real'])
    broker.heal()
    expect(broker.partition('t', 0)).toMatchObject({ highWatermark: 1, leader: next })
    expect([...broker.partition('t', 0).endOffsets.values()]).toEqual([1, 1, 1])
    expect((await produce(broker, leader, ['late'])).errorCode).toBe(ErrorCodes.NOT_LEADER_OR_FOLLOWER)
  })

  test('moved by hand; who knows a newer epoch is told so', async () => {
    const broker = await start({ topics: { t: 1 }, delays: { metadataMs: 40 }, configs: patient })
    await until(() => broker.partition('t', 0).leader !== -1)
    const { leader } = broker.partition('t', 0)
    const to = (leader % 3) + 1
    await new Promise((resolve) => setTimeout(resolve, 60))
    broker.moveLeader('t', 0, to)
    const early = await fetch(broker, to, 0n, { currentLeaderEpoch: 1 })
    expect(early.errorCode).toBe(ErrorCodes.UNKNOWN_LEADER_EPOCH)
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect((await fetch(broker, to, 0n, { currentLeaderEpoch: 1 })).errorCode).toBe(0)
    expect((await fetch(broker, to, 0n, { currentLeaderEpoch: 0 })).errorCode).toBe(
      ErrorCodes.FENCED_LEADER_EPOCH,
    )
  })
})

describe('followers', () => {
  test('serve consumers that fetch from them, and not older ones', async () => {
    const broker = await start({ topics: { t: 1 } })
    const { leader } = broker.partition('t', 0)
    await produce(broker, leader, ['a'])
    const follower = (leader % 3) + 1
    expect((await fetch(broker, follower)).highWatermark).toBe(1n)
    const client = await connect(broker, follower)
    const old = await client.call(Fetch, 10, {
      maxWaitMs: 0,
      minBytes: 1,
      topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1000 }] }],
    })
    expect(old.responses[0].partitions[0].errorCode).toBe(ErrorCodes.NOT_LEADER_OR_FOLLOWER)
    const offsets = await client.call(ListOffsets, 7, {
      replicaId: -1,
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1n }] }],
    })
    expect(offsets.topics[0].partitions[0].errorCode).toBe(ErrorCodes.NOT_LEADER_OR_FOLLOWER)
  })

  test('a client in the rack of a follower is sent there', async () => {
    const broker = await start({
      topics: { t: 1 },
      racks: ['a', 'b', 'c'],
      configs: { 'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector' },
    })
    const { leader } = broker.partition('t', 0)
    await produce(broker, leader, ['a'])
    const follower = (leader % 3) + 1
    const rackId = ['a', 'b', 'c'][follower - 1]
    const sent = await fetch(broker, leader, 0n, { rackId })
    expect(sent).toMatchObject({ preferredReadReplica: follower, errorCode: 0 })
    expect((await fetch(broker, follower, 0n, { rackId })).preferredReadReplica).toBe(-1)
    expect((await fetch(broker, leader, 0n, { rackId: 'z' })).preferredReadReplica).toBe(-1)
  })
})

describe('coordinators', () => {
  test('are spread over the brokers, refuse what is not theirs, and move', async () => {
    const broker = await start()
    const client = await connect(broker, 1)
    const find = async () => {
      const keys = Array.from({ length: 20 }, (_, index) => `group-${index}`)
      const { coordinators } = await client.call(FindCoordinator, 6, { keyType: 0, coordinatorKeys: keys })
      return coordinators.map(({ nodeId, errorCode }) => (errorCode === 0 ? nodeId : -1))
    }
    const before = await find()
    expect(new Set(before)).toEqual(new Set([1, 2, 3]))
    const other = await connect(broker, (before[0] % 3) + 1)
    const beat = { groupId: 'group-0', generationId: 1, memberId: 'm' }
    expect((await other.call(Heartbeat, 4, beat)).errorCode).toBe(ErrorCodes.NOT_COORDINATOR)
    broker.moveCoordinator('group-0', (before[0] % 3) + 1)
    expect((await find())[0]).toBe((before[0] % 3) + 1)
    expect((await other.call(Heartbeat, 4, beat)).errorCode).toBe(ErrorCodes.UNKNOWN_MEMBER_ID)
  })

  test('load what their predecessors knew before they act', async () => {
    const broker = await start({ delays: { coordinatorLoadMs: 40 } })
    const client = await connect(broker, 1)
    const find = () => client.call(FindCoordinator, 6, { keyType: 0, coordinatorKeys: ['g'] })
    const { nodeId } = (await find()).coordinators[0]
    const to = (nodeId % 3) + 1
    broker.moveCoordinator('g', to)
    const next = await connect(broker, to)
    const beat = { groupId: 'g', generationId: 1, memberId: 'm' }
    expect((await next.call(Heartbeat, 4, beat)).errorCode).toBe(ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS)
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect((await next.call(Heartbeat, 4, beat)).errorCode).toBe(ErrorCodes.UNKNOWN_MEMBER_ID)
  })
})

describe('the controller', () => {
  test('is one of the living brokers, and moves', async () => {
    const broker = await start({ configs: hasty })
    const client = await connect(broker, 3)
    const told = async () => (await client.call(Metadata, 12, { topics: [] })).controllerId
    expect(await told()).toBe(1)
    broker.moveController()
    expect(await told()).toBe(2)
    await broker.node(2).kill()
    await until(() => clusterOf(broker).livingNodes().length === 2)
    expect(await told()).toBe(1)
    expect(() => broker.moveController(2)).toThrow('broker 2 is not alive')
  })

  test('is waited for by what only it can decide', async () => {
    const broker = await start({ configs: patient })
    const client = await connect(broker, 2)
    broker.cut(2, 'controller')
    const creating = client.call(CreateTopics, 7, {
      topics: [{ name: 'late', numPartitions: 1, replicationFactor: 3 }],
      timeoutMs: 5000,
    })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(() => broker.partition('late', 0)).toThrow('no topic')
    broker.heal()
    expect((await creating).topics[0].errorCode).toBe(0)
    expect(broker.partition('late', 0).isr).toHaveLength(3)
  })
})

test('a partition that misses min.insync.replicas keeps its eligible leaders', async () => {
  const broker = await start({
    topics: { t: { partitions: 1, configs: { 'min.insync.replicas': '3' } } },
    configs: hasty,
  })
  const { leader } = broker.partition('t', 0)
  const gone = (leader % 3) + 1
  await broker.node(gone).stop()
  const client = await connect(broker, leader)
  const { topics } = await client.call(DescribeTopicPartitions, 0, { topics: [{ name: 't' }] })
  expect(topics[0].partitions[0].eligibleLeaderReplicas).toEqual([gone])
})

test('partitions are added, and not when there are as many', async () => {
  const broker = await start({ topics: { t: 1 } })
  broker.addPartitions('t', 4)
  expect([0, 1, 2, 3].map((index) => broker.partition('t', index).leader).toSorted()).toEqual([1, 1, 2, 3])
  expect(() => broker.addPartitions('t', 4)).toThrow('"t" cannot have 4 partitions')
  expect(() => broker.addPartitions('u', 4)).toThrow('there is no topic "u"')
})

test('a topic deleted while a broker is away is gone from it, too', async () => {
  const broker = await start({ topics: { t: 1 }, configs: hasty })
  const { leader } = broker.partition('t', 0)
  await produce(broker, leader, ['a'])
  const away = (leader % 3) + 1
  await broker.node(away).kill()
  broker.deleteTopic('t')
  broker.createTopic('t', 1)
  await broker.node(away).start()
  expect([...broker.partition('t', 0).endOffsets.values()]).toEqual([0, 0, 0])
})
