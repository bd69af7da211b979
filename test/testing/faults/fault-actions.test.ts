/** Each action, as a client on a raw connection meets it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../../src/errors.ts'
import {
  AlterClientQuotas,
  ApiVersions,
  Fetch,
  Heartbeat,
  Metadata,
  Produce,
} from '../../../src/protocol/messages/index.ts'
import { faultActions } from '../../../src/testing/faults/fault-actions.ts'
import type { Broker } from '../../../src/testing/index.ts'
import { HungUpError, type RawClient } from '../support/raw-client.ts'
import { ask, askMetadata, Bench, endOffset, isPending, produce, producing } from './support.ts'

let bench: Bench
let broker: Broker
let client: RawClient
let observer: RawClient

beforeEach(async () => {
  bench = new Bench()
  broker = await bench.start()
  client = await bench.connect(broker, 'app')
  observer = await bench.connect(broker, 'observer')
})

afterEach(() => bench[Symbol.asyncDispose]())

test('disconnect: the connection is cut and the request not handled', async () => {
  const rule = broker.faults.on({ api: 'Produce' }).disconnect()
  await expect(produce(client)).rejects.toThrow(HungUpError)
  expect(await endOffset(observer)).toBe(0)
  expect([rule.matched, rule.acted]).toEqual([1, 1])
  expect(bench.logged.at(-1)).toBe(
    "Produce v9 of client 'app' (/127.0.0.1) to broker 1 met the rule on({ api: 'Produce' }).disconnect(): " +
      'its connection is closed before it is handled',
  )
})

test('disconnectAfterHandling: the request is handled', async () => {
  broker.faults.on({ api: 'Produce' }).disconnectAfterHandling()
  await expect(produce(client)).rejects.toThrow(HungUpError)
  expect(await endOffset(observer)).toBe(1)
})

test('delay: the request is handled later, and what is behind it waits', async () => {
  broker.faults.on({ api: 'Produce', times: 1 }).delay('150ms')
  const started = performance.now()
  const order: string[] = []
  const first = client.call(Produce, 9, await producing('orders')).then(() => order.push('first'))
  const second = ask(client).then(() => order.push('second'))
  expect(await endOffset(observer)).toBe(0)
  await Promise.all([first, second])
  expect(order).toEqual(['first', 'second'])
  expect(performance.now() - started).toBeGreaterThanOrEqual(145)
  expect(await endOffset(observer)).toBe(1)
})

test('delayAnswer: the request is handled at once and answered later', async () => {
  broker.faults.on({ api: 'Produce' }).delayAnswer(150)
  const started = performance.now()
  const answer = produce(client)
  while ((await endOffset(observer)) === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  expect(await isPending(answer, 20)).toBe(true)
  expect((await answer)?.errorCode).toBe(0)
  expect(performance.now() - started).toBeGreaterThanOrEqual(145)
})

test('a delay ends with its connection', async () => {
  const rule = broker.faults.on({ api: 'Produce' }).delay('100ms')
  const answer = produce(client)
  await rule.happened()
  client.close()
  await expect(answer).rejects.toThrow(HungUpError)
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(await endOffset(observer)).toBe(0)
})

describe('fail', () => {
  test('answers the error, with the reason where there is room for it', async () => {
    broker.faults.on({ api: 'Produce' }).fail('NOT_LEADER_OR_FOLLOWER')
    const answer = await produce(client)
    expect(answer?.errorCode).toBe(6)
    expect(answer?.errorMessage).toBe(
      "Produce v9 of client 'app' (/127.0.0.1) to broker 1 met the rule " +
        "on({ api: 'Produce' }).fail('NOT_LEADER_OR_FOLLOWER')",
    )
    expect(await endOffset(observer)).toBe(0)
  })

  test('closes the connection of a Produce that wants no answer', async () => {
    broker.faults.on({ api: 'Produce' }).fail('NOT_LEADER_OR_FOLLOWER')
    await produce(client, 'orders', 0)
    await client.closed
    expect(await endOffset(observer)).toBe(0)
  })

  test('a version of ApiVersions that is refused is refused in version 0', async () => {
    broker.faults.on({ api: 'ApiVersions', nth: 1 }).fail('UNSUPPORTED_VERSION')
    client.post(ApiVersions, 3, { clientSoftwareName: 'raw', clientSoftwareVersion: '1' })
    const frame = await client.frame()
    expect(frame.readInt16BE(4)).toBe(35)
    expect((await ask(client)).errorCode).toBe(0)
  })

  test('is refused for an error that there is not', () => {
    const misspelt = () =>
      broker.faults.on({ api: 'Produce' }).fail('NOT_LEADER_OR_FOLOWER' as 'NOT_COORDINATOR')
    expect(misspelt).toThrow(ConfigurationError)
    expect(misspelt).toThrow(
      "Kafka has no error 'NOT_LEADER_OR_FOLOWER'; did you mean 'NOT_LEADER_OR_FOLLOWER'?",
    )
    expect(() => broker.faults.on({}).fail('NONE' as 'NOT_COORDINATOR')).toThrow("Kafka has no error 'NONE'")
  })

  test('is refused for an API whose answers have no place for it', () => {
    const actions = faultActions({ key: 9999, name: 'Whisper' }, () => {
      throw new Error('no rule is made')
    })
    expect(() => actions.fail('NOT_COORDINATOR')).toThrow(
      new ConfigurationError('faults: an answer of Whisper has no place for an error'),
    )
  })
})

describe('throttle', () => {
  test('the answer tells so at once, and what is behind it waits', async () => {
    const rule = broker.faults.on({ api: 'Metadata', times: 1 }).throttle('200ms')
    const started = performance.now()
    expect((await askMetadata(client)).throttleTimeMs).toBe(200)
    expect(performance.now() - started).toBeLessThan(150)
    expect((await askMetadata(client)).throttleTimeMs).toBe(0)
    expect(performance.now() - started).toBeGreaterThanOrEqual(195)
    expect(rule.acted).toBe(1)
  })

  test('where the answer cannot say so, the connection is muted all the same', async () => {
    broker.faults.on({ api: 'Metadata', times: 1 }).throttle('100ms')
    const started = performance.now()
    expect(await client.call(Metadata, 1, { topics: [] })).toMatchObject({ throttleTimeMs: 0 })
    await ask(client)
    expect(performance.now() - started).toBeGreaterThanOrEqual(95)
  })
})

test('trickle: the answer leaves byte by byte', async () => {
  broker.faults.on({ api: 'Heartbeat' }).trickle({ bytes: 2, everyMs: 10 })
  const started = performance.now()
  // 4 bytes of length, 4 of correlation id, 6 of answer: seven pieces.
  const answer = await client.call(Heartbeat, 1, { groupId: 'g', generationId: 1, memberId: 'm' })
  expect(answer.errorCode).toBe(25)
  expect(performance.now() - started).toBeGreaterThanOrEqual(58)
  expect((await ask(client)).errorCode).toBe(0)
})

test('truncate: part of the answer, then the connection is cut', async () => {
  broker.faults.on({ api: 'Metadata' }).truncate(9)
  const received: Buffer[] = []
  client.onBytes = (chunk) => received.push(chunk)
  await expect(askMetadata(client)).rejects.toThrow(HungUpError)
  expect(Buffer.concat(received)).toHaveLength(9)
  const [other, nothing] = [await bench.connect(broker), [] as Buffer[]]
  broker.faults.clear()
  broker.faults.on({ api: 'Metadata' }).truncate(0)
  other.onBytes = (chunk) => nothing.push(chunk)
  await expect(askMetadata(other)).rejects.toThrow(HungUpError)
  expect(nothing).toEqual([])
})

describe('garbage', () => {
  test('as long as the answer', async () => {
    client.post(Metadata, 9, { topics: [{ name: 'orders' }] })
    const answer = await client.frame()
    broker.faults.on({ api: 'Metadata' }).garbage()
    client.post(Metadata, 9, { topics: [{ name: 'orders' }] })
    const garbage = await client.frame()
    expect(garbage).toHaveLength(answer.length)
    expect(garbage.equals(answer)).toBe(false)
  })

  test('of a length of your choice', async () => {
    broker.faults.on({ api: 'Metadata' }).garbage({ length: 1000 })
    client.post(Metadata, 9, { topics: [{ name: 'orders' }] })
    expect(await client.frame()).toHaveLength(1000)
  })
})

describe('swallow', () => {
  test('never answered, nor is what comes behind it, and the connection stays open', async () => {
    const rule = broker.faults.on({ api: 'Produce' }).swallow()
    const answer = produce(client)
    await rule.happened()
    const behind = ask(client)
    expect(await isPending(Promise.race([answer, behind, client.closed]), 100)).toBe(true)
    expect(await endOffset(observer)).toBe(0)
    const outcomes = Promise.allSettled([answer, behind])
    broker.faults.clear()
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })

  test('handled, if so wished', async () => {
    const rule = broker.faults.on({ api: 'Produce' }).swallow({ handled: true })
    const answer = produce(client)
    await rule.happened()
    expect(await endOffset(observer)).toBe(1)
    expect(await isPending(answer)).toBe(true)
  })
})

describe('a client that is over its quota', () => {
  beforeEach(async () => {
    const entity = [{ entityType: 'client-id', entityName: 'app' }]
    const ops = [{ key: 'producer_byte_rate', value: 1, remove: false }]
    await observer.call(AlterClientQuotas, 1, { entries: [{ entity, ops }] })
  })

  test('is throttled as the rule says', async () => {
    broker.faults.on({ api: 'Produce' }).throttle('50ms')
    const { throttleTimeMs } = await client.call(Produce, 9, await producing('orders'))
    expect(throttleTimeMs).toBe(50)
    const started = performance.now()
    expect((await askMetadata(client)).topics[0].errorCode).toBe(0)
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test('gets no more of its answer than the rule lets through', async () => {
    const rule = broker.faults.on({ api: 'Produce' }).truncate(9)
    await expect(produce(client)).rejects.toThrow(HungUpError)
    expect(rule.acted).toBe(1)
  })
})

test('a long poll that is delayed on its way out answers with what it found', async () => {
  broker.faults.on({ api: 'Fetch' }).delayAnswer('50ms')
  const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1 << 20 }]
  const fetch = client.call(Fetch, 11, {
    maxWaitMs: 5000,
    minBytes: 1,
    topics: [{ topic: 'orders', partitions }],
  })
  await produce(observer)
  expect((await fetch).responses[0].partitions[0].highWatermark).toBe(1n)
})

test.each<[string, () => unknown, string]>([
  [
    'delay',
    () => broker.faults.on({}).delay('soon' as '1s'),
    'delay must be a number of milliseconds or text as',
  ],
  ['throttle', () => broker.faults.on({}).throttle('100d'), 'throttle must be at most 2147483647 ms'],
  ['trickle', () => broker.faults.on({}).trickle({ bytes: 0 }), 'trickle: bytes must be an integer from 1'],
  ['trickle', () => broker.faults.on({}).trickle({ byte: 1 } as object), "did you mean 'bytes'?"],
  ['truncate', () => broker.faults.on({}).truncate(-1), 'truncate: bytes must be an integer from 0'],
  [
    'garbage',
    () => broker.faults.on({}).garbage({ length: -1 }),
    'garbage: length must be an integer from 0',
  ],
  ['swallow', () => broker.faults.on({}).swallow({ handled: 1 } as object), 'handled must be true or false'],
])('%s is refused with arguments that cannot be', (_, make, message) => {
  expect(make).toThrow(ConfigurationError)
  expect(make).toThrow(message)
})
