/**
 * Other people's programs, each with one small scenario, which they pass on the broker of `odradek/testing` and on a real
 * Kafka alike: what they print is the same.
 */
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { KAFKA_VERSION } from '../../tools/kafka-version.ts'
import { projectRoot } from '../../tools/project-root.ts'
import { debianProgram } from '../harness/debian.ts'
import { kafkaClasspath } from '../harness/kafka/jars.ts'
import { pythonWith } from '../harness/python.ts'
import { run, runOrFail } from '../harness/run.ts'
import { KafkaInUse, useKafka } from '../harness/use-kafka.ts'

const folder = join(projectRoot(), 'test/interop/programs')
const real = useKafka()
let broker: Broker
let ours: KafkaInUse

beforeAll(async () => {
  broker = await startBroker()
  ours = new KafkaInUse({ bootstrap: broker.brokers, version: KAFKA_VERSION, tools: { runIn: 'jvm' } })
})

afterAll(() => broker?.close())

/** What the program prints on each of the two. */
async function onBoth(program: (kafka: KafkaInUse) => Promise<string>): Promise<[string[], string[]]> {
  const lines = async (kafka: KafkaInUse) => (await program(kafka)).trim().split('\n')
  const there = await lines(real)
  return [await lines(ours), there]
}

// What an older release cannot do is another matter.
describe.runIf(real.version === KAFKA_VERSION)('the same scenario here and on Kafka', () => {
  test('kcat: writes, lists and reads, alone and in a group', async () => {
    const kcat = await debianProgram('kcat', [
      ...['kcat', 'librdkafka1', 'libyajl2', 'liblz4-1', 'libzstd1', 'zlib1g'],
      ...['libsasl2-2', 'libsasl2-modules-db', 'libdb5.3', 'libssl3'],
    ])
    const [here, there] = await onBoth(async (kafka) => {
      const topic = await kafka.topic({ partitions: 2 })
      const group = kafka.unique('group')
      const call = async (args: string[], stdin = '') => {
        const options = { stdin, env: kcat.env }
        const { stdout } = await runOrFail(kcat.command, ['-b', kafka.bootstrap[0], ...args], options)
        return stdout
      }
      const lines = Array.from({ length: 100 }, (_, index) => `key${index}:value${index}\n`).join('')
      await call(['-P', '-t', topic, '-K', ':', '-z', 'snappy', '-H', 'from=kcat'], lines)
      const listed = JSON.parse(await call(['-L', '-J', '-t', topic]))
      const read = await call(['-C', '-t', topic, '-e', '-q', '-f', '%k %s %h\n'])
      const alone = ['-X', 'auto.offset.reset=earliest', '-e', '-q', '-f', '%k\n']
      const inGroup = await call(['-G', group, ...alone, topic])
      await call(['-P', '-t', topic, '-K', ':'], 'last:one\n')
      const wentOn = await call(['-G', group, ...alone, topic])
      const [{ partitions }] = listed.topics
      return [
        partitions.length,
        read.trim().split('\n').sort().join(),
        inGroup.trim().split('\n').sort().join(),
        wentOn,
      ].join('\n')
    })
    expect(here).toEqual(there)
    expect(here[0]).toBe('2')
    expect(here[3]).toBe('last')
  })

  test('kafka-python: writes, and reads in a group that goes on where it was', async () => {
    const python = await pythonWith(['kafka-python==2.2.15'])
    const [here, there] = await onBoth(async (kafka) => {
      const args = [kafka.bootstrap[0], kafka.unique('topic'), kafka.unique('group')]
      return (await runOrFail(python, [join(folder, 'kafka_python.py'), ...args])).stdout
    })
    expect(here).toEqual(there)
    expect(here.at(-1)).toBe('end 200')
  })

  test('KafkaJS: creates a topic, writes, and reads in a group that goes on where it was', async () => {
    const [here, there] = await onBoth(async (kafka) => {
      const client = new kafkajs.Kafka({ brokers: kafka.bootstrap, logLevel: kafkajs.logLevel.NOTHING })
      const [topic, groupId] = [kafka.unique('topic'), kafka.unique('group')]
      const [admin, producer] = [
        client.admin(),
        client.producer({ idempotent: true, maxInFlightRequests: 1 }),
      ]
      await Promise.all([admin.connect(), producer.connect()])
      const printed: unknown[] = [await admin.createTopics({ topics: [{ topic, numPartitions: 4 }] })]
      const numbers = (first: number) => Array.from({ length: 100 }, (_, index) => `${first + index}`)
      const send = (first: number) =>
        producer.send({ topic, messages: numbers(first).map((number) => ({ key: number, value: number })) })
      /** Reads until it has seen these values. */
      const read = async (first: number) => {
        const seen = new Set<string>()
        const consumer = client.consumer({ groupId, maxWaitTimeInMs: 50 })
        await consumer.connect()
        await consumer.subscribe({ topic, fromBeginning: true })
        await consumer.run({ eachMessage: async ({ message }) => void seen.add(`${message.value}`) })
        const isThere = () => numbers(first).every((number) => seen.has(number))
        await expect.poll(isThere, { timeout: 60_000 }).toBe(true)
        await consumer.disconnect()
        return seen.size
      }
      await send(0)
      printed.push(await read(0))
      await send(100)
      printed.push(await read(100))
      const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] })
      printed.push(partitions.reduce((sum, { offset }) => sum + Number(offset), 0))
      await admin.deleteGroups([groupId])
      await admin.deleteTopics({ topics: [topic] })
      await Promise.all([admin.disconnect(), producer.disconnect()])
      return printed.join('\n')
    })
    expect(here).toEqual(there)
    expect(here).toEqual(['true', '100', '100', '200'])
  })

  test("Java's console tools write, read, and tell what a group has read", async () => {
    const [here, there] = await onBoth(async (kafka) => {
      const [topic, group] = [await kafka.topic(), kafka.unique('group')]
      const server = ['--bootstrap-server', kafka.bootstrap[0]]
      const stdin = Array.from({ length: 20 }, (_, index) => `line ${index}\n`).join('')
      const tool = async (name: string, args: string[], input = '') => {
        const options = { stdin: input }
        const outcome = await kafka.tool(`org.apache.kafka.tools.${name}`, [...server, ...args], options)
        expect(outcome.code, outcome.stderr).toBe(0)
        return outcome.stdout
      }
      await tool('ConsoleProducer', ['--topic', topic, '--compression-codec', 'gzip'], stdin)
      const read = ['--topic', topic, '--group', group, '--from-beginning', '--max-messages', '20']
      const lines = await tool('consumer.ConsoleConsumer', [...read, '--timeout-ms', '30000'])
      const described = await tool('consumer.group.ConsumerGroupCommand', ['--describe', '--group', group])
      const [, start, end, lag] = new RegExp(`${topic} +0 +(\\d+) +(\\d+) +(\\d+)`).exec(described) ?? []
      return `${lines}${start} of ${end}, ${lag} to come`
    })
    expect(here).toEqual(there)
    expect(here.at(-1)).toBe('20 of 20, 0 to come')
  })

  test.each(['classic', 'consumer'])(
    'confluent-kafka: transactions, and a group of the %s protocol',
    async (protocol) => {
      const python = await pythonWith(['confluent-kafka==2.16.1'])
      const [here, there] = await onBoth(async (kafka) => {
        const args = [kafka.bootstrap[0], kafka.unique('topic'), kafka.unique('group'), protocol]
        return (await runOrFail(python, [join(folder, 'librdkafka.py'), ...args])).stdout
      })
      expect(here).toEqual(there)
      expect(here.at(-1)).toBe('went on 0 missing')
    },
  )

  test.each([
    ['a group', 'classic', ['read 0 to 99', 'committed 200']],
    ['a KIP-848 group', 'consumer', ['read 0 to 99', 'committed 200']],
    ['a share group', 'share', ['accepted 0 to 99', 'came again 10']],
    ['transactions', 'transaction', ['fenced', 'read committed 100 of 100']],
  ])("Java's clients: %s", async (_, what, expected) => {
    const classpath = await kafkaClasspath(KAFKA_VERSION)
    const java = ['-Xmx200m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classpath]
    const [here, there] = await onBoth(async (kafka) => {
      const args = [join(folder, 'Clients.java'), kafka.bootstrap[0], kafka.unique('java'), what]
      const outcome = await run('java', [...java, ...args])
      expect(outcome.code, outcome.stderr.slice(-3000)).toBe(0)
      return outcome.stdout
    })
    expect(there).toEqual(expected)
    expect(here).toEqual(expected)
  })

  test("Java's performance tools write and read", async () => {
    const [here, there] = await onBoth(async (kafka) => {
      const topic = await kafka.topic({ partitions: 2 })
      const server = ['--bootstrap-server', kafka.bootstrap[0], '--topic', topic]
      const produced = await kafka.tool('org.apache.kafka.tools.ProducerPerformance', [
        ...server,
        ...['--num-records', '20000', '--record-size', '100', '--throughput', '-1'],
      ])
      const consumed = await kafka.tool('org.apache.kafka.tools.ConsumerPerformance', [
        ...server,
        ...['--num-records', '20000', '--timeout', '20000'],
      ])
      expect([produced.code, consumed.code], produced.stderr + consumed.stderr).toEqual([0, 0])
      return `${/(\d+) records sent/.exec(produced.stdout)?.[1]}\n${/, (\d{5}), /.exec(consumed.stdout)?.[1]}`
    })
    expect(here).toEqual(['20000', '20000'])
    expect(here).toEqual(there)
  })
})
