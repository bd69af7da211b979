import { describe, expect, test, vi } from 'vitest'
import { Heartbeat } from '../../src/protocol/messages/heartbeat.ts'
import { InitProducerId } from '../../src/protocol/messages/init-producer-id.ts'
import { ListGroups } from '../../src/protocol/messages/list-groups.ts'
import { ScriptedCluster } from './support/scripted-cluster.ts'

const ok = () => ({})

async function connected(...ids: number[]) {
  const kafka = await ScriptedCluster.start(...ids)
  kafka.on('ListGroups', ok)
  const cluster = kafka.client()
  for (let round = 0; round < 2; round++) await kafka.run(cluster.refresh())
  return { kafka, cluster }
}

describe('connections', () => {
  test('are one a lane and broker, made when first used and shared by who waits for them', async () => {
    const { kafka, cluster } = await connected(1, 2)
    const before = [kafka.connections(1), kafka.connections(2)]
    const [one, other] = [cluster.lane('one'), cluster.lane('other')]
    expect([one.ready(1), one.inFlight(1)]).toEqual([false, 0])
    await kafka.run(Promise.all([1, 1, 1, 2].map((id) => one.send(id, ListGroups, {}))))
    await kafka.run(other.send(1, ListGroups, {}))
    expect([kafka.connections(1) - before[0], kafka.connections(2) - before[1]]).toEqual([2, 1])
    expect([one.ready(1), one.ready(2), other.ready(1), other.ready(2)]).toEqual([true, true, true, false])
  })

  test('keep the order of requests that were made before they were ready', async () => {
    const { kafka, cluster } = await connected(1)
    kafka.on('Heartbeat', ok)
    const lane = cluster.lane('l')
    const sent = ['a', 'b', 'c'].map((groupId) => lane.send(1, Heartbeat, { groupId }))
    await kafka.run(Promise.all(sent))
    expect(kafka.asked('Heartbeat').map(({ message }) => message.groupId)).toEqual(['a', 'b', 'c'])
  })

  test('have a limit of requests in flight', async () => {
    const { kafka, cluster } = await connected(1)
    kafka.on('ListGroups', () => undefined)
    const lane = cluster.lane('l', { maxInFlightRequests: 2 })
    const sent = [1, 2, 3].map(() => kafka.failure(lane.send(1, ListGroups, {})))
    await kafka.world.settle()
    expect([kafka.asked('ListGroups').length, lane.inFlight(1)]).toEqual([2, 2])
    await lane.close()
    expect(await Promise.all(sent)).toMatchObject([
      { code: 'CLOSED' },
      { code: 'CLOSED' },
      { code: 'CLOSED' },
    ])
  })

  test('are made to where a broker is now', async () => {
    const { kafka, cluster } = await connected(1, 2)
    const lane = cluster.lane('l')
    await kafka.run(lane.send(2, ListGroups, {}))
    kafka.on('ListGroups', () => undefined)
    const lost = kafka.failure(lane.send(2, ListGroups, {}))
    await kafka.world.settle()
    kafka.on('Metadata', (request) => {
      const told = kafka.metadata(request) as { brokers: { nodeId: number; host: string }[] }
      return {
        ...told,
        brokers: told.brokers.map((node) => (node.nodeId === 2 ? { ...node, host: '10.0.0.7' } : node)),
      }
    })
    await kafka.up(7)
    await kafka.run(cluster.refresh())
    expect(await lost).toMatchObject({ code: 'CONNECTION_LOST', retriable: true })
    kafka.on('ListGroups', ok)
    await kafka.run(lane.send(2, ListGroups, {}))
    expect(kafka.asked('ListGroups', 7)).toHaveLength(1)
  })

  test('can be made to other addresses, and by other ways, than brokers tell', async () => {
    const kafka = await ScriptedCluster.start(1)
    const mapAddress = vi.fn(({ port }: { port: number }) => ({ host: '10.0.0.1', port }))
    const tunneled = kafka.client({ brokers: ['hidden:9092'], mapAddress })
    kafka.world.net.names.delete('kafka-1')
    for (let round = 0; round < 2; round++) await kafka.run(tunneled.refresh())
    expect(mapAddress.mock.calls).toEqual([
      [{ host: 'hidden', port: 9092 }, undefined],
      [{ host: 'kafka-1', port: 9092 }, 1],
    ])
    const dialer = vi.fn(() => Promise.reject(new Error('no tunnel')))
    expect(await kafka.failure(kafka.client({ dialer }).refresh({ timeoutMs: 10 }))).toMatchObject({
      message: expect.stringContaining('no tunnel'),
    })
  })
})

describe('a broker that is down', () => {
  test('is left alone for growing times, by all lanes together, until it is back', async () => {
    const { kafka, cluster } = await connected(1, 2)
    await kafka.down(2)
    kafka.world.net.dialed.length = 0
    const atMs: number[] = []
    const startMs = kafka.world.clock.monotonicMs()
    const lanes = ['a', 'b', 'c'].map((name) => cluster.lane(name))
    for (let round = 0; round < 7; round++) {
      const failures = await Promise.all(lanes.map((lane) => kafka.failure(lane.send(2, ListGroups, {}))))
      expect(failures).toMatchObject([{ retriable: true }, { retriable: true }, { retriable: true }])
      atMs.push(kafka.world.clock.monotonicMs() - startMs)
    }
    const distances = atMs.map((ms, index) => ms - (atMs[index - 1] ?? 0))
    // By steps of 5 ms.
    expect(distances.map((ms) => Math.round(ms / 50) * 50)).toEqual([0, 50, 100, 200, 400, 800, 1000])
    await kafka.up(2)
    await kafka.run(lanes[0].send(2, ListGroups, {}))
    const beforeMs = kafka.world.clock.monotonicMs()
    await kafka.run(lanes[1].send(2, ListGroups, {}))
    expect(kafka.world.clock.monotonicMs()).toBe(beforeMs)
    // Having been well, it is given the first pause again.
    await kafka.down(2)
    for (let round = 0; round < 2; round++) await kafka.failure(lanes[0].send(2, ListGroups, {}))
    const passedMs = kafka.world.clock.monotonicMs() - beforeMs
    expect(passedMs).toBeGreaterThanOrEqual(50)
    expect(passedMs).toBeLessThanOrEqual(60)
    await cluster.close()
  })

  test('is not left alone any more once it left the cluster and came back', async () => {
    const { kafka, cluster } = await connected(1, 2)
    await kafka.down(2)
    const lane = cluster.lane('l')
    for (let round = 0; round < 6; round++) await kafka.failure(lane.send(2, ListGroups, {}))
    kafka.members = [1]
    await kafka.run(cluster.refresh())
    await kafka.up(2)
    kafka.members = [1, 2]
    await kafka.run(cluster.refresh())
    const beforeMs = kafka.world.clock.monotonicMs()
    await kafka.run(lane.send(2, ListGroups, {}))
    expect(kafka.world.clock.monotonicMs()).toBe(beforeMs)
    await cluster.close()
  })

  test('fails a request within its time, and frees its buffers once', async () => {
    const { kafka, cluster } = await connected(1, 2)
    kafka.world.net.silent.add('10.0.0.2:9092')
    const lane = cluster.lane('l')
    const onFlushed = vi.fn()
    const stop = new AbortController()
    const late = kafka.failure(lane.send(2, ListGroups, {}, { timeoutMs: 700, onFlushed }))
    const stopped = kafka.failure(lane.send(2, ListGroups, {}, { signal: stop.signal, onFlushed }))
    await kafka.world.settle()
    stop.abort()
    expect(await stopped).toMatchObject({ code: 'ABORTED' })
    expect(await late).toMatchObject({
      code: 'TIMEOUT',
      retriable: true,
      message: expect.stringContaining('2 (kafka-2:9092)'),
    })
    expect(onFlushed).toHaveBeenCalledTimes(2)
    await cluster.close()
  })

  test('is one that the cluster does not know', async () => {
    const { kafka, cluster } = await connected(1, 2)
    expect(await kafka.failure(cluster.lane('l').send(9, ListGroups, {}))).toMatchObject({
      code: 'CONNECTION_LOST',
      message: 'broker 9 is not among the brokers that are known (1, 2)',
    })
  })

  test('makes metadata be asked for', async () => {
    const { kafka, cluster } = await connected(1, 2)
    const lane = cluster.lane('l')
    await kafka.run(lane.send(2, ListGroups, {}))
    await kafka.world.advance(5000)
    const before = kafka.asked('Metadata').length
    await kafka.down(2)
    await kafka.world.advance(100)
    expect(kafka.asked('Metadata').length).toBe(before + 1)
    await cluster.close()
  })
})

describe('the version', () => {
  test('is the highest common one, or the one that is asked for', async () => {
    const { kafka, cluster } = await connected(1)
    const lane = cluster.lane('l')
    expect(await kafka.run(Promise.resolve(lane.version(1, ListGroups)))).toBe(5)
    expect(lane.version(1, ListGroups)).toBe(5)
    expect(lane.version(1, ListGroups, undefined, 3)).toBe(3)
    for (const options of [{ maxVersion: 2 }, { version: 1 }, {}])
      await kafka.run(lane.send(1, ListGroups, {}, options))
    expect(kafka.asked('ListGroups').map(({ version }) => version)).toEqual([2, 1, 5])
  })

  test('is never one that Kafka still calls unstable', async () => {
    const { kafka, cluster } = await connected(1)
    expect(InitProducerId.request.versions[1]).toBe(6)
    expect(await kafka.run(Promise.resolve(cluster.lane('l').version(1, InitProducerId)))).toBe(5)
  })

  test('that both sides lack gives an error with both ranges and the broker', async () => {
    const kafka = await ScriptedCluster.start(1)
    kafka.maxVersions.set('ListGroups', -1)
    kafka.maxVersions.set('Heartbeat', 2)
    const cluster = kafka.client()
    await kafka.run(cluster.refresh())
    const lane = cluster.lane('l')
    const onFlushed = vi.fn()
    expect(await kafka.failure(lane.send(1, ListGroups, {}, { onFlushed }))).toMatchObject({
      code: 'UNSUPPORTED_VERSION',
      message: expect.stringMatching(/ListGroups.*1 \(kafka-1:9092\).*0 to 5/),
    })
    expect(await kafka.failure(lane.send(1, Heartbeat, {}, { version: 3, onFlushed }))).toMatchObject({
      context: { api: 'Heartbeat', brokerVersions: { min: 0, max: 2 }, clientVersions: { min: 0, max: 4 } },
    })
    expect(await kafka.failure(lane.send(1, ListGroups, {}, { maxVersion: 3, onFlushed }))).toMatchObject({
      code: 'UNSUPPORTED_VERSION',
    })
    expect(onFlushed).toHaveBeenCalledTimes(3)
  })
})

test('the end of a lane is not the end of another, and nothing is left of it', async () => {
  const { kafka, cluster } = await connected(1, 2)
  await kafka.down(2)
  const [one, other] = [cluster.lane('one'), cluster.lane('other')]
  await kafka.run(other.send(1, ListGroups, {}))
  kafka.on('ListGroups', () => undefined)
  const reconnecting = kafka.failure(one.send(2, ListGroups, {}).catch(() => one.send(2, ListGroups, {})))
  const outstanding = kafka.failure(one.send(1, ListGroups, {}))
  await kafka.world.advance(20)
  await Promise.all([one.close(), one.close()])
  expect([await reconnecting, await outstanding]).toMatchObject([{ code: 'CLOSED' }, { code: 'CLOSED' }])
  expect(await kafka.failure(one.send(1, ListGroups, {}))).toMatchObject({ code: 'CLOSED' })
  kafka.on('ListGroups', ok)
  await kafka.run(other.send(1, ListGroups, {}))
  await cluster.close()
  await kafka.world.settle()
  expect([kafka.world.waitingTimers, kafka.openConnections]).toEqual([0, 0])
})
