import { expect, test } from 'vitest'
import { ErrorCodes } from '../../../src/protocol/error-codes.ts'
import { type ProducerBatch, ProducerStates } from '../../../src/testing/log/producer-states.ts'

function batch(baseSequence: number, more: Partial<ProducerBatch> = {}): ProducerBatch {
  return { producerId: 1n, epoch: 0, baseSequence, recordCount: 1, isTransactional: true, ...more }
}

test('no batch is taken before one with a lower sequence that was sent first', () => {
  const states = new ProducerStates()
  states.verifications.begin(batch(3), false)
  states.verifications.begin(batch(2), false)
  states.verifications.begin(batch(4), false)
  expect(states.check(batch(3))).toBe(ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
  expect(states.check(batch(2))).toBe(ErrorCodes.NONE)
  states.appended(batch(2), 0, 0, 0)
  expect(states.check(batch(3))).toBe(ErrorCodes.NONE)
})

test('a newer epoch begins anew, an older one changes nothing', () => {
  const states = new ProducerStates()
  states.verifications.begin(batch(5), false)
  states.verifications.begin(batch(7, { epoch: 1 }), false)
  states.verifications.begin(batch(0), false)
  expect(states.check(batch(7, { epoch: 1 }))).toBe(ErrorCodes.NONE)
  expect(states.check(batch(8, { epoch: 1 }))).toBe(ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
})

test('a producer of version 2 that nobody knows has to begin at 0', () => {
  const states = new ProducerStates()
  states.verifications.begin(batch(3), true)
  expect(states.check(batch(3))).toBe(ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
  states.verifications.begin(batch(0), true)
  expect(states.check(batch(0))).toBe(ErrorCodes.NONE)
})

test('the end of the transaction forgets what it was about to write, and the oldest are forgotten first', () => {
  const states = new ProducerStates()
  states.verifications.begin(batch(3), false)
  states.ended({ producerId: 1n, epoch: 0, coordinatorEpoch: 0, type: 'abort' }, 0, 0, 0)
  expect(states.verifications.allow(batch(9), false)).toBe(true)
  for (let id = 0n; id <= 10_000n; id++) states.verifications.begin(batch(3, { producerId: id }), false)
  expect(states.verifications.allow(batch(9, { producerId: 0n }), false)).toBe(true)
  expect(states.verifications.allow(batch(9, { producerId: 1n }), false)).toBe(false)
})

test('a marker ends the transaction of its producer, and is refused when it is stale', () => {
  const states = new ProducerStates()
  const marker = { producerId: 1n, epoch: 0, coordinatorEpoch: 3, type: 'commit' } as const
  states.appended(batch(0), 0, 100, 0)
  expect(states.hasOpenTransaction(batch(1))).toBe(true)
  expect(states.hasOpenTransaction(batch(1, { epoch: 1 }))).toBe(false)
  expect(states.checkMarker({ ...marker, epoch: -1 }, false)).toBe(ErrorCodes.INVALID_PRODUCER_EPOCH)
  expect(states.checkMarker(marker, true)).toBe(ErrorCodes.INVALID_PRODUCER_EPOCH)
  expect(states.checkMarker(marker, false)).toBe(ErrorCodes.NONE)
  states.ended(marker, 1, 200, 0)
  expect(states.hasOpenTransaction(batch(1))).toBe(false)
  expect(states.checkMarker({ ...marker, coordinatorEpoch: 2 }, false)).toBe(
    ErrorCodes.TRANSACTION_COORDINATOR_FENCED,
  )
  expect([...states]).toMatchObject([{ coordinatorEpoch: 3, lastTimestamp: 200, epoch: 0 }])
  states.ended({ ...marker, epoch: 1 }, 2, 200, 0)
  expect([...states]).toMatchObject([{ epoch: 1, batches: [] }])
})

test('producers with an open transaction are not forgotten', () => {
  const states = new ProducerStates()
  states.appended(batch(0), 0, 100, 1000)
  states.appended(batch(0, { producerId: 2n, isTransactional: false }), 1, 100, 1000)
  states.expire(5000)
  expect([...states].map(({ producerId }) => producerId)).toEqual([1n])
})
