import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Kafka } from '../../src/index.ts'
import { ConfluentMember } from '../harness/foreign/confluent.ts'
import { useKafka } from '../harness/use-kafka.ts'

const broker = useKafka()
let kafka: Kafka

beforeAll(() => {
  kafka = new Kafka({ brokers: broker.bootstrap, clientId: 'interop' })
})
afterAll(() => kafka.close())

/** Writes `count` records to each of the partitions; resolves with their values. */
async function fill(topic: string, partitions: number, count: number): Promise<string[]> {
  await using producer = kafka.producer()
  const records = Array.from({ length: partitions * count }, (_, index) => ({
    topic,
    partition: index % partitions,
    value: `${index}`,
  }))
  await producer.sendBatch(records)
  return records.map(({ value }) => value)
}

/** A member of the group that is odradek, and what came to it. */
class OdradekMember {
  assigned: number[] = []
  readonly records: { partition: number; value: string }[] = []
  readonly #consumer
  readonly #reading: Promise<void>

  constructor(topic: string, groupId: string) {
    this.#consumer = kafka.consumer({
      groupId,
      topics: [topic],
      heartbeatIntervalMs: 500,
      autoOffsetReset: 'earliest',
      onAssigned: (partitions) => {
        this.assigned.push(...partitions.map(({ partition }) => partition))
      },
      onRevoked: (partitions) => {
        const lost = new Set(partitions.map(({ partition }) => partition))
        this.assigned = this.assigned.filter((partition) => !lost.has(partition))
      },
    })
    this.#reading = this.#read()
  }

  async #read(): Promise<void> {
    for await (const { partition, value } of this.#consumer) {
      this.records.push({ partition, value: String(value) })
    }
  }

  async leave(): Promise<void> {
    await this.#consumer.close()
    await this.#reading
  }
}

const members = {
  odradek: async (topic: string, group: string) => new OdradekMember(topic, group),
  librdkafka: (topic: string, group: string) => ConfluentMember.join(broker.bootstrap, topic, group),
}

describe('one group of odradek and librdkafka', () => {
  test.each([
    ['odradek', 'librdkafka'],
    ['librdkafka', 'odradek'],
  ] as const)('%s leads, %s follows, and each partition has one reader', async (leader, follower) => {
    const topic = await broker.topic({ partitions: 4 })
    const group = broker.unique('group')
    const first = await members[leader](topic, group)
    await expect.poll(() => first.assigned.toSorted(), { timeout: 30_000 }).toEqual([0, 1, 2, 3])
    const second = await members[follower](topic, group)
    await expect
      .poll(() => [first.assigned.length, second.assigned.length], { timeout: 30_000 })
      .toEqual([2, 2])
    const values = await fill(topic, 4, 10)
    const read = () => [...first.records, ...second.records]
    await expect.poll(() => read().length, { timeout: 30_000 }).toBeGreaterThanOrEqual(values.length)
    expect(
      read()
        .map(({ value }) => value)
        .sort(),
    ).toEqual(values.sort())
    for (const member of [first, second]) {
      const partitions = new Set(member.records.map(({ partition }) => partition))
      expect([...partitions].sort()).toEqual(member.assigned.toSorted())
    }
    await first.leave()
    await expect.poll(() => second.assigned.toSorted(), { timeout: 30_000 }).toEqual([0, 1, 2, 3])
    // what the first has committed, the second does not read again
    const more = await fill(topic, 4, 5)
    const total = values.length + more.length
    await expect.poll(() => read().length, { timeout: 30_000 }).toBeGreaterThanOrEqual(total)
    expect(read()).toHaveLength(total)
    await second.leave()
  })
})

test('Java goes on where odradek has committed', async () => {
  const topic = await broker.topic()
  const groupId = broker.unique('group')
  await fill(topic, 1, 10)
  const consumer = kafka.consumer({ groupId, topics: [topic], autoOffsetReset: 'earliest' })
  let count = 0
  for await (const record of consumer) {
    count += 1
    if (count < 7) continue
    consumer.markProcessed(record)
    break
  }
  await consumer.close()
  const server = ['--bootstrap-server', broker.bootstrap.join(',')]
  const described = await broker.tool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [
    ...server,
    ...['--describe', '--group', groupId],
  ])
  expect(described.stdout, described.stderr).toMatch(new RegExp(`${topic}\\s+0\\s+7\\s+10\\s+3`))
  const read = await broker.tool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
    ...server,
    ...['--topic', topic, '--group', groupId, '--max-messages', '3', '--timeout-ms', '30000'],
  ])
  expect(read.stdout, read.stderr).toBe('7\n8\n9\n')
})

test('odradek goes on where Java has committed', async () => {
  const topic = await broker.topic()
  const groupId = broker.unique('group')
  await fill(topic, 1, 10)
  const read = await broker.tool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
    ...['--bootstrap-server', broker.bootstrap.join(',')],
    ...['--topic', topic, '--group', groupId, '--from-beginning', '--max-messages', '4'],
    ...['--timeout-ms', '30000', '--command-property', 'max.poll.records=1'],
  ])
  expect(read.stdout, read.stderr).toBe('0\n1\n2\n3\n')
  await using consumer = kafka.consumer({ groupId, topics: [topic], autoOffsetReset: 'none' })
  const values: string[] = []
  for await (const record of consumer) {
    values.push(String(record.value))
    if (values.length === 6) break
  }
  expect(values).toEqual(['4', '5', '6', '7', '8', '9'])
})
