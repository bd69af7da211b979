import { describe, expect, test } from 'vitest'
import { CorruptRecordsError, KafkaError } from '../../src/errors.ts'
import { buildEndMarker, readBatches, readEndMarker, stampBatch } from '../../src/records/index.ts'
import { batchOf, legacyMessage, readAll, source } from './support.ts'

const fields = { coordinatorEpoch: 7, producerId: 99n, producerEpoch: 4, timestampMs: 5000 }

test.each(['commit', 'abort'] as const)('the marker of a %s', (type) => {
  const view = readBatches(buildEndMarker({ type, ...fields }), source).next()!
  expect(view).toMatchObject({
    isControl: true,
    isTransactional: true,
    producerId: 99n,
    producerEpoch: 4,
    recordCount: 1,
  })
  expect(readEndMarker(view)).toBe(type)
  const [record] = [...view]
  expect(record.value!.readInt32BE(2)).toBe(7)
})

test('control records of other kinds are let pass, those without a type are not', () => {
  const other = readBatches(batchOf([{ key: Buffer.from([0, 0, 0, 2]) }], { control: true }), source).next()!
  expect(readEndMarker(other)).toBeUndefined()
  for (const inputs of [[], [{ key: null }], [{ key: Buffer.from([0, 0, 0]) }]]) {
    const batch = batchOf(inputs, { control: true })
    if (inputs.length === 0) batch.writeInt32BE(0, 23)
    const view = readBatches(batch, source, { checkCrc: false }).next()!
    expect(() => readEndMarker(view)).toThrow(CorruptRecordsError)
  }
})

describe('a stamp', () => {
  test('of offset and leader epoch leaves the checksum as it is', async () => {
    const batch = batchOf([{ value: 'a' }, { value: 'b' }])
    const checksum = batch.readUInt32BE(17)
    stampBatch(batch, { baseOffset: 1000n, partitionLeaderEpoch: 5 })
    expect(batch.readUInt32BE(17)).toBe(checksum)
    const records = await readAll(batch)
    expect(records.map((record) => [record.offset, record.leaderEpoch, record.timestamp])).toEqual([
      [1000n, 5, 1000],
      [1001n, 5, 1000],
    ])
  })

  test('of a log append time writes it again', async () => {
    const batch = batchOf([{ value: 'a' }], {
      transactional: true,
      producerId: 1n,
      producerEpoch: 0,
      baseSequence: 0,
    })
    stampBatch(batch, { baseOffset: 0n, partitionLeaderEpoch: 0, logAppendTime: 123_456 })
    const [record] = await readAll(batch)
    expect(record).toMatchObject({ timestamp: 123_456, timestampType: 'logAppend' })
    expect(readBatches(batch, source).next()).toMatchObject({ isTransactional: true, producerId: 1n })
  })

  test('is for batches of magic 2', () => {
    const stamp = { baseOffset: 0n, partitionLeaderEpoch: 0 }
    expect(() => stampBatch(Buffer.alloc(60), stamp)).toThrow(KafkaError)
    const long = legacyMessage({ offset: 0n, magic: 1, value: Buffer.alloc(100) })
    expect(() => stampBatch(long, stamp)).toThrow(KafkaError)
  })
})
