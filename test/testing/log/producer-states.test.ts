import { expect, test } from 'vitest'
import { ErrorCodes } from '../../../src/protocol/error-codes.ts'
import { type ProducerBatch, ProducerStates } from '../../../src/testing/log/producer-states.ts'

const maxSequence = 2 ** 31 - 1

function batch(baseSequence: number, more: Partial<ProducerBatch> = {}): ProducerBatch {
  return { producerId: 1n, epoch: 0, baseSequence, recordCount: 1, isTransactional: false, ...more }
}

test('remembers the last five batches of a producer', () => {
  const states = new ProducerStates()
  for (let sequence = 0; sequence < 7; sequence++) states.appended(batch(sequence), 100 + sequence, 0, 0)
  expect(states.duplicateOf(batch(1))).toBeUndefined()
  expect(states.duplicateOf(batch(2))!.baseOffset).toBe(102)
  expect(states.duplicateOf(batch(6))!.baseOffset).toBe(106)
  expect(states.duplicateOf(batch(6, { recordCount: 2 }))).toBeUndefined()
  expect(states.duplicateOf(batch(6, { epoch: 1 }))).toBeUndefined()
  expect(states.duplicateOf(batch(6, { producerId: 2n }))).toBeUndefined()
})

test('takes the next sequence alone, and 0 of a newer epoch', () => {
  const states = new ProducerStates()
  expect(states.check(batch(42))).toBe(ErrorCodes.NONE)
  states.appended(batch(42, { recordCount: 3 }), 0, 0, 0)
  expect(states.check(batch(45))).toBe(ErrorCodes.NONE)
  expect(states.check(batch(44))).toBe(ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
  expect(states.check(batch(46))).toBe(ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
  expect(states.check(batch(0, { epoch: 1 }))).toBe(ErrorCodes.NONE)
  expect(states.check(batch(45, { epoch: 1 }))).toBe(ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
  states.appended(batch(0, { epoch: 1 }), 3, 0, 0)
  expect(states.check(batch(45))).toBe(ErrorCodes.INVALID_PRODUCER_EPOCH)
})

test('sequences wrap around within a batch and between batches', () => {
  const states = new ProducerStates()
  states.appended(batch(maxSequence - 1, { recordCount: 2 }), 0, 0, 0)
  expect(states.check(batch(0))).toBe(ErrorCodes.NONE)
  states.appended(batch(0), 2, 0, 0)
  const across = new ProducerStates()
  across.appended(batch(maxSequence, { recordCount: 3 }), 0, 0, 0)
  expect(across.duplicateOf(batch(maxSequence, { recordCount: 3 }))).toMatchObject({ lastSequence: 1 })
  expect(across.check(batch(2))).toBe(ErrorCodes.NONE)
})

test('forgets who was silent for too long, and keeps the number of producers bounded', () => {
  const states = new ProducerStates()
  states.appended(batch(0, { producerId: 1n }), 0, 0, 1000)
  states.appended(batch(0, { producerId: 2n }), 1, 0, 2000)
  states.appended(batch(1, { producerId: 1n }), 2, 0, 3000)
  states.expire(2500)
  expect([...states].map(({ producerId }) => producerId)).toEqual([1n])
  for (let id = 10n; id < 10_100n; id++) states.appended(batch(0, { producerId: id }), 0, 0, 4000)
  expect([...states]).toHaveLength(10_000)
  expect(states.duplicateOf(batch(1, { producerId: 1n }))).toBeUndefined()
})
