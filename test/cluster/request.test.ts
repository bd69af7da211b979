import { describe, expect, test } from 'vitest'
import { ErrorCodes } from '../../src/protocol/error-codes.ts'
import { CreateTopics } from '../../src/protocol/messages/create-topics.ts'
import { DeleteGroups } from '../../src/protocol/messages/delete-groups.ts'
import { EndTxn } from '../../src/protocol/messages/end-txn.ts'
import { ListGroups } from '../../src/protocol/messages/list-groups.ts'
import { ListOffsets } from '../../src/protocol/messages/list-offsets.ts'
import { ScriptedCluster } from './support/scripted-cluster.ts'

const ok = () => ({})

/** Groups and transactional ids are coordinated by the broker that `current` says. */
function coordinatedBy(kafka: ScriptedCluster, current: () => number): void {
  kafka.on('FindCoordinator', ({ message }) => ({
    coordinators: message.coordinatorKeys.map((key: string) => ({
      key,
      nodeId: current(),
      host: `kafka-${current()}`,
      port: 9092,
    })),
  }))
}

const wasAskedAt = (kafka: ScriptedCluster, api: string) =>
  kafka.members.flatMap((id) => kafka.asked(api, id).map(() => id))

describe('a request goes', () => {
  test('to one broker', async () => {
    const kafka = await ScriptedCluster.start(1, 2, 3)
    kafka.on('ListGroups', ok)
    await kafka.run(kafka.client().request({ broker: 3 }, ListGroups, {}))
    expect(wasAskedAt(kafka, 'ListGroups')).toEqual([3])
  })

  test('to any broker: a connected one with the fewest requests in flight', async () => {
    const kafka = await ScriptedCluster.start(1, 2, 3)
    kafka.on('ListGroups', () => undefined)
    const cluster = kafka.client()
    await kafka.run(cluster.refresh())
    for (const broker of [2, 3]) {
      const asked = kafka.failure(cluster.request({ broker }, ListGroups, {}))
      await kafka.world.settle()
      if (broker === 3) kafka.asked('ListGroups', 3)[0].answer({})
      if (broker === 3) await asked.catch(() => {})
    }
    const any = [1, 2].map(() => kafka.failure(cluster.request({ anyBroker: true }, ListGroups, {})))
    await kafka.world.settle()
    expect(
      [kafka.asked('ListGroups', 1), kafka.asked('ListGroups', 2), kafka.asked('ListGroups', 3)].map(
        (asked) => asked.length,
      ),
    ).toEqual([0, 1, 3])
    await cluster.close()
    await Promise.all(any)
  })

  test('to the controller, and to the new one when it has moved', async () => {
    const kafka = await ScriptedCluster.start(1, 2)
    kafka.on('CreateTopics', (_request, id) => ({
      topics: [
        { name: 'a', errorCode: id === kafka.controllerId ? 0 : ErrorCodes.NOT_CONTROLLER },
        { name: 'b', errorCode: id === kafka.controllerId ? 36 : ErrorCodes.NOT_CONTROLLER },
      ],
    }))
    const cluster = kafka.client()
    await kafka.run(cluster.refresh())
    kafka.controllerId = 2
    const { topics } = await kafka.run(cluster.request({ controller: true }, CreateTopics, {}))
    expect(topics.map(({ errorCode }) => errorCode)).toEqual([0, 36])
    expect(wasAskedAt(kafka, 'CreateTopics')).toEqual([1, 2])
    expect(cluster.controllerId).toBe(2)
  })

  test('to a leader, and to the new one when it has moved', async () => {
    const kafka = await ScriptedCluster.start(1, 2)
    const topic = kafka.topic('a', { leaders: [1, 2] })
    kafka.on('ListOffsets', (_request, id) => {
      const errorCode = id === topic.leaders[0] ? 0 : ErrorCodes.NOT_LEADER_OR_FOLLOWER
      return { topics: [{ name: 'a', partitions: [{ partitionIndex: 0, errorCode }] }] }
    })
    const cluster = kafka.client()
    await kafka.run(cluster.topics(['a']))
    topic.leaders = [2, 1]
    topic.leaderEpoch++
    const target = { leader: { topic: 'a', partition: 0 } }
    await kafka.run(cluster.request(target, ListOffsets, {}))
    expect(wasAskedAt(kafka, 'ListOffsets')).toEqual([1, 2])
  })

  test('nowhere while there is no leader, and with the reason', async () => {
    const kafka = await ScriptedCluster.start(1)
    const topic = kafka.topic('a', { leaders: [-1] })
    kafka.on('ListOffsets', ok)
    const cluster = kafka.client()
    const send = (partition: number, timeoutMs: number) =>
      cluster.request({ leader: { topic: 'a', partition } }, ListOffsets, {}, { timeoutMs })
    expect(await kafka.failure(send(0, 400))).toMatchObject({ cause: { code: 'LEADER_NOT_AVAILABLE' } })
    expect(await kafka.failure(send(5, 400))).toMatchObject({
      cause: { code: 'UNKNOWN_TOPIC_OR_PARTITION', context: { topic: 'a', partition: 5 } },
    })
    const waiting = send(0, 10_000)
    await kafka.world.advance(500)
    topic.leaders = [1]
    await kafka.run(waiting)
  })

  test('to a coordinator, and to the new one when it has moved', async () => {
    const kafka = await ScriptedCluster.start(1, 2)
    let coordinator = 1
    coordinatedBy(kafka, () => coordinator)
    const answer = (_request: unknown, id: number) => ({
      errorCode: id === coordinator ? 0 : ErrorCodes.NOT_COORDINATOR,
    })
    kafka.on('ListGroups', answer)
    kafka.on('EndTxn', answer)
    const cluster = kafka.client()
    await kafka.run(cluster.coordinator('group', 'g'))
    await kafka.run(cluster.coordinator('transaction', 't'))
    coordinator = 2
    await kafka.run(cluster.request({ group: 'g' }, ListGroups, {}))
    await kafka.run(cluster.request({ transactionalId: 't' }, EndTxn, {}))
    expect([wasAskedAt(kafka, 'ListGroups'), wasAskedAt(kafka, 'EndTxn')]).toEqual([
      [1, 2],
      [1, 2],
    ])
  })

  test('to the same coordinator again while it loads', async () => {
    const kafka = await ScriptedCluster.start(1)
    coordinatedBy(kafka, () => 1)
    kafka.on('ListGroups', () => ({
      errorCode: kafka.asked('ListGroups').length < 3 ? ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS : 0,
    }))
    await kafka.run(kafka.client().request({ group: 'g' }, ListGroups, {}))
    expect([kafka.asked('ListGroups').length, kafka.asked('FindCoordinator').length]).toEqual([3, 1])
  })
})

describe('a response', () => {
  test("of which a part was carried out is the caller's to read", async () => {
    const kafka = await ScriptedCluster.start(1)
    coordinatedBy(kafka, () => 1)
    kafka.on('DeleteGroups', () => ({
      results: [
        { groupId: 'g', errorCode: ErrorCodes.NOT_COORDINATOR },
        { groupId: 'h', errorCode: 0 },
      ],
    }))
    const { results } = await kafka.run(kafka.client().request({ group: 'g' }, DeleteGroups, {}))
    expect(results.map(({ errorCode }) => errorCode)).toEqual([16, 0])
  })

  test("with any other error is the caller's to read", async () => {
    const kafka = await ScriptedCluster.start(1)
    kafka.on('ListGroups', () => ({ errorCode: ErrorCodes.NOT_COORDINATOR }))
    const { errorCode } = await kafka.run(kafka.client().request({ broker: 1 }, ListGroups, {}))
    expect(errorCode).toBe(16)
  })

  test('from the wrong broker is given as it is when nothing is to be retried, and the next one goes elsewhere', async () => {
    const kafka = await ScriptedCluster.start(1, 2)
    let coordinator = 1
    coordinatedBy(kafka, () => coordinator)
    kafka.on('ListGroups', (_request, id) => ({
      errorCode: id === coordinator ? 0 : ErrorCodes.NOT_COORDINATOR,
    }))
    const cluster = kafka.client()
    await kafka.run(cluster.coordinator('group', 'g'))
    coordinator = 2
    const send = () => kafka.run(cluster.request({ group: 'g' }, ListGroups, {}, { retry: false }))
    expect([(await send()).errorCode, (await send()).errorCode]).toEqual([16, 0])
  })
})

describe('a request that fails', () => {
  test('because its connection broke is tried again, unless told not to', async () => {
    const kafka = await ScriptedCluster.start(1)
    kafka.on('ListGroups', () => (kafka.asked('ListGroups').length % 2 === 1 ? 'cut' : {}))
    const cluster = kafka.client()
    await kafka.run(cluster.request({ anyBroker: true }, ListGroups, {}))
    expect(kafka.asked('ListGroups')).toHaveLength(2)
    const once = cluster.request({ anyBroker: true }, ListGroups, {}, { retry: false })
    expect(await kafka.failure(once)).toMatchObject({ code: 'CONNECTION_LOST', context: { sent: true } })
    expect(kafka.asked('ListGroups')).toHaveLength(3)
  })

  test('until its deadline says how often, how long and why', async () => {
    const kafka = await ScriptedCluster.start(1)
    kafka.on('ListGroups', () => 'cut')
    const failing = kafka.client().request({ anyBroker: true }, ListGroups, {}, { timeoutMs: 2000 })
    expect(await kafka.failure(failing)).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/^ListGroups failed after 5 attempts in 1\.\d s, the last one: /),
      context: { attempts: 5, api: 'ListGroups' },
      cause: { code: 'CONNECTION_LOST' },
    })
  })

  test('because a broker is silent is tried elsewhere', async () => {
    const kafka = await ScriptedCluster.start(1, 2)
    let silent: number | undefined
    kafka.on('ListGroups', (_request, id) => {
      silent ??= id
      return id === silent ? undefined : {}
    })
    const cluster = kafka.client({ requestTimeoutMs: 1000 })
    await kafka.run(cluster.request({ anyBroker: true }, ListGroups, {}))
    expect(kafka.asked('ListGroups')).toHaveLength(2)
  })

  test('for good fails at once', async () => {
    const kafka = await ScriptedCluster.start(1)
    kafka.maxVersions.set('ListGroups', -1)
    const failing = kafka.client().request({ anyBroker: true }, ListGroups, {})
    expect(await kafka.failure(failing)).toMatchObject({ code: 'UNSUPPORTED_VERSION' })
  })

  test('by its signal, or by the end of the cluster, does so at once', async () => {
    const kafka = await ScriptedCluster.start(1)
    kafka.on('ListGroups', () => undefined)
    const cluster = kafka.client()
    const stop = new AbortController()
    const { signal } = stop
    const stopped = kafka.failure(cluster.request({ anyBroker: true }, ListGroups, {}, { signal }))
    const closed = kafka.failure(cluster.request({ anyBroker: true }, ListGroups, {}))
    await kafka.world.settle()
    stop.abort()
    expect(await stopped).toMatchObject({ code: 'ABORTED' })
    await cluster.close()
    expect(await closed).toMatchObject({ code: 'CLOSED' })
    expect(await kafka.failure(cluster.request({ anyBroker: true }, ListGroups, {}))).toMatchObject({
      code: 'CLOSED',
    })
    await kafka.world.settle()
    expect([kafka.world.waitingTimers, kafka.openConnections]).toEqual([0, 0])
  })
})

test('leader hints move leaders and bring addresses, and older ones nothing', async () => {
  const kafka = await ScriptedCluster.start(1, 2)
  kafka.members = [1]
  kafka.topic('a', { leaderEpoch: 5, leaders: [1] })
  kafka.on('ListGroups', ok)
  const cluster = kafka.client()
  await kafka.run(cluster.topics(['a']))
  let changes = 0
  cluster.onMetadata(() => changes++)
  const node = { nodeId: 2, host: 'kafka-2', port: 9092, rack: 'r' }
  const hint = { topic: 'a', partition: 0, leaderId: 2 }
  cluster.applyLeaderHints([{ ...hint, leaderEpoch: 5 }], [node])
  expect([changes, cluster.brokers().length]).toEqual([0, 1])
  cluster.applyLeaderHints([{ ...hint, leaderEpoch: 6 }], [node])
  expect([changes, cluster.topic('a')?.partitions[0].leaderId]).toEqual([1, 2])
  await kafka.run(cluster.lane('l').send(2, ListGroups, {}))
  await kafka.run(cluster.refresh())
  expect(cluster.topic('a')?.partitions[0]).toMatchObject({ leaderId: 2, leaderEpoch: 6 })
})
