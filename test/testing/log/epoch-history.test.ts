import { expect, test } from 'vitest'
import { EpochHistory } from '../../../src/testing/log/epoch-history.ts'

/** Epoch 0 wrote 0 to 9, epoch 2 wrote 10 to 19, epoch 5 writes from 20 on. */
function history(): EpochHistory {
  const epochs = new EpochHistory()
  epochs.began(0, 0)
  epochs.began(2, 10)
  epochs.began(5, 20)
  return epochs
}

test.each([
  [0, 0, 10],
  [1, 0, 10],
  [2, 2, 20],
  [4, 2, 20],
  [5, 5, 33],
  [6, -1, -1],
  [-1, -1, -1],
])('epoch %i ends, as epoch %i, at %i', (asked, epoch, endOffset) => {
  expect(history().endOf(asked, 33)).toEqual({ epoch, endOffset })
})

test('says who wrote what', () => {
  const epochs = history()
  expect([0, 9, 10, 19, 20, 99].map((offset) => epochs.epochAt(offset))).toEqual([0, 0, 2, 2, 5, 5])
  expect(epochs.latestEpoch).toBe(5)
})

test('an epoch that was there, or is older, changes nothing', () => {
  const epochs = history()
  epochs.began(5, 25)
  epochs.began(3, 30)
  expect(epochs.endOf(2, 33).endOffset).toBe(20)
  expect(epochs.endOf(5, 33).endOffset).toBe(33)
})

test('forgets epochs whose records are gone', () => {
  const epochs = history()
  epochs.forgetBefore(15)
  expect(epochs.epochAt(14)).toBe(-1)
  expect(epochs.epochAt(15)).toBe(2)
  expect(epochs.endOf(0, 33)).toEqual({ epoch: 0, endOffset: 15 })
  epochs.forgetBefore(50)
  expect(epochs.latestEpoch).toBe(5)
})
