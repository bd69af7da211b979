import { describe, expect, test } from 'vitest'
import { CorruptRecordsError, KafkaError } from '../../src/errors.ts'
import { type BatchReader, crc32c, readBatches } from '../../src/records/index.ts'
import { batchOf, readAll, source } from './support.ts'

const batch = batchOf(
  [
    { timestampMs: 10, key: 'a', value: 'one' },
    { timestampMs: 20, value: 'two', headers: { h: 'x' } },
  ],
  { baseOffset: 42n, leaderEpoch: 6, producerId: 3n, producerEpoch: 1, baseSequence: 8, transactional: true },
)

/** A copy with a change, and the checksum put right. */
function changed(change: (copy: Buffer) => void, original = batch): Buffer {
  const copy = Buffer.from(original)
  change(copy)
  copy.writeUInt32BE(crc32c(copy, 21, copy.length), 17)
  return copy
}

function drain(reader: BatchReader): number {
  let records = 0
  for (const view of reader) {
    const cursor = view.cursor()
    while (cursor.next()) records += 1
  }
  return records
}

function corruption(records: Buffer): CorruptRecordsError {
  try {
    drain(readBatches(records, source))
  } catch (error) {
    expect(error).toBeInstanceOf(CorruptRecordsError)
    return error as CorruptRecordsError
  }
  throw new Error('it was read')
}

test('what a header says', () => {
  const view = readBatches(batch, source).next()!
  expect(view).toMatchObject({
    magic: 2,
    compression: 'none',
    timestampType: 'create',
    baseOffset: 42n,
    lastOffset: 43n,
    nextOffset: 44n,
    baseTimestamp: 10,
    maxTimestamp: 20,
    producerId: 3n,
    producerEpoch: 1,
    baseSequence: 8,
    isTransactional: true,
    isControl: false,
    leaderEpoch: 6,
    recordCount: 2,
    sizeBytes: batch.length,
  })
  expect(view.bytes.equals(batch)).toBe(true)
  expect(view.uncompressed(1)).toBe(view)
})

test('the cursor shows places in its buffer, -1 for null', () => {
  const cursor = readBatches(batch, source).next()!.cursor()
  expect(cursor.next()).toBe(true)
  expect(cursor.buffer.toString('utf8', cursor.keyStart, cursor.keyEnd)).toBe('a')
  expect(cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd)).toBe('one')
  const first = cursor.record()
  expect(cursor.next()).toBe(true)
  expect(cursor).toMatchObject({ offsetDelta: 1, timestamp: 20, keyStart: -1, keyEnd: -1 })
  expect(first.value!.toString(), 'a record stays when the cursor goes on').toBe('one')
  expect(cursor.next()).toBe(false)
  expect(cursor.next()).toBe(false)
})

test('several batches, and one cut off at any byte, which ends them quietly', () => {
  const three = Buffer.concat([batch, batch, batch])
  expect(drain(readBatches(three, source))).toBe(6)
  for (let length = 0; length < batch.length; length += 1) {
    const reader = readBatches(three.subarray(0, 2 * batch.length + length), source)
    expect(drain(reader)).toBe(4)
    expect(reader.remainingBytes).toBe(length)
  }
  expect(drain(readBatches(Buffer.alloc(0), source))).toBe(0)
})

describe('a broken batch names itself', () => {
  test('with topic, partition and offset', () => {
    const broken = Buffer.from(batch)
    broken[broken.length - 1] ^= 1
    const error = corruption(Buffer.concat([changed((copy) => copy.writeBigInt64BE(1n)), broken]))
    expect(error.context).toMatchObject({ topic: 'orders', partition: 3, offset: 42n })
    expect(error.message).toMatch(
      /^the batch at offset 42 of orders\[3\] is broken: its checksum is [0-9a-f]{8}, not/,
    )
  })

  test('and is not passed over when it is asked for again', () => {
    const broken = Buffer.from(batch)
    broken[30] ^= 1
    const reader = readBatches(broken, source)
    for (let time = 0; time < 2; time += 1) expect(() => reader.next()).toThrow(CorruptRecordsError)
  })

  test('unless the checksum is not to be checked', () => {
    const broken = Buffer.from(batch)
    broken[17] ^= 1
    expect(drain(readBatches(broken, source, { checkCrc: false }))).toBe(2)
  })

  test.each<[string, (copy: Buffer) => void, string]>([
    ['magic 3', (copy) => copy.writeInt8(3, 16), 'its magic is 3'],
    ['a negative magic', (copy) => copy.writeInt8(-1, 16), 'its magic is 255'],
    ['a length below the header', (copy) => copy.writeInt32BE(48, 8), 'its length is 48'],
    ['a negative length', (copy) => copy.writeInt32BE(-1, 8), 'its length is -1'],
    ['an unknown codec', (copy) => copy.writeInt16BE(5, 21), 'its compression is 5'],
    ['a negative count', (copy) => copy.writeInt32BE(-1, 57), 'it has -1 records'],
    [
      'more records than offsets',
      (copy) => copy.writeInt32BE(3, 57),
      'it has 3 records, the last one 1 behind',
    ],
    ['a negative distance', (copy) => copy.writeInt32BE(-2, 23), 'the last one -2 behind'],
    [
      'two thousand million records',
      (copy) => {
        copy.writeInt32BE(0x7fff_fffe, 57)
        copy.writeInt32BE(0x7fff_ffff, 23)
      },
      'it has 2147483646 records in',
    ],
    [
      'fewer records than there are',
      (copy) => copy.writeInt32BE(1, 57),
      'there are bytes behind its last record',
    ],
    ['a record beyond the end', (copy) => copy.writeInt8(100, 61), 'a record of 50 bytes where'],
    ['a record that is too short', (copy) => copy.writeInt8(10, 61), 'a record of 5 bytes where'],
    ['a record of negative length', (copy) => copy.writeInt8(1, 61), 'a record of -1 bytes'],
    ['an offset below the first', (copy) => copy.writeInt8(1, 64), 'a record is at -1 behind its base'],
    [
      'an offset behind the last',
      (copy) => copy.writeInt8(4, 64),
      'a record is at 2 behind its base, the last at 1',
    ],
    ['a key of length -2', (copy) => copy.writeInt8(3, 65), 'a key of -2 bytes'],
    ['a key beyond the record', (copy) => copy.writeInt8(60, 65), 'a key reaches beyond its record'],
    ['a value of length -2', (copy) => copy.writeInt8(3, 67), 'a value of -2 bytes'],
    ['a value beyond the record', (copy) => copy.writeInt8(60, 67), 'a value reaches beyond its record'],
    ['headers without room', (copy) => copy.writeInt8(2, 71), 'a record has headers and no room for them'],
    ['a number that never ends', (copy) => copy.fill(0xff, 61, 70), 'a number is longer than five bytes'],
    ['a time that never ends', (copy) => copy.fill(0xff, 63), 'a number is longer than ten bytes'],
  ])('%s', (_, change, message) => {
    expect(corruption(changed(change)).message).toContain(message)
  })

  // The last record ends with: one header, its name of one byte, h, its value of one byte, x.
  const end = batch.length
  test.each<[string, (copy: Buffer) => void, string]>([
    ['a negative count', (copy) => copy.writeInt8(1, end - 5), 'it has -1 headers'],
    ['more than there is room for', (copy) => copy.writeInt8(120, end - 5), 'it has 60 headers'],
    ['a name that is null', (copy) => copy.writeInt8(1, end - 4), 'a header has a length of -1'],
    ['a name beyond the record', (copy) => copy.writeInt8(100, end - 4), 'a header has a length of 50'],
    ['a value of length -2', (copy) => copy.writeInt8(3, end - 2), 'a header has a length of -2'],
    ['one less than there is', (copy) => copy.writeInt8(0, end - 5), 'its headers do not end where it ends'],
    ['a length that never ends', (copy) => copy.fill(0xff, end - 2), 'a header has no proper length'],
  ])('headers are checked when they are read: %s', (_, change, message) => {
    const records = [...readBatches(changed(change), source).next()!]
    expect(records[1].value!.toString()).toBe('two')
    expect(() => records[1].headers).toThrow(CorruptRecordsError)
    expect(() => records[1].headers).toThrow(message)
  })
})

describe('attributes', () => {
  test('log append time is the time of every record', async () => {
    const stamped = changed((copy) => {
      copy.writeInt16BE(0x08, 21)
      copy.writeBigInt64BE(777n, 35)
    })
    expect(readBatches(stamped, source).next()).toMatchObject({
      timestampType: 'logAppend',
      maxTimestamp: 777,
    })
    expect((await readAll(stamped)).map((record) => [record.timestamp, record.timestampType])).toEqual([
      [777, 'logAppend'],
      [777, 'logAppend'],
    ])
  })

  test('a delete horizon and bits of the future change nothing', async () => {
    const odd = changed((copy) => copy.writeInt16BE(0x7f40, 21))
    expect((await readAll(odd)).map((record) => record.timestamp)).toEqual([10, 20])
  })

  test('a batch that compaction has emptied is there, without records, whatever its codec', async () => {
    for (const attributes of [0, 1, 4]) {
      const header = changed(
        (copy) => {
          copy.writeInt32BE(49, 8)
          copy.writeInt16BE(attributes, 21)
          copy.writeInt32BE(0, 57)
        },
        Buffer.from(batch.subarray(0, 61)),
      )
      const view = await readBatches(header, source).next()!.uncompressed(10)
      expect(view).toMatchObject({ recordCount: 0, nextOffset: 44n })
      expect([...view]).toEqual([])
    }
  })
})

test('compressed records have to be uncompressed first', async () => {
  const { gzipSync } = await import('node:zlib')
  const compressed = Buffer.concat([batch.subarray(0, 61), gzipSync(batch.subarray(61))])
  const whole = changed((copy) => {
    copy.writeInt32BE(copy.length - 12, 8)
    copy.writeInt16BE(1, 21)
  }, compressed)
  const view = readBatches(whole, source).next()!
  expect(view).toMatchObject({ compression: 'gzip', isCompressed: true, recordCount: 2 })
  expect(() => view.cursor()).toThrow(KafkaError)
  const open = await view.uncompressed(1000)
  expect(open).toMatchObject({ compression: 'gzip', isCompressed: false, sizeBytes: whole.length })
  expect([...open].map((record) => record.value!.toString())).toEqual(['one', 'two'])
  expect(() => view.uncompressed(10)).toThrow(
    'the batch at offset 42 of orders[3] cannot be uncompressed: gzip data decompresses to more than 10 bytes',
  )
  const lying = changed((copy) => {
    copy.writeInt32BE(1_000_000, 57)
    copy.writeInt32BE(1_000_000, 23)
  }, whole)
  expect(() => readBatches(lying, source).next()!.uncompressed(1000)).toThrow('1000000 records in')
})
