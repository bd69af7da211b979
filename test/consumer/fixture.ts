import { type CompressionName, codecByName } from '../../src/compression/index.ts'
import type { Consumer, KafkaRecord, TopicPartition } from '../../src/index.ts'
import { Kafka, type KafkaOptions } from '../../src/index.ts'
import { errorByCode } from '../../src/protocol/error-codes.ts'
import { CreatePartitions } from '../../src/protocol/messages/create-partitions.ts'
import { CreateTopics } from '../../src/protocol/messages/create-topics.ts'
import { DeleteRecords } from '../../src/protocol/messages/delete-records.ts'
import { Produce } from '../../src/protocol/messages/produce.ts'
import { BatchBuilder, type CloseFields } from '../../src/records/index.ts'

/** Produce with topics by name: every broker from 2.8 to 4.3 has it. */
const produceVersion = 9

export interface FillOptions {
  compression?: CompressionName
  /** Of the first record; each further one is a second later. */
  timestampMs?: number
  key?: (index: number) => string
  fields?: CloseFields
  transactionalId?: string
}

/** A cluster to test against, real or not: topics of its own names, filled through raw requests. */
export class Fixture {
  readonly brokers: string[]
  readonly kafka: Kafka
  readonly #closing: (() => Promise<unknown>)[] = []
  #names = 0

  constructor(brokers: string[]) {
    this.brokers = brokers
    this.kafka = this.another()
  }

  /** A `Kafka` with options of its own; closed with the fixture. */
  another(options: Partial<KafkaOptions> = {}): Kafka {
    const kafka = new Kafka({ brokers: this.brokers, clientId: 'test', ...options })
    this.#closing.push(() => kafka.close())
    return kafka
  }

  name(what = 'topic'): string {
    this.#names += 1
    return `${what}-${this.#names}-${Math.random().toString(36).slice(2)}`
  }

  async createTopic(partitions = 1, configs: Record<string, string> = {}, replicas = 1): Promise<string> {
    const name = this.name()
    await this.createTopicNamed(name, partitions, configs, replicas)
    return name
  }

  async createTopicNamed(
    name: string,
    partitions = 1,
    configs: Record<string, string> = {},
    replicas = 1,
  ): Promise<void> {
    const configList = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    const topics = [{ name, numPartitions: partitions, replicationFactor: replicas, configs: configList }]
    const response = await this.kafka.request({ controller: true }, CreateTopics, {
      topics,
      timeoutMs: 30_000,
    })
    check(response.topics[0].errorCode, `create ${name}`)
  }

  async addPartitions(name: string, count: number): Promise<void> {
    const message = { topics: [{ name, count, assignments: null }], timeoutMs: 30_000 }
    const response = await this.kafka.request({ controller: true }, CreatePartitions, message)
    check(response.results[0].errorCode, `add partitions to ${name}`)
  }

  /** Moves the start of the log to `offset`. */
  async deleteBefore(topic: string, partition: number, offset: bigint): Promise<void> {
    const message = {
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }],
      timeoutMs: 30_000,
    }
    const response = await this.kafka.request({ leader: { topic, partition } }, DeleteRecords, message)
    check(response.topics[0].partitions[0].errorCode, `delete records of ${topic}`)
  }

  /** Appends one batch of these values; resolves with the offset of the first. */
  async fill(
    topic: string,
    partition: number,
    values: readonly string[],
    options: FillOptions = {},
  ): Promise<bigint> {
    const { compression = 'none', timestampMs = Date.now(), key, fields, transactionalId } = options
    const builder = new BatchBuilder(
      Buffer.alloc(values.reduce((sum, value) => sum + value.length + 100, 100)),
    )
    values.forEach((value, index) => {
      if (!builder.append(timestampMs + index * 1000, key?.(index) ?? null, value, null))
        throw new Error('full')
    })
    const compressed =
      compression === 'none'
        ? undefined
        : await codecByName(compression).compress(builder.uncompressedRecords())
    const records = builder.close({ compression, compressed, ...fields })
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }]
    const message = { acks: -1, timeoutMs: 30_000, transactionalId: transactionalId ?? null, topicData }
    const send = () =>
      this.kafka.request({ leader: { topic, partition } }, Produce, message, { version: produceVersion })
    let baseOffset = -1n
    // A new topic's leader may not know yet that it is one.
    await eventually(async () => {
      const [answer] = (await send()).responses[0].partitionResponses
      baseOffset = answer.baseOffset
      if (!errorByCode(answer.errorCode).retriable) check(answer.errorCode, `produce to ${topic}`)
      return answer.errorCode === 0
    }, `produce to ${topic}`)
    return baseOffset
  }

  async close(): Promise<void> {
    await Promise.all(this.#closing.map((close) => close()))
  }
}

function check(errorCode: number, what: string): void {
  if (errorCode !== 0) throw new Error(`${what}: ${errorByCode(errorCode).name}`)
}

/** `from` up to `to`, as text. */
export function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${from + index}`)
}

export function textOf(record: KafkaRecord): string {
  return record.value!.toString()
}

/** The values of the next `count` records, each processed. */
export async function take(consumer: Consumer, count: number): Promise<string[]> {
  const values: string[] = []
  if (count === 0) return values
  for await (const record of consumer) {
    values.push(textOf(record))
    if (values.length < count) continue
    consumer.markProcessed(record)
    break
  }
  return values
}

/** Everything until the reading ends by itself. */
export async function drain(records: AsyncIterable<KafkaRecord>): Promise<string[]> {
  const values: string[] = []
  for await (const record of records) values.push(textOf(record))
  return values
}

export function byName(partitions: Iterable<TopicPartition>): string[] {
  return [...partitions].map(({ topic, partition }) => `${topic}-${partition}`).sort()
}

/** Resolves as soon as `condition` holds; looks every `everyMs`, and gives up in the end. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string,
  { timeoutMs = 30_000, everyMs = 10 } = {},
): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`waited ${timeoutMs} ms for this: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
