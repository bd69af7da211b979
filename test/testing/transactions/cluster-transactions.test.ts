import { afterEach, expect, test } from 'vitest'
import { ErrorCodes } from '../../../src/protocol/error-codes.ts'
import {
  AddPartitionsToTxn,
  DescribeTransactions,
  EndTxn,
  Fetch,
  FindCoordinator,
  InitProducerId,
  Produce,
} from '../../../src/protocol/messages/index.ts'
import { bytesSource, readBatches } from '../../../src/records/index.ts'
import { type Broker, type BrokerOptions, startBroker } from '../../../src/testing/index.ts'
import { batch } from '../support/batches.ts'
import { RawClient } from '../support/raw-client.ts'

const patient = { 'broker.session.timeout.ms': '60000' }
const transactionalId = 'x'

let broker: Broker
const clients = new Map<number, RawClient>()
let producerId: bigint
let producerEpoch: number

afterEach(async () => {
  for (const client of clients.values()) client.close()
  clients.clear()
  await broker.close()
})

/** Three brokers, `t[0]`, and a producer that has its id. */
async function start(options: BrokerOptions = {}): Promise<void> {
  broker = await startBroker({ brokers: 3, topics: { t: 1 }, ...options })
  const client = await connect(await coordinatorId())
  const answer = await client.call(InitProducerId, 5, { transactionalId, transactionTimeoutMs: 60_000 })
  expect(answer.errorCode).toBe(ErrorCodes.NONE)
  producerId = answer.producerId
  producerEpoch = answer.producerEpoch
}

async function connect(id: number): Promise<RawClient> {
  let client = clients.get(id)
  if (client === undefined) {
    const { host, port } = broker.node(id)
    client = await RawClient.connect(`${host}:${port}`)
    clients.set(id, client)
  }
  return client
}

async function coordinatorId(asked = 1): Promise<number> {
  const client = await connect(asked)
  const { coordinators } = await client.call(FindCoordinator, 4, {
    keyType: 1,
    coordinatorKeys: [transactionalId],
  })
  return coordinators[0].nodeId
}

async function add(): Promise<number> {
  const client = await connect(await coordinatorId())
  const answer = await client.call(AddPartitionsToTxn, 3, {
    v3AndBelowTransactionalId: transactionalId,
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: [{ name: 't', partitions: [0] }],
  })
  return answer.resultsByTopicV3AndBelow[0].resultsByPartition[0].partitionErrorCode
}

async function send(value: string, baseSequence: number, version = 11, index = 0): Promise<number> {
  const client = await connect(broker.partition('t', index).leader)
  const records = await batch([value], { transactional: true, producerId, producerEpoch, baseSequence })
  const answer = await client.call(Produce, version, {
    transactionalId,
    acks: -1,
    timeoutMs: 2000,
    topicData: [{ name: 't', partitionData: [{ index, records }] }],
  })
  return answer.responses[0].partitionResponses[0].errorCode
}

async function end(committed: boolean): Promise<number> {
  return endAt(await coordinatorId(), committed)
}

async function endAt(id: number, committed = true): Promise<number> {
  const client = await connect(id)
  const claim = { transactionalId, producerId, producerEpoch }
  return (await client.call(EndTxn, 4, { ...claim, committed })).errorCode
}

async function stateAt(id: number): Promise<string> {
  const client = await connect(id)
  const { transactionStates } = await client.call(DescribeTransactions, 0, {
    transactionalIds: [transactionalId],
  })
  return transactionStates[0].transactionState
}

async function becomes(wanted: string, at?: number): Promise<void> {
  const id = at ?? (await coordinatorId())
  for (let turn = 0; (await stateAt(id)) !== wanted; turn++) {
    if (turn > 1000) throw new Error(`it is ${await stateAt(id)}, not ${wanted}`)
    await pause(5)
  }
}

/** What a reader of committed records gets from the partition's leader. */
async function committed() {
  const client = await connect(broker.partition('t', 0).leader)
  const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1 << 20 }]
  const answer = await client.call(Fetch, 12, {
    maxWaitMs: 0,
    minBytes: 1,
    isolationLevel: 1,
    topics: [{ topic: 't', partitions }],
  })
  const { records, lastStableOffset, highWatermark, abortedTransactions } = answer.responses[0].partitions[0]
  const batches = [...readBatches(records ?? Buffer.alloc(0), bytesSource('t', 0))]
  return {
    lastStableOffset: Number(lastStableOffset),
    highWatermark: Number(highWatermark),
    aborted: (abortedTransactions ?? []).map(({ firstOffset }) => Number(firstOffset)),
    kinds: batches.map((view) =>
      view.isControl ? `marker ${[...view][0].value!.readInt32BE(2)}` : String([...view][0].value),
    ),
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; !isTrue(); turn++) {
    if (turn > 1000) throw new Error('waited for five seconds')
    await pause(5)
  }
}

test('a marker waits for a leader that answers', async () => {
  await start({ brokers: 2, topics: { t: 2 }, configs: patient })
  expect(await add()).toBe(ErrorCodes.NONE)
  expect(await send('a', 0)).toBe(ErrorCodes.NONE)
  const { leader } = broker.partition('t', 0)
  const other = 3 - leader
  if ((await coordinatorId()) === leader) broker.moveCoordinator(transactionalId, other, 'transaction')
  broker.node(leader).pause()
  expect(await endAt(other)).toBe(ErrorCodes.NONE)
  await pause(50)
  expect(await stateAt(other)).toBe('PrepareCommit')
  // Nothing can be written meanwhile, and what that is called depends on who asks.
  expect(await send('b', 0, 11, 1)).toBe(ErrorCodes.NOT_ENOUGH_REPLICAS)
  expect(await send('b', 0, 12, 1)).toBe(ErrorCodes.CONCURRENT_TRANSACTIONS)
  broker.node(leader).resume()
  await becomes('CompleteCommit', other)
  expect((await committed()).kinds).toEqual(['a', expect.stringMatching(/^marker/)])
})

test('a marker that no follower has is not written yet, and is written again by the next leader', async () => {
  await start({ configs: patient })
  await add()
  await send('a', 0)
  const { leader } = broker.partition('t', 0)
  for (const id of [1, 2, 3]) if (id !== leader) broker.cut(leader, id)
  broker.moveCoordinator(transactionalId, leader, 'transaction')
  expect(await endAt(leader)).toBe(ErrorCodes.NONE)
  await until(() => broker.partition('t', 0).endOffsets.get(leader) === 2)
  await pause(50)
  expect(await stateAt(leader)).toBe('PrepareCommit')
  expect(await committed()).toMatchObject({ lastStableOffset: 0, highWatermark: 1, kinds: [] })
  const next = (leader % 3) + 1
  broker.moveLeader('t', 0, next)
  broker.heal()
  await until(() => broker.partition('t', 0).endOffsets.get(leader) === 2)
  await becomes('CompleteCommit', leader)
  expect(broker.partition('t', 0).leader).toBe(next)
  expect(await committed()).toMatchObject({ lastStableOffset: 2, highWatermark: 2 })
})

test('a transaction goes on at its next coordinator, whose markers say so', async () => {
  await start({ configs: patient })
  const first = await coordinatorId()
  await add()
  await send('a', 0)
  broker.moveCoordinator(transactionalId, undefined, 'transaction')
  const next = await coordinatorId()
  expect(next).not.toBe(first)
  expect(await endAt(first)).toBe(ErrorCodes.NOT_COORDINATOR)
  expect(await stateAt(next)).toBe('Ongoing')
  expect(await endAt(next)).toBe(ErrorCodes.NONE)
  await becomes('CompleteCommit')
  expect((await committed()).kinds).toEqual(['a', 'marker 1'])
})

test('a leader that does not reach the coordinator asks the producer to try again', async () => {
  await start({ configs: patient })
  const { leader } = broker.partition('t', 0)
  const other = (leader % 3) + 1
  broker.moveCoordinator(transactionalId, other, 'transaction')
  broker.cut(leader, other)
  expect(await send('a', 0, 12)).toBe(ErrorCodes.NOT_ENOUGH_REPLICAS)
  broker.heal()
  expect(await send('a', 0, 12)).toBe(ErrorCodes.NONE)
  expect(await stateAt(other)).toBe('Ongoing')
})

test('a new leader knows which transactions are open and which were aborted', async () => {
  await start({ configs: patient })
  await add()
  await send('a', 0)
  await end(false)
  await becomes('CompleteAbort')
  await add()
  await send('b', 1)
  const { leader } = broker.partition('t', 0)
  broker.moveLeader('t', 0)
  expect(broker.partition('t', 0).leader).not.toBe(leader)
  expect(await committed()).toEqual({
    lastStableOffset: 2,
    highWatermark: 3,
    aborted: [0],
    kinds: ['a', 'marker 0'],
  })
  expect(await send('c', 2)).toBe(ErrorCodes.NONE)
  expect(await end(true)).toBe(ErrorCodes.NONE)
  await becomes('CompleteCommit')
  expect((await committed()).kinds).toEqual(['a', 'marker 0', 'b', 'c', 'marker 0'])
})
