/** Brokers that are paused, connections that are dropped, and clients that are cut from their brokers. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../../src/errors.ts'
import type { Broker, BrokerNodeHandle, Faults } from '../../../src/testing/index.ts'
import { HungUpError } from '../support/raw-client.ts'
import { ask, Bench, endOffset, isPending, produce } from './support.ts'

describe('a broker', () => {
  let bench: Bench
  let broker: Broker
  let node: BrokerNodeHandle
  let faults: Faults

  beforeEach(async () => {
    bench = new Bench()
    broker = await bench.start({ configs: { 'connections.max.idle.ms': '200' } })
    node = broker.node(1)
    faults = broker.faults
  })

  afterEach(() => bench[Symbol.asyncDispose]())

  const connect = (clientId = 'app') => bench.connect(broker, clientId)

  test('that is paused keeps connections open, accepts new ones and answers nobody until it goes on', async () => {
    const old = await connect()
    await ask(old)
    node.pause()
    const fresh = await connect()
    const answers = Promise.all([ask(old), ask(old), ask(fresh)])
    expect(await isPending(Promise.race([answers, old.closed, fresh.closed]), 500)).toBe(true)
    node.resume()
    expect((await answers).map(({ errorCode }) => errorCode)).toEqual([0, 0, 0])
  })

  test('that is paused keeps back what it would have answered', async () => {
    const client = await connect()
    faults.on({ api: 'ApiVersions', nth: 1 }).delayAnswer('30ms')
    faults.on({ api: 'ApiVersions', nth: 2 }).trickle({ bytes: 100, everyMs: 20 })
    const answers = [ask(client), ask(client)]
    while ((await isPending(answers[0], 1)) && node.state === 'running') node.pause()
    expect(await isPending(answers[0], 100)).toBe(true)
    node.resume()
    await answers[0]
    node.pause()
    expect(await isPending(answers[1], 100)).toBe(true)
    node.resume()
    expect((await answers[1]).errorCode).toBe(0)
  })

  test('drops the connections that are picked', async () => {
    const [one, two] = [await connect('one'), await connect('two')]
    await Promise.all([ask(one), ask(two)])
    expect(node.dropConnections(({ clientId }) => clientId === 'one')).toBe(1)
    await one.closed
    expect((await ask(two)).errorCode).toBe(0)
    expect(node.dropConnections()).toBe(1)
    await two.closed
  })

  test('closes idle connections, and none that is paused or cut', async () => {
    const [one, two, three] = [await connect('one'), await connect('two'), await connect('three')]
    await Promise.all([ask(one), ask(two), ask(three)])
    faults.cutClients(1, { clientId: 'two' })
    await one.closed
    expect(await isPending(two.closed, 300)).toBe(true)
    node.pause()
    expect(await isPending(two.closed, 300)).toBe(true)
    await three.closed
  })
})

describe('clients that are cut', () => {
  let bench: Bench
  let broker: Broker

  beforeEach(async () => {
    bench = new Bench()
    broker = await bench.start()
  })

  afterEach(() => bench[Symbol.asyncDispose]())

  test('hear nothing, and are not heard, until they are healed; then they are reset', async () => {
    const [one, other] = [await bench.connect(broker, 'one'), await bench.connect(broker, 'other')]
    await ask(one)
    broker.faults.cutClients(1, { clientId: 'one' })
    const lost = produce(one)
    lost.catch(() => {})
    const fresh = await bench.connect(broker, 'one')
    const unheard = ask(fresh)
    unheard.catch(() => {})
    expect(await isPending(Promise.race([lost, unheard, one.closed, fresh.closed]), 100)).toBe(true)
    expect((await ask(other)).errorCode).toBe(0)
    broker.faults.healClients(1, { clientId: 'one' })
    await expect(lost).rejects.toThrow(HungUpError)
    await expect(unheard).rejects.toThrow(HungUpError)
    expect(await endOffset(other)).toBe(0)
    expect((await ask(await bench.connect(broker, 'one'))).errorCode).toBe(0)
    expect((await ask(other)).errorCode).toBe(0)
  })

  test('all of a broker, those included that have not said yet who they are', async () => {
    const [old, observer] = [await bench.connect(broker), await bench.connect(broker)]
    broker.faults.cutClients(1)
    const fresh = await bench.connect(broker)
    const answers = [ask(old), ask(observer), ask(fresh)]
    for (const answer of answers) answer.catch(() => {})
    expect(await isPending(Promise.race(answers), 100)).toBe(true)
    broker.faults.healClients()
    expect((await Promise.allSettled(answers)).map(({ status }) => status)).toEqual(Array(3).fill('rejected'))
  })

  test('an answer that was on its way is lost', async () => {
    const [client, observer] = [await bench.connect(broker, 'one'), await bench.connect(broker, 'two')]
    const rule = broker.faults.on({ clientId: 'one' }).delayAnswer('50ms')
    const answer = produce(client)
    answer.catch(() => {})
    await rule.happened()
    broker.faults.cutClients(1, { clientId: 'one' })
    expect(await isPending(answer, 150)).toBe(true)
    expect(await endOffset(observer)).toBe(1)
    broker.faults.clear()
    await expect(answer).rejects.toThrow(HungUpError)
  })

  test('a client that is cut twice stays cut until both are healed', async () => {
    const client = await bench.connect(broker, 'one')
    await ask(client)
    broker.faults.cutClients(1)
    broker.faults.cutClients(1, { clientId: 'one' })
    broker.faults.healClients(1, { clientId: 'one' })
    expect(await isPending(client.closed)).toBe(true)
    broker.faults.healClients(1)
    await client.closed
  })

  test('of a broker that there is not are refused', () => {
    expect(() => broker.faults.cutClients(7)).toThrow(ConfigurationError)
    expect(() => broker.faults.healClients(7)).toThrow('there is no broker 7; there are 1')
  })

  test('stay cut from a broker that is started again', async () => {
    broker.faults.cutClients(1)
    await broker.node(1).restart()
    const client = await bench.connect(broker, 'one')
    const answer = ask(client)
    answer.catch(() => {})
    expect(await isPending(answer, 100)).toBe(true)
    broker.faults.healClients(1)
    await expect(answer).rejects.toThrow(HungUpError)
    expect((await ask(await bench.connect(broker, 'one'))).errorCode).toBe(0)
  })

  test('reach the other brokers of the cluster', async () => {
    const cluster = await bench.start({ brokers: 3, topics: {} })
    cluster.faults.cutClients(2, { clientId: 'one' })
    const rule = cluster.faults.on({ broker: 3, api: 'ApiVersions' }).fail('UNKNOWN_SERVER_ERROR')
    const clients = await Promise.all([0, 1, 2].map((index) => bench.connect(cluster, 'one', index)))
    expect((await ask(clients[0])).errorCode).toBe(0)
    const cut = ask(clients[1])
    cut.catch(() => {})
    expect(await isPending(cut)).toBe(true)
    expect((await ask(clients[2])).errorCode).toBe(-1)
    expect(rule.matched).toBe(1)
  })

  test('do not keep the broker from closing', async () => {
    const client = await bench.connect(broker, 'one')
    broker.faults.cutClients(1)
    await broker.close()
    await client.closed
  })
})
