import { Fetch, ListOffsets } from '../../../src/protocol/messages/index.ts'
import { bytesSource, readBatches } from '../../../src/records/index.ts'
import { type BatchInput, type RecordInput, someTime } from '../support/batches.ts'
import { produce, until } from '../support/share-reader.ts'
import type { Scenario, Teller, TestTopic, World } from '../support/world.ts'

/** A batch that comes a second after the one before it begins a segment, so that the others can be compacted. */
const quickly = {
  'cleanup.policy': 'compact',
  'segment.ms': '100',
  'min.cleanable.dirty.ratio': '0.01',
  'delete.retention.ms': '100',
}

/** `key=value` for each record; a key alone is a tombstone. */
function records(text: string, seconds: number): RecordInput[] {
  return text.split(' ').map((word) => {
    const [key, value = null] = word.split('=')
    return { key, value, timestamp: someTime + seconds * 1000 }
  })
}

/** Each batch a second after the other. */
class Writer {
  readonly #client: Teller
  readonly #topic: TestTopic
  #seconds = 0

  constructor(client: Teller, topic: TestTopic) {
    this.#client = client
    this.#topic = topic
  }

  async write(text: string, fields: BatchInput = {}): Promise<void> {
    await produce(this.#client, this.#topic, records(text, this.#seconds), 0, fields)
    this.#seconds += 1
  }
}

/** What one fetch gives of partition 0 from `offset` on: records as `offset:key=value`, and the batches that they are in. */
async function fetchOnce(client: Teller, { name }: TestTopic, offset: bigint, maxBytes: number) {
  const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes: maxBytes }]
  const answer = await client.quietly(Fetch, 12, { maxBytes, topics: [{ topic: name, partitions }] })
  const { records: bytes, highWatermark } = answer.responses[0].partitions[0]
  const found: string[] = []
  const batches: string[] = []
  let next = offset
  const reader = readBatches(bytes ?? Buffer.alloc(0), bytesSource(name, 0))
  for (let one = reader.next(); one !== undefined; one = reader.next()) {
    const batch = await one.uncompressed(1_000_000)
    batches.push(`${batch.baseOffset} to ${batch.lastOffset}, ${batch.compression}`)
    next = batch.nextOffset
    for (const record of batch) {
      if (record.offset >= offset) found.push(`${record.offset}:${record.key}=${record.value}`)
    }
  }
  return { found, batches, next, isAll: next >= highWatermark }
}

/** All of partition 0; a fetch of a real Kafka gives no more than is left of one segment. */
async function read(client: Teller, topic: TestTopic) {
  const found: string[] = []
  const batches: string[] = []
  let offset = 0n
  for (let isAll = false; !isAll; ) {
    const part = await fetchOnce(client, topic, offset, 1_000_000)
    found.push(...part.found)
    batches.push(...part.batches)
    offset = part.next
    isAll = part.isAll
  }
  return { found, batches }
}

/** Waits until so many records are left, and writes down which. */
async function left(
  world: World,
  client: Teller,
  topic: TestTopic,
  count: number,
  say: string,
): Promise<void> {
  await until(async () => (await read(client, topic)).found.length === count)
  world.note(say, await read(client, topic))
}

export const compactionScenarios: Scenario[] = [
  {
    name: 'compaction: the last record of each key stays where it is',
    async run(world) {
      const client = await world.client()
      const topic = await world.topic(1, quickly)
      const writer = new Writer(client, topic)
      for (const text of ['a=1 b=1 c=1', 'a=2 b=2', 'c=2', 'd=1', 'a=3']) await writer.write(text)
      await left(world, client, topic, 5, 'one for each key, and the newest')
      for (let offset = 0n; offset <= 8n; offset++) {
        world.note(`from ${offset} on, one batch`, (await fetchOnce(client, topic, offset, 1)).found)
      }
      for (const timestamp of [-2n, -1n, -3n, BigInt(someTime), BigInt(someTime + 1500)]) {
        const partitions = [{ partitionIndex: 0, timestamp }]
        await client.call(ListOffsets, 7, { replicaId: -1, topics: [{ name: topic.name, partitions }] })
      }
    },
  },
  {
    name: 'compaction: compressed batches',
    async run(world) {
      const client = await world.client()
      for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
        const topic = await world.topic(1, quickly)
        const writer = new Writer(client, topic)
        for (const text of ['a=1 b=1 c=1 d=1', 'a=2 c=2', 'z=1']) await writer.write(text, { compression })
        await left(world, client, topic, 5, compression)
      }
    },
  },
  {
    name: 'compaction: tombstones stay for a while',
    async run(world) {
      const client = await world.client()
      const topic = await world.topic(1, quickly)
      const writer = new Writer(client, topic)
      for (const text of ['a=1 b=1', 'a', 'c=1', 'd=1']) await writer.write(text)
      await left(world, client, topic, 4, 'the tombstone is there')
      await new Promise((resolve) => setTimeout(resolve, 300))
      for (const text of ['c=2', 'd=2']) await writer.write(text)
      await left(world, client, topic, 4, 'the tombstone is gone')
    },
  },
  {
    name: 'compaction: young records and small logs are left alone',
    async run(world) {
      const client = await world.client()
      const young = await world.topic(1, { ...quickly, 'min.compaction.lag.ms': '9000000000000' })
      const small = await world.topic(1, { ...quickly, 'segment.ms': '604800000' })
      const clean = await world.topic(1, { ...quickly, 'min.cleanable.dirty.ratio': '0.9' })
      const first = await world.topic(1, quickly)
      for (const topic of [young, small, clean, first]) {
        const writer = new Writer(client, topic)
        for (const text of ['b=1 c=1 d=1 e=1', 'a=1', 'a=2', 'z=1']) await writer.write(text)
      }
      await left(world, client, first, 6, 'one that is compacted')
      world.note('young records', (await read(client, young)).found)
      world.note('one segment', (await read(client, small)).found)
      await left(world, client, clean, 6, 'all of it is new')
      const writer = new Writer(client, clean)
      for (const text of ['y=1', 'y=2', 'z=2']) await writer.write(text)
      await new Promise((resolve) => setTimeout(resolve, 1500))
      world.note('a little of it is new', (await read(client, clean)).found.length)
    },
  },
]
