import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FetchBuffer } from '../../src/consumer/fetch/fetch-buffer.ts'
import type { PartitionState } from '../../src/consumer/fetch/partition.ts'
import { Handout } from '../../src/consumer/handout.ts'
import { BatchStream, RecordStream } from '../../src/consumer/streams.ts'
import type { KafkaRecord } from '../../src/records/index.ts'
import { nodeRuntime } from '../../src/runtime/node.ts'
import { batchOf, endMarker, fetched, partitionAt } from './support.ts'

function setUp() {
  let finished = false
  const buffer: FetchBuffer = new FetchBuffer(
    { maxBufferedBytes: 1_000_000, maxPartitionBytes: 1_000_000 },
    { onRoom: () => {}, onData: () => handout.wake(), onBroken: (_, error) => handout.fail(error) },
  )
  const handout = new Handout(buffer, nodeRuntime(), { finished: () => finished })
  const bring = (partition: PartitionState, ...batches: Buffer[]) => {
    buffer.add(partition, fetched(partition, batches))
  }
  const finish = () => {
    finished = true
    handout.wake()
  }
  return { buffer, handout, bring, finish }
}

const offsetOf = (result: IteratorResult<KafkaRecord, undefined>) => Number(result.value?.offset)
const settled = (promise: Promise<unknown>) =>
  Promise.race([promise.then(() => true), new Promise((resolve) => setImmediate(resolve, false))])

describe('handing out', () => {
  it('marks a record as processed when the next one is asked for', async () => {
    const { handout, bring } = setUp()
    const a = partitionAt(0)
    bring(a, batchOf(0, 3))
    const records = new RecordStream<Buffer, Buffer>(handout)
    const processed = []
    for (let i = 0; i < 3; i++) {
      expect(offsetOf(await records.next())).toBe(i)
      handout.sync()
      processed.push(Number(a.processed))
      expect(handout.positionOf(a)).toBe(BigInt(i + 1))
    }
    expect(processed).toEqual([0, 1, 2])
    const next = records.next()
    expect(await settled(next)).toBe(false)
    expect(a.processed).toBe(3n)
    handout.end()
    expect(await next).toEqual({ value: undefined, done: true })
  })

  it('says at once that records are wanted when they are being waited for already', async () => {
    const { handout } = setUp()
    const records = new RecordStream<Buffer, Buffer>(handout)
    expect(await settled(handout.wanted())).toBe(false)
    const next = records.next()
    // A member that gave its place up while the application began to wait would never join again otherwise.
    expect(await settled(handout.wanted())).toBe(true)
    handout.end()
    await next
    expect(await settled(handout.wanted())).toBe(false)
  })

  it('marks a batch as processed when the next one is asked for', async () => {
    const { handout, bring } = setUp()
    const a = partitionAt(0)
    bring(a, batchOf(0, 2))
    bring(a, batchOf(2, 2), endMarker(4, 1n, 'commit'))
    const batches = new BatchStream<Buffer, Buffer>(handout)
    const first = await batches.next()
    expect([...first.value!].map(({ value }) => value?.toString())).toEqual(['0', '1'])
    handout.sync()
    expect(a.processed).toBe(0n)
    const second = await batches.next()
    expect([...second.value!]).toHaveLength(2)
    expect(a.processed).toBe(2n)
    void batches.next()
    await settled(Promise.resolve())
    expect(a.processed).toBe(5n) // behind the end of the transaction, which nobody sees
    handout.end()
  })

  it('passes by pieces without records', async () => {
    const { handout, bring, finish } = setUp()
    const a = partitionAt(0)
    bring(a, endMarker(0, 1n, 'commit'))
    bring(a, batchOf(1, 1))
    bring(a, endMarker(2, 1n, 'abort'))
    finish()
    const batches = new BatchStream<Buffer, Buffer>(handout)
    expect((await batches.next()).value?.nextOffset).toBe(2n)
    expect((await batches.next()).done).toBe(true)
    expect(a.processed).toBe(3n)
  })

  it('gives the record in hand again when the loop is left, unless it was marked', async () => {
    const { handout, bring } = setUp()
    const a = partitionAt(0)
    bring(a, batchOf(0, 4))
    const seen = []
    for await (const record of new RecordStream<Buffer, Buffer>(handout)) {
      seen.push(Number(record.offset))
      if (record.offset === 1n) break
    }
    expect([a.processed, a.position]).toEqual([1n, 1n])
    for await (const record of new RecordStream<Buffer, Buffer>(handout)) {
      seen.push(Number(record.offset))
      if (record.offset !== 2n) continue
      handout.markProcessed(a, record.offset, record.leaderEpoch)
      break
    }
    expect(a.processed).toBe(3n)
    const last = await new RecordStream<Buffer, Buffer>(handout).next()
    expect([...seen, offsetOf(last)]).toEqual([0, 1, 1, 2, 3])
  })

  it('gives the unmarked part of a batch again', async () => {
    const { handout, bring } = setUp()
    const a = partitionAt(0)
    bring(a, batchOf(0, 4))
    for await (const batch of new BatchStream<Buffer, Buffer>(handout)) {
      const [, second] = batch
      handout.markProcessed(a, second.offset, -1)
      break
    }
    const again = await new BatchStream<Buffer, Buffer>(handout).next()
    expect([...again.value!].map(({ offset }) => Number(offset))).toEqual([2, 3])
  })

  it('refuses a second loop while there is one', async () => {
    const { handout } = setUp()
    const records = new RecordStream(handout)
    expect(() => new BatchStream(handout)).toThrow(/iterated over already, by records/)
    await records.return()
    await new BatchStream(handout).return()
  })

  it('answers in order when it is asked again before it has answered', async () => {
    const { handout, bring } = setUp()
    const a = partitionAt(0)
    const records = new RecordStream<Buffer, Buffer>(handout)
    const answers = Promise.all([records.next(), records.next(), records.next()])
    bring(a, batchOf(0, 3))
    expect((await answers).map(offsetOf)).toEqual([0, 1, 2])
  })

  it('wakes a loop that is left while it waits', async () => {
    const { handout, bring } = setUp()
    const records = new RecordStream<Buffer, Buffer>(handout)
    const waiting = records.next()
    await records.return()
    expect((await waiting).done).toBe(true)
    bring(partitionAt(0), batchOf(0, 1))
    expect(offsetOf(await new RecordStream<Buffer, Buffer>(handout).next())).toBe(0)
  })

  it('takes nothing for a loop that is left while it lets the event loop turn', async () => {
    const { handout, bring } = setUp()
    const a = partitionAt(0)
    bring(a, batchOf(0, 3))
    const records = new RecordStream<Buffer, Buffer>(handout)
    const waiting = records.next() // the first one always lets it turn
    await records.return()
    expect((await waiting).done).toBe(true)
    expect(offsetOf(await new RecordStream<Buffer, Buffer>(handout).next())).toBe(0)
    expect(a.processed).toBe(0n)
  })

  it('throws a failure once, and one for good always', async () => {
    const { handout } = setUp()
    const waiting = new RecordStream(handout).next()
    handout.fail(new Error('once'))
    await expect(waiting).rejects.toThrow('once')
    const next = new RecordStream(handout)
    const second = next.next()
    expect(await settled(second.catch(() => {}))).toBe(false)
    handout.fail(new Error('for good'), true)
    await expect(second).rejects.toThrow('for good')
    await expect(new RecordStream(handout).next()).rejects.toThrow('for good')
  })

  it('gives nothing more while it is suspended, and tells when nothing is in hand', async () => {
    const { handout, bring } = setUp()
    const a = partitionAt(0)
    bring(a, batchOf(0, 3))
    const records = new RecordStream<Buffer, Buffer>(handout)
    await records.next()
    handout.suspend()
    const empty = handout.settled(60_000)
    expect(await settled(empty)).toBe(false)
    const next = records.next()
    expect(await empty).toBe(true)
    expect(a.processed).toBe(1n)
    expect(await settled(next)).toBe(false)
    handout.resume()
    expect(offsetOf(await next)).toBe(1)
    handout.end()
  })

  it('gives up waiting for what is in hand', async () => {
    const { handout, bring } = setUp()
    bring(partitionAt(0), batchOf(0, 1))
    await new RecordStream(handout).next()
    handout.suspend()
    expect(await handout.settled(1)).toBe(false)
  })

  it('does not count what is in hand of a partition that was taken away', async () => {
    const { buffer, handout, bring } = setUp()
    const a = partitionAt(0)
    bring(a, batchOf(0, 3))
    const records = new RecordStream<Buffer, Buffer>(handout)
    await records.next()
    handout.forget(a)
    buffer.discard(a)
    a.drop()
    void records.next()
    expect(a.processed).toBe(0n)
    handout.end()
  })

  it('puts back the rest of a piece whose partition is paused, and gives others', async () => {
    const { buffer, handout, bring } = setUp()
    const [a, b] = [partitionAt(0, 'a'), partitionAt(0, 'b')]
    bring(a, batchOf(0, 3))
    bring(b, batchOf(0, 1))
    const records = new RecordStream<Buffer, Buffer>(handout)
    await records.next()
    handout.interrupt(a)
    a.paused = true
    buffer.paused(a)
    expect((await records.next()).value?.topic).toBe('b')
    expect(a.processed).toBe(1n)
    a.paused = false
    buffer.resumed(a)
    expect(offsetOf(await records.next())).toBe(1)
    handout.end()
  })

  it('lets the event loop turn while nothing has to be waited for', async () => {
    const { handout, bring } = setUp()
    const a = partitionAt(0)
    for (let i = 0; i < 50; i++) bring(a, batchOf(i * 64, 64))
    let turned = false
    setImmediate(() => {
      turned = true
    })
    const records = new RecordStream<Buffer, Buffer>(handout)
    let last = 0
    while (!turned) {
      last = offsetOf(await records.next())
      const until = performance.now() + 0.1
      while (performance.now() < until);
    }
    expect(last).toBeLessThan(50 * 64 - 1)
    handout.end()
  })

  it('gives every record in order, again only after leaving, and never commits one that is in hand', async () => {
    const step = fc.oneof(
      fc.constant('next' as const),
      fc.constant('next' as const),
      fc.constant('leave' as const),
      fc.constant('mark and leave' as const),
      fc.constant('bring' as const),
      fc.constant('pause' as const),
      fc.constant('resume' as const),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, fc.nat(1)), { maxLength: 60 }), async (steps) => {
        const { buffer, handout, bring, finish } = setUp()
        const partitions = [partitionAt(0, 'a'), partitionAt(0, 'b')]
        const ends = [0, 0]
        const done = [-1, -1] // the last record of each that is processed for certain
        let records: RecordStream<Buffer, Buffer> | undefined
        let inHand: KafkaRecord | undefined
        finish()
        const take = async () => {
          records ??= new RecordStream<Buffer, Buffer>(handout)
          const { value } = await records.next()
          if (inHand !== undefined) done[inHand.topic === 'a' ? 0 : 1] = Number(inHand.offset)
          inHand = value
          if (value === undefined) records = undefined
          else expect(Number(value.offset)).toBe(done[value.topic === 'a' ? 0 : 1] + 1)
        }
        for (const [action, which] of steps) {
          const partition = partitions[which]
          if (action === 'bring') {
            bring(partition, batchOf(ends[which], 2), batchOf(ends[which] + 2, 1))
            ends[which] += 3
          } else if (action === 'pause' || action === 'resume') {
            if (action === 'pause') handout.interrupt(partition)
            partition.paused = action === 'pause'
            buffer[action === 'pause' ? 'paused' : 'resumed'](partition)
          } else if (action === 'next') await take()
          else {
            if (action === 'mark and leave' && inHand !== undefined) {
              const index = inHand.topic === 'a' ? 0 : 1
              handout.markProcessed(partitions[index], inHand.offset, -1)
              done[index] = Number(inHand.offset)
            }
            await records?.return()
            records = undefined
            inHand = undefined
          }
          handout.sync()
          expect(partitions.map(({ processed }) => Number(processed))).toEqual(done.map((last) => last + 1))
        }
        for (const partition of partitions) {
          partition.paused = false
          buffer.resumed(partition)
        }
        do await take()
        while (inHand !== undefined)
        expect(done).toEqual(ends.map((end) => end - 1))
      }),
    )
  })
})
