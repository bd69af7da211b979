import { describe, expect, test } from 'vitest'
import { KafkaError } from '../../src/errors.ts'
import {
  BATCH_OVERHEAD_BYTES,
  BatchBuilder,
  type Data,
  type HeadersInput,
  recordSizeUpperBound,
} from '../../src/records/index.ts'
import { recordSize } from '../../src/records/record-writer.ts'
import { batchOf, filled, type RecordInput, readAll } from './support.ts'

function hex(...parts: string[]): string {
  return parts.join('').replaceAll(' ', '')
}

test('the bytes of a small batch', () => {
  const records = [{ timestampMs: 1000, key: 'k', value: 'hi', headers: { a: null } }, { timestampMs: 998 }]
  const batch = batchOf(records, {
    producerId: 0x0102030405060708n,
    producerEpoch: 0x1112,
    baseSequence: 0x21222324,
  })
  const checksum = batch.toString('hex', 17, 21)
  expect(batch.toString('hex')).toBe(
    hex(
      '0000000000000000', // base offset
      '00000045', // length: 49 of the header, 20 of records
      'ffffffff', // leader epoch
      '02', // magic
      checksum,
      '0000', // attributes
      '00000001', // last offset delta
      '00000000000003e8', // base timestamp
      '00000000000003e8', // max timestamp
      '0102030405060708 1112 21222324', // producer
      '00000002', // record count
      '18 00 00 00 02 6b 04 6869 02 02 61 01', // 12 bytes, no distances, k, hi, one header: a, null
      '0c 00 03 02 01 01 00', // 6 bytes, 2 ms before, 1 behind, nothing in it
    ),
  )
})

test('what goes in comes out, whatever its form', async () => {
  const inputs: RecordInput[] = [
    { timestampMs: 5000, key: 'text', value: Buffer.from('bytes') },
    { timestampMs: 4000, key: new Uint8Array([1, 2]), value: 'ünï漢🚀' },
    { timestampMs: 6000, key: '', value: Buffer.alloc(0) },
    { key: null, value: null, headers: {} },
    {
      headers: [
        ['a', '1'],
        ['a', null],
        ['', 'ü'],
        ['a', Buffer.from([0])],
      ],
    },
    { headers: { one: 'x', several: ['1', null, Buffer.from('3')], none: [], empty: '' } },
  ]
  const records = await readAll(batchOf(inputs, { baseOffset: 2n ** 60n }))
  expect(records.map((record) => record.offset)).toEqual(
    [0n, 1n, 2n, 3n, 4n, 5n].map((delta) => 2n ** 60n + delta),
  )
  expect(records.map((record) => record.timestamp)).toEqual([5000, 4000, 6000, 1000, 1000, 1000])
  expect(records.map((record) => record.key?.toString() ?? null)).toEqual([
    'text',
    '\x01\x02',
    '',
    null,
    null,
    null,
  ])
  expect(records.map((record) => record.value?.toString() ?? null)).toEqual([
    'bytes',
    'ünï漢🚀',
    '',
    null,
    null,
    null,
  ])
  const headers = records.map((record) =>
    [...record.headers].map(([name, value]) => [name, value?.toString() ?? null]),
  )
  expect(headers.slice(0, 4)).toEqual([[], [], [], []])
  expect(headers[4]).toEqual([
    ['a', '1'],
    ['a', null],
    ['', 'ü'],
    ['a', '\0'],
  ])
  expect(headers[5]).toEqual([
    ['one', 'x'],
    ['several', '1'],
    ['several', null],
    ['several', '3'],
    ['empty', ''],
  ])
})

test('inherited names are no headers', async () => {
  const headers = Object.create({ inherited: 'x' })
  headers.own = 'y'
  const [record] = await readAll(batchOf([{ headers }]))
  expect([...record.headers].map(([name]) => name)).toEqual(['own'])
})

describe('text of any length, in place', () => {
  // around each border: of the loop, and of a length of one, two and three bytes, in characters and in bytes
  const lengths = [
    0, 1, 11, 12, 13, 20, 21, 22, 31, 32, 33, 62, 63, 64, 65, 2730, 2731, 4095, 4096, 8190, 8191, 8192,
  ]
  test.each(['a', 'é', '漢', '🚀', '\ud800'])('of %j', async (character) => {
    for (const length of lengths) {
      const text = character.repeat(length)
      for (const input of [
        { value: text },
        { key: text, value: 'v' },
        { headers: { [text]: text, b: 'c' } },
      ]) {
        const [record, next] = await readAll(batchOf([input, { value: 'next' }]))
        const read =
          'headers' in input
            ? record.headers.get(text === '' ? '' : Buffer.from(text).toString())
            : 'key' in input
              ? record.key
              : record.value
        expect(read!.equals(Buffer.from(text)), `${length} characters`).toBe(true)
        expect(next.value!.toString()).toBe('next')
      }
    }
  })
})

describe('whether one more fits', () => {
  const cases: [Data, Data, HeadersInput][] = [
    [null, null, null],
    ['key', 'x'.repeat(100), null],
    ['é'.repeat(20), '漢'.repeat(40), null],
    [Buffer.alloc(50), 'x'.repeat(70), { a: 'é'.repeat(30), b: ['1', Buffer.alloc(70), null] }],
    [null, 'x', Array.from({ length: 70 }, (_, index): [string, string] => [`h${index}`, 'é'])],
  ]
  test.each(cases)('is known to the byte: %#', async (key, value, headers) => {
    const size = recordSize(0, 0, key, value, headers)
    expect(recordSizeUpperBound(key, value, headers)).toBeGreaterThanOrEqual(size)

    const exact = new BatchBuilder(Buffer.alloc(BATCH_OVERHEAD_BYTES + size))
    expect(exact.append(1, key, value, headers)).toBe(true)
    expect(exact.sizeBytes).toBe(BATCH_OVERHEAD_BYTES + size)
    expect(exact.append(1, null, null, null)).toBe(false)
    const [record] = await readAll(exact.close()[0])
    expect(record.key).toEqual(key === null ? null : Buffer.from(key as string))

    const short = new BatchBuilder(Buffer.alloc(BATCH_OVERHEAD_BYTES + size - 1, 0xaa))
    expect(short.append(1, key, value, headers)).toBe(false)
    expect(short).toMatchObject({ count: 0, sizeBytes: BATCH_OVERHEAD_BYTES, baseTimestampMs: -1 })
  })

  test('a record that does not fit changes nothing, a smaller one still goes in', async () => {
    const builder = new BatchBuilder(Buffer.alloc(BATCH_OVERHEAD_BYTES + 30, 0xaa))
    builder.append(10, null, 'first', null)
    const before = { bytes: Buffer.from(builder.uncompressedRecords()), size: builder.sizeBytes }
    expect(builder.append(99, null, 'x'.repeat(50), null)).toBe(false)
    expect(builder).toMatchObject({ count: 1, sizeBytes: before.size, maxTimestampMs: 10 })
    expect(builder.uncompressedRecords().equals(before.bytes)).toBe(true)
    expect(builder.append(11, null, 'second', null)).toBe(true)
    expect((await readAll(builder.close()[0])).map((record) => record.value!.toString())).toEqual([
      'first',
      'second',
    ])
  })

  test('nothing is written behind the end of the batch', () => {
    const memory = Buffer.alloc(300, 0xaa)
    const builder = new BatchBuilder(memory.subarray(0, 200))
    while (builder.append(1, 'ké', 'vä', { h: 'ö' }));
    expect(memory.subarray(200).every((byte) => byte === 0xaa)).toBe(true)
  })
})

test('timestamps: the first is the base, the largest the maximum, distances of any size', async () => {
  const times = [
    1_700_000_000_000,
    1_700_000_000_001,
    1_600_000_000_000,
    0,
    2 ** 53 - 1,
    -1,
    1_700_002_147_483,
  ]
  const builder = filled(times.map((timestampMs) => ({ timestampMs })))
  expect(builder).toMatchObject({
    baseTimestampMs: times[0],
    maxTimestampMs: 2 ** 53 - 1,
    count: times.length,
  })
  expect((await readAll(builder.close()[0])).map((record) => record.timestamp)).toEqual(times)
})

test.each([1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])('%d is no timestamp', (timestampMs) => {
  const builder = filled([])
  expect(() => builder.append(timestampMs, null, null, null)).toThrow(KafkaError)
  expect(builder.append(1000, null, null, null)).toBe(true)
  expect(() => builder.append(timestampMs, null, null, null)).toThrow(
    'a timestamp is a whole number of milliseconds',
  )
  expect(builder.count).toBe(1)
})

describe('closing', () => {
  test('again, with another producer, writes another header over the same records', async () => {
    const builder = filled([{ value: 'a' }, { value: 'b' }])
    const first = Buffer.concat(builder.close({ producerId: 1n, producerEpoch: 2, baseSequence: 3 }))
    const pieces = builder.close({ producerId: 9n, producerEpoch: 3, baseSequence: 0, transactional: true })
    expect(pieces[0].buffer, 'in place').toBe(builder.buffer.buffer)
    const second = Buffer.concat(pieces)
    expect(second.equals(first)).toBe(false)
    expect(second.subarray(BATCH_OVERHEAD_BYTES).equals(first.subarray(BATCH_OVERHEAD_BYTES))).toBe(true)
    expect(await readAll(first)).toHaveLength(2)
    expect(await readAll(second)).toHaveLength(2)
  })

  test('with compressed records gives a header of its own, and those by reference', async () => {
    const builder = filled([{ value: 'x'.repeat(1000) }])
    const { gzipSync } = await import('node:zlib')
    const compressed = gzipSync(builder.uncompressedRecords())
    const [header, records] = builder.close({ compression: 'gzip', compressed })
    expect(header).toHaveLength(BATCH_OVERHEAD_BYTES)
    expect(records.buffer).toBe(compressed.buffer)
    builder.buffer.fill(0) // back in the pool
    const again = builder.close({
      compression: 'gzip',
      compressed,
      producerId: 5n,
      producerEpoch: 0,
      baseSequence: 0,
    })
    for (const pieces of [[header, records], again]) {
      expect((await readAll(Buffer.concat(pieces)))[0].value!.toString()).toBe('x'.repeat(1000))
    }
  })

  test('takes compressed records and their compression together or not at all', () => {
    const builder = filled([{}])
    expect(() => builder.close({ compression: 'gzip' })).toThrow(KafkaError)
    expect(() => builder.close({ compressed: Buffer.alloc(1) })).toThrow(KafkaError)
  })

  test('ends it: no more records until it is reset', async () => {
    const builder = filled([{ timestampMs: 50, value: 'a' }])
    builder.close()
    expect(() => builder.append(1, null, null, null)).toThrow(KafkaError)
    builder.reset()
    expect(builder).toMatchObject({
      count: 0,
      sizeBytes: BATCH_OVERHEAD_BYTES,
      baseTimestampMs: -1,
      maxTimestampMs: -1,
    })
    builder.append(7, null, 'b', null)
    const [record, ...others] = await readAll(builder.close()[0])
    expect(others).toHaveLength(0)
    expect(record).toMatchObject({ timestamp: 7, offset: 0n })
  })
})

test('a buffer without room for a header is refused', () => {
  expect(() => new BatchBuilder(Buffer.alloc(BATCH_OVERHEAD_BYTES - 1))).toThrow(KafkaError)
})
