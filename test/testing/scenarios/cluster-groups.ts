import type { Api, Draft } from '../../../src/protocol/message.ts'
import {
  ConsumerGroupDescribe,
  ConsumerGroupHeartbeat,
  DeleteGroups,
  DescribeGroups,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  ListGroups,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  SyncGroup,
} from '../../../src/protocol/messages/index.ts'
import { type ClusterScenario, type ClusterWorld, eventually } from '../support/cluster-world.ts'
import type { Teller } from '../support/world.ts'

/** The broker that looks after the group, as soon as there is one that does. */
async function coordinatorOf(client: Teller, groupId: string): Promise<number> {
  let nodeId = -1
  await eventually(async () => {
    const asked = { keyType: 0, coordinatorKeys: [groupId] }
    const { coordinators } = await client.quietly(FindCoordinator, 4, asked)
    nodeId = coordinators[0].nodeId
    return coordinators[0].errorCode === 0
  })
  return nodeId
}

/** A client of the coordinator, once it is at work, and one of a broker that is not. */
async function clients(world: ClusterWorld, groupId: string): Promise<{ mine: Teller; other: Teller }> {
  const coordinatorId = await coordinatorOf(await world.client(1), groupId)
  const mine = await world.client(coordinatorId)
  await eventually(async () => {
    const { groups } = await mine.quietly(DescribeGroups, 5, { groups: [groupId] })
    return groups[0].errorCode === 0
  })
  return { mine, other: await world.client(coordinatorId === 1 ? 2 : 1) }
}

export const clusterGroupScenarios: ClusterScenario[] = [
  {
    name: 'cluster: groups asked of a broker that does not look after them',
    async run(world) {
      const topic = await world.topic([[1, 2, 3]])
      const groupId = world.groupId()
      const { other } = await clients(world, groupId)
      // Which broker it is differs, so the answers are written down without its name.
      const ask = async <Req, Res>(api: Api<Req, Res>, version: number, message: Draft<Req>) => {
        world.note(`${api.name} v${version}`, await other.quietly(api, version, message))
      }
      const claim = { groupId, memberId: 'm', generationId: 1 }
      const joining = {
        groupId,
        memberId: 'm',
        sessionTimeoutMs: 30_000,
        protocolType: 'consumer',
        protocols: [],
      }
      for (const version of [0, 4, 9]) await ask(JoinGroup, version, joining)
      for (const version of [0, 3, 5]) await ask(SyncGroup, version, claim)
      for (const version of [0, 4]) await ask(Heartbeat, version, claim)
      await ask(LeaveGroup, 2, { groupId, memberId: 'm' })
      await ask(LeaveGroup, 5, { groupId, members: [{ memberId: 'm' }] })
      const partitions = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }]
      for (const version of [2, 7, 9]) {
        const topics = [
          { name: topic.name, partitions },
          { name: 'nothing', partitions },
        ]
        await ask(OffsetCommit, version, { groupId, memberId: 'm', generationIdOrMemberEpoch: 1, topics })
      }
      const wanted = [{ name: topic.name, partitionIndexes: [0, 1] }]
      for (const version of [1, 2, 5, 7]) await ask(OffsetFetch, version, { groupId, topics: wanted })
      for (const version of [8, 9]) await ask(OffsetFetch, version, { groups: [{ groupId, topics: wanted }] })
      for (const version of [0, 5, 6]) await ask(DescribeGroups, version, { groups: [groupId] })
      for (const version of [0, 2]) await ask(DeleteGroups, version, { groupsNames: [groupId] })
      await ask(OffsetDelete, 0, {
        groupId,
        topics: [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }],
      })
      const beat = { groupId, memberId: 'm', memberEpoch: 0, rebalanceTimeoutMs: 1, subscribedTopicNames: [] }
      await ask(ConsumerGroupHeartbeat, 1, { ...beat, topicPartitions: [] })
      await ask(ConsumerGroupHeartbeat, 1, { ...beat, topicPartitions: null })
      for (const version of [0, 1]) await ask(ConsumerGroupDescribe, version, { groupIds: [groupId] })
    },
  },
  {
    name: 'cluster: groups are listed by the broker that looks after them',
    async run(world) {
      const groupId = world.groupId()
      const { mine, other } = await clients(world, groupId)
      const beat = {
        groupId,
        memberId: 'm',
        memberEpoch: 0,
        rebalanceTimeoutMs: 1000,
        subscribedTopicNames: [],
      }
      const joined = await mine.quietly(ConsumerGroupHeartbeat, 1, { ...beat, topicPartitions: [] })
      world.note('joined', joined)
      for (const [who, client] of [
        ['its own', mine],
        ['another', other],
      ] as const) {
        const { groups } = await client.quietly(ListGroups, 5, {})
        world.note(
          `${who} lists`,
          groups.filter((one) => one.groupId === groupId),
        )
      }
    },
  },
  {
    name: 'cluster: groups go on with another coordinator',
    async run(world) {
      const groupId = world.groupId()
      const topic = await world.topic([[1, 2, 3]])
      const before = await coordinatorOf(await world.client(1), groupId)
      const { mine } = await clients(world, groupId)
      const request = {
        groupId,
        memberId: '',
        sessionTimeoutMs: 30_000,
        rebalanceTimeoutMs: 30_000,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.from('meta') }],
      }
      const { memberId, generationId } = await mine.quietly(JoinGroup, 3, request)
      const assignments = [{ memberId, assignment: Buffer.from('share') }]
      await mine.quietly(SyncGroup, 3, { groupId, memberId, generationId, assignments })
      const partitions = [{ partitionIndex: 0, committedOffset: 7n, committedMetadata: 'm' }]
      const topics = [{ name: topic.name, partitions }]
      const commit = { groupId, memberId, generationIdOrMemberEpoch: generationId, topics }
      world.note('committed', await mine.quietly(OffsetCommit, 7, commit))
      await world.stop(before)
      const asked = await world.client(before === 1 ? 2 : 1)
      let next = asked
      await eventually(async () => {
        const id = await coordinatorOf(asked, groupId)
        if (id === before) return false
        next = await world.client(id)
        const { groups } = await next.quietly(DescribeGroups, 5, { groups: [groupId] })
        return groups[0].errorCode === 0
      })
      const claim = { groupId, memberId, generationId }
      world.note('heartbeat', await next.quietly(Heartbeat, 4, claim))
      const { assignment } = await next.quietly(SyncGroup, 3, claim)
      world.note('assignment', assignment)
      const { groups } = await next.quietly(DescribeGroups, 5, { groups: [groupId] })
      const [{ groupState, protocolType, protocolData, members }] = groups
      const described = members.map((member) => [
        member.clientId,
        member.memberMetadata,
        member.memberAssignment,
      ])
      world.note('described', { groupState, protocolType, protocolData, described })
      world.note('offsets', await next.quietly(OffsetFetch, 7, { groupId, topics: null }))
    },
  },
]
