import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BatchBuilder, buildEndMarker } from '../../../src/records/index.ts'
import { PartitionLog } from '../../../src/testing/log/partition-log.ts'
import { PartitionTransactions } from '../../../src/testing/log/partition-transactions.ts'
import { StorageBudget } from '../../../src/testing/log/storage-budget.ts'
import { storedBatch } from '../../../src/testing/log/stored-header.ts'

/** What one producer does next: write in its transaction, write outside of any, end it. */
const step = fc.record({
  producer: fc.integer({ min: 1, max: 3 }),
  act: fc.constantFrom('write', 'write', 'plain', 'commit', 'abort'),
})

interface Step {
  producer: number
  act: string
}

/** A log in which producers do what they are told, with the plain list of what became of their transactions. */
class Told {
  readonly log = new PartitionLog(new StorageBudget(1e9))
  readonly ended: { producerId: bigint; firstOffset: number; markerOffset: number; isAborted: boolean }[] = []
  readonly open = new Map<number, number>()
  readonly #sequences = new Map<number, number>()

  tell({ producer, act }: Step): void {
    if (act === 'commit' || act === 'abort') this.#end(producer, act)
    else this.#write(producer, act === 'write' || this.open.has(producer))
  }

  #write(producer: number, transactional: boolean): void {
    const baseSequence = this.#sequences.get(producer) ?? 0
    this.#sequences.set(producer, baseSequence + 2)
    const builder = new BatchBuilder(Buffer.alloc(200))
    for (const value of ['a', 'b']) builder.append(1000, null, value, null)
    const fields = { producerId: BigInt(producer), producerEpoch: 0, baseSequence, transactional }
    const bytes = Buffer.concat(builder.close(fields))
    const offset = this.#append(bytes, 2)
    if (transactional && !this.open.has(producer)) this.open.set(producer, offset)
  }

  #end(producer: number, type: 'commit' | 'abort'): void {
    const producerId = BigInt(producer)
    const fields = { type, coordinatorEpoch: 4, producerId, producerEpoch: 0, timestampMs: 1000 }
    const markerOffset = this.#append(buildEndMarker(fields), 1)
    const firstOffset = this.open.get(producer)
    if (firstOffset === undefined) return
    this.open.delete(producer)
    this.ended.push({ producerId, firstOffset, markerOffset, isAborted: type === 'abort' })
  }

  #append(bytes: Buffer, recordCount: number): number {
    this.log.reserve(bytes.length)
    const batch = { bytes, recordCount, maxTimestamp: 1000, producer: null, isTransactional: false }
    const offset = this.log.append(batch, 0)
    const { producer, marker } = storedBatch([...this.log.batches(offset)][0].bytes)
    if (producer !== null) this.log.producers.appended(producer, offset, 1000, 0)
    if (marker !== null) this.log.producers.ended(marker, offset, 1000, 0)
    return offset
  }
}

/** What a log knows of transactions, as its readers see it. */
function known(log: PartitionLog) {
  return {
    endOffset: log.endOffset,
    stable: log.lastStableOffset(log.endOffset),
    aborted: log.abortedWithin(0, Number.MAX_SAFE_INTEGER),
    producers: [...log.producers].map(({ producerId, epoch, coordinatorEpoch, batches }) => ({
      producerId,
      epoch,
      coordinatorEpoch,
      last: batches.at(-1),
      open: log.producers.transactions.firstOffsetOf(producerId),
    })),
  }
}

describe('the transactions of a partition', () => {
  test('the stable offset and the aborted transactions are what a plain list says', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), fc.nat(100), (steps, watermark) => {
        const told = new Told()
        for (const one of steps) told.tell(one)
        const highWatermark = Math.min(watermark, told.log.endOffset)
        const unstable = told.ended.filter(({ markerOffset }) => markerOffset >= highWatermark)
        const first = Math.min(...told.open.values(), ...unstable.map(({ firstOffset }) => firstOffset))
        expect(told.log.lastStableOffset(highWatermark)).toBe(Math.min(highWatermark, first))
        const aborted = told.ended.filter(({ isAborted }) => isAborted)
        const { transactions } = told.log.producers
        const end = told.log.endOffset
        for (const [from, to] of [
          [0, end],
          [highWatermark, end],
          [0, highWatermark],
          [highWatermark, highWatermark + 3],
        ]) {
          const within = aborted.filter(
            ({ firstOffset, markerOffset }) => markerOffset >= from && firstOffset < to,
          )
          expect(transactions.abortedWithin(from, to)).toMatchObject(within)
          expect(transactions.abortedWithin(from, to)).toHaveLength(within.length)
        }
      }),
    )
  })

  test('a replica that copies the batches knows the same, and so does one that was cut back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), fc.nat(100), (steps, cut) => {
        const told = new Told()
        for (const one of steps) told.tell(one)
        const copy = new PartitionLog(new StorageBudget(1e9))
        for (const { bytes } of told.log.batches()) expect(copy.appendStored(bytes, 0)).toBe(true)
        expect(known(copy)).toEqual(known(told.log))
        const shorter = new PartitionLog(new StorageBudget(1e9))
        for (const { bytes } of told.log.batches()) {
          if (storedBatch(bytes).nextOffset <= cut) shorter.appendStored(bytes, 0)
        }
        copy.truncateTo(cut, 0)
        expect(known(copy)).toEqual(known(shorter))
      }),
    )
  })

  test('an aborted transaction is forgotten with its records', () => {
    const told = new Told()
    for (const act of ['write', 'abort', 'write', 'abort', 'write']) told.tell({ producer: 1, act })
    expect(told.log.abortedWithin(0, 1_000_000)).toHaveLength(2)
    told.log.deleteBefore(2)
    expect(told.log.abortedWithin(0, 1_000_000)).toHaveLength(2)
    told.log.deleteBefore(3)
    expect(told.log.abortedWithin(0, 1_000_000)).toHaveLength(1)
    expect(told.log.lastStableOffset(8)).toBe(6)
    told.log.deleteBefore(7)
    expect(told.log.lastStableOffset(8)).toBe(6)
    told.log.deleteBefore(8)
    expect(told.log.lastStableOffset(8)).toBe(8)
  })

  test('what was ended longest ago counts as committed when there is too much of it', () => {
    const transactions = new PartitionTransactions()
    for (let offset = 0; offset < 20_002; offset += 2) {
      transactions.wrote(1n, offset)
      transactions.ended(1n, offset + 1, false)
    }
    expect(transactions.firstUnstableOffset(0)).toBe(2)
  })
})
