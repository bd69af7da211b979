import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { codecByName } from '../../../src/compression/index.ts'
import type { ConsumerBatch } from '../../../src/consumer/consumer-batch.ts'
import type { FetchedRecords } from '../../../src/consumer/fetch/fetched-records.ts'
import { BATCH_OVERHEAD_BYTES, BatchBuilder } from '../../../src/records/index.ts'
import { batchOf, decodeSettings, endMarker, fetched, partitionAt } from '../support.ts'

async function pieces(records: FetchedRecords): Promise<ConsumerBatch<unknown, unknown>[]> {
  const all = []
  for (let piece = await records.next(); piece !== undefined; piece = await records.next()) all.push(piece)
  return all
}

async function offsets(records: FetchedRecords): Promise<number[]> {
  return (await pieces(records)).flatMap((piece) => [...piece].map((record) => Number(record.offset)))
}

describe('what one fetch brought', () => {
  it('gives the records in order and says where the next fetch starts', async () => {
    const records = fetched(partitionAt(0), [batchOf(0, 3), batchOf(3, 2)])
    expect(records.nextOffset).toBe(5n)
    expect(await offsets(records)).toEqual([0, 1, 2, 3, 4])
  })

  it('leaves out what is below the position', async () => {
    expect(await offsets(fetched(partitionAt(4), [batchOf(0, 3), batchOf(3, 3)]))).toEqual([4, 5])
  })

  it('goes on behind a gap that compaction left at the end of a batch', () => {
    const batch = batchOf(0, 3)
    batch.writeInt32BE(9, 23) // last offset delta; the checksum is compared when it is decoded
    expect(fetched(partitionAt(0), [batch]).nextOffset).toBe(10n)
  })

  it('ends quietly at a batch that is cut off', async () => {
    const records = fetched(partitionAt(0), [batchOf(0, 2), batchOf(2, 2).subarray(0, 40)])
    expect(records.nextOffset).toBe(2n)
    expect(await offsets(records)).toEqual([0, 1])
    expect(records.undecodedBytes).toBe(40)
  })

  it('has no batches when not even one is whole', () => {
    const records = fetched(partitionAt(7), [batchOf(7, 2).subarray(0, 70)])
    expect(records.hasBatches).toBe(false)
    expect(records.nextOffset).toBe(7n)
  })

  it('gives what comes before a broken batch, then the error that names it', async () => {
    const broken = batchOf(2, 2)
    broken[broken.length - 1] ^= 1
    const records = fetched(partitionAt(0), [batchOf(0, 2), broken, batchOf(4, 2)])
    const piece = await records.next()
    expect([...piece!].map((record) => record.offset)).toEqual([0n, 1n])
    expect(piece!.nextOffset).toBe(2n)
    expect(() => records.next()).toThrow(/offset 2 of t\[0\]/)
  })

  it('does not check checksums when it is told not to', async () => {
    const batch = batchOf(0, 2)
    batch.writeUInt32BE(1, 17)
    const settings = { ...decodeSettings, checkCrcs: false }
    expect(await offsets(fetched(partitionAt(0), [batch], null, settings))).toEqual([0, 1])
  })

  it('hides aborted transactions and control batches from read_committed', async () => {
    const transactional = (base: number, producerId: bigint) =>
      batchOf(base, 2, { transactional: true, producerId, producerEpoch: 0, baseSequence: 0 })
    const log = [
      transactional(0, 1n), // aborted at 6
      transactional(2, 2n), // committed at 7
      batchOf(4, 2), // of nobody
      endMarker(6, 1n, 'abort'),
      endMarker(7, 2n, 'commit'),
      transactional(8, 1n), // its next transaction, committed
      endMarker(10, 1n, 'commit'),
    ]
    const aborted = [{ producerId: 1n, firstOffset: 0n }]
    const committedOnly = fetched(partitionAt(0), log, aborted)
    expect(committedOnly.nextOffset).toBe(11n)
    expect(await offsets(committedOnly)).toEqual([2, 3, 4, 5, 8, 9])
    const uncommitted = { ...decodeSettings, isolationLevel: 'read_uncommitted' } as const
    expect(await offsets(fetched(partitionAt(0), log, null, uncommitted))).toEqual([0, 1, 2, 3, 4, 5, 8, 9])
  })

  it('brings the position forward by a piece without records', async () => {
    const [piece, ...others] = await pieces(fetched(partitionAt(5), [endMarker(5, 1n, 'commit')]))
    expect(others).toEqual([])
    expect([...piece]).toEqual([])
    expect(piece.nextOffset).toBe(6n)
  })

  it('uncompresses off the thread, and keeps what came before a batch that fails', async () => {
    const good = await compressed(0, 3000)
    const bad = await compressed(3000, 3000)
    bad.fill(0xff, BATCH_OVERHEAD_BYTES)
    const settings = { ...decodeSettings, checkCrcs: false, maxDecompressedBatchBytes: 10_000_000 }
    const records = fetched(partitionAt(0), [good, bad], null, settings)
    expect(records.nextOffset).toBe(6000n)
    const piece = await records.next()
    expect([...piece!]).toHaveLength(3000)
    expect(piece!.nextOffset).toBe(3000n)
    await expect(async () => records.next()).rejects.toMatchObject({ code: 'COMPRESSION' })
  })

  it('refuses a batch that would take more memory than is allowed', async () => {
    const settings = { ...decodeSettings, maxDecompressedBatchBytes: 1000 }
    const records = fetched(partitionAt(0), [await compressed(0, 3000)], null, settings)
    await expect(async () => records.next()).rejects.toMatchObject({ code: 'COMPRESSION' })
  })
})

/** Large enough to be uncompressed on the thread pool. */
async function compressed(baseOffset: number, count: number): Promise<Buffer> {
  const builder = new BatchBuilder(Buffer.alloc(1 << 20))
  for (let i = 0; i < count; i++) builder.append(1000, null, randomBytes(100), null)
  const bytes = await codecByName('gzip').compress(builder.uncompressedRecords())
  return Buffer.concat(
    builder.close({ compression: 'gzip', compressed: bytes, baseOffset: BigInt(baseOffset) }),
  )
}
