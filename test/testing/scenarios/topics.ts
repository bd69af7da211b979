import { encodeRequestFrame } from '../../../src/protocol/frame.ts'
import type { Draft } from '../../../src/protocol/message.ts'
import {
  AlterConfigs,
  ApiVersions,
  CreatePartitions,
  CreateTopics,
  type CreateTopicsRequest,
  DeleteTopics,
  DescribeCluster,
  DescribeConfigs,
  DescribeProducers,
  DescribeTopicPartitions,
  IncrementalAlterConfigs,
  InitProducerId,
  ListPartitionReassignments,
  Metadata,
  Produce,
} from '../../../src/protocol/messages/index.ts'
import { batch } from '../support/batches.ts'
import type { Scenario } from '../support/world.ts'

const topicResource = 2

function creating(topics: Draft<CreateTopicsRequest>['topics'], more: Draft<CreateTopicsRequest> = {}) {
  return { topics, timeoutMs: 10_000, ...more }
}

export const topicScenarios: Scenario[] = [
  {
    name: 'metadata: in every version, of what there is and what there is not',
    async run(world) {
      const topic = await world.topic(2)
      const client = await world.client()
      const topics = [{ name: topic.name }, { name: world.unusedName() }, { name: 'not/valid' }, { name: '' }]
      for (let version = 4; version <= 13; version++) {
        const operations = version >= 8 && { includeTopicAuthorizedOperations: version % 2 === 0 }
        await client.call(Metadata, version, { topics, allowAutoTopicCreation: false, ...operations })
      }
      for (let version = 0; version <= 3; version++)
        await client.call(Metadata, version, { topics: [{ name: topic.name }] })
      await client.call(Metadata, 1, { topics: [] }, 'no topics')
      for (const version of [10, 11, 12, 13]) {
        const byId = [
          { topicId: topic.id, name: null },
          { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', name: null },
        ]
        await client.call(Metadata, version, { topics: byId }, 'by id')
      }
      await client.call(Metadata, 10, { topics: [], includeClusterAuthorizedOperations: true }, 'operations')
    },
  },
  {
    name: 'topics: created',
    async run(world) {
      const client = await world.client()
      const { name: taken } = await world.topic()
      const name = (suffix: string) => `${world.unusedName()}.${suffix}`
      const simple = { numPartitions: 2, replicationFactor: 1 }
      for (let version = 2; version <= 7; version++) {
        await client.call(CreateTopics, version, creating([{ name: name(`v${version}`), ...simple }]))
      }
      const wrong: [string, Draft<CreateTopicsRequest['topics'][0]>][] = [
        ['there already', { name: taken, ...simple }],
        ['invalid name', { name: 'a b', ...simple }],
        ['empty name', { name: '', ...simple }],
        ['a point', { name: '.', ...simple }],
        ['long name', { name: 'x'.repeat(250), ...simple }],
        ['a name that collides', { name: name('v2').replace('.', '_'), ...simple }],
        ['no partitions', { name: name('a'), numPartitions: 0, replicationFactor: 1 }],
        ['partitions -2', { name: name('a'), numPartitions: -2, replicationFactor: 1 }],
        ['no replicas', { name: name('a'), numPartitions: 1, replicationFactor: 0 }],
        ['too many replicas', { name: name('a'), numPartitions: 1, replicationFactor: 3 }],
        ['an unknown config', { name: name('a'), ...simple, configs: [{ name: 'no.such', value: '1' }] }],
        [
          'a wrong config',
          { name: name('a'), ...simple, configs: [{ name: 'retention.ms', value: 'soon' }] },
        ],
        [
          'a config out of range',
          { name: name('a'), ...simple, configs: [{ name: 'segment.bytes', value: '1' }] },
        ],
        [
          'a config without value',
          { name: name('a'), ...simple, configs: [{ name: 'retention.ms', value: null }] },
        ],
        [
          'a wrong word',
          { name: name('a'), ...simple, configs: [{ name: 'cleanup.policy', value: 'keep' }] },
        ],
        [
          'assignments and counts',
          { name: name('a'), ...simple, assignments: [{ partitionIndex: 0, brokerIds: [1] }] },
        ],
        [
          'an unknown broker',
          {
            name: name('a'),
            numPartitions: -1,
            replicationFactor: -1,
            assignments: [{ partitionIndex: 0, brokerIds: [9] }],
          },
        ],
        [
          'a gap',
          {
            name: name('a'),
            numPartitions: -1,
            replicationFactor: -1,
            assignments: [{ partitionIndex: 1, brokerIds: [1] }],
          },
        ],
        [
          'a broker twice',
          {
            name: name('a'),
            numPartitions: -1,
            replicationFactor: -1,
            assignments: [{ partitionIndex: 0, brokerIds: [1, 1] }],
          },
        ],
        [
          'no broker',
          {
            name: name('a'),
            numPartitions: -1,
            replicationFactor: -1,
            assignments: [{ partitionIndex: 0, brokerIds: [] }],
          },
        ],
        ['defaults', { name: name('b'), numPartitions: -1, replicationFactor: -1 }],
        [
          'assignments',
          {
            name: name('c'),
            numPartitions: -1,
            replicationFactor: -1,
            assignments: [
              { partitionIndex: 0, brokerIds: [1] },
              { partitionIndex: 1, brokerIds: [1] },
            ],
          },
        ],
        [
          'configs',
          {
            name: name('d'),
            ...simple,
            configs: [
              { name: 'retention.ms', value: '1000' },
              { name: 'cleanup.policy', value: 'compact,delete' },
            ],
          },
        ],
      ]
      for (const [say, topic] of wrong) await client.call(CreateTopics, 5, creating([topic]), say)
      await client.call(
        CreateTopics,
        5,
        creating([
          { name: name('e'), ...simple },
          { name: name('e'), ...simple },
        ]),
        'twice',
      )
      await client.call(
        CreateTopics,
        5,
        creating([{ name: name('f'), ...simple }], { validateOnly: true }),
        'only a question',
      )
      await client.call(
        CreateTopics,
        5,
        creating([
          { name: name('f'), ...simple },
          { name: 'a b', ...simple },
        ]),
        'one of two',
      )
      await client.call(CreateTopics, 5, creating([]), 'none')
    },
  },
  {
    name: 'topics: deleted by name and by id',
    async run(world) {
      const client = await world.client()
      const [one, two, three] = [await world.topic(), await world.topic(), await world.topic()]
      const unknownId = 'AAAAAAAAAAAAAAAAAAAAAQ'
      await client.call(DeleteTopics, 5, { topicNames: [one.name, world.unusedName()], timeoutMs: 10_000 })
      await client.call(DeleteTopics, 1, { topicNames: [two.name], timeoutMs: 10_000 })
      await client.call(DeleteTopics, 6, {
        topics: [{ topicId: three.id }, { topicId: unknownId }],
        timeoutMs: 10_000,
      })
      await client.call(
        DeleteTopics,
        6,
        { topics: [{ name: world.unusedName() }], timeoutMs: 10_000 },
        'by name',
      )
      await client.call(DeleteTopics, 6, { topics: [{ name: null }], timeoutMs: 10_000 }, 'neither')
      await client.call(
        DeleteTopics,
        6,
        { topics: [{ name: 'x', topicId: unknownId }], timeoutMs: 10_000 },
        'both',
      )
    },
  },
  {
    name: 'topics: partitions added',
    async run(world) {
      const client = await world.client()
      const { name } = await world.topic(2)
      const add = (
        say: string,
        count: number,
        assignments: { brokerIds: number[] }[] | null = null,
        validateOnly = false,
      ) =>
        client.call(
          CreatePartitions,
          3,
          { topics: [{ name, count, assignments }], timeoutMs: 10_000, validateOnly },
          say,
        )
      await add('as many as there are', 2)
      await add('less', 1)
      await add('only a question', 3, null, true)
      await add('an unknown broker', 3, [{ brokerIds: [9] }])
      await add('too many assignments', 3, [{ brokerIds: [1] }, { brokerIds: [1] }])
      await add('one more', 3)
      await add('two more', 5, [{ brokerIds: [1] }, { brokerIds: [1] }])
      const unknown = [{ name: world.unusedName(), count: 3, assignments: null }]
      await client.call(CreatePartitions, 1, { topics: unknown, timeoutMs: 10_000 }, 'unknown topic')
      const twice = [
        { name, count: 7, assignments: null },
        { name, count: 8, assignments: null },
      ]
      await client.call(CreatePartitions, 1, { topics: twice, timeoutMs: 10_000 }, 'twice')
    },
  },
  {
    name: 'topics: described in pieces',
    async run(world) {
      const client = await world.client()
      const [one, two] = [await world.topic(3), await world.topic(2)]
      const topics = [{ name: two.name }, { name: one.name }, { name: world.unusedName() }, { name: 'a b' }]
      const first = await client.call(DescribeTopicPartitions, 0, { topics, responsePartitionLimit: 2 })
      const second = await client.call(DescribeTopicPartitions, 0, {
        topics,
        responsePartitionLimit: 2,
        cursor: first.nextCursor,
      })
      await client.call(DescribeTopicPartitions, 0, {
        topics,
        responsePartitionLimit: 2,
        cursor: second.nextCursor,
      })
      await client.call(DescribeTopicPartitions, 0, { topics })
    },
  },
  {
    name: 'configs of topics: described and altered',
    async run(world) {
      const client = await world.client()
      const { name: resourceName } = await world.topic(1, { 'retention.ms': '1000' })
      const describe = (
        say: string,
        configurationKeys: string[] | null,
        includeSynonyms = false,
        version = 4,
      ) =>
        client.call(
          DescribeConfigs,
          version,
          { resources: [{ resourceType: topicResource, resourceName, configurationKeys }], includeSynonyms },
          say,
        )
      await describe('all', null)
      await describe('all, with synonyms', null, true)
      for (let version = 1; version <= 3; version++)
        await describe('some', ['retention.ms', 'segment.bytes'], true, version)
      await describe('none that there is', ['no.such'])
      const unknown = {
        resourceType: topicResource,
        resourceName: world.unusedName(),
        configurationKeys: null,
      }
      const invalid = { resourceType: topicResource, resourceName: 'a b', configurationKeys: null }
      await client.call(DescribeConfigs, 4, { resources: [unknown, invalid] }, 'unknown and invalid')
      const alter = (
        say: string,
        name: string,
        configOperation: number,
        value: string | null,
        validateOnly = false,
      ) =>
        client.call(
          IncrementalAlterConfigs,
          1,
          {
            resources: [
              { resourceType: topicResource, resourceName, configs: [{ name, configOperation, value }] },
            ],
            validateOnly,
          },
          say,
        )
      await alter('set', 'max.message.bytes', 0, '5000')
      await alter('append', 'cleanup.policy', 2, 'compact')
      await alter('subtract', 'cleanup.policy', 3, 'delete')
      await alter('delete', 'retention.ms', 1, null)
      await alter('only a question', 'retention.ms', 0, '5', true)
      await alter('an unknown name', 'no.such', 0, '5')
      await alter('a wrong value', 'retention.ms', 0, 'soon')
      await alter('no value', 'retention.ms', 0, null)
      await alter('append to a number', 'retention.ms', 2, '5')
      await alter('an unknown operation', 'retention.ms', 9, '5')
      const elsewhere = { ...unknown, configs: [{ name: 'retention.ms', configOperation: 0, value: '5' }] }
      await client.call(IncrementalAlterConfigs, 1, { resources: [elsewhere] }, 'unknown topic')
      await describe('after that', ['max.message.bytes', 'cleanup.policy', 'retention.ms'], true)
      const all = {
        resourceType: topicResource,
        resourceName,
        configs: [{ name: 'retention.bytes', value: '7' }],
      }
      await client.call(AlterConfigs, 2, { resources: [all] }, 'the old way')
      await describe('after that', ['max.message.bytes', 'cleanup.policy', 'retention.bytes'], true)
    },
  },
  {
    name: 'cluster: described',
    async run(world) {
      const client = await world.client()
      for (let version = 0; version <= 2; version++) await client.call(DescribeCluster, version, {})
      await client.call(DescribeCluster, 0, { includeClusterAuthorizedOperations: true })
      for (const endpointType of [2, 3])
        await client.call(DescribeCluster, 1, { endpointType }, `endpoints ${endpointType}`)
      await client.call(ListPartitionReassignments, 0, { timeoutMs: 5000, topics: null })
    },
  },
  {
    name: 'producer ids',
    async run(world) {
      const client = await world.client()
      for (let version = 0; version <= 5; version++) {
        await client.call(InitProducerId, version, { transactionalId: null, transactionTimeoutMs: 1000 })
      }
      const known = { transactionalId: null, transactionTimeoutMs: 1000, producerId: 5n, producerEpoch: 3 }
      await client.call(InitProducerId, 4, known, 'with an id and an epoch')
      await client.call(InitProducerId, 4, { ...known, producerEpoch: -1 }, 'with an id alone')
      await client.call(InitProducerId, 4, { ...known, producerId: -1n }, 'with an epoch alone')
      await client.call(
        InitProducerId,
        4,
        { transactionalId: '', transactionTimeoutMs: 1000 },
        'an empty transactional id',
      )
    },
  },
  {
    name: 'producers: described',
    async run(world) {
      const client = await world.client()
      const topic = await world.topic(2)
      const { producerId } = await client.quietly(InitProducerId, 4, {
        transactionalId: null,
        transactionTimeoutMs: 1000,
      })
      for (const baseSequence of [0, 2]) {
        const records = await batch(['a', 'b'], { producerId, producerEpoch: 0, baseSequence })
        const topicData = [{ name: topic.name, partitionData: [{ index: 0, records }] }]
        await client.quietly(Produce, 9, { acks: 1, timeoutMs: 5000, topicData })
      }
      const topics = [
        { name: topic.name, partitionIndexes: [0, 1, 5] },
        { name: world.unusedName(), partitionIndexes: [0] },
      ]
      await client.call(DescribeProducers, 0, { topics })
    },
  },
  {
    name: 'versions and bytes that make no sense',
    async run(world) {
      const software = { clientSoftwareName: 'odradek', clientSoftwareVersion: '1.0' }
      const raw = (version: number, message: object) =>
        encodeRequestFrame(ApiVersions, version, 7, 'c', message)
      const client = await world.client()
      for (const clientSoftwareName of ['', 'a b', '-x']) {
        const { apiKeys, ...rest } = await client.quietly(ApiVersions, 3, { ...software, clientSoftwareName })
        world.note(`ApiVersions v3 of "${clientSoftwareName}"`, {
          ...rest,
          supportedFeatures: 0,
          finalizedFeatures: 0,
          some: apiKeys.length > 0,
        })
      }
      const bytes: [string, Buffer][] = [
        ['an API that there is not', changed(raw(0, {}), (frame) => frame.writeInt16BE(999, 4))],
        [
          'a version of Metadata that there is not',
          changed(encodeRequestFrame(Metadata, 1, 7, 'c', {}), (frame) => frame.writeInt16BE(99, 6)),
        ],
        [
          'a version of Produce that is no more',
          changed(encodeRequestFrame(Metadata, 1, 7, 'c', {}), (frame) => frame.writeInt32BE(2, 4)),
        ],
        [
          'a negative version',
          changed(encodeRequestFrame(Metadata, 1, 7, 'c', {}), (frame) => frame.writeInt16BE(-1, 6)),
        ],
        [
          'a message that is cut off',
          cut(encodeRequestFrame(Metadata, 1, 7, 'c', { topics: [{ name: 'abc' }] })),
        ],
        ['a negative length', Buffer.from('ffffffff0000', 'hex')],
        ['a huge length', Buffer.from('7fffffff0000', 'hex')],
        ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
      ]
      for (const [say, message] of bytes) {
        const one = await world.client()
        await one.callBytes(message, say)
      }
    },
  },
]

function changed(pieces: Buffer[], change: (frame: Buffer) => void): Buffer {
  const frame = Buffer.concat(pieces)
  change(frame)
  return frame
}

function cut(pieces: Buffer[]): Buffer {
  const frame = Buffer.concat(pieces)
  frame.writeInt32BE(frame.length - 6, 0)
  return frame.subarray(0, frame.length - 2)
}
