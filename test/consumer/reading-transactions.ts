import { beforeAll, describe, expect, it } from 'vitest'
import { drain, eventually, type Fixture, take } from './fixture.ts'
import { RawTransactions } from './transactions.ts'

/** What a consumer sees of transactions, at any broker. */
export function describeTransactionsInTheLog(fixtureOf: () => Fixture): void {
  describe('transactions in the log', () => {
    let fixture: Fixture

    beforeAll(() => {
      fixture = fixtureOf()
    })

    it('are seen when they are committed, and not when they are aborted', async () => {
      const topic = await fixture.createTopic()
      const [a, b] = [new RawTransactions(fixture), new RawTransactions(fixture)]
      await a.begin()
      await b.begin()
      await a.write(topic, 0, ['a1 committed'])
      await fixture.fill(topic, 0, ['plain'])
      await b.write(topic, 0, ['b1 aborted'])
      await a.write(topic, 0, ['a2 committed'])
      await a.end(true)
      await b.end(false)
      await b.write(topic, 0, ['b2 committed'])
      await b.end(true)
      await a.write(topic, 0, ['a3 aborted'])
      await a.end(false)
      const all = ['a1 committed', 'plain', 'b1 aborted', 'a2 committed', 'b2 committed', 'a3 aborted']
      const read = (isolationLevel: 'read_committed' | 'read_uncommitted') =>
        drain(fixture.kafka.read(topic, { isolationLevel, until: 'end' }))
      expect(await read('read_uncommitted')).toEqual(all)
      expect(await read('read_committed')).toEqual(all.filter((value) => !value.endsWith('aborted')))
    })

    it('hide what comes behind them while they are open', async () => {
      const topic = await fixture.createTopic()
      const transaction = new RawTransactions(fixture)
      await fixture.fill(topic, 0, ['before'])
      await transaction.begin()
      await transaction.write(topic, 0, ['open'])
      await fixture.fill(topic, 0, ['behind'])
      expect(await drain(fixture.kafka.read(topic, { until: 'end' }))).toEqual(['before'])
      await using consumer = fixture.kafka.consumer({ topics: [topic] })
      expect(await take(consumer, 1)).toEqual(['before'])
      const rest = take(consumer, 2)
      await transaction.end(true)
      expect(await rest).toEqual(['open', 'behind'])
    })

    it('leave no lag behind when they end: the end is passed, and committed', async () => {
      const topic = await fixture.createTopic()
      const transaction = new RawTransactions(fixture)
      await transaction.begin()
      await transaction.write(topic, 0, ['one', 'two'])
      await transaction.end(true)
      await using consumer = fixture.kafka.consumer({
        groupId: fixture.name('group'),
        topics: [topic],
        autoCommitIntervalMs: 20,
      })
      void take(consumer, 3)
      await eventually(async () => (await consumer.committed())[0]?.offset === 3n, 'a commit behind the end')
    })
  })
}
