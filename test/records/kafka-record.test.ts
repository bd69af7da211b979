import { inspect } from 'node:util'
import { expect, test, vi } from 'vitest'
import { KafkaRecord, type RecordSource, readBatches, text } from '../../src/records/index.ts'
import { batchOf, readAll, source } from './support.ts'

async function one(...args: Parameters<typeof batchOf>): Promise<KafkaRecord> {
  return (await readAll(batchOf(...args)))[0]
}

test('says where it comes from', async () => {
  const record = await one([{ timestampMs: 1234 }], { baseOffset: 2n ** 62n, leaderEpoch: 9 })
  expect(record).toBeInstanceOf(KafkaRecord)
  expect({ ...described(record) }).toEqual({
    topic: 'orders',
    partition: 3,
    offset: 2n ** 62n,
    offsetDelta: 0,
    timestamp: 1234,
    timestampType: 'create',
    leaderEpoch: 9,
    sizeBytes: 0,
  })
})

function described(record: KafkaRecord) {
  const { topic, partition, offset, offsetDelta, timestamp, timestampType, leaderEpoch, sizeBytes } = record
  return { topic, partition, offset, offsetDelta, timestamp, timestampType, leaderEpoch, sizeBytes }
}

test('makes key and value when they are read, once, and never of null', () => {
  const keyDeserializer = vi.fn(text)
  const valueDeserializer = vi.fn((buffer: Buffer, start: number, end: number) =>
    JSON.parse(buffer.toString('utf8', start, end)),
  )
  const typed: RecordSource<string, { n: number }> = {
    topic: 't',
    partition: 0,
    keyDeserializer,
    valueDeserializer,
  }
  const records = [...readBatches(batchOf([{ key: 'k', value: '{"n":1}' }, {}]), typed).next()!]
  expect(keyDeserializer).not.toHaveBeenCalled()
  expect(valueDeserializer).not.toHaveBeenCalled()
  expect(records[0].key).toBe('k')
  const value = records[0].value!
  value.n = 2
  expect(records[0].value, 'the same object').toBe(value)
  expect(valueDeserializer).toHaveBeenCalledOnce()
  expect([records[1].key, records[1].value]).toEqual([null, null])
  expect(valueDeserializer).toHaveBeenCalledOnce()
})

test('a deserializer that throws does so each time, and the raw bytes are there', () => {
  const failing = () => {
    throw new SyntaxError('no JSON')
  }
  const typed: RecordSource<Buffer, never> = { ...source, valueDeserializer: failing }
  const [record] = [...readBatches(batchOf([{ key: 'k', value: 'oops' }]), typed).next()!]
  expect(() => record.value).toThrow('no JSON')
  expect(() => record.value).toThrow('no JSON')
  expect(record.raw.key!.toString()).toBe('k')
  expect(record.raw.value!.toString()).toBe('oops')
  expect(inspect(record)).toContain('<SyntaxError: no JSON>')
})

test('headers: the last of a name, all of a name, in order', async () => {
  const { headers } = await one([
    {
      headers: [
        ['a', '1'],
        ['b', null],
        ['a', '2'],
      ],
    },
  ])
  expect(headers).toHaveLength(3)
  expect(headers.get('a')!.toString()).toBe('2')
  expect(headers.get('b')).toBeNull()
  expect(headers.get('c')).toBeUndefined()
  expect(headers.all('a').map(String)).toEqual(['1', '2'])
  expect(headers.all('c')).toEqual([])
  expect([...headers].map(([name]) => name)).toEqual(['a', 'b', 'a'])
})

test('headers and values are views of the response, and made once', async () => {
  const batch = batchOf([{ value: 'value', headers: { a: 'x' } }])
  const [record] = await readAll(batch)
  expect(record.value!.buffer).toBe(batch.buffer)
  expect(record.headers.get('a')!.buffer).toBe(batch.buffer)
  expect(record.headers).toBe(record.headers)
})

test.each([
  { key: 'k', value: 'v', headers: { a: 'x' } },
  { key: null, value: 'v', headers: null },
  { key: 'k', value: null, headers: { a: null } },
  { key: null, value: null, headers: { a: 'x' } },
  { key: null, value: null, headers: null },
  { key: '', value: '', headers: null },
])('a copy of %j lets go of the response', async (input) => {
  const batch = batchOf([{ value: 'before' }, { timestampMs: 77, ...input }], {
    baseOffset: 40n,
    leaderEpoch: 2,
  })
  const [, record] = await readAll(batch)
  const before = record.toJSON()
  const copy = record.copy()
  batch.fill(0)
  expect(copy.toJSON()).toEqual(before)
  expect(described(copy)).toEqual(described(record))
  expect(copy.value?.buffer).not.toBe(batch.buffer)
  expect(copy.copy().toJSON()).toEqual(before)
})

test('toJSON: the offset as a string, bytes as text, or as base64 where they are none', async () => {
  const record = await one(
    [
      {
        timestampMs: 5,
        key: 'ключ',
        value: Buffer.from([0xff, 0xfe]),
        headers: [
          ['a', '1'],
          ['a', null],
          ['b', '2'],
        ],
      },
    ],
    { baseOffset: 9_007_199_254_740_993n },
  )
  expect(JSON.parse(JSON.stringify(record))).toEqual({
    topic: 'orders',
    partition: 3,
    offset: '9007199254740993',
    timestamp: 5,
    timestampType: 'create',
    leaderEpoch: -1,
    key: 'ключ',
    value: { base64: '//4=' },
    headers: { a: ['1', null], b: '2' },
  })
})

test('prints well', async () => {
  const record = await one([{ key: 'k', value: 'v'.repeat(1000), headers: { trace: 'abc' } }])
  const printed = inspect(record)
  expect(printed).toMatch(/^KafkaRecord \{/)
  for (const part of [
    "topic: 'orders'",
    'offset: 0n',
    "key: 'k'",
    "headers: { trace: 'abc' }",
    '(1000 in all)',
  ]) {
    expect(printed).toContain(part)
  }
  expect(printed.length).toBeLessThan(600)
  const binary = inspect(await one([{ value: Buffer.from([0xff, 0x00]) }]))
  expect(binary).toContain('<Buffer ff 00>')
})
