import type { Draft } from '../../../src/protocol/message.ts'
import {
  DescribeProducers,
  Fetch,
  type FetchRequest,
  ListOffsets,
} from '../../../src/protocol/messages/index.ts'
import { type BatchView, bytesSource, readBatches } from '../../../src/records/index.ts'
import type { Teller, TestTopic } from './world.ts'

export const isolationLevels = [
  ['uncommitted', 0],
  ['committed', 1],
] as const

export interface Reading {
  version?: number
  offset?: bigint
  partition?: number
  partitionMaxBytes?: number
  request?: Draft<FetchRequest>
  say?: string
  /** Without the values of records. */
  brief?: boolean
}

/** Fetches by both isolation levels and writes down the batches in a form that has no ids and times in it. */
export async function readBoth(client: Teller, topic: TestTopic, reading: Reading = {}): Promise<void> {
  for (const [name, isolationLevel] of isolationLevels)
    await read(client, topic, name, isolationLevel, reading)
}

export async function readCommitted(client: Teller, topic: TestTopic, reading: Reading = {}): Promise<void> {
  await read(client, topic, 'committed', 1, reading)
}

async function read(
  client: Teller,
  topic: TestTopic,
  name: string,
  isolationLevel: number,
  reading: Reading,
): Promise<void> {
  const {
    version = client.upTo(Fetch, 16),
    offset = 0n,
    partition = 0,
    partitionMaxBytes = 1 << 20,
    request,
    say,
  } = reading
  const named = version >= 13 ? { topicId: topic.id } : { topic: topic.name }
  const answer = await client.quietly(Fetch, version, {
    maxWaitMs: 0,
    minBytes: 1,
    isolationLevel,
    ...request,
    topics: [{ ...named, partitions: [{ partition, fetchOffset: offset, partitionMaxBytes }] }],
  })
  const { records, ...rest } = answer.responses[0].partitions[0]
  const found = [...batchesIn(records ?? Buffer.alloc(0))]
  const batches =
    reading.brief === true ? found.map(({ baseOffset }) => baseOffset) : found.map(describeBatch)
  client.tell(`Fetch v${version} ${name} from ${offset}${say === undefined ? '' : ` (${say})`}`, {
    ...rest,
    batches,
  })
}

function* batchesIn(records: Buffer): Generator<BatchView> {
  const reader = readBatches(records, bytesSource('', 0))
  for (let view = reader.next(); view !== undefined; view = reader.next()) yield view
}

function describeBatch(view: BatchView) {
  const { baseOffset, isTransactional, isControl, producerEpoch, baseSequence, leaderEpoch, sizeBytes } = view
  const records = view.isCompressed ? [] : [...view]
  return {
    baseOffset,
    leaderEpoch,
    isTransactional,
    producerEpoch,
    baseSequence,
    ...(isControl
      ? {
          attributes: view.bytes.readInt16BE(21),
          sizeBytes,
          hasTwoEqualTimes: view.baseTimestamp === view.maxTimestamp,
          control: records.map(({ key, value }) => `${hex(key)}:${hex(value)}`),
        }
      : { values: records.map(({ value }) => String(value)) }),
  }
}

function hex(bytes: Buffer | null): string {
  return bytes?.toString('hex') ?? 'null'
}

/** Where the log ends for both isolation levels. */
export async function endOffsets(client: Teller, topic: TestTopic, say?: string): Promise<void> {
  for (const [name, isolationLevel] of isolationLevels) {
    await client.call(
      ListOffsets,
      7,
      {
        replicaId: -1,
        isolationLevel,
        topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, timestamp: -1n }] }],
      },
      say === undefined ? name : `${name}, ${say}`,
    )
  }
}

export async function describeProducers(client: Teller, topic: TestTopic, say: string): Promise<void> {
  await client.call(DescribeProducers, 0, { topics: [{ name: topic.name, partitionIndexes: [0] }] }, say)
}
