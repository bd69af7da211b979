import { describe, expect, test } from 'vitest'
import { Transaction } from '../../../src/testing/transactions/transaction.ts'

function aTransaction(): Transaction {
  const transaction = new Transaction('t', 7n, () => 1000)
  transaction.bumpEpoch(60_000, false)
  return transaction
}

describe('a transaction', () => {
  test('goes from Empty over Ongoing to its end, and on to the next', () => {
    const transaction = aTransaction()
    expect(transaction).toMatchObject({ state: 'Empty', producerEpoch: 0, startedAtMs: -1, isAtRest: true })
    transaction.begin()
    expect(transaction).toMatchObject({ state: 'Ongoing', startedAtMs: 1000, isAtRest: false })
    transaction.prepare('commit', false)
    expect(transaction).toMatchObject({ state: 'PrepareCommit', isEnding: true, producerEpoch: 0 })
    transaction.complete()
    expect(transaction.state).toBe('CompleteCommit')
    transaction.begin()
    transaction.fence()
    expect(transaction).toMatchObject({ state: 'PrepareAbort', producerEpoch: 1 })
    transaction.complete()
    expect(transaction.state).toBe('CompleteAbort')
    transaction.bumpEpoch(1, true)
    expect(transaction).toMatchObject({ state: 'Empty', producerEpoch: 2, timeoutMs: 1, startedAtMs: -1 })
    transaction.expire()
    expect(transaction.state).toBe('Dead')
  })

  test.each<[string, (transaction: Transaction) => void]>([
    ['commit nothing', (transaction) => transaction.prepare('commit', true)],
    ['complete what was not prepared', (transaction) => transaction.complete()],
    ['fence nobody', (transaction) => transaction.fence()],
    ['begin while it ends', (transaction) => ending(transaction).begin()],
    ['give a new epoch while it ends', (transaction) => ending(transaction).bumpEpoch(1, false)],
    ['end twice', (transaction) => ending(transaction).prepare('abort', false)],
    ['expire while it is open', (transaction) => opened(transaction).expire()],
    ['give a new epoch while it is open', (transaction) => opened(transaction).repeatEpoch(1)],
  ])('cannot %s', (_, move) => {
    expect(() => move(aTransaction())).toThrow(/cannot go from/)
  })

  test('version 2 has an epoch for each transaction, and an abort of nothing', () => {
    const transaction = aTransaction()
    transaction.prepare('abort', true)
    expect(transaction).toMatchObject({ state: 'PrepareAbort', producerEpoch: 1, isVersion2: true })
    transaction.complete()
    expect(transaction.isRetryOfEnd({ producerId: 7n, producerEpoch: 0 })).toBe(true)
    expect(transaction.isRetryOfEnd({ producerId: 7n, producerEpoch: 1 })).toBe(false)
    expect(transaction.isRetryOfEnd({ producerId: 8n, producerEpoch: 0 })).toBe(false)
  })

  test('a producer id that is used up is followed by another when the markers are written', () => {
    const transaction = aTransaction()
    while (!transaction.isEpochUsedUp) transaction.bumpEpoch(60_000, true)
    expect(transaction.producerEpoch).toBe(32_766)
    opened(transaction).prepare('commit', true, 99n)
    expect(transaction).toMatchObject({ producerId: 7n, producerEpoch: 32_767 })
    expect(transaction.successor).toEqual({ producerId: 99n, producerEpoch: 0 })
    transaction.complete()
    expect(transaction).toMatchObject({ producerId: 99n, producerEpoch: 0 })
    const before = { producerId: 7n, producerEpoch: 32_766 }
    expect(transaction.isRetryOfEnd(before)).toBe(true)
    expect(transaction.isKnown(before)).toBe(true)
    expect(transaction.isKnown({ ...before, producerEpoch: 3 })).toBe(false)
  })
})

function opened(transaction: Transaction): Transaction {
  transaction.begin()
  return transaction
}

function ending(transaction: Transaction): Transaction {
  opened(transaction).prepare('commit', false)
  return transaction
}
