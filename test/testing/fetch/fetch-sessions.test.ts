import { beforeEach, expect, test } from 'vitest'
import type { SessionPartition } from '../../../src/testing/fetch/fetch-session.ts'
import { FetchSessions, type SessionClaim } from '../../../src/testing/fetch/fetch-sessions.ts'
import { SeededWorld } from '../support/seeded-world.ts'

let world: SeededWorld

beforeEach(() => {
  world = new SeededWorld()
})

function wanted(partition: number): SessionPartition {
  return {
    topic: 't',
    topicId: '',
    partition,
    fetchOffset: 0,
    maxBytes: 100,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    resolvedName: '',
  }
}

function claim(more: Partial<SessionClaim> = {}): SessionClaim {
  return { sessionId: 0, sessionEpoch: 0, byTopicId: false, partitions: [wanted(0)], forgotten: [], ...more }
}

test('when all slots are taken by sessions in use, no more are opened', () => {
  const sessions = new FetchSessions(world, 2)
  const ids = [0, 1, 2].map(() => sessions.plan(claim()).sessionId)
  expect(ids[0]).toBeGreaterThan(0)
  expect(ids[1]).toBeGreaterThan(0)
  expect(ids[2]).toBe(0)
  expect(sessions.size).toBe(2)
})

test('a session that nobody used for two minutes makes room', async () => {
  const sessions = new FetchSessions(world, 2)
  const [first, second] = [0, 1].map(() => sessions.plan(claim()).sessionId)
  await world.advance(60_000)
  sessions.plan(claim({ sessionId: first, sessionEpoch: 1 }))
  await world.advance(60_000)
  const third = sessions.plan(claim()).sessionId
  expect(third).toBeGreaterThan(0)
  expect(sessions.plan(claim({ sessionId: second, sessionEpoch: 1 })).errorCode).toBe(70)
  expect(sessions.plan(claim({ sessionId: first, sessionEpoch: 2 })).errorCode).toBe(0)
})

test('a partition that was served goes behind the others', () => {
  const sessions = new FetchSessions(world, 2)
  const { session } = sessions.plan(claim({ partitions: [wanted(0), wanted(1), wanted(2)] }))
  const news = { errorCode: 0, highWatermark: 1n, logStartOffset: 0n, hasDiverged: false }
  const order = () => [...session!].map(({ partition }) => partition)
  session!.isNews(wanted(0), { ...news, hasRecords: true }, true)
  session!.isNews(wanted(1), { ...news, hasRecords: false }, true)
  expect(order()).toEqual([1, 2, 0])
})

test('a partition that is named twice is fetched once', () => {
  const sessions = new FetchSessions(world, 2)
  const twice = [wanted(0), { ...wanted(0), fetchOffset: 7 }]
  const { partitions } = sessions.plan(claim({ sessionEpoch: -1, partitions: twice }))
  expect([...partitions]).toEqual([{ ...wanted(0), fetchOffset: 7 }])
})

test('the first answer of a session leaves the order as it was asked for', () => {
  const sessions = new FetchSessions(world, 2)
  const { session } = sessions.plan(claim({ partitions: [wanted(0), wanted(1)] }))
  const news = { errorCode: 0, highWatermark: 1n, logStartOffset: 0n, hasDiverged: false, hasRecords: true }
  session!.isNews(wanted(0), news, false)
  expect([...session!].map(({ partition }) => partition)).toEqual([0, 1])
})
