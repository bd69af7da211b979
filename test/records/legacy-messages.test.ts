import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { codecByName, withStandardHeaderChecksum } from '../../src/compression/index.ts'
import { CorruptRecordsError } from '../../src/errors.ts'
import { readBatches } from '../../src/records/index.ts'
import { type LegacyInput, legacyMessage, readAll, source } from './support.ts'

const GZIP = 1
const LZ4 = 3
const LOG_APPEND_TIME = 8

function texts(...words: string[]): Buffer[] {
  return words.map((word) => Buffer.from(word))
}

function inner(magic: 0 | 1, offsets: readonly bigint[]): Buffer {
  return Buffer.concat(
    offsets.map((offset) =>
      legacyMessage({ offset, magic, timestampMs: 100 + Number(offset), value: Buffer.from(`v${offset}`) }),
    ),
  )
}

test('messages of magic 0 have no time', async () => {
  const [key, value] = texts('k', 'v')
  const records = await readAll(
    Buffer.concat([
      legacyMessage({ offset: 7n, magic: 0, key, value }),
      legacyMessage({ offset: 9n, magic: 0, key: null, value: null }),
      legacyMessage({ offset: 10n, magic: 0, key: Buffer.alloc(0), value: Buffer.alloc(0) }),
    ]),
  )
  expect(records.map((record) => record.offset)).toEqual([7n, 9n, 10n])
  expect(records.map((record) => record.raw.value?.toString() ?? null)).toEqual(['v', null, ''])
  expect(records.map((record) => record.key?.toString() ?? null)).toEqual(['k', null, ''])
  expect(records[0]).toMatchObject({ timestamp: -1, timestampType: 'none', leaderEpoch: -1 })
  expect(records[0].headers).toHaveLength(0)
  expect(records[0].copy().value!.toString()).toBe('v')
})

test('messages of magic 1 have one, of either kind', async () => {
  const records = await readAll(
    Buffer.concat([
      legacyMessage({ offset: 7n, magic: 1, timestampMs: 5 }),
      legacyMessage({ offset: 8n, magic: 1, timestampMs: 6, attributes: LOG_APPEND_TIME }),
    ]),
  )
  expect(records.map((record) => [record.timestamp, record.timestampType])).toEqual([
    [5, 'create'],
    [6, 'logAppend'],
  ])
})

describe('messages compressed in another one', () => {
  test('magic 1: distances within, the last offset outside', async () => {
    const wrapper = (attributes: number) =>
      legacyMessage({
        offset: 1010n,
        magic: 1,
        attributes,
        timestampMs: 999,
        value: gzipSync(inner(1, [0n, 3n, 10n])),
      })
    const view = readBatches(wrapper(GZIP), source).next()!
    expect(view).toMatchObject({ recordCount: -1, lastOffset: 1010n, nextOffset: 1011n, isCompressed: true })
    const open = await view.uncompressed(10_000)
    expect(open).toMatchObject({ recordCount: 3, baseOffset: 1000n, lastOffset: 1010n })
    expect([...open].map((record) => [record.offset, record.timestamp, record.value!.toString()])).toEqual([
      [1000n, 100, 'v0'],
      [1003n, 103, 'v3'],
      [1010n, 110, 'v10'],
    ])
    const appended = await readAll(wrapper(GZIP | LOG_APPEND_TIME))
    expect(appended.map((record) => record.timestamp)).toEqual([999, 999, 999])
  })

  test('magic 0: offsets within', async () => {
    const wrapper = legacyMessage({
      offset: 1010n,
      magic: 0,
      attributes: GZIP,
      value: gzipSync(inner(0, [1000n, 1010n])),
    })
    const open = await readBatches(wrapper, source).next()!.uncompressed(10_000)
    expect(open).toMatchObject({ recordCount: 2, baseOffset: 1000n, lastOffset: 1010n })
    expect([...open].map((record) => record.offset)).toEqual([1000n, 1010n])
  })

  test('the historic checksum of lz4 is let through in magic 0, and there only', async () => {
    const value = Buffer.from(await codecByName('lz4').compress(inner(0, [0n])))
    value[6] ^= 0x55
    expect(await readAll(legacyMessage({ offset: 0n, magic: 0, attributes: LZ4, value }))).toHaveLength(1)
    const good = await codecByName('lz4').compress(inner(1, [0n]))
    const bad = Buffer.from(good)
    bad[6] ^= 0x55
    expect(await readAll(legacyMessage({ offset: 0n, magic: 1, attributes: LZ4, value: good }))).toHaveLength(
      1,
    )
    await expect(
      readAll(legacyMessage({ offset: 0n, magic: 1, attributes: LZ4, value: bad })),
    ).rejects.toThrow()
    expect(withStandardHeaderChecksum(bad).equals(good)).toBe(true)
  })

  const whole = inner(1, [0n, 1n])
  const wrongMagic = Buffer.concat([
    inner(1, [0n]),
    legacyMessage({ offset: 1n, magic: 0, value: Buffer.alloc(30) }),
  ])
  const nested = legacyMessage({ offset: 0n, magic: 1, attributes: GZIP, value: gzipSync(whole) })
  const shortLength = Buffer.from(whole)
  shortLength.writeInt32BE(3, 8)
  const longKey = Buffer.from(whole)
  longKey.writeInt32BE(1000, 26)
  const apart = Buffer.concat([inner(1, [0n]), legacyMessage({ offset: 2n ** 40n, magic: 1 })])
  test.each([
    ['nothing in it', Buffer.alloc(0), 'there is no message in it'],
    ['one cut off', whole.subarray(0, whole.length - 1), 'a message of 24 bytes in it where 23 are left'],
    ['one cut off early', whole.subarray(0, whole.length - 30), 'a message in it is cut off'],
    ['another magic', wrongMagic, 'a message of magic 0 in one of magic 1'],
    ['compressed again', nested, 'a compressed message in a compressed one'],
    ['a length that cannot be', shortLength, 'a message of 3 bytes in it'],
    ['a key that cannot be', longKey, 'a key or value of 1000 bytes'],
    ['out of order', inner(1, [5n, 4n]), 'the messages in it are out of order'],
    ['far apart', apart, 'too far apart'],
  ])('broken: %s', async (_, messages, message) => {
    const wrapper = legacyMessage({ offset: 50n, magic: 1, attributes: GZIP, value: gzipSync(messages) })
    await expect(readAll(wrapper)).rejects.toThrow(CorruptRecordsError)
    await expect(readAll(wrapper)).rejects.toThrow(message)
  })
})

describe('broken:', () => {
  const good: LegacyInput = { offset: 5n, magic: 1, key: Buffer.from('k'), value: Buffer.from('v') }
  const flipped = legacyMessage(good)
  flipped[flipped.length - 1] ^= 1
  const short = legacyMessage(good)
  short.writeInt32BE(21, 8)

  test.each([
    ['a checksum', flipped, 'its checksum is'],
    ['a length', short, 'its length is 21'],
    [
      'zstd, which came later',
      legacyMessage({ ...good, attributes: 4 }),
      'its compression is 4, which magic 1',
    ],
    [
      'no value to uncompress',
      legacyMessage({ ...good, attributes: GZIP, value: null }),
      'its value has -1 bytes',
    ],
  ])('%s', async (_, records, message) => {
    await expect(readAll(records)).rejects.toThrow(CorruptRecordsError)
    await expect(readAll(records)).rejects.toThrow(message)
    await expect(readAll(records)).rejects.toMatchObject({
      context: { topic: 'orders', partition: 3, offset: 5n },
    })
  })

  test('a key that reaches beyond its message, found without the checksum', () => {
    const records = legacyMessage(good)
    records.writeInt32BE(100, 26)
    const cursor = readBatches(records, source, { checkCrc: false }).next()!.cursor()
    expect(() => cursor.next()).toThrow('a key or value of 100 bytes')
  })

  test('a cut-off one ends quietly', async () => {
    const message = legacyMessage(good)
    for (let length = 0; length < message.length; length += 1) {
      expect(await readAll(Buffer.concat([message, message.subarray(0, length)]))).toHaveLength(1)
    }
  })
})
