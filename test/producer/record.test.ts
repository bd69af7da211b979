import { expect, test } from 'vitest'
import {
  InvalidRecordError,
  Producer,
  type ProducerOptions,
  type ProducerRecord,
  RecordTooLargeError,
} from '../../src/producer/index.ts'
import { FakeCluster, FakeTime } from './fake-cluster.ts'

const bad: readonly (readonly [name: string, record: unknown, message: RegExp, field: string])[] = [
  [
    'no value',
    { topic: 't' },
    /^record for t: value must be a string, a Uint8Array or null, not undefined$/,
    'value',
  ],
  ['an object as value', { topic: 't', value: { a: 1 } }, /value must be .* not a Object/, 'value'],
  ['a number as key', { topic: 't', key: 7, value: 'v' }, /key must be .* not a number/, 'key'],
  ['an empty topic', { topic: '', value: 'v' }, /topic must not be empty/, 'topic'],
  ['no topic', { value: 'v' }, /topic must be a string, not undefined/, 'topic'],
  ['a topic with a slash', { topic: 'a/b', value: 'v' }, /topic must have 1 to 249 characters/, 'topic'],
  ['a topic of dots', { topic: '..', value: 'v' }, /topic must have/, 'topic'],
  ['a long topic', { topic: 'x'.repeat(250), value: 'v' }, /topic must have/, 'topic'],
  [
    'a negative partition',
    { topic: 't', partition: -1, value: 'v' },
    /partition must be an integer from 0/,
    'partition',
  ],
  [
    'a partition out of range',
    { topic: 't', partition: 3, value: 'v' },
    /partition 3 is not one of the topic's 3/,
    'partition',
  ],
  [
    'half a millisecond',
    { topic: 't', value: 'v', timestamp: 0.5 },
    /timestamp must be milliseconds/,
    'timestamp',
  ],
  [
    'a Date',
    { topic: 't', value: 'v', timestamp: new Date(0) },
    /timestamp must be milliseconds/,
    'timestamp',
  ],
  [
    'a header of a number',
    { topic: 't', value: 'v', headers: { a: 1 } },
    /header 'a' must be .* not a number/,
    "header 'a'",
  ],
  ['a header in a list', { topic: 't', value: 'v', headers: { a: ['x', 1] } }, /header 'a'/, "header 'a'"],
  [
    'a pair without a name',
    { topic: 't', value: 'v', headers: [[1, 'x']] },
    /headers\[0\] must be a pair/,
    'headers[0]',
  ],
  ['a pair with a number', { topic: 't', value: 'v', headers: [['a', 1]] }, /header 'a'/, "header 'a'"],
  ['headers of text', { topic: 't', value: 'v', headers: 'a=b' }, /headers must be an object/, 'headers'],
  ['nothing', undefined, /record must be an object/, 'record'],
]

/** The same numbers in every run, spread evenly. */
function evenly(): () => number {
  let at = 0
  return () => {
    at = (at + 0.618034) % 1
    return at
  }
}

function open(options: ProducerOptions = {}) {
  const cluster = new FakeCluster(new FakeTime(evenly()))
  cluster.setTopic('t', [1, 1, 1])
  return { cluster, producer: new Producer(cluster.asCluster(), options) }
}

test.each(bad)('%s is refused at once', async (_, record, message, field) => {
  const { cluster, producer } = open()
  const error = await producer.send(record as ProducerRecord).catch((reason) => reason)
  expect(error).toBeInstanceOf(InvalidRecordError)
  expect(error.message).toMatch(message)
  expect(error).toMatchObject({ code: 'INVALID_RECORD', retriable: false, context: { field } })
  expect(() => producer.post(record as ProducerRecord)).toThrow(message)
  await cluster.time.settle()
  expect(cluster.requests).toHaveLength(0)
})

test('a record above maxRequestSizeBytes is refused with its size and the limit', async () => {
  const { producer } = open({ maxRequestSizeBytes: 10_000 })
  const error = await producer
    .send({ topic: 't', partition: 0, value: 'x'.repeat(10_000) })
    .catch((reason) => reason)
  expect(error).toBeInstanceOf(RecordTooLargeError)
  expect(error).toMatchObject({
    code: 'RECORD_TOO_LARGE',
    context: { topic: 't', partition: 0, limitBytes: 10_000 },
  })
  expect(error.context.sizeBytes).toBeGreaterThan(10_000)
  expect(error.message).toMatch(/maxRequestSizeBytes is 10000/)
})

test('a record above batchSizeBytes goes alone', async () => {
  const { cluster, producer } = open({ batchSizeBytes: 1_000 })
  for (const value of ['a', 'x'.repeat(5_000), 'b'.repeat(100)])
    producer.send({ topic: 't', partition: 0, value })
  await cluster.time.settle()
  await cluster.answerAll()
  expect(cluster.requests.map(({ recordCount }) => recordCount)).toEqual([1, 1, 1])
})

test('text is measured as UTF-8', async () => {
  const { cluster, producer } = open({ maxRequestSizeBytes: 10_000 })
  producer.send({ topic: 't', partition: 0, value: 'x'.repeat(9_800) })
  const error = await producer
    .send({ topic: 't', partition: 0, value: 'ö'.repeat(5_000) })
    .catch((reason) => reason)
  expect(error).toBeInstanceOf(RecordTooLargeError)
  await cluster.time.settle()
  expect(cluster.requests).toHaveLength(1)
})

test('everything that a record may have arrives', async () => {
  const { cluster, producer } = open()
  producer.send({ topic: 't', partition: 0, value: null, key: null })
  producer.send({ topic: 't', partition: 0, value: new Uint8Array([104, 105]), key: Buffer.from('k') })
  producer.send({ topic: 't', partition: 0, value: '', key: '', headers: { a: 'b', c: [null, 'd'] } })
  await cluster.time.settle()
  expect(cluster.requests[0].batches[0].records.map(({ key, value }) => [key, value])).toEqual([
    [null, null],
    ['k', 'hi'],
    ['', ''],
  ])
})

test('a partitioner decides, and only the send that it fails suffers', async () => {
  const seen: unknown[] = []
  const { cluster, producer } = open({
    partitioner: (record: ProducerRecord, topic: { name: string; partitionCount: number }) => {
      seen.push([topic.name, topic.partitionCount])
      if (record.value === 'throw') throw new Error('no idea')
      return record.value === 'far' ? 17 : 1
    },
  })
  const [near, far, thrown] = ['near', 'far', 'throw'].map((value) =>
    producer.send({ topic: 't', value }).catch((e) => e),
  )
  await cluster.time.settle()
  await cluster.answerAll()
  expect(await near).toMatchObject({ partition: 1 })
  expect((await far).message).toMatch(
    /partition 17 was chosen by the partitioner and is not one of the topic's 3/,
  )
  expect((await thrown).message).toMatch(
    /partition could not be chosen: the partitioner threw Error: no idea/,
  )
  expect(seen).toContainEqual(['t', 3])
})

test.each([undefined, Number.NaN, -1, 1.5, 3, '1', {}])('a partitioner may not say %j', async (said) => {
  const { cluster, producer } = open({
    partitioner: ({ value }) => (value === 'good' ? 2 : (said as number)),
  })
  const [bad, good] = ['bad', 'good'].map((value) => producer.send({ topic: 't', value }).catch((e) => e))
  await cluster.time.settle()
  await cluster.answerAll()
  expect(await bad).toMatchObject({ code: 'INVALID_RECORD', context: { topic: 't' } })
  expect((await bad).message).toContain(`partition ${String(said)} was chosen by the partitioner`)
  expect(await good).toMatchObject({ partition: 2, offset: 0n })
})

test('a partitioner sees all partitions and those with a leader, and may leave the choice to us', async () => {
  const seen: unknown[] = []
  const { cluster, producer } = open({
    partitioner: (_, { partitionCount, availablePartitions }) => {
      seen.push([partitionCount, ...availablePartitions])
      return null
    },
  })
  cluster.setTopic('t', [1, -1, 2, -1])
  const sent = ['a', 'b'].map((key) => producer.send({ topic: 't', key, value: 'v' }))
  await cluster.time.settle()
  await cluster.answerAll()
  const [a, b] = await Promise.all(sent)
  expect(a.partition).toBe(b.partition)
  expect([0, 2]).toContain(a.partition)
  expect(seen).toEqual([
    [4, 0, 2],
    [4, 0, 2],
  ])
})

test('a partitioner may be given by its name, and keys may have no say', async () => {
  const records = Array.from({ length: 6 }, (_, i) => ({ topic: 't', key: `${i}`, value: 'v' }))
  const places = async (options: Parameters<typeof open>[0]) => {
    const { cluster, producer } = open(options)
    const sent = producer.sendBatch(records)
    await cluster.time.settle()
    await cluster.answerAll()
    return (await sent).map(({ partition }) => partition)
  }
  expect(await places({ partitioner: 'roundRobin' })).toEqual([0, 1, 2, 0, 1, 2])
  expect(await places({ partitioner: 'murmur2Random' })).toEqual(await places({}))
  expect(new Set(await places({})).size).toBe(3)
  expect(new Set(await places({ ignoreKeys: true })).size).toBe(1)
})

test('records without a key share a partition for a while, and all partitions have their turn', async () => {
  const { cluster, producer } = open({ maxInFlightRequests: 1 })
  const value = 'x'.repeat(1_000)
  for (let i = 0; i < 2_000; i++) producer.send({ topic: 't', value })
  await cluster.time.settle()
  await cluster.answerAll()
  const counts = [0, 1, 2].map((partition) => cluster.log.get(`t[${partition}]`)?.length ?? 0)
  expect(counts.reduce((a, b) => a + b)).toBe(2_000)
  for (const count of counts) expect(count).toBeGreaterThan(500)
})

test('the same key goes to the same partition', async () => {
  const { cluster, producer } = open()
  for (let i = 0; i < 10; i++) producer.send({ topic: 't', key: `k${i % 5}`, value: 'v' })
  await cluster.time.settle()
  const places = new Map<string, Set<number>>()
  for (const { partition, records } of cluster.requests[0].batches) {
    for (const { key } of records) places.set(key!, (places.get(key!) ?? new Set()).add(partition))
  }
  expect([...places.values()].map((each) => each.size)).toEqual([1, 1, 1, 1, 1])
})
