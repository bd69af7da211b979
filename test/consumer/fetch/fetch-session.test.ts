import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  FetchSession,
  type FetchTarget,
  type SessionRequest,
} from '../../../src/consumer/fetch/fetch-session.ts'
import { partitionKey } from '../../../src/consumer/topic-partition.ts'

function target(
  topic: string,
  partition: number,
  fetchOffset: bigint,
  leaderEpoch = 0,
  topicId = topic,
): FetchTarget {
  return { key: partitionKey(topic, partition), topic, topicId, partition, fetchOffset, leaderEpoch }
}

/** The broker's side of KIP-227: what it remembers of a session, as its text describes it. */
class SessionBroker {
  id = 0
  epoch = 0
  readonly remembered = new Map<string, string>()
  #nextId = 1

  /** The session id of the answer, or the error that is answered. */
  fetch(request: SessionRequest): number | 'unknown id' | 'wrong epoch' {
    if (request.sessionEpoch === -1) {
      if (request.sessionId === this.id) this.forget()
      return 0
    }
    if (request.sessionEpoch === 0) {
      this.forget()
      this.id = this.#nextId++
    } else {
      if (request.sessionId !== this.id) return 'unknown id'
      if (request.sessionEpoch !== this.epoch) return 'wrong epoch'
    }
    for (const topic of request.forgottenTopicsData) {
      for (const index of topic.partitions)
        expect(this.remembered.delete(`${topic.topicId} ${index}`)).toBe(true)
    }
    for (const { topicId, partitions } of request.topics) {
      for (const { partition, fetchOffset, currentLeaderEpoch } of partitions)
        this.remembered.set(`${topicId} ${partition}`, `${fetchOffset} ${currentLeaderEpoch}`)
    }
    this.epoch = request.sessionEpoch + 1
    return this.id
  }

  forget(): void {
    this.id = 0
    this.remembered.clear()
  }
}

describe('a fetch session', () => {
  it('names every partition first, then only those that changed', () => {
    const session = new FetchSession()
    const first = session.build([target('a', 0, 0n), target('a', 1, 5n), target('b', 0, 7n)], true, 1000)
    expect(first).toMatchObject({ sessionId: 0, sessionEpoch: 0, forgottenTopicsData: [] })
    expect(first.topics.map(({ topic, partitions }) => [topic, partitions.length])).toEqual([
      ['a', 2],
      ['b', 1],
    ])
    session.accepted(77)
    const second = session.build([target('a', 0, 0n), target('a', 1, 9n)], true, 1000)
    expect(second).toEqual({
      sessionId: 77,
      sessionEpoch: 1,
      topics: [
        {
          topic: 'a',
          topicId: 'a',
          partitions: [{ partition: 1, fetchOffset: 9n, currentLeaderEpoch: 0, partitionMaxBytes: 1000 }],
        },
      ],
      forgottenTopicsData: [{ topic: 'b', topicId: 'b', partitions: [0] }],
    })
  })

  it('forgets the old topic when a name comes back with another id', () => {
    const session = new FetchSession()
    session.build([target('a', 0, 10n, 0, 'old')], true, 1000)
    session.accepted(1)
    const request = session.build([target('a', 0, 10n, 0, 'new')], true, 1000)
    expect(request.forgottenTopicsData).toEqual([{ topic: 'a', topicId: 'old', partitions: [0] }])
    expect(request.topics).toMatchObject([{ topicId: 'new', partitions: [{ partition: 0 }] }])
  })

  it('starts over after an error, and names the session that the broker can drop', () => {
    const session = new FetchSession()
    session.build([target('a', 0, 0n)], true, 1000)
    session.accepted(9)
    session.build([target('a', 0, 1n)], true, 1000)
    session.lost()
    expect(session.build([target('a', 0, 1n)], true, 1000)).toMatchObject({ sessionId: 9, sessionEpoch: 0 })
    session.lost(true)
    const request = session.build([target('a', 0, 1n)], true, 1000)
    expect(request).toMatchObject({ sessionId: 0, sessionEpoch: 0 })
    expect(request.topics).toHaveLength(1)
  })

  it('asks in full every time when the broker keeps no session', () => {
    const session = new FetchSession()
    for (let i = 0; i < 3; i++) {
      const request = session.build([target('a', 0, 0n)], true, 1000)
      expect(request).toMatchObject({ sessionId: 0, sessionEpoch: 0, topics: [{ topic: 'a' }] })
      session.accepted(0)
    }
  })

  it('starts over when topics come to be named in another way', () => {
    const session = new FetchSession()
    session.build([target('a', 0, 0n)], false, 1000)
    session.accepted(3)
    const request = session.build([target('a', 0, 0n)], true, 1000)
    expect(request).toMatchObject({ sessionId: 3, sessionEpoch: 0, topics: [{ topic: 'a' }] })
  })

  it('ends what it has, and nothing when there is none', () => {
    const session = new FetchSession()
    expect(session.end()).toBeUndefined()
    session.build([target('a', 0, 0n)], true, 1000)
    session.accepted(4)
    expect(session.end()).toMatchObject({ sessionId: 4, sessionEpoch: -1, topics: [] })
    expect(session.end()).toBeUndefined()
  })

  it('keeps broker and client of one mind, whatever is asked and whatever fails', () => {
    const partition = fc.record({
      topic: fc.constantFrom('a', 'b'),
      index: fc.nat(3),
      offset: fc.nat(3),
      epoch: fc.nat(1),
      incarnation: fc.constantFrom('1', '1', '1', '2'),
    })
    const step = fc.record({
      wanted: fc.uniqueArray(partition, { selector: (p) => `${p.topic}-${p.index}` }),
      fate: fc.constantFrom('answered', 'answered', 'answered', 'request lost', 'answer lost', 'evicted'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const session = new FetchSession()
        const broker = new SessionBroker()
        for (const { wanted, fate } of steps) {
          const targets = wanted.map((p) =>
            target(p.topic, p.index, BigInt(p.offset), p.epoch, p.topic + p.incarnation),
          )
          const request = session.build(targets, true, 1000)
          if (fate === 'request lost') {
            session.lost()
            continue
          }
          if (fate === 'evicted') broker.forget()
          const answer = broker.fetch(request)
          if (fate === 'answer lost' || answer === 'wrong epoch') session.lost()
          else if (answer === 'unknown id') session.lost(true)
          else {
            session.accepted(answer)
            const expected = targets.map((t) => [
              `${t.topicId} ${t.partition}`,
              `${t.fetchOffset} ${t.leaderEpoch}`,
            ])
            expect(new Map(broker.remembered)).toEqual(new Map(expected as [string, string][]))
            expect(session.size).toBe(targets.length)
          }
          expect(answer === 'wrong epoch').toBe(false)
        }
      }),
    )
  })
})
