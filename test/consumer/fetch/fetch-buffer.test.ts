import { describe, expect, it } from 'vitest'
import { FetchBuffer, type Piece } from '../../../src/consumer/fetch/fetch-buffer.ts'
import type { PartitionState } from '../../../src/consumer/fetch/partition.ts'
import { batchOf, fetched, partitionAt } from '../support.ts'

function setUp(limits = { maxBufferedBytes: 10_000, maxPartitionBytes: 1_000 }) {
  const rooms: (string | undefined)[] = []
  const broken: unknown[] = []
  const buffer = new FetchBuffer(limits, {
    onRoom: (partition) => rooms.push(partition?.key),
    onData: () => {},
    onBroken: (_, error) => broken.push(error),
  })
  const bring = (partition: PartitionState, ...batches: Buffer[]) => {
    buffer.add(partition, fetched(partition, batches))
  }
  /** As `t-0: 0 1 2`; `nothing` when there is nothing. */
  const take = () => shown(buffer.take() as Piece | undefined)
  return { buffer, bring, take, rooms, broken }
}

function shown(piece: Piece | undefined): string {
  if (piece === undefined) return 'nothing'
  return `${piece.partition.key}: ${[...piece.batch].map((record) => record.offset).join(' ')}`
}

describe('the fetch buffer', () => {
  it('gives partitions turns', () => {
    const { bring, take } = setUp()
    const [a, b] = [partitionAt(0, 'a'), partitionAt(0, 'b')]
    bring(a, batchOf(0, 2))
    bring(a, batchOf(2, 1))
    bring(b, batchOf(0, 1))
    expect([take(), take(), take(), take()]).toEqual(['a-0: 0 1', 'b-0: 0', 'a-0: 2', 'nothing'])
    expect(a.position).toBe(3n)
  })

  it('counts what is held, and tells when there is room again', () => {
    const batch = batchOf(0, 5)
    const { buffer, bring, take, rooms } = setUp({
      maxBufferedBytes: batch.length * 2,
      maxPartitionBytes: batch.length,
    })
    const a = partitionAt(0, 'a')
    const b = partitionAt(0, 'b')
    bring(a, batch)
    expect([buffer.full, buffer.hasEnoughOf(a), buffer.roomBytes]).toEqual([false, true, batch.length])
    bring(b, batch)
    expect([buffer.full, buffer.roomBytes]).toEqual([true, 0])
    take()
    expect(rooms).toEqual([undefined])
    take()
    expect(rooms).toEqual([undefined, 'b-0'])
    expect([a.bufferedBytes, b.bufferedBytes, buffer.roomBytes]).toEqual([0, 0, batch.length * 2])
  })

  it('gives back the room that a batch takes which was cut off', () => {
    const { buffer, bring, take } = setUp()
    const a = partitionAt(0, 'a')
    bring(a, batchOf(0, 2), batchOf(2, 2).subarray(0, 50))
    expect(take()).toBe('a-0: 0 1')
    expect(take()).toBe('nothing')
    expect([a.bufferedBytes, buffer.roomBytes]).toEqual([0, 10_000])
  })

  it('gives nothing of a paused partition, and all of it after that', () => {
    const { buffer, bring, take } = setUp()
    const a = partitionAt(0, 'a')
    const b = partitionAt(0, 'b')
    bring(a, batchOf(0, 1))
    a.paused = true
    buffer.paused(a)
    bring(a, batchOf(1, 1))
    bring(b, batchOf(0, 1))
    expect([take(), take()]).toEqual(['b-0: 0', 'nothing'])
    a.paused = false
    buffer.resumed(a)
    expect([take(), take(), take()]).toEqual(['a-0: 0', 'a-0: 1', 'nothing'])
  })

  it('makes room when all of it is taken by what is paused', () => {
    const batch = batchOf(0, 5)
    const { buffer, bring } = setUp({ maxBufferedBytes: batch.length, maxPartitionBytes: batch.length })
    const a = partitionAt(0, 'a')
    bring(a, batch)
    buffer.evictPaused([a])
    expect(buffer.full).toBe(true)
    a.paused = true
    buffer.paused(a)
    buffer.evictPaused([a])
    expect(buffer.full).toBe(false)
    expect(a.fetchOffset).toBe(0n)
  })

  it('drops what is buffered of a partition that is sought elsewhere', () => {
    const { buffer, bring, take } = setUp()
    const a = partitionAt(0, 'a')
    bring(a, batchOf(0, 2), batchOf(2, 2))
    buffer.discard(a)
    expect(take()).toBe('nothing')
    expect([a.fetchOffset, a.bufferedBytes]).toEqual([0n, 0])
  })

  it('gives back first what was put back, unless it is worthless by then', () => {
    const { buffer, bring, take } = setUp()
    const a = partitionAt(0, 'a')
    bring(a, batchOf(0, 2))
    bring(a, batchOf(2, 1))
    const piece = buffer.take() as Piece
    buffer.putBack(piece)
    expect([take(), take()]).toEqual(['a-0: 0 1', 'a-0: 2'])
    buffer.discard(a)
    buffer.putBack(piece)
    expect(take()).toBe('nothing')
  })

  it('tells of what is broken when it is its turn, and gives nothing behind it', () => {
    const { bring, take, broken } = setUp()
    const bad = batchOf(2, 1)
    bad[bad.length - 1] ^= 1
    const a = partitionAt(0, 'a')
    bring(a, batchOf(0, 2), bad)
    bring(a, batchOf(3, 1))
    expect(take()).toBe('a-0: 0 1')
    expect(broken).toEqual([])
    expect(take()).toBe('nothing')
    expect(broken).toMatchObject([
      { code: 'CORRUPT_RECORDS', context: { topic: 'a', partition: 0, offset: 2n } },
    ])
    expect(a.position).toBe(2n)
    expect(take()).toBe('nothing')
  })
})
