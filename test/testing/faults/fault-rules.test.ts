/** Which requests rules match, how often they act, and what they tell. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AbortedError, ClosedError, ConfigurationError, TimeoutError } from '../../../src/errors.ts'
import {
  ApiVersions,
  CreateTopics,
  DescribeConfigs,
  Fetch,
  Metadata,
  Produce,
} from '../../../src/protocol/messages/index.ts'
import { nodeRuntime } from '../../../src/runtime/node.ts'
import type { Random } from '../../../src/runtime/runtime.ts'
import type { Broker, FaultMatch } from '../../../src/testing/index.ts'
import type { RawClient } from '../support/raw-client.ts'
import { ask, askMetadata, Bench, isPending, produce } from './support.ts'

let bench: Bench
let broker: Broker
let client: RawClient

beforeEach(async () => {
  bench = new Bench()
  broker = await bench.start()
  client = await bench.connect(broker, 'app')
})

afterEach(() => bench[Symbol.asyncDispose]())

async function codes(times: number, topic?: string): Promise<number[]> {
  const found: number[] = []
  for (let i = 0; i < times; i++) found.push((await askMetadata(client, topic)).topics[0].errorCode)
  return found
}

describe('a rule matches', () => {
  test('an API by its name and by its key', async () => {
    const byName = broker.faults.on({ api: 'Metadata', times: 1 }).fail('LEADER_NOT_AVAILABLE')
    const byKey = broker.faults.on({ api: 3, nth: 2 }).fail('BROKER_NOT_AVAILABLE')
    await ask(client)
    expect(await codes(3)).toEqual([5, 8, 0])
    expect([byName.matched, byName.acted, byKey.matched, byKey.acted]).toEqual([3, 1, 3, 1])
  })

  test('a client id', async () => {
    const other = await bench.connect(broker, 'other')
    broker.faults.on({ clientId: 'app' }).fail('LEADER_NOT_AVAILABLE')
    expect(await codes(1)).toEqual([5])
    expect((await askMetadata(other)).topics[0].errorCode).toBe(0)
  })

  test('a broker', async () => {
    broker.faults.on({ broker: 1, api: 'Metadata' }).fail('LEADER_NOT_AVAILABLE')
    expect(await codes(1)).toEqual([5])
  })

  test('everything', async () => {
    const rule = broker.faults.on({}).delay(0)
    await ask(client)
    await askMetadata(client)
    expect([rule.matched, rule.acted, String(rule)]).toEqual([2, 2, 'on({}).delay(0)'])
  })
})

describe('a topic is matched', () => {
  let id: string
  beforeEach(async () => {
    id = (await client.call(Metadata, 12, { topics: [{ name: 'orders' }] })).topics[0].topicId
  })

  test('by its name where the request has its id, and by its id where it has its name', async () => {
    const byName = broker.faults.on({ topic: 'orders' }).delay(0)
    const byId = broker.faults.on({ topic: id }).delay(0)
    await client.call(Metadata, 12, { topics: [{ name: null, topicId: id }] })
    await client.call(Metadata, 9, { topics: [{ name: 'orders' }] })
    await client.call(Metadata, 9, { topics: [{ name: 'other' }] })
    await client.call(Metadata, 9, { topics: null })
    expect([byName.matched, byId.matched]).toEqual([2, 2])
  })

  test('in a list of names, as a resource, and before it is there', async () => {
    const rule = broker.faults.on({ topic: 'new' }).delay(0)
    await client.call(CreateTopics, 5, { topics: [{ name: 'new', numPartitions: 1, replicationFactor: 1 }] })
    await client.call(DescribeConfigs, 1, { resources: [{ resourceType: 2, resourceName: 'new' }] })
    await client.call(DescribeConfigs, 1, { resources: [{ resourceType: 4, resourceName: '1' }] })
    expect(rule.matched).toBe(2)
  })

  test('in a fetch session that the request only goes on with', async () => {
    const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1 << 20 }]
    const open = { maxWaitMs: 0, sessionId: 0, sessionEpoch: 0, topics: [{ topic: 'orders', partitions }] }
    const { sessionId } = await client.call(Fetch, 12, open)
    broker.faults.on({ api: 'Fetch', topic: 'orders', nth: 1 }).fail('NOT_LEADER_OR_FOLLOWER')
    const next = { maxWaitMs: 0, sessionId, sessionEpoch: 1, topics: [] }
    const failed = await client.call(Fetch, 12, next)
    expect(failed.responses[0].partitions[0].errorCode).toBe(6)
    expect((await client.call(Fetch, 12, next)).errorCode).toBe(0)
  })
})

describe('how often', () => {
  test('the nth matching request, once', async () => {
    broker.faults.on({ api: 'Metadata', topic: 'orders', nth: 3 }).fail('LEADER_NOT_AVAILABLE')
    await codes(2, 'other')
    expect(await codes(5)).toEqual([0, 0, 5, 0, 0])
  })

  test('from the nth on, so many times', async () => {
    broker.faults.on({ api: 'Metadata', nth: 2, times: 2 }).fail('LEADER_NOT_AVAILABLE')
    expect(await codes(5)).toEqual([0, 5, 5, 0, 0])
  })

  test('by chance, as the runtime draws it', async () => {
    const drawn = [0.29, 0.3, 0.1, 0.9]
    const random: Random = { unit: () => drawn.shift()!, bytes: (length) => Buffer.alloc(length, 1) }
    const lucky = await bench.start({ runtime: { ...nodeRuntime(), random } })
    client = await bench.connect(lucky)
    const rule = lucky.faults.on({ api: 'Metadata', chance: 0.3 }).fail('LEADER_NOT_AVAILABLE')
    expect(await codes(4)).toEqual([5, 0, 5, 0])
    expect([rule.matched, rule.acted]).toEqual([4, 2])
  })

  test('the first rule that would act does, and all of them count', async () => {
    const first = broker.faults.on({ api: 'Metadata', nth: 2 }).fail('LEADER_NOT_AVAILABLE')
    const second = broker.faults.on({ api: 'Metadata', nth: 2 }).fail('BROKER_NOT_AVAILABLE')
    const third = broker.faults.on({ api: 'Metadata', nth: 4 }).fail('NETWORK_EXCEPTION')
    // The second rule gives way to the first and acts on the next one that it matches.
    expect(await codes(5)).toEqual([0, 5, 8, 13, 0])
    expect([first, second, third].map(({ matched, acted }) => [matched, acted])).toEqual([
      [5, 1],
      [5, 1],
      [5, 1],
    ])
  })

  test('not after it was removed', async () => {
    const rule = broker.faults.on({ api: 'Metadata' }).fail('LEADER_NOT_AVAILABLE')
    expect(await codes(1)).toEqual([5])
    rule.remove()
    rule.remove()
    expect(await codes(1)).toEqual([0])
    const [one, two] = [1, 2].map(() => broker.faults.on({ api: 'Metadata' }).fail('LEADER_NOT_AVAILABLE'))
    broker.faults.clear()
    expect(await codes(1)).toEqual([0])
    expect([one.acted, two.acted]).toEqual([0, 0])
  })
})

describe('happened', () => {
  test('resolves once the rule has acted so often', async () => {
    const rule = broker.faults.on({ api: 'Metadata' }).delay(0)
    const [once, twice] = [rule.happened(), rule.happened(2)]
    expect(await isPending(once, 10)).toBe(true)
    await codes(1)
    await once
    await rule.happened(1)
    expect(await isPending(twice, 10)).toBe(true)
    await codes(1)
    await twice
  })

  test('rejects when it takes too long, and says what there was to see', async () => {
    broker.faults.on({ api: 'Metadata', topic: 'ordres' }).disconnect()
    expect(bench.logged.at(-1)).toBe(
      "there is no topic 'ordres'; did you mean 'orders'?; the rule " +
        "on({ api: 'Metadata', topic: 'ordres' }).disconnect() waits for it",
    )
    const rule = broker.faults.on({ api: 'Metadata', topic: 'ordres', nth: 1 }).disconnect()
    const waiting = rule.happened(1, { timeout: '20ms' })
    await expect(waiting).rejects.toThrow(TimeoutError)
    await expect(waiting).rejects.toThrow(
      "the rule on({ api: 'Metadata', topic: 'ordres', nth: 1 }).disconnect() was to act once within 20 ms and has " +
        "acted 0 times; 0 requests matched; there is no topic 'ordres'; did you mean 'orders'?",
    )
  })

  test('rejects when it is aborted', async () => {
    const controller = new AbortController()
    const waiting = broker.faults.on({}).disconnect().happened(1, { signal: controller.signal })
    controller.abort()
    await expect(waiting).rejects.toThrow(AbortedError)
  })

  test('rejects when the rule is removed, and when the broker closes', async () => {
    const removed = broker.faults.on({}).disconnect()
    const waiting = removed.happened()
    removed.remove()
    await expect(waiting).rejects.toThrow(ClosedError)
    await expect(removed.happened()).rejects.toThrow('on({}).disconnect() was removed, having acted 0 times')
    const left = broker.faults.on({}).disconnect().happened()
    await broker.close()
    await expect(left).rejects.toThrow(ClosedError)
  })
})

describe('what no request can match is refused', () => {
  test.each<[string, unknown, string]>([
    [
      'an API that there is not',
      { api: 'Prodcue' },
      `the broker has no API "Prodcue"; did you mean 'Produce'?`,
    ],
    ['a key that there is not', { api: 999 }, 'the broker has no API 999'],
    ['an API of another kind', { api: true }, 'the broker has no API true'],
    ['a broker that there is not', { broker: 4 }, 'there is no broker 4; there are 1'],
    ['an unknown part', { topics: 'orders' }, "there is no option 'topics'; did you mean 'topic'?"],
    ['no number', { nth: 0 }, 'nth must be an integer from 1'],
    ['no times', { times: 0 }, 'times must be an integer from 1'],
    ['a chance above all', { chance: 1.5 }, 'chance must be a number from 0 to 1'],
    ['no client id', { clientId: 5 }, 'clientId must be a string'],
    ['an empty topic', { topic: '' }, 'topic must be a string that is not empty'],
  ])('%s', (_, match, message) => {
    const make = () => broker.faults.on(match as FaultMatch)
    expect(make).toThrow(ConfigurationError)
    expect(make).toThrow(message)
  })

  test('and so is one rule too many', () => {
    for (let i = 0; i < 1000; i++) broker.faults.on({ api: 'Fetch' }).disconnect()
    expect(() => broker.faults.on({ api: 'Fetch' }).disconnect()).toThrow('there are 1000 rules already')
  })
})

test('an ApiVersions that is too new for the broker can meet a rule too', async () => {
  broker.faults.on({ api: 'ApiVersions', topic: 'orders' }).disconnect()
  const rule = broker.faults.on({ api: 'ApiVersions' }).delay(0)
  // Version 99 in a header of version 2: key, version, correlation id, no client id, no tags; then nothing.
  client.write(Buffer.from('0000000b' + '0012' + '0063' + '00000001' + 'ffff' + '00', 'hex'))
  expect((await client.frame()).readInt16BE(4)).toBe(35)
  expect(rule.acted).toBe(1)
  expect(ApiVersions.key).toBe(18)
})

test('requests that nothing is wrong with are answered while there are rules', async () => {
  broker.faults.on({ api: 'Fetch' }).disconnect()
  expect((await produce(client))?.errorCode).toBe(0)
  expect(Produce.key).toBe(0)
})
