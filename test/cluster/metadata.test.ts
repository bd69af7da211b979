import { describe, expect, test } from 'vitest'
import { ErrorCodes } from '../../src/protocol/error-codes.ts'
import { idOf, ScriptedCluster } from './support/scripted-cluster.ts'

const minutesMs = 60_000

describe('who asks', () => {
  test('in the same turn shares one request', async () => {
    const kafka = await ScriptedCluster.start(1)
    for (const name of ['a', 'b']) kafka.topic(name)
    const cluster = kafka.client()
    const found = Promise.all([cluster.topics(['a']), cluster.topics(['b']), cluster.topics(['b', 'a'])])
    const names = (await kafka.run(found)).map((topics) => topics.map(({ name }) => name))
    expect(names).toEqual([['a'], ['b'], ['b', 'a']])
    expect(kafka.namesAsked).toEqual([['a', 'b']])
  })

  test('for what is known asks nobody', async () => {
    const kafka = await ScriptedCluster.start(1)
    kafka.topic('a', { leaders: [1, 1] })
    const cluster = kafka.client()
    await kafka.run(cluster.topics(['a']))
    const [topic] = await cluster.topics(['a'])
    expect(topic).toMatchObject({ name: 'a', topicId: idOf('a'), internal: false, errorCode: 0 })
    expect(topic.partitions.map(({ index, leaderId }) => [index, leaderId])).toEqual([
      [0, 1],
      [1, 1],
    ])
    expect(cluster.topicById(idOf('a'))).toBe(topic)
    expect([cluster.clusterId, cluster.controllerId, cluster.brokers().length]).toEqual(['cluster-A', 1, 1])
    expect(kafka.namesAsked).toEqual([['a']])
  })

  test('while a request is on its way shares it, or else the next one, which asks for no more than is new', async () => {
    const kafka = await ScriptedCluster.start(1)
    for (const name of ['a', 'b', 'c']) kafka.topic(name)
    const held: (() => void)[] = []
    kafka.on('Metadata', (request) => {
      held.push(() => request.answer(kafka.metadata(request)))
      return undefined
    })
    const cluster = kafka.client()
    const first = cluster.topics(['a'])
    await kafka.world.settle()
    const later = Promise.all([cluster.topics(['a']), cluster.topics(['b']), cluster.topics(['c'])])
    await kafka.world.settle()
    expect(kafka.namesAsked).toEqual([['a']])
    held.shift()!()
    await kafka.run(first)
    await kafka.world.settle()
    held.shift()!()
    await kafka.run(later)
    expect(kafka.namesAsked).toEqual([['a'], ['b', 'c']])
  })

  test('for a refresh does not get an answer that was on its way before', async () => {
    const kafka = await ScriptedCluster.start(1)
    const held: (() => void)[] = []
    kafka.on('Metadata', (request) => {
      held.push(() => request.answer(kafka.metadata(request)))
      return undefined
    })
    const cluster = kafka.client()
    const first = cluster.refresh()
    await kafka.world.settle()
    const both = Promise.all([cluster.refresh(), cluster.refresh()])
    held.shift()!()
    await kafka.run(first)
    await kafka.world.settle()
    held.shift()!()
    await kafka.run(both)
    expect(kafka.asked('Metadata')).toHaveLength(2)
  })
})

describe('metadata is asked for again', () => {
  test('when it is old, for the topics that are in use', async () => {
    const kafka = await ScriptedCluster.start(1)
    for (const name of ['used', 'idle']) kafka.topic(name)
    const cluster = kafka.client({ metadataMaxAgeMs: 2 * minutesMs, metadataMaxIdleMs: 3 * minutesMs })
    await kafka.run(cluster.topics(['used', 'idle']))
    for (let minute = 1; minute <= 4; minute++) {
      await kafka.world.advance(minutesMs)
      cluster.topic('used')
    }
    expect(kafka.namesAsked).toEqual([['used', 'idle'], ['used', 'idle'], ['used']])
    expect(cluster.topic('idle')).toBeUndefined()
    await cluster.close()
  })

  test('when it was found wrong: at once if it was calm, then at growing distances', async () => {
    const kafka = await ScriptedCluster.start(1)
    const cluster = kafka.client()
    await kafka.run(cluster.refresh())
    await kafka.world.advance(10_000)
    const atMs: number[] = []
    const startMs = kafka.world.clock.monotonicMs()
    kafka.on('Metadata', (request) => {
      atMs.push(kafka.world.clock.monotonicMs() - startMs)
      return kafka.metadata(request)
    })
    cluster.onMetadata(() => cluster.staleMetadata('still wrong'))
    for (let caller = 0; caller < 100; caller++) cluster.staleMetadata('wrong')
    await kafka.world.advance(3000)
    const distances = atMs.map((ms, index) => ms - (atMs[index - 1] ?? 0))
    expect(distances.map((ms) => Math.round(ms))).toEqual([0, 100, 200, 400, 800, 1000])
    await cluster.close()
  })

  test('when it was found wrong while a request was on its way, which may not know it yet', async () => {
    const kafka = await ScriptedCluster.start(1)
    const cluster = kafka.client()
    await kafka.run(cluster.refresh())
    await kafka.world.advance(10_000)
    kafka.on('Metadata', () => undefined)
    const refreshed = cluster.refresh()
    await kafka.world.settle()
    cluster.staleMetadata('wrong')
    kafka.on('Metadata', (request) => kafka.metadata(request))
    const [, second] = kafka.asked('Metadata')
    second.answer(kafka.metadata(second))
    await kafka.run(refreshed)
    await kafka.world.advance(100)
    expect(kafka.asked('Metadata')).toHaveLength(3)
    await cluster.close()
  })

  test('when that failed, at growing distances, and what is known stays', async () => {
    const kafka = await ScriptedCluster.start(1)
    kafka.topic('a')
    const cluster = kafka.client()
    await kafka.run(cluster.topics(['a']))
    const atMs: number[] = []
    kafka.on('Metadata', () => {
      atMs.push(kafka.world.clock.monotonicMs())
      return { errorCode: ErrorCodes.UNKNOWN_SERVER_ERROR }
    })
    await kafka.world.advance(5 * minutesMs + 2400)
    // Each round asks the broker and then its address of the configuration.
    const rounds = [...new Set(atMs)]
    expect(rounds.map((ms) => Math.round(ms - rounds[0]))).toEqual([0, 100, 300, 700, 1500])
    expect(cluster.topic('a')?.partitions).toHaveLength(1)
    kafka.on('Metadata', (request) => kafka.metadata(request))
    const before = kafka.asked('Metadata').length
    await kafka.world.advance(minutesMs)
    expect(kafka.asked('Metadata')).toHaveLength(before + 1)
    await cluster.close()
  })
})

describe('a topic', () => {
  test('that does not exist yet is waited for', async () => {
    const kafka = await ScriptedCluster.start(1)
    const cluster = kafka.client()
    const late = cluster.topics(['late'])
    await kafka.world.advance(1000)
    kafka.topic('late')
    expect((await kafka.run(late))[0].name).toBe('late')
  })

  test('that does not come fails by its deadline, with attempts, time and cause', async () => {
    const kafka = await ScriptedCluster.start(1)
    const startMs = kafka.world.clock.monotonicMs()
    expect(await kafka.failure(kafka.client().topics(['never'], { timeoutMs: 1000 }))).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/^metadata of never failed after 4 attempts in 0\.7 s, the last one: /),
      context: { topic: 'never', attempts: 4, elapsedMs: 700 },
      cause: { code: 'UNKNOWN_TOPIC_OR_PARTITION' },
    })
    expect(kafka.world.clock.monotonicMs() - startMs).toBeLessThan(1000)
  })

  test('that does not exist fails at once when nobody wants to wait', async () => {
    const kafka = await ScriptedCluster.start(1)
    expect(await kafka.failure(kafka.client().topics(['never'], { wait: false }))).toMatchObject({
      name: 'BrokerError',
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
      context: { topic: 'never' },
    })
    expect(kafka.asked('Metadata')).toHaveLength(1)
  })

  test.each(['INVALID_TOPIC_EXCEPTION', 'TOPIC_AUTHORIZATION_FAILED'] as const)(
    'with %s fails at once, and does not keep others from being found',
    async (code) => {
      const kafka = await ScriptedCluster.start(1)
      kafka.topic('good')
      kafka.topic('bad', { errorCode: ErrorCodes[code] })
      const cluster = kafka.client()
      const good = cluster.topics(['good'])
      expect(await kafka.failure(cluster.topics(['good', 'bad']))).toMatchObject({
        name: 'BrokerError',
        code,
        context: { topic: 'bad' },
      })
      expect((await good)[0].name).toBe('good')
      expect(kafka.asked('Metadata')).toHaveLength(1)
    },
  )

  test('without a leader is known, or waited for when asked so', async () => {
    const kafka = await ScriptedCluster.start(1)
    const topic = kafka.topic('a', { leaders: [1, -1] })
    const cluster = kafka.client()
    expect((await kafka.run(cluster.topics(['a'])))[0].partitions[1].leaderId).toBe(-1)
    const electing = cluster.topics(['a'], { waitForLeader: true })
    await kafka.world.advance(1000)
    topic.leaders[1] = 1
    expect((await kafka.run(electing))[0].partitions[1].leaderId).toBe(1)
    topic.leaders[0] = -1
    topic.leaderEpoch++
    await kafka.run(cluster.refresh())
    expect(await kafka.failure(cluster.topics(['a'], { waitForLeader: true, timeoutMs: 500 }))).toMatchObject(
      { cause: { code: 'LEADER_NOT_AVAILABLE', context: { topic: 'a', partition: 0 } } },
    )
  })

  test('may be made by being asked for, without others being made with it', async () => {
    const kafka = await ScriptedCluster.start(1)
    kafka.on('Metadata', (request) => {
      const { allowAutoTopicCreation, topics } = request.message
      if (allowAutoTopicCreation) for (const { name } of topics) kafka.topic(name)
      return kafka.metadata(request)
    })
    const cluster = kafka.client()
    const absent = cluster.topics(['absent'], { wait: false })
    const made = cluster.topics(['made'], { allowAutoTopicCreation: true })
    expect(await kafka.failure(absent)).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    expect((await kafka.run(made))[0].name).toBe('made')
    expect(kafka.namesAsked).toEqual([['made'], ['absent']])
    await kafka.run(cluster.refresh())
    expect(kafka.asked('Metadata').at(-1)!.message.allowAutoTopicCreation).toBe(false)
  })

  test('is found by its id', async () => {
    const kafka = await ScriptedCluster.start(1)
    kafka.topic('a')
    const cluster = kafka.client()
    expect((await kafka.run(cluster.topicsById([idOf('a')])))[0].name).toBe('a')
    expect(await kafka.failure(cluster.topicsById([idOf('a'), idOf('x')], { wait: false }))).toMatchObject({
      code: 'UNKNOWN_TOPIC_ID',
      context: { topicId: idOf('x') },
    })
    expect(kafka.namesAsked).toEqual([[null], [null]])
    await kafka.run(cluster.refresh())
    expect(kafka.namesAsked.at(-1)).toEqual(['a'])
  })

  test('is found by its id also by brokers that cannot be asked so', async () => {
    const kafka = await ScriptedCluster.start(1)
    kafka.maxVersions.set('Metadata', 11)
    kafka.topic('a')
    expect((await kafka.run(kafka.client().topicsById([idOf('a')])))[0].name).toBe('a')
    expect(kafka.namesAsked).toEqual([null])
  })

  test('that was deleted has no partitions any more', async () => {
    const kafka = await ScriptedCluster.start(1)
    kafka.topic('a')
    const cluster = kafka.client()
    await kafka.run(cluster.topics(['a']))
    kafka.topics.delete('a')
    await kafka.run(cluster.refresh())
    expect(cluster.topic('a')).toMatchObject({ errorCode: 3, partitions: [] })
  })
})

describe('all topics', () => {
  test('are told once, or kept known for as long as somebody follows them', async () => {
    const kafka = await ScriptedCluster.start(1)
    kafka.topic('a')
    const cluster = kafka.client()
    expect((await kafka.run(cluster.allTopics())).map(({ name }) => name)).toEqual(['a'])
    let changes = 0
    cluster.onMetadata(() => changes++)
    const stop = cluster.followAllTopics()
    kafka.topic('b')
    await kafka.world.advance(5 * minutesMs)
    expect(changes).toBe(1)
    expect([cluster.topic('a')?.errorCode, cluster.topic('b')?.errorCode]).toEqual([0, 0])
    stop()
    stop()
    await kafka.world.advance(5 * minutesMs)
    cluster.followAllTopics()
    await kafka.run(cluster.refresh())
    expect(kafka.namesAsked).toEqual([null, null, ['a', 'b'], null])
    await cluster.close()
  })
})

describe('a call', () => {
  test('that is aborted rejects at once; what it shared goes on for others', async () => {
    const kafka = await ScriptedCluster.start(1)
    kafka.topic('a')
    kafka.on('Metadata', () => undefined)
    const cluster = kafka.client()
    const stop = new AbortController()
    const stopped = kafka.failure(cluster.topics(['a'], { signal: stop.signal }))
    const other = cluster.topics(['a'])
    await kafka.world.settle()
    stop.abort(new Error('enough'))
    expect(await stopped).toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } })
    const [request] = kafka.asked('Metadata')
    request.answer(kafka.metadata(request))
    expect((await kafka.run(other))[0].name).toBe('a')
    expect(await kafka.failure(cluster.topics(['x'], { signal: stop.signal }))).toMatchObject({
      code: 'ABORTED',
    })
  })

  test('that is aborted while it waits to try again leaves nothing behind', async () => {
    const kafka = await ScriptedCluster.start(1)
    const cluster = kafka.client()
    // The first answer comes from the address to begin with, the second one from the broker.
    for (let round = 0; round < 2; round++) await kafka.run(cluster.refresh())
    const timersBefore = kafka.world.waitingTimers
    const stop = new AbortController()
    const waiting = kafka.failure(cluster.topics(['late'], { signal: stop.signal }))
    await kafka.world.advance(50)
    stop.abort()
    expect(await waiting).toMatchObject({ code: 'ABORTED' })
    expect(kafka.world.waitingTimers).toBe(timersBefore)
  })

  test('whose deadline passes rejects then, though the request is still out', async () => {
    const kafka = await ScriptedCluster.start(1)
    kafka.on('Metadata', () => undefined)
    const startMs = kafka.world.clock.monotonicMs()
    const error = await kafka.failure(kafka.client().refresh({ timeoutMs: 300 }))
    expect(error).toMatchObject({ code: 'TIMEOUT', context: { attempts: 1, elapsedMs: 300 } })
    expect(kafka.world.clock.monotonicMs() - startMs).toBeLessThan(310)
  })

  test('that the end of the cluster meets rejects, and no timer or socket is left', async () => {
    const kafka = await ScriptedCluster.start(1)
    const cluster = kafka.client()
    await kafka.run(cluster.refresh())
    const waiting = kafka.failure(cluster.topics(['late']))
    await kafka.world.advance(50)
    kafka.on('Metadata', () => undefined)
    const asking = kafka.failure(cluster.refresh())
    await kafka.world.settle()
    await cluster.close()
    expect([await waiting, await asking]).toMatchObject([{ code: 'CLOSED' }, { code: 'CLOSED' }])
    expect(await kafka.failure(cluster.refresh())).toMatchObject({ code: 'CLOSED' })
    expect(() => cluster.lane('late')).toThrow('the cluster was closed')
    await kafka.world.settle()
    expect([kafka.world.waitingTimers, kafka.openConnections]).toEqual([0, 0])
  })
})

test('a listener that throws harms nobody, and one that has left is told nothing', async () => {
  const kafka = await ScriptedCluster.start(1)
  const cluster = kafka.client()
  const told: string[] = []
  cluster.onMetadata(() => {
    throw new Error('mine')
  })
  const leave = cluster.onMetadata(() => told.push('left'))
  cluster.onMetadata(() => told.push('stays'))
  leave()
  await kafka.run(cluster.refresh())
  expect(told).toEqual(['stays'])
})
