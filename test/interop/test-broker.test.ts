/** Other people's clients and Kafka's own tools at the broker of `odradek/testing`. */
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compressionNames } from '../../src/compression/codec.ts'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { projectRoot } from '../../tools/project-root.ts'
import { foreignClients, sampleRecords } from '../harness/foreign/index.ts'
import { javaConsole } from '../harness/foreign/java-console.ts'
import { pythonWith } from '../harness/python.ts'
import { runOrFail } from '../harness/run.ts'
import { KafkaInUse } from '../harness/use-kafka.ts'

let broker: Broker
/** The broker, as the harness sees one. */
let kafka: KafkaInUse

beforeAll(async () => {
  broker = await startBroker({ configs: { 'message.max.bytes': '2000000' } })
  kafka = new KafkaInUse({ bootstrap: broker.brokers, version: '4.3.1', tools: { runIn: 'jvm' } })
})

afterAll(() => broker.close())

describe.each(foreignClients)('records of %s', (_, makeWriter) => {
  test.each(compressionNames)('in %s reach everybody', async (compression) => {
    const topic = await kafka.topic()
    const writer = makeWriter(kafka)
    const records = sampleRecords(writer)
    await writer.produce(topic, records, compression)
    for (const [name, makeReader] of foreignClients) {
      expect(await makeReader(kafka).consume(topic, records.length), name).toEqual(records)
    }
  })
})

describe("Kafka's own tools", () => {
  /** Runs a tool and gives its output, without the noise of its log. */
  async function tool(className: string, ...args: string[]): Promise<string> {
    const outcome = await kafka.tool(className, ['--bootstrap-server', broker.brokers[0], ...args])
    expect(outcome.code, outcome.stderr).toBe(0)
    return outcome.stdout
  }

  const topics = 'org.apache.kafka.tools.TopicCommand'
  const groups = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand'
  const configs = 'kafka.admin.ConfigCommand'

  test('create, describe, alter, list and delete topics', async () => {
    const topic = kafka.unique('tools')
    await tool(topics, '--create', '--topic', topic, '--partitions', '3', '--config', 'retention.ms=60000')
    const described = await tool(topics, '--describe', '--topic', topic)
    expect(described).toContain('PartitionCount: 3')
    expect(described).toContain('Configs: retention.ms=60000')
    expect(described.match(/Leader: 1\tReplicas: 1\tIsr: 1/g)).toHaveLength(3)
    await tool(topics, '--alter', '--topic', topic, '--partitions', '5')
    expect(await tool(topics, '--describe', '--topic', topic)).toContain('PartitionCount: 5')
    expect((await tool(topics, '--list')).split('\n')).toContain(topic)
    await tool(
      configs,
      '--alter',
      '--topic',
      topic,
      '--add-config',
      'max.message.bytes=5000',
      '--delete-config',
      'retention.ms',
    )
    const altered = await tool(configs, '--describe', '--topic', topic)
    expect(altered).toContain('max.message.bytes=5000')
    expect(altered).not.toContain('retention.ms')
    await tool(topics, '--delete', '--topic', topic)
    expect((await tool(topics, '--list')).split('\n')).not.toContain(topic)
  })

  test('measure producing and consuming', async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const produced = await kafka.tool('org.apache.kafka.tools.ProducerPerformance', [
      ...['--bootstrap-server', broker.brokers[0], '--topic', topic, '--num-records', '20000'],
      ...['--record-size', '100', '--throughput', '-1'],
    ])
    expect(produced.code, produced.stderr).toBe(0)
    expect(produced.stdout).toContain('20000 records sent')
    const args = ['--topic', topic, '--num-records', '20000', '--timeout', '20000']
    const consumed = await tool('org.apache.kafka.tools.ConsumerPerformance', ...args)
    expect(consumed).toMatch(/, 20000, /)
    const offsets = await tool('org.apache.kafka.tools.GetOffsetShell', '--topic', topic)
    const total = offsets
      .trim()
      .split('\n')
      .reduce((sum, line) => sum + Number(line.split(':')[2]), 0)
    expect(total).toBe(20_000)
  })

  test('consume in a group, describe it, reset and delete its offsets', async () => {
    const topic = await kafka.topic()
    const group = kafka.unique('group')
    const records = sampleRecords(javaConsole(kafka)).slice(0, 5)
    await javaConsole(kafka).produce(topic, records, 'none')
    const read = [
      '--topic',
      topic,
      '--group',
      group,
      '--from-beginning',
      '--max-messages',
      '5',
      '--timeout-ms',
      '30000',
    ]
    await tool('org.apache.kafka.tools.consumer.ConsoleConsumer', ...read)
    const described = await tool(groups, '--describe', '--group', group)
    expect(described).toMatch(new RegExp(`${group} +${topic} +0 +5 +5 +0 `))
    expect(await tool(groups, '--list')).toContain(group)
    const reset = await tool(
      groups,
      '--reset-offsets',
      '--to-offset',
      '2',
      '--group',
      group,
      '--topic',
      topic,
      '--execute',
    )
    expect(reset).toMatch(new RegExp(`${group} +${topic} +0 +2\\s`))
    await tool(groups, '--delete-offsets', '--group', group, '--topic', topic)
    expect(await tool(groups, '--describe', '--group', group)).not.toContain(topic)
  })

  test('see which versions there are', async () => {
    const versions = await tool('org.apache.kafka.tools.BrokerApiVersionsCommand')
    expect(versions).toContain('Produce(0): 0 to 13 [usable: 13]')
    expect(versions).toContain('Fetch(1): 4 to 18 [usable: 18]')
    expect(versions).toContain('ConsumerGroupHeartbeat(68): 0 to 1 [usable: 1]')
  })
})

describe('librdkafka', () => {
  test('shares a topic in a group and commits', async () => {
    const [topic, group] = [await kafka.topic({ partitions: 4 }), kafka.unique('group')]
    await using producer = broker.kafka().producer()
    const records = Array.from({ length: 100 }, (_, index) => ({
      topic,
      partition: index % 4,
      value: `${index}`,
    }))
    await producer.sendBatch(records)
    const script = join(projectRoot(), 'test/interop/share-in-group.py')
    const python = await pythonWith(['confluent-kafka==2.16.1'])
    const { stdout } = await runOrFail(python, [script, broker.brokers[0], topic, group, '100'])
    const [read, committed] = stdout.trim().split('\n')
    expect(read).toBe('50 50')
    expect(committed).toBe('100')
  })
})

describe('KafkaJS', () => {
  test('creates a topic, shares it in a group, and goes on where it was', async () => {
    const client = new kafkajs.Kafka({ brokers: broker.brokers, logLevel: kafkajs.logLevel.NOTHING })
    const [topic, groupId] = [kafka.unique('topic'), kafka.unique('group')]
    const admin = client.admin()
    await admin.connect()
    expect(await admin.createTopics({ topics: [{ topic, numPartitions: 4 }] })).toBe(true)
    const producer = client.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const send = (first: number) =>
      producer.send({
        topic,
        messages: Array.from({ length: 100 }, (_, index) => ({
          key: `${first + index}`,
          value: `${first + index}`,
        })),
      })
    await send(0)

    const seen: string[][] = [[], []]
    const consumers = await Promise.all(
      seen.map(async (values) => {
        const consumer = client.consumer({ groupId, maxWaitTimeInMs: 50 })
        await consumer.connect()
        await consumer.subscribe({ topic, fromBeginning: true })
        await consumer.run({
          eachMessage: async ({ message }) => {
            values.push(message.value!.toString())
          },
        })
        return consumer
      }),
    )
    await expect.poll(() => seen.flat().length, { timeout: 30_000 }).toBeGreaterThanOrEqual(100)
    await expect
      .poll(async () => (await admin.describeGroups([groupId])).groups[0].members.length, { timeout: 30_000 })
      .toBe(2)
    await expect
      .poll(async () => (await admin.describeGroups([groupId])).groups[0].state, { timeout: 30_000 })
      .toBe('Stable')
    for (const values of seen) values.splice(0)
    await send(100)
    await expect
      .poll(() => new Set(seen.flat().filter((value) => Number(value) >= 100)).size, { timeout: 30_000 })
      .toBe(100)
    expect(seen[0].length).toBeGreaterThan(0)
    expect(seen[1].length).toBeGreaterThan(0)
    await Promise.all(consumers.map((consumer) => consumer.disconnect()))

    const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] })
    expect(partitions.reduce((sum, { offset }) => sum + Number(offset), 0)).toBe(200)
    await admin.deleteGroups([groupId])
    await admin.deleteTopics({ topics: [topic] })
    expect(await admin.listTopics()).not.toContain(topic)
    await producer.disconnect()
    await admin.disconnect()
  })
})
