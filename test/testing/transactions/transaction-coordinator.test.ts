import { beforeEach, expect, test } from 'vitest'
import { ErrorCodes } from '../../../src/protocol/error-codes.ts'
import type { Transaction } from '../../../src/testing/transactions/transaction.ts'
import { TransactionCoordinator } from '../../../src/testing/transactions/transaction-coordinator.ts'

const partition = { topic: 't', partition: 0 }
const settings = { transactionMaxTimeoutMs: 900_000, transactionalIdExpirationMs: 5000 }

let nowMs: number
let lastProducerId: bigint
let ending: Transaction[]
let coordinator: TransactionCoordinator

beforeEach(() => {
  nowMs = 1_000_000
  lastProducerId = 0n
  ending = []
  coordinator = new TransactionCoordinator({
    settings,
    nowMs: () => nowMs,
    nextProducerId: () => ++lastProducerId,
    writeMarkers: (transaction) => ending.push(transaction),
  })
})

function init(more: object = {}) {
  const producer = { transactionalId: 'x', producerId: -1n, producerEpoch: -1 }
  return coordinator.init({ ...producer, transactionTimeoutMs: 1000, ...more })
}

/** A producer with an open transaction. */
function opened() {
  const { producerId, producerEpoch } = init()
  const claim = { transactionalId: 'x', producerId, producerEpoch }
  expect(coordinator.addPartitions(claim, [partition])).toBe(ErrorCodes.NONE)
  return claim
}

test('nothing else is done with a transaction that is being ended', () => {
  const claim = opened()
  expect(coordinator.end(claim, true, false).errorCode).toBe(ErrorCodes.NONE)
  expect(ending.map(({ state }) => state)).toEqual(['PrepareCommit'])
  expect(init().errorCode).toBe(ErrorCodes.CONCURRENT_TRANSACTIONS)
  expect(coordinator.addPartitions(claim, [partition])).toBe(ErrorCodes.CONCURRENT_TRANSACTIONS)
  expect(coordinator.addGroup(claim, 'g')).toBe(ErrorCodes.CONCURRENT_TRANSACTIONS)
  expect(coordinator.verifyPartition(claim, partition)).toBe(ErrorCodes.CONCURRENT_TRANSACTIONS)
  expect(coordinator.end(claim, true, false).errorCode).toBe(ErrorCodes.CONCURRENT_TRANSACTIONS)
  expect(coordinator.end(claim, false, false).errorCode).toBe(ErrorCodes.INVALID_TXN_STATE)
  ending[0].complete()
  expect(coordinator.end(claim, true, false).errorCode).toBe(ErrorCodes.NONE)
  expect(coordinator.addPartitions(claim, [partition])).toBe(ErrorCodes.NONE)
})

test('version 2 tells a retry from the next end by the epoch', () => {
  const claim = opened()
  expect(coordinator.end(claim, true, true)).toMatchObject({ errorCode: ErrorCodes.NONE, producerEpoch: 1 })
  const next = { ...claim, producerEpoch: 1 }
  expect(coordinator.end(claim, true, true).errorCode).toBe(ErrorCodes.CONCURRENT_TRANSACTIONS)
  expect(coordinator.end(claim, false, true).errorCode).toBe(ErrorCodes.INVALID_TXN_STATE)
  expect(coordinator.end(next, true, true).errorCode).toBe(ErrorCodes.PRODUCER_FENCED)
  expect(coordinator.addPartitions(next, [partition])).toBe(ErrorCodes.CONCURRENT_TRANSACTIONS)
  expect(coordinator.addPartitions(claim, [partition])).toBe(ErrorCodes.PRODUCER_FENCED)
  ending[0].complete()
  expect(coordinator.end(claim, true, true)).toMatchObject({ errorCode: ErrorCodes.NONE, producerEpoch: 1 })
  expect(coordinator.addPartitions(next, [partition])).toBe(ErrorCodes.NONE)
})

test('the last epoch is never given out', () => {
  init()
  for (let epoch = 1; epoch <= 32_766; epoch++) expect(init().producerEpoch).toBe(epoch)
  expect(init()).toEqual({ errorCode: ErrorCodes.NONE, producerId: 2n, producerEpoch: 0 })
})

test('version 2 goes on with another producer id when the epochs are used up', () => {
  for (let epoch = 0; epoch <= 32_766; epoch++) init()
  const claim = { transactionalId: 'x', producerId: 1n, producerEpoch: 32_766 }
  expect(coordinator.addPartitions(claim, [partition])).toBe(ErrorCodes.NONE)
  const next = { errorCode: ErrorCodes.NONE, producerId: 2n, producerEpoch: 0 }
  expect(coordinator.end(claim, false, true)).toEqual(next)
  expect(ending[0]).toMatchObject({ producerId: 1n, producerEpoch: 32_767 })
  ending[0].complete()
  expect(coordinator.end(claim, false, true)).toEqual(next)
  expect(coordinator.end(claim, true, true).errorCode).toBe(ErrorCodes.INVALID_TXN_STATE)
  expect(init({ producerId: 1n, producerEpoch: 32_766 })).toEqual(next)
  expect(init({ producerId: 1n, producerEpoch: 32_765 }).errorCode).toBe(ErrorCodes.PRODUCER_FENCED)
})

test('transactions are aborted when they have been open for longer than their producers said', () => {
  const claim = opened()
  nowMs += 1000
  coordinator.abortTimedOut()
  expect(ending).toEqual([])
  nowMs += 1
  coordinator.abortTimedOut()
  expect(ending).toMatchObject([{ state: 'PrepareAbort', producerEpoch: 1 }])
  expect(coordinator.end(claim, true, false).errorCode).toBe(ErrorCodes.PRODUCER_FENCED)
  coordinator.abortTimedOut()
  expect(ending).toHaveLength(1)
})

test('a transactional id that nobody uses is forgotten, but not while its transaction is open or being ended', () => {
  const claim = opened()
  nowMs += 10_000
  coordinator.expire()
  expect(coordinator.get('x')!.state).toBe('Ongoing')
  coordinator.end(claim, true, false)
  nowMs += 10_000
  coordinator.expire()
  expect(coordinator.get('x')!.state).toBe('PrepareCommit')
  ending[0].complete()
  nowMs += 4999
  coordinator.expire()
  expect(coordinator.get('x')!.state).toBe('CompleteCommit')
  nowMs += 1
  coordinator.expire()
  expect(coordinator.get('x')).toBeUndefined()
  expect(coordinator.end(claim, true, false).errorCode).toBe(ErrorCodes.INVALID_PRODUCER_ID_MAPPING)
  expect(init()).toMatchObject({ producerId: 2n, producerEpoch: 0 })
})

test('there is a limit to transactional ids, and to the groups of a transaction', () => {
  const claim = opened()
  for (let id = 1; id < 10_000; id++) init({ transactionalId: `${id}` })
  expect(init({ transactionalId: 'one too many' }).errorCode).toBe(ErrorCodes.COORDINATOR_NOT_AVAILABLE)
  for (let group = 0; group < 10_000; group++) coordinator.addGroup(claim, `${group}`)
  expect(coordinator.addGroup(claim, 'one too many')).toBe(ErrorCodes.COORDINATOR_NOT_AVAILABLE)
  expect(coordinator.addGroup(claim, '17')).toBe(ErrorCodes.NONE)
})
