import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Cluster, type ClusterOptions } from '../../src/cluster/index.ts'
import { ErrorCodes } from '../../src/protocol/error-codes.ts'
import { CreateTopics } from '../../src/protocol/messages/create-topics.ts'
import { DeleteTopics } from '../../src/protocol/messages/delete-topics.ts'
import { DescribeGroups } from '../../src/protocol/messages/describe-groups.ts'
import { FindCoordinator } from '../../src/protocol/messages/find-coordinator.ts'
import { InitProducerId } from '../../src/protocol/messages/init-producer-id.ts'
import { ListOffsets } from '../../src/protocol/messages/list-offsets.ts'
import { Metadata } from '../../src/protocol/messages/metadata.ts'
import { ZERO_UUID } from '../../src/protocol/reader.ts'
import { type KafkaCluster, startKafka } from '../harness/kafka/index.ts'
import { useKafka } from '../harness/use-kafka.ts'

const opened: Cluster[] = []

function open(brokers: readonly string[], options: Partial<ClusterOptions> = {}): Cluster {
  const cluster = new Cluster({ brokers, clientId: 'cluster-test', ...options })
  opened.push(cluster)
  return cluster
}

afterEach(async () => {
  while (opened.length > 0) await opened.pop()!.close()
})

/** Asks for metadata until it is as it should be. */
async function eventually(cluster: Cluster, isSo: () => boolean): Promise<void> {
  await expect
    .poll(
      async () => {
        await cluster.refresh()
        return isSo()
      },
      { timeout: 60_000, interval: 100 },
    )
    .toBe(true)
}

describe('one broker', () => {
  const kafka = useKafka()

  test('tells of itself, its topics and its features', async () => {
    const name = await kafka.topic({ partitions: 3 })
    const cluster = open(kafka.bootstrap)
    const [topic] = await cluster.topics([name], { waitForLeader: true })
    expect(cluster.clusterId).toMatch(/^[\w-]{22}$/)
    expect(cluster.brokers().map(({ id }) => id)).toContain(cluster.controllerId)
    expect(topic).toMatchObject({ name, internal: false, errorCode: 0 })
    expect(topic.partitions.map(({ index }) => index)).toEqual([0, 1, 2])
    expect(topic.topicId).not.toBe(ZERO_UUID)
    expect(cluster.topicById(topic.topicId)).toBe(topic)
    const features = await cluster.features()
    expect(features.level('group.version')).toBe(kafka.atLeast('4.0') ? 1 : 0)
    expect(features.level('transaction.version')).toBe(kafka.atLeast('4.0') ? 2 : 0)
    expect(features.level('no.such.feature')).toBe(0)
  })

  test('finds a topic by its id, whatever its version', async () => {
    const name = await kafka.topic()
    const { topicId } = (await open(kafka.bootstrap).topics([name]))[0]
    const cluster = open(kafka.bootstrap)
    expect((await cluster.topicsById([topicId]))[0].name).toBe(name)
    await expect(cluster.topicsById(['bm8tc3VjaC10b3BpYy1pZA'], { wait: false })).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC_ID',
    })
  })

  test('speaks every version of Metadata that both sides know', async () => {
    const name = await kafka.topic({ partitions: 2 })
    const cluster = open(kafka.bootstrap)
    await cluster.refresh()
    const [{ id }] = cluster.brokers()
    const lane = cluster.lane('versions')
    const highest = await lane.version(id, Metadata)
    const { min: lowest } = lane.versions(id)!.range(Metadata.key)!
    for (let version = lowest; version <= highest; version++) {
      const { topics } = await lane.send(id, Metadata, { topics: [{ name }] }, { version })
      expect([version, topics[0].name, topics[0].partitions.length]).toEqual([version, name, 2])
    }
  })

  test('has topics made, seen, and deleted, through the controller', async () => {
    const name = kafka.unique('made')
    const cluster = open(kafka.bootstrap)
    const waiting = cluster.topics([name], { waitForLeader: true })
    const topic = { name, numPartitions: 2, replicationFactor: 1 }
    const made = await cluster.request({ controller: true }, CreateTopics, {
      topics: [topic],
      timeoutMs: 10_000,
    })
    expect(made.topics[0].errorCode).toBe(ErrorCodes.NONE)
    const [{ topicId, partitions }] = await waiting
    expect(partitions).toHaveLength(2)
    const again = await cluster.request({ controller: true }, CreateTopics, {
      topics: [topic],
      timeoutMs: 10_000,
    })
    expect(again.topics[0].errorCode).toBe(ErrorCodes.TOPIC_ALREADY_EXISTS)
    const byName = { topicNames: [name], timeoutMs: 10_000 }
    await cluster.request({ controller: true }, DeleteTopics, byName, { maxVersion: 5 })
    await eventually(cluster, () => cluster.topic(name)?.errorCode === ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
    expect(cluster.topic(name)!.partitions).toEqual([])
    // With ZooKeeper the name is free only some time after the brokers have forgotten the topic.
    const remake = async () => {
      const topics = [{ ...topic, numPartitions: 1 }]
      const remade = await cluster.request({ controller: true }, CreateTopics, { topics, timeoutMs: 10_000 })
      return remade.topics[0].errorCode
    }
    await expect.poll(remake, { timeout: 30_000, interval: 100 }).toBe(ErrorCodes.NONE)
    await eventually(cluster, () => cluster.topic(name)?.errorCode === ErrorCodes.NONE)
    expect(cluster.topic(name)!.topicId).not.toBe(topicId)
    expect(cluster.topicById(topicId)).toBeUndefined()
    expect(cluster.topic(name)!.partitions).toHaveLength(1)
  })

  test('refuses what it must, at once and by its name', async () => {
    const cluster = open(kafka.bootstrap)
    await expect(cluster.topics(['no spaces, please'])).rejects.toMatchObject({
      code: 'INVALID_TOPIC_EXCEPTION',
      context: { topic: 'no spaces, please' },
    })
    await expect(cluster.topics([kafka.unique('absent')], { wait: false })).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
    })
  })

  test('is asked as leader and as coordinator', async () => {
    const topic = await kafka.topic()
    const group = kafka.unique('group')
    const cluster = open(kafka.bootstrap)
    const message = {
      replicaId: -1,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1n }] }],
    }
    const offsets = await cluster.request({ leader: { topic, partition: 0 } }, ListOffsets, message)
    expect(offsets.topics[0].partitions[0]).toMatchObject({ errorCode: 0, offset: 0n })
    const { groups } = await cluster.request({ group }, DescribeGroups, { groups: [group] })
    expect(groups[0].groupId).toBe(group)
    // A broker that has just started has no producer ids at hand yet, and says so.
    const initProducer = () =>
      cluster.request({ anyBroker: true }, InitProducerId, {
        transactionalId: null,
        transactionTimeoutMs: 1000,
      })
    await expect.poll(async () => (await initProducer()).errorCode, { timeout: 30_000 }).toBe(0)
    const transactionalId = kafka.unique('transaction')
    const started = await cluster.request({ transactionalId }, InitProducerId, {
      transactionalId,
      transactionTimeoutMs: 10_000,
    })
    expect([started.errorCode, started.producerEpoch]).toEqual([0, 0])
  })

  test('finds many coordinators at once, in as few requests as it can', async () => {
    const keys = [1, 2, 3].map(() => kafka.unique('group'))
    const cluster = open(kafka.bootstrap)
    await cluster.refresh()
    const ids = await Promise.all(keys.map((key) => cluster.coordinator('group', key)))
    const known = cluster.brokers().map(({ id }) => id)
    for (const id of ids) expect(known).toContain(id)
    const version = await cluster.lane('v').version(ids[0], FindCoordinator)
    expect(version >= 4).toBe(kafka.atLeast('3.0'))
  })
})

describe('three brokers', () => {
  let kafka: KafkaCluster

  beforeAll(async () => {
    kafka = await startKafka({ brokers: 3 })
  })
  afterAll(() => kafka?.close())
  beforeEach(() =>
    Promise.all(kafka.brokers.filter(({ running }) => !running).map((broker) => broker.start())),
  )

  test('are found from one of them, with dead addresses before it', async () => {
    const cluster = open(['127.0.0.1:1', 'no-such-host.invalid:9092', kafka.bootstrap[2]])
    await eventually(cluster, () => cluster.brokers().length === 3)
    expect(
      cluster
        .brokers()
        .map(({ port }) => port)
        .sort(),
    ).toEqual(kafka.brokers.map(({ port }) => port).sort())
  })

  test("carry out what is the controller's, whoever is asked", async () => {
    const cluster = open(kafka.bootstrap)
    await eventually(cluster, () => cluster.brokers().length === 3)
    const topics = [{ name: 'controlled', numPartitions: 3, replicationFactor: 3 }]
    const made = await cluster.request({ controller: true }, CreateTopics, { topics, timeoutMs: 10_000 })
    expect(made.topics.map(({ errorCode }) => errorCode)).toEqual([0])
    const [topic] = await cluster.topics(['controlled'], { waitForLeader: true })
    expect(new Set(topic.partitions.map(({ leaderId }) => leaderId)).size).toBe(3)
    expect(topic.partitions.every(({ replicas }) => replicas.length === 3)).toBe(true)
  })

  test('move their leaders and coordinators when one stops, and requests follow', async () => {
    const name = 'moving'
    await kafka.createTopic(name, { partitions: 6, replicationFactor: 3 })
    const cluster = open(kafka.bootstrap)
    const [before] = await cluster.topics([name], { waitForLeader: true })
    const groups = Array.from({ length: 12 }, (_, index) => `group-${index}`)
    const find = () => Promise.all(groups.map((group) => cluster.coordinator('group', group)))
    const coordinators = await find()
    const leaving = coordinators[0]
    const led = before.partitions.filter(({ leaderId }) => leaderId === leaving)
    expect(led.length).toBeGreaterThan(0)

    await kafka.brokers.find(({ id }) => id === leaving)!.stop()

    for (const { index, leaderEpoch } of led) {
      const message = {
        replicaId: -1,
        topics: [{ name, partitions: [{ partitionIndex: index, timestamp: -1n }] }],
      }
      const response = await cluster.request(
        { leader: { topic: name, partition: index } },
        ListOffsets,
        message,
      )
      expect(response.topics[0].partitions[0].errorCode).toBe(0)
      const now = cluster.topic(name)!.partitions[index]
      expect(now.leaderId).not.toBe(leaving)
      expect(now.leaderEpoch).toBeGreaterThan(leaderEpoch)
    }
    const { groups: described } = await cluster.request({ group: groups[0] }, DescribeGroups, {
      groups: [groups[0]],
    })
    // Nobody is in it; what counts is that its coordinator says so.
    expect([ErrorCodes.NONE, ErrorCodes.GROUP_ID_NOT_FOUND]).toContain(described[0].errorCode)
    expect(await find()).not.toContain(leaving)
  })

  test('can all be restarted one after the other under the same client', async () => {
    await kafka.createTopic('rolling', { partitions: 3, replicationFactor: 3 })
    const cluster = open([kafka.bootstrap[0]])
    await cluster.topics(['rolling'], { waitForLeader: true })
    for (const broker of kafka.brokers) {
      await broker.stop()
      await cluster.refresh()
      await broker.start()
      await eventually(cluster, () => cluster.brokers().length === 3)
    }
    await eventually(cluster, () => cluster.topic('rolling')!.partitions.every(({ isr }) => isr.length === 3))
  })

  test('are done without when they do not answer', async () => {
    const cluster = open(kafka.bootstrap, { requestTimeoutMs: 1000, connectTimeoutMs: 1000 })
    await eventually(cluster, () => cluster.brokers().length === 3)
    const [silent] = kafka.brokers
    await silent.pause()
    try {
      for (let round = 0; round < 5; round++) await cluster.refresh()
      expect(cluster.brokers().length).toBeGreaterThanOrEqual(2)
    } finally {
      await silent.resume()
    }
  })

  test('leave nothing behind when the client is closed while one of them is away', async () => {
    await kafka.brokers[0].stop()
    const cluster = new Cluster({ brokers: kafka.bootstrap })
    await cluster.refresh()
    const lane = cluster.lane('away')
    const failing = lane.send(kafka.brokers[0].id, Metadata, {}).catch((error) => error)
    await sleep(10)
    await cluster.close()
    expect((await failing).code).toMatch(/CLOSED|CONNECTION_LOST/)
  })
})
