import { expect, test } from 'vitest'
import { ErrorCodes } from '../../src/protocol/error-codes.ts'
import { FindCoordinator } from '../../src/protocol/messages/find-coordinator.ts'
import { ScriptedCluster } from './support/scripted-cluster.ts'

test('begins at any address that answers, each name with all its addresses', async () => {
  const kafka = await ScriptedCluster.start(1)
  kafka.world.net.names.set('two-addresses', ['10.9.9.9', '10.0.0.1'])
  const cluster = kafka.client({ brokers: ['nowhere:9092', 'kafka-9:9092', 'two-addresses:9092'] })
  await kafka.run(cluster.refresh())
  expect(cluster.brokers()).toEqual([{ id: 1, host: 'kafka-1', port: 9092, rack: null }])
})

test('begins at an address of chance', async () => {
  const kafka = await ScriptedCluster.start(1, 2, 3)
  const drawn = [0.9, 0.1, 0.5]
  const runtime = Object.assign(Object.create(kafka.world), {
    random: { ...kafka.world.random, unit: () => drawn.shift() ?? 0.5 },
  })
  await kafka.run(kafka.client({ runtime }).refresh())
  expect(kafka.world.net.dialed).toEqual(['10.0.0.2:9092'])
})

test('says what was tried when nobody answers', async () => {
  const kafka = await ScriptedCluster.start()
  const cluster = kafka.client({ brokers: ['kafka-8:9092', '10.0.0.7:9092'] })
  const error = await kafka.failure(cluster.refresh({ timeoutMs: 5000 }))
  expect(error).toMatchObject({ code: 'TIMEOUT', cause: { code: 'CONNECTION_LOST', retriable: true } })
  const { message } = error as Error
  for (const said of ['kafka-8', '10.0.0.7:9092', 'check that the addresses in brokers'])
    expect(message).toContain(said)
})

test('does not try again what cannot be mended', async () => {
  const kafka = await ScriptedCluster.start(1)
  kafka.maxVersions.set('Metadata', -1)
  expect(await kafka.failure(kafka.client().refresh())).toMatchObject({ code: 'UNSUPPORTED_VERSION' })
})

test('asks another broker when the first one does not answer', async () => {
  const kafka = await ScriptedCluster.start(1, 2)
  const cluster = kafka.client()
  await kafka.run(cluster.refresh())
  let silent: number | undefined
  kafka.on('Metadata', (request, brokerId) => {
    silent ??= brokerId
    return brokerId === silent ? undefined : kafka.metadata(request)
  })
  await kafka.run(cluster.refresh())
  expect(kafka.asked('Metadata')).toHaveLength(3)
})

test('comes again when all known brokers are gone', async () => {
  const kafka = await ScriptedCluster.start(1, 2, 3)
  kafka.members = [1, 2]
  const cluster = kafka.client({ brokers: ['kafka-3:9092'] })
  for (let round = 0; round < 2; round++) await kafka.run(cluster.refresh())
  expect(kafka.asked('Metadata', 3)).toHaveLength(1)
  for (const id of [1, 2]) await kafka.down(id)
  kafka.members = [3]
  await kafka.run(cluster.refresh())
  expect(cluster.brokers().map(({ id }) => id)).toEqual([3])
  expect(kafka.asked('Metadata', 3)).toHaveLength(2)
})

test('does not come again as long as one known broker answers, were all addresses of the configuration gone', async () => {
  const kafka = await ScriptedCluster.start(1, 2, 3)
  kafka.members = [1, 2]
  const cluster = kafka.client({ brokers: ['kafka-3:9092'] })
  await kafka.run(cluster.refresh())
  for (const id of [3, 1]) await kafka.down(id)
  for (let round = 0; round < 3; round++) await kafka.run(cluster.refresh())
  expect(kafka.asked('Metadata', 2)).toHaveLength(3)
})

test('comes again when a broker answers REBOOTSTRAP_REQUIRED', async () => {
  const kafka = await ScriptedCluster.start(1, 2, 3)
  kafka.members = [1, 2]
  const cluster = kafka.client({ brokers: ['kafka-3:9092'] })
  await kafka.run(cluster.refresh())
  const evicting = { errorCode: ErrorCodes.REBOOTSTRAP_REQUIRED }
  kafka.on('Metadata', (request, id) => (id === 3 ? kafka.metadata(request) : evicting))
  await kafka.run(cluster.refresh())
  expect(kafka.asked('Metadata', 3)).toHaveLength(2)
  expect(kafka.asked('Metadata')).toHaveLength(3)
})

test('comes again when known brokers were asked in vain for too long', async () => {
  const kafka = await ScriptedCluster.start(1, 2, 3, 4)
  kafka.members = [1, 2, 3]
  const options = { requestTimeoutMs: 30_000, metadataRecoveryRebootstrapTriggerMs: 40_000 }
  const cluster = kafka.client({ brokers: ['kafka-4:9092'], ...options })
  await kafka.run(cluster.refresh())
  kafka.on('Metadata', (request, id) => (id === 4 ? kafka.metadata(request) : undefined))
  const startMs = kafka.world.clock.monotonicMs()
  await kafka.run(cluster.refresh())
  // Three brokers of half a minute each would be longer.
  const tookMs = kafka.world.clock.monotonicMs() - startMs
  expect([Math.floor(tookMs / 1000), kafka.asked('Metadata', 4).length]).toEqual([40, 2])
  // What was in vain then does not count the next time.
  kafka.on('Metadata', (request) => kafka.metadata(request))
  await kafka.world.advance(60_000)
  kafka.on('Metadata', (request, id) => (id === 1 ? undefined : kafka.metadata(request)))
  for (let round = 0; round < 3; round++) await kafka.run(cluster.refresh())
  expect(kafka.asked('Metadata', 4)).toHaveLength(2)
  await cluster.close()
})

test('at another cluster begins anew with topics, features and coordinators', async () => {
  const kafka = await ScriptedCluster.start(1, 2)
  kafka.members = [1]
  kafka.topic('a', { leaderEpoch: 9, leaders: [1] })
  kafka.finalized = { epoch: 40n, levels: { 'group.version': 1 } }
  kafka.on('FindCoordinator', ({ message }) => ({
    coordinators: message.coordinatorKeys.map((key: string) => ({
      key,
      nodeId: kafka.members[0],
      host: `kafka-${kafka.members[0]}`,
      port: 9092,
    })),
  }))
  const cluster = kafka.client({ brokers: ['kafka-1:9092', 'kafka-2:9092'] })
  await kafka.run(cluster.topics(['a']))
  const features = await kafka.run(cluster.features())
  expect([features.epoch, features.level('group.version')]).toEqual([40n, 1])
  expect(await kafka.run(cluster.coordinator('group', 'g'))).toBe(1)

  const evicting = { errorCode: ErrorCodes.REBOOTSTRAP_REQUIRED }
  kafka.on('Metadata', (request, id) => (id === 1 ? evicting : kafka.metadata(request)))
  Object.assign(kafka, { clusterId: 'cluster-B', controllerId: 2, members: [2] })
  kafka.finalized = { epoch: 3n, levels: { 'group.version': 0 } }
  kafka.topic('a', { leaderEpoch: 0, leaders: [2] })
  kafka.maxVersions.set('Metadata', 9)
  await kafka.run(cluster.refresh())
  expect(cluster.clusterId).toBe('cluster-B')
  expect(cluster.topic('a')?.partitions[0]).toMatchObject({ leaderId: 2, leaderEpoch: 0 })
  expect([features.epoch, features.level('group.version')]).toEqual([3n, 0])
  expect(await kafka.run(cluster.coordinator('group', 'g'))).toBe(2)
  expect(kafka.asked(FindCoordinator.name)).toHaveLength(2)
})
