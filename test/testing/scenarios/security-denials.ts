import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  AlterClientQuotas,
  AlterConfigs,
  AlterPartitionReassignments,
  AlterUserScramCredentials,
  CreateAcls,
  CreatePartitions,
  CreateTopics,
  DeleteAcls,
  DeleteGroups,
  DeleteRecords,
  DeleteTopics,
  DescribeAcls,
  DescribeClientQuotas,
  DescribeCluster,
  DescribeConfigs,
  DescribeGroups,
  DescribeLogDirs,
  DescribeProducers,
  DescribeQuorum,
  DescribeTopicPartitions,
  ElectLeaders,
  EndTxn,
  Fetch,
  FindCoordinator,
  Heartbeat,
  IncrementalAlterConfigs,
  InitProducerId,
  JoinGroup,
  LeaveGroup,
  ListGroups,
  ListOffsets,
  ListPartitionReassignments,
  Metadata,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  OffsetForLeaderEpoch,
  Produce,
  SyncGroup,
  TxnOffsetCommit,
  UnregisterBroker,
  UpdateFeatures,
} from '../../../src/protocol/messages/index.ts'
import { aclOf } from '../support/acls.ts'
import { batch } from '../support/batches.ts'
import { as } from '../support/secured.ts'
import type { Scenario, Teller, TestTopic, World } from '../support/world.ts'

/** Nobody ever allows her anything. */
const nobody = 'alice'
const unknownId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const anything = { resourceNameFilter: null, patternTypeFilter: 1, principalFilter: null, hostFilter: null }
const anyAcl = { resourceTypeFilter: 1, ...anything, operation: 1, permissionType: 1 }

/** A story of somebody who may do nothing, told with a topic that is there. */
function denied(
  name: string,
  run: (client: Teller, topic: TestTopic, world: World) => Promise<void>,
): Scenario {
  return {
    name: `security: denied: ${name}`,
    async run(world) {
      const topic = await world.topic()
      await run(await world.client(nobody, as(nobody)), topic, world)
    },
  }
}

export function fetching(topic: TestTopic, version: number, more: object = {}) {
  const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 100_000 }]
  const named = version >= 13 ? { topicId: topic.id } : { topic: topic.name }
  return { maxWaitMs: 0, minBytes: 0, maxBytes: 100_000, topics: [{ ...named, partitions }], ...more }
}

export const denialScenarios: Scenario[] = [
  denied('to produce', async (client, topic, world) => {
    const records = await batch(['a'])
    const partitionData = [{ index: 0, records }]
    const to = (name: string) => ({ topicData: [{ name, partitionData }], acks: -1, timeoutMs: 1000 })
    for (const version of [3, 8, 9, 12]) await client.call(Produce, version, to(topic.name))
    await client.call(Produce, 9, to(world.unusedName()), 'to a topic that there is not')
    for (const topicId of [topic.id, unknownId]) {
      const topicData = [{ topicId, partitionData }]
      await client.call(
        Produce,
        13,
        { topicData, acks: -1, timeoutMs: 1000 },
        topicId === topic.id ? 'by id' : 'by an unknown id',
      )
    }
    const transactional = await batch(['a'], {
      producerId: 1n,
      producerEpoch: 0,
      baseSequence: 0,
      transactional: true,
    })
    const topicData = [{ name: topic.name, partitionData: [{ index: 0, records: transactional }] }]
    const message = { transactionalId: 'tx', topicData, acks: -1, timeoutMs: 1000 }
    await client.call(Produce, 9, message, 'in a transaction')
    await client.callHopeless(Produce, 9, { ...to(topic.name), acks: 0 }, 'with acks 0')
  }),
  denied('to fetch', async (client, topic, world) => {
    for (const version of [4, 11, 12, 13, 17]) await client.call(Fetch, version, fetching(topic, version))
    const unknown = { name: world.unusedName(), id: unknownId }
    for (const version of [12, 13]) await client.call(Fetch, version, fetching(unknown, version), 'unknown')
    const replica = fetching(topic, 12, { replicaId: 2 })
    await client.call(Fetch, 12, replica, 'as a broker')
  }),
  denied('to ask for offsets and epochs, and to delete records', async (client, topic, world) => {
    for (const [say, name] of [
      ['a topic', topic.name],
      ['an unknown topic', world.unusedName()],
    ]) {
      const partitions = [{ partitionIndex: 0, timestamp: -1n }]
      await client.call(ListOffsets, 7, { replicaId: -1, topics: [{ name, partitions }] }, say)
      const epochs = [{ topic: name, partitions: [{ partition: 0, leaderEpoch: 0 }] }]
      await client.call(OffsetForLeaderEpoch, 4, { topics: epochs }, say)
      const records = [{ name, partitions: [{ partitionIndex: 0, offset: 0n }] }]
      await client.call(DeleteRecords, 2, { topics: records, timeoutMs: 1000 }, say)
      await client.call(DescribeProducers, 0, { topics: [{ name, partitionIndexes: [0] }] }, say)
    }
  }),
  denied('to know of topics', async (client, topic, world) => {
    const named = [{ name: topic.name }, { name: world.unusedName() }]
    for (const version of [0, 1, 4, 8, 9, 12, 13]) {
      const more = version >= 4 ? { allowAutoTopicCreation: version % 2 === 0 } : {}
      await client.call(Metadata, version, { topics: named, ...more }, 'by name')
    }
    for (const topicId of [topic.id, unknownId]) {
      await client.call(
        Metadata,
        12,
        { topics: [{ topicId, name: null }] },
        topicId === topic.id ? 'by id' : 'by an unknown id',
      )
    }
    await client.call(Metadata, 9, { topics: null }, 'all')
    const operations = { includeClusterAuthorizedOperations: true, includeTopicAuthorizedOperations: true }
    await client.call(Metadata, 9, { topics: named, ...operations }, 'with operations')
    await client.call(DescribeTopicPartitions, 0, { topics: named, responsePartitionLimit: 10, cursor: null })
    await client.call(
      DescribeTopicPartitions,
      0,
      { topics: [], responsePartitionLimit: 10, cursor: null },
      'all',
    )
  }),
  denied('to make, change and delete topics', async (client, topic, world) => {
    const unused = world.unusedName()
    const topics = [topic.name, unused].map((name) => ({ name, numPartitions: 1, replicationFactor: 1 }))
    for (const version of [2, 5, 7]) await client.call(CreateTopics, version, { topics, timeoutMs: 1000 })
    const more = [topic.name, unused].map((name) => ({ name, count: 3, assignments: null }))
    await client.call(CreatePartitions, 3, { topics: more, timeoutMs: 1000, validateOnly: false })
    await client.call(DeleteTopics, 5, { topicNames: [topic.name, unused], timeoutMs: 1000 })
    const states = [{ name: topic.name }, { name: unused }, { name: null, topicId: topic.id }]
    await client.call(DeleteTopics, 6, { topics: states, timeoutMs: 1000 })
    const unknown = [{ name: null, topicId: unknownId }]
    await client.call(DeleteTopics, 6, { topics: unknown, timeoutMs: 1000 }, 'an unknown id')
  }),
  denied('configs', async (client, topic, world) => {
    const resources = [
      { resourceType: 2, resourceName: topic.name },
      { resourceType: 2, resourceName: world.unusedName() },
      { resourceType: 4, resourceName: '1' },
      { resourceType: 4, resourceName: '' },
      { resourceType: 8, resourceName: '1' },
      { resourceType: 32, resourceName: 'group' },
    ]
    const asked = resources.map((resource) => ({ ...resource, configurationKeys: null }))
    for (const resource of asked) await client.call(DescribeConfigs, 4, { resources: [resource] })
    const altered = { name: 'retention.ms', value: '1000' }
    for (const resource of resources) {
      await client.call(AlterConfigs, 2, { resources: [{ ...resource, configs: [altered] }] })
      await client.call(IncrementalAlterConfigs, 1, {
        resources: [{ ...resource, configs: [{ ...altered, configOperation: 0 }] }],
      })
    }
  }),
  denied('groups', async (client, _topic, world) => {
    const groupId = world.groupId()
    for (const version of [0, 3]) await client.call(FindCoordinator, version, { key: groupId, keyType: 0 })
    await client.call(FindCoordinator, 4, { coordinatorKeys: [groupId], keyType: 0 })
    await client.call(FindCoordinator, 4, { coordinatorKeys: ['tx'], keyType: 1 }, 'of a transaction')
    await client.call(FindCoordinator, 6, { coordinatorKeys: [`${groupId}:x:0`], keyType: 2 }, 'of shares')
    const protocols = [{ name: 'range', metadata: Buffer.alloc(0) }]
    const joining = { groupId, sessionTimeoutMs: 10_000, memberId: '', protocolType: 'consumer', protocols }
    for (const version of [5, 7, 9]) await client.call(JoinGroup, version, joining)
    await client.call(SyncGroup, 5, {
      groupId,
      generationId: 1,
      memberId: 'm',
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [],
    })
    await client.call(Heartbeat, 4, { groupId, generationId: 1, memberId: 'm' })
    await client.call(LeaveGroup, 5, { groupId, members: [{ memberId: 'm' }] })
    await client.call(LeaveGroup, 1, { groupId, memberId: 'm' })
    for (const version of [5, 6]) await client.call(DescribeGroups, version, { groups: [groupId] })
    await client.call(ListGroups, 5, {})
    await client.call(DeleteGroups, 2, { groupsNames: [groupId] })
  }),
  denied('the offsets of groups', async (client, topic, world) => {
    const groupId = world.groupId()
    const partitions = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }]
    const generation = { groupId, generationIdOrMemberEpoch: -1, memberId: '' }
    const topics = [{ name: topic.name, partitions }]
    await client.call(OffsetCommit, 8, { ...generation, topics })
    await client.call(OffsetCommit, 10, { ...generation, topics: [{ topicId: topic.id, partitions }] })
    const wanted = [{ name: topic.name, partitionIndexes: [0] }]
    for (const version of [1, 2, 7]) await client.call(OffsetFetch, version, { groupId, topics: wanted })
    await client.call(OffsetFetch, 7, { groupId, topics: null }, 'all')
    await client.call(OffsetFetch, 8, { groups: [{ groupId, topics: wanted }] })
    const byId = [{ topicId: topic.id, partitionIndexes: [0] }]
    await client.call(OffsetFetch, 10, { groups: [{ groupId, topics: byId }] })
    await client.call(OffsetDelete, 0, {
      groupId,
      topics: [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }],
    })
  }),
  denied('transactions', async (client, topic, world) => {
    const groupId = world.groupId()
    const producer = { transactionalId: 'tx', producerId: 1n, producerEpoch: 0 }
    await client.call(InitProducerId, 4, { transactionalId: 'tx', transactionTimeoutMs: 1000 })
    await client.call(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 }, 'idempotent')
    const topics = [{ name: topic.name, partitions: [0] }]
    await client.call(AddPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: 'tx',
      v3AndBelowProducerId: 1n,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: topics,
    })
    await client.call(AddPartitionsToTxn, 4, { transactions: [{ ...producer, verifyOnly: true, topics }] })
    await client.call(AddOffsetsToTxn, 3, { ...producer, groupId })
    await client.call(EndTxn, 3, { ...producer, committed: true })
    const partitions = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }]
    await client.call(TxnOffsetCommit, 3, {
      ...producer,
      groupId,
      topics: [{ name: topic.name, partitions }],
    })
  }),
  denied('the cluster', async (client, topic) => {
    await client.call(DescribeCluster, 1, { includeClusterAuthorizedOperations: true })
    await client.call(ElectLeaders, 2, {
      electionType: 0,
      topicPartitions: [{ topic: topic.name, partitions: [0] }],
      timeoutMs: 1000,
    })
    const reassignment = [{ name: topic.name, partitions: [{ partitionIndex: 0, replicas: [1] }] }]
    await client.call(AlterPartitionReassignments, 0, { topics: reassignment, timeoutMs: 1000 })
    await client.call(ListPartitionReassignments, 0, { topics: null, timeoutMs: 1000 })
    await client.call(DescribeLogDirs, 4, { topics: null })
    await client.call(UpdateFeatures, 1, { timeoutMs: 1000, featureUpdates: [] })
    await client.call(UnregisterBroker, 0, { brokerId: 9 })
  }),
  denied('the quorum', async (client) => {
    const partitions = [{ partitionIndex: 0 }]
    await client.call(DescribeQuorum, 1, { topics: [{ topicName: '__cluster_metadata', partitions }] })
  }),
  denied('ACLs, quotas and users', async (client) => {
    await client.call(DescribeAcls, 3, anyAcl)
    await client.call(CreateAcls, 3, { creations: [aclOf('x', { may: 'read', on: 'topic', name: 'a' })] })
    await client.call(DeleteAcls, 3, { filters: [anyAcl] })
    await client.call(DescribeClientQuotas, 1, { components: [], strict: false })
    const entity = [{ entityType: 'user', entityName: 'x' }]
    const ops = [{ key: 'producer_byte_rate', value: 1000, remove: false }]
    await client.call(AlterClientQuotas, 1, { entries: [{ entity, ops }], validateOnly: false })
    await client.call(AlterUserScramCredentials, 0, { deletions: [{ name: 'x', mechanism: 1 }] })
  }),
]
