import fc from 'fast-check'
import kafkajs from 'kafkajs'
import { expect, test } from 'vitest'
import { murmur2, partitionOfKey } from '../../src/producer/partitioner.ts'

/** From `org.apache.kafka.common.utils.Utils.murmur2` of kafka-clients 4.3.1 over UTF-8. */
const fromJava: readonly (readonly [key: string, hash: number])[] = [
  ['', 275646681],
  ['a', -1563381124],
  ['21', -973932308],
  ['foobar', -790332482],
  ['abc', 479470107],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['größe', 588164084],
  ['日本語', 1431860170],
  ['😀 emoji', 1991772780],
  ['ÿ', 1511439487],
  ['ключ-42', -1352945481],
]

test.each(fromJava)('murmur2 of %j is what Java gives', (key, hash) => {
  expect(murmur2(key)).toBe(hash)
  expect(murmur2(Buffer.from(key))).toBe(hash)
})

test('a view into a larger buffer is hashed alone', () => {
  const whole = Buffer.from('xxfoobaryy')
  expect(murmur2(whole.subarray(2, 8))).toBe(-790332482)
  expect(murmur2(new Uint8Array(whole.buffer, whole.byteOffset + 2, 6))).toBe(-790332482)
})

test("keys go where KafkaJS's default partitioner sends them", () => {
  const choose = kafkajs.Partitioners.DefaultPartitioner()
  const key = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.string({ maxLength: 100 }),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  )
  fc.assert(
    fc.property(key, fc.integer({ min: 1, max: 2000 }), (each, partitionCount) => {
      const partitionMetadata = Array.from({ length: partitionCount }, (_, partitionId) => ({
        partitionErrorCode: 0,
        partitionId,
        leader: 1,
        replicas: [1],
        isr: [1],
      }))
      const theirs = choose({ topic: 't', partitionMetadata, message: { key: each, value: null } })
      expect(partitionOfKey(each, partitionCount)).toBe(theirs)
    }),
    { numRuns: 5_000 },
  )
})
