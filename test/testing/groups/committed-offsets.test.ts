import { expect, test } from 'vitest'
import { CommittedOffsets } from '../../../src/testing/groups/committed-offsets.ts'

function at(offset: bigint, committedAtMs = 0) {
  return { offset, leaderEpoch: -1, metadata: '', committedAtMs }
}

test('offsets of a transaction are seen when it is committed, and never when it is aborted', () => {
  const offsets = new CommittedOffsets()
  offsets.setPending(1n, 't', 0, at(5n))
  offsets.setPending(1n, 't', 0, at(6n))
  offsets.setPending(2n, 't', 1, at(7n))
  expect(offsets.get('t', 0)).toBeUndefined()
  expect(offsets.isPending('t', 0)).toBe(true)
  expect(offsets.isEmpty).toBe(false)
  offsets.endTransaction(1n, true)
  offsets.endTransaction(2n, false)
  expect(offsets.get('t', 0)?.offset).toBe(6n)
  expect(offsets.get('t', 1)).toBeUndefined()
  expect(offsets.isPending('t', 0)).toBe(false)
  offsets.endTransaction(1n, false)
  expect(offsets.get('t', 0)?.offset).toBe(6n)
})

test('of two commits the one that was sent later counts, whenever their transactions end', () => {
  const offsets = new CommittedOffsets()
  offsets.setPending(1n, 't', 0, at(5n))
  offsets.setPending(2n, 't', 0, at(6n))
  offsets.endTransaction(2n, true)
  offsets.endTransaction(1n, true)
  expect(offsets.get('t', 0)?.offset).toBe(6n)
  offsets.setPending(1n, 't', 0, at(7n))
  offsets.set('t', 0, at(8n))
  offsets.endTransaction(1n, true)
  expect(offsets.get('t', 0)?.offset).toBe(8n)
})

test('what is deleted takes along what is pending, and what is pending is not expired', () => {
  const offsets = new CommittedOffsets()
  offsets.set('t', 0, at(1n, 10))
  offsets.set('t', 1, at(1n, 10))
  offsets.setPending(1n, 't', 0, at(2n, 10))
  offsets.expire(20)
  expect([...offsets.partitionsOf('t').keys()]).toEqual([0])
  offsets.setPending(1n, 'u', 0, at(3n))
  offsets.delete('t', 0)
  expect(offsets.isPending('t', 0)).toBe(false)
  offsets.deleteTopic('u')
  expect(offsets.isEmpty).toBe(true)
  offsets.endTransaction(1n, true)
  expect(offsets.isEmpty).toBe(true)
})
