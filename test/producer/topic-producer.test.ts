import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import {
  ClosedError,
  ConfigurationError,
  InvalidRecordError,
  int32,
  json,
  type KafkaError,
  nothing,
  type ProducerOptions,
  RecordMetadata,
  SendBatchError,
  SerializationError,
  string,
  TimeoutError,
  topic,
} from '../../src/index.ts'
import { Producer } from '../../src/producer/index.ts'
import { FakeCluster } from './fake-cluster.ts'

function open(options: ProducerOptions = {}) {
  const cluster = new FakeCluster()
  cluster.setTopic('orders', [1])
  cluster.setTopic('others', [1])
  const producer = new Producer(cluster.asCluster(), options)
  const values = (name = 'orders') => (cluster.log.get(`${name}[0]`) ?? []).map(({ value }) => value)
  return { cluster, producer, values }
}

/** A serializer whose values come when the test says so. */
function slow() {
  const given = new Map<string, { resolve(data?: unknown): void; reject(error: unknown): void }>()
  const serialize = (value: string) =>
    new Promise<string>((resolve, reject) => {
      given.set(value, { resolve: (data = value) => resolve(data as string), reject })
    })
  return { given, serialize }
}

/** Now when the value starts with `now`, else when the test says so. */
function mixed() {
  const later = slow()
  const serialize = (value: string) => (value.startsWith('now') ? value : later.serialize(value))
  return { given: later.given, definition: topic('orders', { value: serialize }) }
}

const outcome = <T = KafkaError>(promise: Promise<unknown>): Promise<T> =>
  promise.then(
    (value) => value as T,
    (error) => error,
  )

describe('sends', () => {
  test('keys and values are written as their serdes say, the rest as with a plain send', async () => {
    const { cluster, producer } = open()
    const orders = producer.topic(topic('orders', { key: int32, value: json<{ id: number }>() }))
    expect(orders.name).toBe('orders')
    const sent = orders.send({
      key: 0x41424344,
      value: { id: 7 },
      timestamp: 5,
      partition: 0,
      headers: { a: 'b' },
    })
    const batch = orders.sendBatch([
      { key: null, value: { id: 8 } },
      { key: 0x45464748, value: null },
    ])
    const posted = new Promise((resolve) =>
      orders.post({ key: 1, value: { id: 9 } }, (_, metadata) => resolve(metadata)),
    )
    await cluster.answerAll()
    expect(await sent).toBeInstanceOf(RecordMetadata)
    expect((await batch).map(({ offset }) => offset)).toEqual([1n, 2n])
    expect(await posted).toMatchObject({ topic: 'orders', offset: 3n })
    expect(cluster.log.get('orders[0]')).toMatchObject([
      { key: 'ABCD', value: '{"id":7}', timestamp: 5 },
      { key: null, value: '{"id":8}' },
      { key: 'EFGH', value: null },
      { key: '\0\0\0\u0001', value: '{"id":9}' },
    ])
    expect(await orders.ready()).toBeUndefined()
  })

  test('null passes by serializers; a key may be left out where there is none', async () => {
    const { cluster, producer, values } = open()
    const serialize = vi.fn(() => 'x')
    producer.topic(topic('orders', { key: serialize, value: serialize })).send({ key: null, value: null })
    producer.topic(topic('orders', { key: nothing, value: serialize })).send({ value: null })
    producer.topic(topic('orders', { value: serialize })).send({ value: null })
    await cluster.answerAll()
    expect(serialize).not.toHaveBeenCalled()
    expect(values()).toEqual([null, null, null])
  })

  test('serializers are told topic and field', () => {
    const { producer } = open()
    const serialize = vi.fn((value: number) => `${value}`)
    producer.topic(topic('orders', { key: serialize, value: serialize })).send({ key: 1, value: 2 })
    expect(serialize.mock.calls).toEqual([
      [1, { topic: 'orders', field: 'key' }],
      [2, { topic: 'orders', field: 'value' }],
    ])
  })
})

const circle: { self?: unknown } = {}
circle.self = circle
const throws = (thrown: unknown) => () => {
  throw thrown
}

describe('what cannot be serialized', () => {
  test.each<[string, object, object, string, RegExp]>([
    ['a circle', { value: json() }, { value: circle }, 'value', /circular structure/],
    ['a bigint in JSON', { value: json() }, { value: { id: 7n } }, 'value', /BigInt/],
    ['an undefined value', { value: json() }, {}, 'value', /it is undefined; null sends a tombstone/],
    ['an undefined value that goes as it is', {}, {}, 'value', /it is undefined/],
    ['an undefined key', { key: string }, { value: 'v' }, 'key', /it is undefined; null sends no key/],
    ['a number as string key', { key: string }, { key: 5, value: 'v' }, 'key', /it must be a string, not 5/],
    [
      'a serializer that throws',
      { value: throws(new Error('no idea')) },
      { value: 1 },
      'value',
      /: no idea$/,
    ],
    [
      'a serializer that throws text',
      { key: throws('x') },
      { key: 1, value: '' },
      'key',
      /it threw a string/,
    ],
    [
      'a serializer that rejects',
      { value: () => Promise.reject(new Error('late')) },
      { value: 1 },
      'value',
      /: late$/,
    ],
    [
      'a number given',
      { value: () => 5 },
      { value: 1 },
      'value',
      /its serializer gave 5 in place of bytes, a string or null/,
    ],
    ['undefined given', { value: () => undefined }, { value: 1 }, 'value', /gave undefined/],
    ['an object given later', { key: async () => ({}) }, { key: 1, value: '' }, 'key', /gave an object/],
  ])('%s fails that send alone', async (_, formats, record, field, message) => {
    const { cluster, producer, values } = open()
    const bound = producer.topic(topic<unknown, unknown>('orders', formats))
    const before = producer.send({ topic: 'orders', value: 'before' })
    const error = await outcome(bound.send(record as never))
    const after = producer.send({ topic: 'orders', value: 'after' })
    expect(error).toBeInstanceOf(SerializationError)
    expect(error.message).toMatch(new RegExp(`^${field} of a record for orders cannot be serialized: `))
    expect(error.message).toMatch(message)
    expect(error.message).not.toMatch(/\n/)
    expect(error).toMatchObject({
      code: 'SERIALIZATION',
      retriable: false,
      context: { topic: 'orders', field },
    })
    await cluster.answerAll()
    await Promise.all([before, after])
    expect(values()).toEqual(['before', 'after'])
  })

  test('a record that is none is refused', async () => {
    const { producer } = open()
    const bound = producer.topic(topic('orders'))
    for (const record of [null, undefined, 'text']) {
      expect(await outcome(bound.send(record as never))).toBeInstanceOf(InvalidRecordError)
      expect(() => bound.post(record as never)).toThrow(/record must be an object with key and value/)
    }
  })

  test('a batch tells which of its records failed, and sends the others', async () => {
    const { cluster, producer, values } = open()
    const bound = producer.topic(
      topic('orders', { value: (v: string) => (v === 'bad' ? throws(new Error('no'))() : v) }),
    )
    const sent = outcome(bound.sendBatch(['a', 'bad', 'b'].map((value) => ({ value }))))
    await cluster.answerAll()
    const error = (await sent) as SendBatchError
    expect(error).toBeInstanceOf(SendBatchError)
    expect(error.code).toBe('SERIALIZATION')
    expect(error.results).toMatchObject([{ offset: 0n }, { code: 'SERIALIZATION' }, { offset: 1n }])
    expect(values()).toEqual(['a', 'b'])
  })

  test('post throws, also for serializers that take their time', () => {
    const { producer } = open()
    const late = topic('orders', {
      key: async (key: string) => key,
      value: () => Promise.reject(new Error('x')),
    })
    const bound = producer.topic(late)
    expect(() => bound.post({ key: 'k', value: 1 as never })).toThrow(SerializationError)
    expect(() => bound.post({ key: 'k', value: 1 as never })).toThrow(
      /serializer is asynchronous, .* the key; use send/,
    )
    expect(() => bound.post({ key: null, value: 1 as never })).toThrow(
      /value of a record for orders .* use send/,
    )
    expect(() => producer.topic(topic('orders', { value: string })).post({ value: 1 as never })).toThrow(
      /not 1/,
    )
  })

  test('both fields failing, one at once and one later, leaves no rejection behind', async () => {
    const { producer } = open()
    const bound = producer.topic(
      topic('orders', { key: () => Promise.reject(new Error('key')), value: throws(new Error('value')) }),
    )
    expect(await outcome(bound.send({ key: 1 as never, value: 1 as never }))).toMatchObject({
      context: { field: 'value' },
    })
  })
})

describe('order', () => {
  test('a later send waits for an earlier one that is being serialized', async () => {
    const { cluster, producer, values } = open()
    const { given, definition } = mixed()
    const bound = producer.topic(definition)
    const again = producer.topic(definition)
    const sent = [
      bound.send({ value: 'a' }),
      bound.send({ value: 'b' }),
      bound.send({ value: 'now c' }),
      again.sendBatch([{ value: 'now d' }, { value: 'e' }]),
      again.send({ value: 'now f' }),
    ]
    given.get('e')!.resolve()
    given.get('b')!.resolve()
    await cluster.answerAll()
    expect(values()).toEqual([])
    given.get('a')!.resolve()
    await cluster.answerAll()
    await Promise.all(sent)
    expect(values()).toEqual(['a', 'b', 'now c', 'now d', 'e', 'now f'])
  })

  test('holds whatever comes when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ later: fc.boolean(), fails: fc.nat(9).map((n) => n === 0), batch: fc.nat(2) })),
        fc.infiniteStream(fc.nat()),
        async (calls, chance) => {
          const { cluster, producer, values } = open()
          const open_: (() => void)[] = []
          const serialize = ({ id, later, fails }: { id: string; later: boolean; fails: boolean }) => {
            if (!later) return fails ? throws(new Error('now'))() : id
            return new Promise<string>((resolve, reject) => {
              open_.push(() => (fails ? reject(new Error('later')) : resolve(id)))
            })
          }
          const bound = producer.topic(topic('orders', { value: serialize }))
          const expected: string[] = []
          const outcomes = calls.map(({ later, fails, batch }, index) => {
            const of = (id: string) => ({ value: { id, later, fails } })
            const ids = batch === 0 ? [`${index}`] : Array.from({ length: batch }, (_, i) => `${index}/${i}`)
            if (!fails) expected.push(...ids)
            return outcome(batch === 0 ? bound.send(of(ids[0])) : bound.sendBatch(ids.map(of)))
          })
          while (open_.length > 0) {
            open_.splice(chance.next().value % open_.length, 1)[0]()
            if (chance.next().value % 2 === 0) await cluster.answerAll()
          }
          await cluster.answerAll()
          const settled = await Promise.all(outcomes)
          expect(values()).toEqual(expected)
          settled.forEach((one, index) => {
            if (calls[index].fails) expect(one).toMatchObject({ code: 'SERIALIZATION' })
            else expect(one).not.toBeInstanceOf(Error)
          })
          await producer.close()
          expect(cluster.time.pending).toBe(0)
        },
      ),
      { numRuns: 100 },
    )
  })

  test('another topic and plain sends do not wait', async () => {
    const { cluster, producer, values } = open()
    const { given, definition } = mixed()
    const first = producer.topic(definition).send({ value: 'a' })
    producer.topic(topic('others', { value: string })).send({ value: 'other' })
    producer.send({ topic: 'orders', value: 'plain' })
    await cluster.answerAll()
    expect(values('others')).toEqual(['other'])
    expect(values()).toEqual(['plain'])
    given.get('a')!.resolve()
    await cluster.answerAll()
    await first
  })

  test('a failing one holds nobody up, and says so at once', async () => {
    const { cluster, producer, values } = open()
    const { given, definition } = mixed()
    const bound = producer.topic(definition)
    const [a, b, c] = ['a', 'b', 'now c'].map((value) => outcome(bound.send({ value })))
    given.get('b')!.reject(new Error('no'))
    expect(await b).toBeInstanceOf(SerializationError)
    given.get('a')!.reject(new Error('no'))
    expect(await a).toBeInstanceOf(SerializationError)
    await cluster.answerAll()
    expect(await c).toBeInstanceOf(RecordMetadata)
    expect(values()).toEqual(['now c'])
  })

  test('post takes nothing while earlier sends are being serialized', async () => {
    const { cluster, producer, values } = open()
    const { given, definition } = mixed()
    const bound = producer.topic(definition)
    const first = bound.send({ value: 'a' })
    expect(bound.post({ value: 'now b' })).toBe(false)
    let ready = false
    const waiting = bound.ready().then(() => {
      ready = true
    })
    await cluster.time.settle()
    expect(ready).toBe(false)
    given.get('a')!.resolve()
    await waiting
    expect(bound.post({ value: 'now b' })).toBe(true)
    await cluster.answerAll()
    await first
    expect(values()).toEqual(['a', 'now b'])
  })
})

describe('time', () => {
  test('a serializer that never comes fails after maxBlockMs, and the others go on', async () => {
    const { cluster, producer, values } = open({ maxBlockMs: 1_000 })
    const { given, definition } = mixed()
    const bound = producer.topic(definition)
    const never = outcome(bound.send({ value: 'never' }))
    await cluster.time.advance(600)
    const batch = outcome(bound.sendBatch([{ value: 'now b' }, { value: 'neither' }]))
    const after = bound.send({ value: 'now c' })
    await cluster.time.advance(399)
    await cluster.answerAll()
    expect(values()).toEqual([])
    await cluster.time.advance(1)
    const error = await never
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error.message).toMatch(
      /still being serialized after 1 s; mend the serializer, or raise maxBlockMs/,
    )
    expect(error).toMatchObject({ context: { topic: 'orders', elapsedMs: 1_000 } })
    await cluster.time.advance(600)
    await cluster.answerAll()
    expect(((await batch) as SendBatchError).results).toMatchObject([{ offset: 0n }, { code: 'TIMEOUT' }])
    expect((await after).offset).toBe(1n)
    given.get('never')!.resolve()
    given.get('neither')!.reject(new Error('late'))
    await cluster.answerAll()
    expect(values()).toEqual(['now b', 'now c'])
    await producer.close()
    expect(cluster.time.pending).toBe(0)
  })

  test('an abort withdraws what is being serialized, and holds nobody up', async () => {
    const { cluster, producer, values } = open()
    const { given, definition } = mixed()
    const bound = producer.topic(definition)
    const controller = new AbortController()
    const first = outcome(bound.send({ value: 'a' }, { signal: controller.signal }))
    const second = bound.send({ value: 'now b' })
    controller.abort()
    expect(await first).toMatchObject({ code: 'ABORTED', context: { mayBeWritten: false } })
    const third = outcome(bound.send({ value: 'c' }, { signal: controller.signal }))
    expect(await third).toMatchObject({ code: 'ABORTED', context: { mayBeWritten: false } })
    given.get('a')!.resolve()
    await cluster.answerAll()
    await second
    expect(values()).toEqual(['now b'])
  })

  test('what is aborted already is not sent, whatever else is wrong with it', async () => {
    const { cluster, producer } = open()
    const bound = producer.topic(topic('orders', { value: string }))
    const records = [{ value: 'a' }, { value: 5 as never }]
    const error = await outcome<SendBatchError>(bound.sendBatch(records, { signal: AbortSignal.abort() }))
    expect(error.results).toMatchObject([
      { code: 'ABORTED', context: { mayBeWritten: false } },
      { code: 'SERIALIZATION' },
    ])
    await cluster.time.settle()
    expect(cluster.requests).toEqual([])
  })

  test('no timer is left when nothing waits', async () => {
    const { cluster, producer } = open()
    const { given, definition } = mixed()
    const sent = outcome(producer.topic(definition).send({ value: 'a' }))
    expect(cluster.time.pending).toBe(1)
    given.get('a')!.reject(new Error('no'))
    await sent
    expect(cluster.time.pending).toBe(0)
  })

  test('an abort after that rejects the promise and says that the record may be written', async () => {
    const { cluster, producer } = open()
    const { given, definition } = mixed()
    const controller = new AbortController()
    const sent = outcome(producer.topic(definition).send({ value: 'a' }, { signal: controller.signal }))
    given.get('a')!.resolve()
    await cluster.time.settle()
    controller.abort()
    expect(await sent).toMatchObject({ code: 'ABORTED', context: { mayBeWritten: true } })
  })
})

describe('flush and close', () => {
  test('wait for what is being serialized', async () => {
    const { cluster, producer, values } = open({ lingerMs: 60_000 })
    const { given, definition } = mixed()
    const bound = producer.topic(definition)
    const sent = bound.send({ value: 'a' })
    let flushed = false
    const flush = producer.flush().then(() => {
      flushed = true
    })
    await cluster.answerAll()
    expect(flushed).toBe(false)
    given.get('a')!.resolve()
    await cluster.answerAll()
    await flush
    await sent
    const last = bound.send({ value: 'b' })
    const closed = producer.close()
    expect(await outcome(bound.send({ value: 'now c' }))).toBeInstanceOf(ClosedError)
    expect(((await outcome(bound.sendBatch([{ value: 'now c' }]))) as SendBatchError).code).toBe('CLOSED')
    expect(() => bound.post({ value: 'now c' })).toThrow(ClosedError)
    given.get('b')!.resolve()
    await cluster.answerAll()
    await closed
    await last
    expect(values()).toEqual(['a', 'b'])
    expect(cluster.time.pending).toBe(0)
  })

  test('a close that cannot wait settles everything', async () => {
    const { cluster, producer, values } = open()
    const { given, definition } = mixed()
    const bound = producer.topic(definition)
    const sent = ['a', 'now b'].map((value) => outcome(bound.send({ value })))
    const closed = producer.close({ timeoutMs: 10 })
    await cluster.time.advance(10)
    await closed
    for (const one of sent) {
      expect(await one).toBeInstanceOf(ClosedError)
      expect(await one).toMatchObject({ context: { topic: 'orders', mayBeWritten: false } })
    }
    given.get('a')!.resolve()
    await cluster.answerAll()
    expect(values()).toEqual([])
    expect(cluster.time.pending).toBe(0)
  })
})

test.each([['orders'], [undefined], [null], [{ name: 'orders' }], [string]])(
  '%o is no definition',
  (definition) => {
    const { producer } = open()
    expect(() => producer.topic(definition as never)).toThrow(ConfigurationError)
  },
)

test('a bad name is told when a record is sent', async () => {
  const { producer } = open()
  const error = await outcome(producer.topic(topic('no/good')).send({ value: '' }))
  expect(error).toMatchObject({ code: 'INVALID_RECORD', context: { topic: 'no/good', field: 'topic' } })
})

test('a partitioner that sends more does not lose any of it', async () => {
  const { given, definition } = mixed()
  let asked = 0
  const { cluster, producer, values } = open({
    partitioner: () => {
      const turn = ++asked
      if (turn === 2) bound.send({ value: 'now x' }).then(() => bound.send({ value: 'now y' }))
      if (turn === 3) bound.send({ value: 'z' })
      return 0
    },
  })
  const bound = producer.topic(definition)
  bound.send({ value: 'now first' })
  bound.send({ value: 'a' })
  await cluster.time.settle()
  given.get('a')!.resolve()
  await cluster.answerAll()
  given.get('z')!.resolve()
  await cluster.answerAll()
  expect(new Set(values())).toEqual(new Set(['now first', 'a', 'now x', 'now y', 'z']))
})
