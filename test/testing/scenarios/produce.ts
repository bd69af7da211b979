import { InitProducerId, ListOffsets, Produce } from '../../../src/protocol/messages/index.ts'
import { batch, layout, someTime, tampered } from '../support/batches.ts'
import type { Scenario, Teller, TestTopic } from '../support/world.ts'

const latest = 9

interface Sending {
  version?: number
  acks?: number
  partition?: number
  say?: string
}

async function produce(client: Teller, topic: TestTopic, records: Buffer, sending: Sending = {}) {
  const { version = latest, acks = -1, partition = 0, say } = sending
  const message = {
    acks,
    timeoutMs: 5000,
    topicData: [{ name: topic.name, partitionData: [{ index: partition, records }] }],
  }
  await client.callHopeless(Produce, version, message, say)
}

async function endOffset(client: Teller, topic: TestTopic) {
  await client.call(ListOffsets, 6, {
    replicaId: -1,
    topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, timestamp: -1n }] }],
  })
}

async function newProducerId(client: Teller): Promise<bigint> {
  const { producerId } = await client.quietly(InitProducerId, 4, {
    transactionalId: null,
    transactionTimeoutMs: 1000,
  })
  return producerId
}

export const produceScenarios: Scenario[] = [
  {
    name: 'produce: offsets follow each other, in every version',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      for (let version = 3; version <= 12; version++) {
        await produce(client, topic, await batch(['a', 'b', 'c']), { version })
      }
      await endOffset(client, topic)
    },
  },
  {
    name: 'produce: by topic id',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const records = await batch(['a'])
      for (const topicId of [topic.id, 'AAAAAAAAAAAAAAAAAAAAAQ', 'AAAAAAAAAAAAAAAAAAAAAA']) {
        const message = {
          acks: 1,
          timeoutMs: 5000,
          topicData: [{ topicId, partitionData: [{ index: 0, records }] }],
        }
        await client.call(Produce, 13, message, topicId === topic.id ? 'known' : 'unknown')
      }
    },
  },
  {
    name: 'produce: several topics and partitions, some of them unknown',
    async run(world) {
      const [one, two] = [await world.topic(2), await world.topic()]
      const client = await world.client()
      const records = await batch(['a'])
      const partitionData = [0, 1, 2, -1].map((index) => ({ index, records }))
      const topicData = [one.name, two.name, world.unusedName()].map((name) => ({ name, partitionData }))
      await client.call(Produce, 9, { acks: -1, timeoutMs: 5000, topicData })
      await client.call(Produce, 9, { acks: 1, timeoutMs: 5000, topicData })
      await client.call(Produce, 9, { acks: 1, timeoutMs: 5000, topicData: [] }, 'nothing')
    },
  },
  {
    name: 'produce: acknowledgements that there are not',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      for (const acks of [2, -2, 7]) await produce(client, topic, await batch(['a']), { acks })
    },
  },
  {
    name: 'produce: acks 0 gets no answer, and an error closes the connection',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const topicData = [{ name: topic.name, partitionData: [{ index: 0, records: await batch(['a']) }] }]
      client.post(Produce, 8, { acks: 0, timeoutMs: 5000, topicData })
      await endOffset(client, topic)
      const other = await world.client('other')
      const wrong = [{ name: world.unusedName(), partitionData: topicData[0].partitionData }]
      other.post(Produce, 8, { acks: 0, timeoutMs: 5000, topicData: wrong })
      await other.closed
      world.note('other', 'hung up')
    },
  },
  {
    name: 'produce: batches that are broken',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const good = await batch(['a', 'b'])
      const wrongCrc = Buffer.from(good)
      wrongCrc[wrongCrc.length - 1] ^= 1
      const broken: [string, Buffer][] = [
        ['wrong checksum', wrongCrc],
        ['no bytes', Buffer.alloc(0)],
        ['cut off', good.subarray(0, good.length - 1)],
        ['the first ten bytes', good.subarray(0, 10)],
        ['two batches', Buffer.concat([good, good])],
        ['a batch and a piece of another', Buffer.concat([good, good.subarray(0, 20)])],
        ['base offset 5', tampered(good, (bytes) => bytes.writeBigInt64BE(5n, layout.BASE_OFFSET_AT))],
        ['count 3 of 2', tampered(good, (bytes) => bytes.writeInt32BE(3, layout.RECORD_COUNT_AT))],
        ['count 1 of 2', tampered(good, (bytes) => bytes.writeInt32BE(1, layout.RECORD_COUNT_AT))],
        [
          'last offset delta 5',
          tampered(good, (bytes) => bytes.writeInt32BE(5, layout.LAST_OFFSET_DELTA_AT)),
        ],
        [
          'last offset delta 0',
          tampered(good, (bytes) => bytes.writeInt32BE(0, layout.LAST_OFFSET_DELTA_AT)),
        ],
        ['magic 3', tampered(good, (bytes) => bytes.writeInt8(3, layout.MAGIC_AT))],
        [
          'a length less than the header',
          tampered(good, (bytes) => bytes.writeInt32BE(20, layout.LENGTH_AT)),
        ],
        ['a negative length', tampered(good, (bytes) => bytes.writeInt32BE(-1, layout.LENGTH_AT))],
        ['control', await batch(['a'], { control: true })],
        [
          'transactional',
          await batch(['a'], { transactional: true, producerId: 1n, producerEpoch: 0, baseSequence: 0 }),
        ],
        [
          'producer id without sequence',
          await batch(['a'], { producerId: 1n, producerEpoch: 0, baseSequence: -1 }),
        ],
        [
          'negative producer epoch',
          await batch(['a'], { producerId: 77n, producerEpoch: -1, baseSequence: 0 }),
        ],
        [
          'no records',
          tampered(good.subarray(0, 61), (bytes) => {
            bytes.writeInt32BE(49, layout.LENGTH_AT)
            bytes.writeInt32BE(0, layout.RECORD_COUNT_AT)
            bytes.writeInt32BE(-1, layout.LAST_OFFSET_DELTA_AT)
          }),
        ],
        ['a record longer than the batch', tampered(good, (bytes) => bytes.writeInt8(120, 61))],
      ]
      for (const [say, records] of broken) await produce(client, topic, records, { say })
      await endOffset(client, topic)
    },
  },
  {
    name: 'produce: messages of magic 0 and 1',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const legacy = Buffer.alloc(34)
      legacy.writeInt32BE(22, 8)
      legacy.writeInt8(1, 16)
      legacy.writeInt32BE(-1, 26)
      legacy.writeInt32BE(-1, 30)
      await produce(client, topic, legacy, { version: 3, say: 'magic 1' })
      await produce(client, topic, legacy, { say: 'magic 1' })
    },
  },
  {
    name: 'produce: every codec, and zstd before its time',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
        const records = await batch(['a'.repeat(500), 'b'.repeat(500)], { compression })
        await produce(client, topic, records, { say: compression })
      }
      const zstd = await batch(['a'], { compression: 'zstd' })
      await produce(client, topic, zstd, { version: 6, say: 'zstd' })
      await endOffset(client, topic)
    },
  },
  {
    name: 'produce: compressed batches that hold something else',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const gzip = await batch(['a'.repeat(500), 'b'.repeat(500)], { compression: 'gzip' })
      await produce(
        client,
        topic,
        tampered(gzip, (bytes) => bytes.fill(0, 80, 90)),
        { say: 'garbage inside' },
      )
      const other = tampered(gzip, (bytes) => bytes.writeInt32BE(3, layout.RECORD_COUNT_AT))
      await produce(
        client,
        topic,
        tampered(other, (bytes) => bytes.writeInt32BE(2, layout.LAST_OFFSET_DELTA_AT)),
        {
          say: 'three of two',
        },
      )
      await produce(
        client,
        topic,
        tampered(gzip, (bytes) => bytes.writeInt16BE(5, layout.ATTRIBUTES_AT)),
        {
          say: 'codec 5',
        },
      )
    },
  },
  {
    name: 'produce: too large for the topic',
    async run(world) {
      const topic = await world.topic(1, { 'max.message.bytes': '200' })
      const client = await world.client()
      await produce(client, topic, await batch(['x'.repeat(300)]))
      await produce(client, topic, await batch(['x'.repeat(50)]))
      const zipped = await batch(['x'.repeat(3000)], { compression: 'gzip' })
      await produce(client, topic, zipped, { say: 'small when compressed' })
    },
  },
  {
    name: 'produce: more in-sync replicas are wanted than there are',
    async run(world) {
      const topic = await world.topic(1, { 'min.insync.replicas': '2' })
      const client = await world.client()
      await produce(client, topic, await batch(['x']), { acks: -1 })
      await produce(client, topic, await batch(['x']), { acks: 1 })
    },
  },
  {
    name: 'produce: times too far from now, and a compacted topic without keys',
    async run(world) {
      const client = await world.client()
      const narrow = await world.topic(1, {
        'message.timestamp.before.max.ms': '60000',
        'message.timestamp.after.max.ms': '60000',
      })
      const now = Date.now()
      const records = [{ timestamp: someTime }, { timestamp: now }, { timestamp: now + 600_000 }]
      await produce(client, narrow, await batch(records), { say: 'early, now, late' })
      await produce(client, narrow, await batch([{ timestamp: now }]), { say: 'now' })
      const compacted = await world.topic(1, { 'cleanup.policy': 'compact' })
      await produce(client, compacted, await batch([{ key: 'k' }, { value: 'no key' }]), { say: 'no key' })
      await produce(
        client,
        compacted,
        await batch([{ key: 'k' }, { value: 'no key' }], { compression: 'gzip' }),
      )
      await produce(client, compacted, await batch([{ key: 'k' }]), { say: 'key' })
    },
  },
  {
    name: 'produce: the log gives the time',
    async run(world) {
      const topic = await world.topic(1, { 'message.timestamp.type': 'LogAppendTime' })
      const client = await world.client()
      await produce(client, topic, await batch(['a']))
      await produce(client, topic, await batch(['a'], { compression: 'gzip' }))
    },
  },
  {
    name: 'produce: idempotent, with repetitions, gaps and stale epochs',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const producerId = await newProducerId(client)
      const send = async (say: string, producerEpoch: number, baseSequence: number, records = ['a', 'b']) =>
        produce(client, topic, await batch(records, { producerId, producerEpoch, baseSequence }), { say })
      await send('first', 0, 0)
      await send('first again', 0, 0)
      await send('second', 0, 2)
      await send('a gap', 0, 10)
      await send('the first with another count', 0, 0, ['a'])
      for (const sequence of [4, 6, 8, 10]) await send(`sequence ${sequence}`, 0, sequence)
      await send('the fifth last', 0, 2)
      await send('the sixth last, not remembered', 0, 0)
      await send('a new epoch that does not begin at 0', 1, 12)
      await send('a new epoch', 1, 0)
      await send('the old epoch', 0, 12)
      await send('the new epoch goes on', 1, 2)
      await endOffset(client, topic)
    },
  },
  {
    name: 'produce: a producer that nobody knows begins anywhere; sequences wrap around',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const producerId = await newProducerId(client)
      const most = 2 ** 31 - 1
      const send = async (baseSequence: number, records: string[]) =>
        produce(client, topic, await batch(records, { producerId, producerEpoch: 3, baseSequence }), {
          say: `sequence ${baseSequence}`,
        })
      await send(most - 1, ['a'])
      await send(most, ['b', 'c'])
      await send(most, ['b', 'c'])
      await send(1, ['d'])
    },
  },
  {
    name: 'produce: a repetition where the log gives the time',
    async run(world) {
      const topic = await world.topic(1, { 'message.timestamp.type': 'LogAppendTime' })
      const client = await world.client()
      const producerId = await newProducerId(client)
      const records = await batch(['a'], { producerId, producerEpoch: 0, baseSequence: 0 })
      await produce(client, topic, records)
      await produce(client, topic, records, { say: 'again' })
    },
  },
]
