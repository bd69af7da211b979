import { expect, test } from 'vitest'
import { ErrorCodes } from '../../src/protocol/error-codes.ts'
import { Heartbeat } from '../../src/protocol/messages/heartbeat.ts'
import { type Reaction, ScriptedCluster } from './support/scripted-cluster.ts'

/** Answers with a coordinator, or an error, for each key. */
function finding(nodeOf: (key: string) => number | { errorCode: number }): Reaction {
  const found = (key: string) => {
    const node = nodeOf(key)
    if (typeof node !== 'number') return { key, nodeId: -1, host: '', port: -1, ...node }
    return { key, nodeId: node, host: `kafka-${node}`, port: 9092 }
  }
  return ({ version, message }) => {
    if (version >= 4) return { coordinators: message.coordinatorKeys.map(found) }
    const { key: _, ...answer } = found(message.key)
    return answer
  }
}

const keysAsked = (kafka: ScriptedCluster) =>
  kafka.asked('FindCoordinator').map(({ message }) => message.coordinatorKeys)

test('keys that are asked for together are found in one request, and kept', async () => {
  const kafka = await ScriptedCluster.start(1, 2)
  kafka.on(
    'FindCoordinator',
    finding((key) => (key === 'b' ? 2 : 1)),
  )
  const cluster = kafka.client()
  const ids = Promise.all(['a', 'b', 'c', 'a'].map((key) => cluster.coordinator('group', key)))
  expect(await kafka.run(ids)).toEqual([1, 2, 1, 1])
  expect(await cluster.coordinator('group', 'b')).toBe(2)
  expect(keysAsked(kafka)).toEqual([['a', 'b', 'c']])
})

test('a key that is on its way is not asked for again', async () => {
  const kafka = await ScriptedCluster.start(1)
  kafka.on('FindCoordinator', () => undefined)
  const cluster = kafka.client()
  const first = cluster.coordinator('group', 'a')
  await kafka.world.settle()
  const second = cluster.coordinator('group', 'a')
  await kafka.world.settle()
  const [request] = kafka.asked('FindCoordinator')
  request.answer(finding(() => 1)(request, 1) as object)
  expect(await kafka.run(Promise.all([first, second]))).toEqual([1, 1])
  expect(kafka.asked('FindCoordinator')).toHaveLength(1)
})

test('groups and transactional ids of one name are two things', async () => {
  const kafka = await ScriptedCluster.start(1, 2)
  kafka.on('FindCoordinator', (request, id) =>
    finding(() => (request.message.keyType === 1 ? 2 : 1))(request, id),
  )
  const cluster = kafka.client()
  const both = Promise.all([cluster.coordinator('group', 'x'), cluster.coordinator('transaction', 'x')])
  expect(await kafka.run(both)).toEqual([1, 2])
  expect(kafka.asked('FindCoordinator').map(({ message }) => message.keyType)).toEqual([0, 1])
})

test('brokers that take one key at a time are asked one by one', async () => {
  const kafka = await ScriptedCluster.start(1)
  kafka.maxVersions.set('FindCoordinator', 3)
  kafka.on(
    'FindCoordinator',
    finding((key) => (key === 'bad' ? { errorCode: 30 } : 1)),
  )
  const cluster = kafka.client()
  const good = cluster.coordinator('group', 'good')
  expect(await kafka.failure(cluster.coordinator('group', 'bad'))).toMatchObject({
    code: 'GROUP_AUTHORIZATION_FAILED',
  })
  expect(await kafka.run(good)).toBe(1)
  expect(kafka.asked('FindCoordinator').map(({ message }) => message.key)).toEqual(['good', 'bad'])
})

test('a key whose answer is missing or not there yet is asked for again', async () => {
  const kafka = await ScriptedCluster.start(1)
  kafka.on('FindCoordinator', (request, id) => {
    const count = kafka.asked('FindCoordinator').length
    if (count === 1) return { coordinators: [] }
    const answer = count < 4 ? { errorCode: ErrorCodes.COORDINATOR_NOT_AVAILABLE } : 1
    return finding(() => answer)(request, id)
  })
  expect(await kafka.run(kafka.client().coordinator('group', 'g'))).toBe(1)
  expect(kafka.asked('FindCoordinator')).toHaveLength(4)
})

test('a refusal comes at once, with the group', async () => {
  const kafka = await ScriptedCluster.start(1)
  kafka.on(
    'FindCoordinator',
    finding(() => ({ errorCode: ErrorCodes.GROUP_AUTHORIZATION_FAILED })),
  )
  expect(await kafka.failure(kafka.client().coordinator('group', 'g'))).toMatchObject({
    name: 'BrokerError',
    code: 'GROUP_AUTHORIZATION_FAILED',
    context: { groupId: 'g', api: 'FindCoordinator' },
    message: expect.stringMatching(/^finding the coordinator of group g failed/),
  })
})

test('what is known is forgotten when it is said to be wrong, and only then', async () => {
  const kafka = await ScriptedCluster.start(1, 2)
  kafka.on(
    'FindCoordinator',
    finding(() => 1),
  )
  const cluster = kafka.client()
  await kafka.run(cluster.coordinator('group', 'g'))
  cluster.forgetCoordinator('group', 'g', 2)
  cluster.forgetCoordinator('transaction', 'g')
  expect(await cluster.coordinator('group', 'g')).toBe(1)
  kafka.on(
    'FindCoordinator',
    finding(() => 2),
  )
  cluster.forgetCoordinator('group', 'g', 1)
  expect(await kafka.run(cluster.coordinator('group', 'g'))).toBe(2)
  expect(kafka.asked('FindCoordinator')).toHaveLength(2)
})

test('what is known is forgotten when the coordinator is lost', async () => {
  const kafka = await ScriptedCluster.start(1, 2)
  kafka.on(
    'FindCoordinator',
    finding(() => 2),
  )
  kafka.on('Heartbeat', () => undefined)
  const cluster = kafka.client()
  await kafka.run(cluster.coordinator('group', 'g'))
  const lost = kafka.failure(cluster.lane('g').send(2, Heartbeat, { groupId: 'g' }))
  await kafka.world.settle()
  await kafka.down(2)
  expect(await lost).toMatchObject({ code: 'CONNECTION_LOST' })
  kafka.on(
    'FindCoordinator',
    finding(() => 1),
  )
  expect(await kafka.run(cluster.coordinator('group', 'g'))).toBe(1)
  await cluster.close()
})

test('a coordinator that metadata does not name yet can be reached', async () => {
  const kafka = await ScriptedCluster.start(1, 2)
  kafka.members = [1]
  kafka.on(
    'FindCoordinator',
    finding(() => 2),
  )
  const cluster = kafka.client()
  await kafka.run(cluster.coordinator('group', 'g'))
  expect(cluster.brokers().map(({ id }) => id)).toEqual([1, 2])
  expect(cluster.brokerLabel(2)).toBe('2 (kafka-2:9092)')
})

test('a search can be aborted, and ends with the cluster', async () => {
  const kafka = await ScriptedCluster.start(1)
  kafka.on('FindCoordinator', () => undefined)
  const cluster = kafka.client()
  const stop = new AbortController()
  const stopped = kafka.failure(cluster.coordinator('group', 'a', { signal: stop.signal }))
  const late = kafka.failure(cluster.coordinator('group', 'a', { timeoutMs: 100 }))
  const closed = kafka.failure(cluster.coordinator('group', 'b'))
  await kafka.world.settle()
  stop.abort()
  expect(await stopped).toMatchObject({ code: 'ABORTED' })
  expect(await late).toMatchObject({ code: 'TIMEOUT' })
  await cluster.close()
  expect(await closed).toMatchObject({ code: 'CLOSED' })
})
