import { expect, test } from 'vitest'
import { crc32, fnv1a32 } from '../../src/producer/key-hashes.ts'
import { type PartitionerName, partitioners } from '../../src/producer/partitioners.ts'

const topic = { name: 't', partitionCount: 7, availablePartitions: [0, 1, 2, 3, 4, 5, 6] }

function choose(name: PartitionerName, key: string | Buffer | null | undefined): number | null {
  return partitioners[name]()({ topic: 't', key, value: 'v' }, topic)
}

/** The check values that the hashes are published with. */
test.each([
  ['', 0],
  ['123456789', 0xcbf43926],
  ['The quick brown fox jumps over the lazy dog', 0x414fa339],
])('CRC-32 of %j', (key, hash) => {
  expect(crc32(key)).toBe(hash)
  expect(crc32(Buffer.from(key))).toBe(hash)
})

test.each([
  ['', 0x811c9dc5],
  ['a', 0xe40c292c],
  ['foobar', 0xbf9cf968],
])('FNV-1a of %j', (key, hash) => {
  expect(fnv1a32(key) >>> 0).toBe(hash)
  expect(fnv1a32(Buffer.from(key)) >>> 0).toBe(hash)
})

test('the hash that has no positive counterpart gives a partition as it does in Sarama', () => {
  expect(fnv1a32('1468509572224')).toBe(-(2 ** 31))
  const fifty = { ...topic, partitionCount: 50 }
  expect(partitioners.fnv1a()({ topic: 't', key: '1468509572224', value: null }, fifty)).toBe(48)
})

test.each(['murmur2', 'murmur2Random', 'consistent', 'consistentRandom', 'fnv1a', 'fnv1aRandom'] as const)(
  '%s takes a string as its UTF-8 bytes',
  (name) => {
    for (const key of ['a', 'größe', '日本語', '😀 emoji']) {
      expect(choose(name, key)).toBe(choose(name, Buffer.from(key)))
    }
  },
)

test('records without a key go to one partition, or are left to the sticky choice', () => {
  for (const key of [null, undefined]) {
    expect(choose('consistent', key)).toBe(0)
    expect(choose('murmur2', key)).toBe(choose('murmur2', ''))
    expect(choose('fnv1a', key)).toBe(choose('fnv1a', ''))
    for (const name of ['murmur2Random', 'consistentRandom', 'fnv1aRandom'] as const) {
      expect(choose(name, key)).toBeNull()
    }
  }
  expect(choose('consistentRandom', Buffer.alloc(0))).toBeNull()
})

test('a round robin keeps a turn for each topic, and leaves out partitions without a leader', () => {
  const roundRobin = partitioners.roundRobin()
  const next = (name: string, availablePartitions: number[]) =>
    roundRobin({ topic: name, key: 'k', value: null }, { ...topic, name, availablePartitions })
  expect([1, 2, 3, 4].map(() => next('a', [0, 2, 5]))).toEqual([0, 2, 5, 0])
  expect([1, 2].map(() => next('b', [0, 2, 5]))).toEqual([0, 2])
  expect([1, 2, 3].map(() => next('a', []))).toEqual([4, 5, 6])
  expect(partitioners.roundRobin()({ topic: 'a', value: null }, topic)).toBe(0)
})
