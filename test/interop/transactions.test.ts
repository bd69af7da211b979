/** Other people's transactional producers, at the broker of `odradek/testing` and at a real one. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigurationError, Kafka } from '../../src/index.ts'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { projectRoot } from '../../tools/project-root.ts'
import { Fixture } from '../consumer/fixture.ts'
import { RawTransactions } from '../consumer/transactions.ts'
import { pythonWith } from '../harness/python.ts'
import { runOrFail } from '../harness/run.ts'
import { KafkaInUse, useKafka } from '../harness/use-kafka.ts'

const real = useKafka()
let broker: Broker
let ours: KafkaInUse

beforeAll(async () => {
  broker = await startBroker()
  ours = new KafkaInUse({ bootstrap: broker.brokers, version: '4.3.1', tools: { runIn: 'jvm' } })
})

afterAll(() => broker.close())

describe.each([
  ['the broker in TypeScript', () => ours],
  ['a real one', () => real],
])('transactions at %s', (_, brokerInUse) => {
  let kafka: KafkaInUse
  let client: Kafka
  let fixture: Fixture

  beforeAll(() => {
    kafka = brokerInUse()
    client = new Kafka({ brokers: kafka.bootstrap })
    fixture = new Fixture(kafka.bootstrap)
  })

  afterAll(async () => {
    await fixture.close()
    await client.close()
  })

  /** A topic with the texts of the numbers below `count`, in one partition. */
  async function numbered(count: number): Promise<string> {
    const topic = await kafka.topic()
    await using producer = client.producer()
    await producer.sendBatch(Array.from({ length: count }, (_, index) => ({ topic, value: `${index}` })))
    return topic
  }

  async function values(
    topic: string,
    isolationLevel: 'read_committed' | 'read_uncommitted' = 'read_committed',
  ): Promise<string[]> {
    const found: string[] = []
    for await (const { value } of client.read(topic, { from: 'earliest', until: 'end', isolationLevel })) {
      found.push(value!.toString())
    }
    return found
  }

  const counted = (count: number) => Array.from({ length: count }, (_, index) => `${index}`)

  async function tool(name: string, ...args: string[]): Promise<string> {
    const outcome = await kafka.tool(`org.apache.kafka.tools.${name}`, args)
    expect(outcome.code, outcome.stderr).toBe(0)
    return outcome.stdout
  }

  test('Java: a copier that aborts at random copies each record once', async () => {
    const [source, target] = [await numbered(200), await kafka.topic()]
    const args = [
      ...['--broker-list', kafka.bootstrap[0], '--transactional-id', kafka.unique('copier')],
      ...['--input-topic', source, '--input-partition', '0', '--output-topic', target],
      ...['--consumer-group', kafka.unique('group'), '--transaction-size', '20', '--max-messages', '200'],
      ...['--enable-random-aborts', '--use-group-metadata'],
    ]
    await tool('TransactionalMessageCopier', ...args)
    expect(await values(target)).toEqual(counted(200))
  })

  test('Java: a producer measured with transactions', async () => {
    const topic = await kafka.topic({ partitions: 3 })
    const stdout = await tool(
      'ProducerPerformance',
      ...['--topic', topic, '--num-records', '5000', '--record-size', '100', '--throughput', '-1'],
      ...['--transactional-id', kafka.unique('performance'), '--transaction-duration-ms', '50'],
      ...['--bootstrap-server', kafka.bootstrap[0]],
    )
    expect(stdout).toContain('5000 records sent')
    expect(await values(topic)).toHaveLength(5000)
  })

  test('Java: transactions listed, described and, where one hangs, aborted', async () => {
    const topic = await kafka.topic()
    const transaction = new RawTransactions(fixture)
    await transaction.begin()
    await transaction.write(topic, 0, ['open'])
    const command = (...args: string[]) =>
      tool('TransactionsCommand', '--bootstrap-server', kafka.bootstrap[0], ...args)
    expect(await command('list')).toMatch(new RegExp(`${transaction.transactionalId}.*Ongoing`))
    const described = await command('describe', '--transactional-id', transaction.transactionalId)
    expect(described).toContain(`${topic}-0`)
    const producers = await command('describe-producers', '--topic', topic, '--partition', '0')
    // The last column says where its transaction begins.
    expect(producers.trim().split('\n')[1].trim().split(/\s+/).at(-1)).toBe('0')
    await command('abort', '--topic', topic, '--partition', '0', '--start-offset', '0')
    expect(await values(topic)).toEqual([])
    expect(await values(topic, 'read_uncommitted')).toEqual(['open'])
  })

  test('librdkafka: consumes, copies and commits its offsets in transactions', async () => {
    const [source, target] = [await numbered(30), await kafka.topic()]
    const script = join(projectRoot(), 'test/interop/transact.py')
    const python = await pythonWith(['confluent-kafka==2.16.1'])
    const args = [script, kafka.bootstrap[0], source, target, kafka.unique('group'), '30']
    const { stdout } = await runOrFail(python, args)
    const [copied, committed] = stdout.trim().split('\n')
    expect(copied.split(' ')).toEqual(counted(30))
    expect(committed).toBe('30')
    expect(await values(target, 'read_uncommitted')).toHaveLength(45)
  })

  test('KafkaJS: commits, aborts, and sends offsets', async () => {
    const topic = await kafka.topic()
    const groupId = kafka.unique('group')
    const theirs = new kafkajs.Kafka({ brokers: kafka.bootstrap, logLevel: kafkajs.logLevel.NOTHING })
    const producer = theirs.producer({
      transactionalId: kafka.unique('kafkajs'),
      maxInFlightRequests: 1,
      idempotent: true,
    })
    await producer.connect()
    for (const [value, isCommitted] of [
      ['a', true],
      ['b', false],
      ['c', true],
    ] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value }] })
      const partitions = [{ partition: 0, offset: value === 'b' ? '50' : '7' }]
      await transaction.sendOffsets({ consumerGroupId: groupId, topics: [{ topic, partitions }] })
      await (isCommitted ? transaction.commit() : transaction.abort())
    }
    await producer.disconnect()
    await expect.poll(() => values(topic)).toEqual(['a', 'c'])
    expect(await values(topic, 'read_uncommitted')).toEqual(['a', 'b', 'c'])
    const admin = theirs.admin()
    await admin.connect()
    const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] })
    expect(partitions[0].offset).toBe('7')
    await admin.disconnect()
  })
})

test('Java: each record is copied once while leaders and coordinators move and brokers are killed', async () => {
  const count = 600
  await using cluster = await startBroker({
    brokers: 3,
    topics: { source: 1, target: 1 },
    configs: { 'broker.session.timeout.ms': '200' },
  })
  const client = cluster.kafka()
  const expected = Array.from({ length: count }, (_, index) => `${index}`)
  {
    await using producer = client.producer()
    await producer.sendBatch(expected.map((value) => ({ topic: 'source', value })))
  }
  const kafka = new KafkaInUse({ bootstrap: cluster.brokers, version: '4.3.1', tools: { runIn: 'jvm' } })
  let isOver = false
  let turns = 0
  const acts = [
    () => cluster.moveCoordinator('copier', undefined, 'transaction'),
    () => cluster.moveLeader('target', 0),
    () => cluster.moveCoordinator('group'),
    async () => {
      const node = cluster.node(1 + (turns % 3))
      await node.kill()
      await sleep(250)
      await node.start()
    },
  ]
  const unrest = (async () => {
    for (; !isOver; turns++) {
      await sleep(150)
      try {
        await acts[turns % acts.length]()
      } catch (error) {
        // At times there is nobody else who could lead.
        if (!(error instanceof ConfigurationError)) throw error
      }
    }
  })()
  const outcome = await kafka.tool('org.apache.kafka.tools.TransactionalMessageCopier', [
    ...['--broker-list', cluster.brokers.join(','), '--transactional-id', 'copier'],
    ...['--input-topic', 'source', '--input-partition', '0', '--output-topic', 'target'],
    ...['--consumer-group', 'group', '--transaction-size', '20', '--max-messages', `${count}`],
    ...['--enable-random-aborts', '--use-group-metadata'],
  ])
  isOver = true
  await unrest
  expect(outcome.code, outcome.stderr).toBe(0)
  expect(turns).toBeGreaterThan(acts.length)
  const copied: string[] = []
  const reading = { from: 'earliest', until: 'end', isolationLevel: 'read_committed' } as const
  for await (const { value } of client.read('target', reading)) copied.push(value!.toString())
  expect(copied).toEqual(expected)
})
