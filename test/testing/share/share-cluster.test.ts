/** Share groups where leaders move and brokers go: what a group knows of its records is kept for it by the cluster. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ErrorCodes } from '../../../src/protocol/error-codes.ts'
import {
  Metadata,
  Produce,
  ShareAcknowledge,
  ShareFetch,
  ShareGroupHeartbeat,
} from '../../../src/protocol/messages/index.ts'
import { type Broker, startBroker } from '../../../src/testing/index.ts'
import { batch } from '../support/batches.ts'
import { RawClient } from '../support/raw-client.ts'

const [accept, release] = [1, 2]
const groupId = 'group'

let broker: Broker
let clients: RawClient[]
let topicId: string

beforeEach(async () => {
  broker = await startBroker({ brokers: 3, topics: { t: { partitions: 1, replicas: 3 } } })
  clients = []
  for (const { port } of broker.nodes) clients.push(await RawClient.connect(`127.0.0.1:${port}`))
  const { topics } = await clients[0].call(Metadata, 12, { topics: [{ name: 't' }] })
  topicId = topics[0].topicId
  const records = await batch(['a', 'b', 'c', 'd'])
  const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }]
  await at(leader()).call(Produce, 9, { acks: -1, timeoutMs: 1000, topicData })
  broker.moveCoordinator(groupId, 1)
  let errorCode = -1
  while (errorCode !== 0) {
    const join = { groupId, memberId: 'm', memberEpoch: 0, subscribedTopicNames: ['t'] }
    ;({ errorCode } = await at(1).call(ShareGroupHeartbeat, 1, join))
  }
})

afterEach(() => broker.close())

const leader = () => broker.partition('t', 0).leader
const at = (id: number) => clients[broker.nodes.findIndex((node) => node.id === id)]

async function fetch(id: number, memberId: string, shareSessionEpoch: number) {
  const answer = await at(id).call(ShareFetch, 2, {
    groupId,
    memberId,
    shareSessionEpoch,
    maxWaitMs: 0,
    maxRecords: 100,
    batchSize: 100,
    topics: shareSessionEpoch === 0 ? [{ topicId, partitions: [{ partitionIndex: 0 }] }] : [],
  })
  return { ...answer, partition: answer.responses[0]?.partitions[0] }
}

async function acknowledge(
  id: number,
  memberId: string,
  epoch: number,
  first: number,
  last: number,
  type: number,
) {
  const acknowledgementBatches = [
    { firstOffset: BigInt(first), lastOffset: BigInt(last), acknowledgeTypes: [type] },
  ]
  const topics = [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches }] }]
  const answer = await at(id).call(ShareAcknowledge, 2, {
    groupId,
    memberId,
    shareSessionEpoch: epoch,
    topics,
  })
  return answer.responses[0].partitions[0]
}

/** The group reads from the earliest record on, whatever its config says. */
async function begin(id: number): Promise<void> {
  await fetch(id, 'first', 0)
  await fetch(id, 'first', -1)
}

describe('a partition whose leader moves', () => {
  test('goes on where it was: what was accepted is, and what was not is delivered once more', async () => {
    const before = leader()
    await begin(before)
    const more = await batch(['e', 'f', 'g', 'h'])
    const topicData = [{ name: 't', partitionData: [{ index: 0, records: more }] }]
    await at(before).call(Produce, 9, { acks: -1, timeoutMs: 1000, topicData })
    const { partition } = await fetch(before, 'm', 0)
    expect(partition.acquiredRecords).toMatchObject([{ firstOffset: 4n, lastOffset: 7n, deliveryCount: 1 }])
    expect((await acknowledge(before, 'm', 1, 4, 5, accept)).errorCode).toBe(ErrorCodes.NONE)
    broker.moveLeader('t', 0)
    const after = leader()
    expect(after).not.toBe(before)
    const refused = await acknowledge(before, 'm', 2, 6, 7, release)
    expect(refused.errorCode).toBe(ErrorCodes.NOT_LEADER_OR_FOLLOWER)
    expect(refused.currentLeader.leaderId).toBe(after)
    const misled = await fetch(before, 'm', 3)
    expect(misled.partition.errorCode).toBe(ErrorCodes.NOT_LEADER_OR_FOLLOWER)
    expect(misled.nodeEndpoints.map(({ nodeId }) => nodeId)).toEqual([after])
    await fetch(after, 'm', 0)
    expect((await acknowledge(after, 'm', 1, 6, 7, release)).errorCode).toBe(ErrorCodes.NONE)
    const again = await fetch(after, 'n', 0)
    expect(again.partition.acquiredRecords).toMatchObject([
      { firstOffset: 6n, lastOffset: 7n, deliveryCount: 2 },
    ])
  })

  test('a broker that is killed gives back what it has given out', async () => {
    const before = leader()
    await begin(before)
    const more = await batch(['e'])
    const topicData = [{ name: 't', partitionData: [{ index: 0, records: more }] }]
    await at(before).call(Produce, 9, { acks: -1, timeoutMs: 1000, topicData })
    await fetch(before, 'm', 0)
    broker.moveLeader('t', 0)
    const after = leader()
    expect((await fetch(after, 'n', 0)).partition.acquiredRecords).toEqual([])
    await broker.node(before).kill()
    const { partition } = await fetch(after, 'n', 1)
    expect(partition.acquiredRecords).toMatchObject([{ firstOffset: 4n, lastOffset: 4n, deliveryCount: 2 }])
  })
})

test('another broker is no coordinator of the group', async () => {
  const beat = { groupId, memberId: 'm', memberEpoch: 2 }
  expect((await at(2).call(ShareGroupHeartbeat, 1, beat)).errorCode).toBe(ErrorCodes.NOT_COORDINATOR)
})
