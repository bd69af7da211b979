import { encodeSubscription } from '../../../src/consumer/group/consumer-protocol.ts'
import type { Draft } from '../../../src/protocol/message.ts'
import {
  DeleteGroups,
  DescribeGroups,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  type JoinGroupRequest,
  LeaveGroup,
  ListGroups,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  SyncGroup,
} from '../../../src/protocol/messages/index.ts'
import type { Scenario, Teller, TestTopic, World } from '../support/world.ts'

const none = Buffer.alloc(0)
const sessionTimeoutMs = 30_000

function joining(
  groupId: string,
  memberId = '',
  more: Draft<JoinGroupRequest> = {},
): Draft<JoinGroupRequest> {
  return {
    groupId,
    memberId,
    sessionTimeoutMs,
    rebalanceTimeoutMs: 30_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('meta') }],
    ...more,
  }
}

/** Joins a group that is empty and gets through to its assignment. */
async function alone(world: World, client: Teller, groupId: string, more: Draft<JoinGroupRequest> = {}) {
  const joined = await client.call(JoinGroup, 3, joining(groupId, '', more), 'the first one')
  world.alias(joined.memberId, 'first')
  const { memberId, generationId } = joined
  const assignments = [{ memberId, assignment: Buffer.from('share') }]
  await client.call(SyncGroup, 3, { groupId, generationId, memberId, assignments }, 'the first one')
  return { memberId, generationId }
}

function committing(
  groupId: string,
  topic: TestTopic,
  generationId: number,
  memberId: string,
  partition = 0,
) {
  return {
    groupId,
    generationIdOrMemberEpoch: generationId,
    memberId,
    topics: [
      {
        name: topic.name,
        partitions: [{ partitionIndex: partition, committedOffset: 5n, committedMetadata: 'about it' }],
      },
    ],
  }
}

export const groupScenarios: Scenario[] = [
  {
    name: 'groups: a member alone, in every version',
    async run(world) {
      const client = await world.client()
      for (let version = 0; version <= 3; version++) {
        const groupId = world.groupId()
        const { rebalanceTimeoutMs: _, ...old } = joining(groupId)
        const joined = await client.call(JoinGroup, version, version === 0 ? old : joining(groupId))
        world.alias(joined.memberId, `member-${version}`)
        const { memberId, generationId } = joined
        const assignments = [{ memberId, assignment: Buffer.from('share') }]
        await client.call(SyncGroup, version, { groupId, generationId, memberId, assignments })
        await client.call(Heartbeat, version, { groupId, generationId, memberId })
        const leaving = version < 3 ? { groupId, memberId } : { groupId, members: [{ memberId }] }
        await client.call(LeaveGroup, version, leaving)
      }
      for (let version = 4; version <= 9; version++) {
        const groupId = world.groupId()
        const refused = await client.call(JoinGroup, version, joining(groupId), 'without an id')
        const { memberId } = refused
        world.alias(memberId, `member-${version}`)
        const { generationId } = await client.call(JoinGroup, version, joining(groupId, memberId))
        const assignments = [{ memberId, assignment: Buffer.from('share') }]
        const syncVersion = Math.min(5, version)
        const said = syncVersion === 5 ? { protocolType: 'consumer', protocolName: 'range' } : {}
        await client.call(SyncGroup, syncVersion, { groupId, generationId, memberId, assignments, ...said })
        await client.call(Heartbeat, 4, { groupId, generationId, memberId })
        await client.call(LeaveGroup, Math.min(5, version), { groupId, members: [{ memberId }] })
      }
    },
  },
  {
    name: 'groups: requests that cannot be',
    async run(world) {
      const client = await world.client()
      const groupId = world.groupId()
      await client.call(JoinGroup, 5, joining(''), 'no group id')
      await client.call(JoinGroup, 5, joining(groupId, '', { sessionTimeoutMs: 10 }), 'a short session')
      await client.call(
        JoinGroup,
        5,
        joining(groupId, '', { sessionTimeoutMs: 2_000_000_000 }),
        'a long session',
      )
      await client.call(JoinGroup, 5, joining(groupId, '', { protocols: [] }), 'no protocols')
      await client.call(JoinGroup, 5, joining(groupId, '', { protocolType: '' }), 'no protocol type')
      await client.call(JoinGroup, 5, joining(groupId, 'nobody'), 'an unknown member of no group')
      await client.call(SyncGroup, 3, { groupId, generationId: 1, memberId: 'nobody' }, 'no group')
      await client.call(SyncGroup, 3, { groupId: '', generationId: 1, memberId: 'nobody' }, 'no group id')
      await client.call(Heartbeat, 3, { groupId, generationId: 1, memberId: 'nobody' }, 'no group')
      await client.call(Heartbeat, 3, { groupId: '', generationId: 1, memberId: 'nobody' }, 'no group id')
      for (const version of [1, 3, 5]) {
        const leaving = version < 3 ? { memberId: 'nobody' } : { members: [{ memberId: 'nobody' }] }
        await client.call(LeaveGroup, version, { groupId, ...leaving }, 'no group')
        await client.call(LeaveGroup, version, { groupId: '', ...leaving }, 'no group id')
      }
      await client.call(DescribeGroups, 5, { groups: [groupId, ''] }, 'no group')
      await client.call(DescribeGroups, 6, { groups: [groupId] }, 'no group')
      await client.call(DeleteGroups, 2, { groupsNames: [groupId, ''] }, 'no group')
    },
  },
  {
    name: 'groups: who is not a member of the generation',
    async run(world) {
      const client = await world.client()
      const groupId = world.groupId()
      const { memberId, generationId } = await alone(world, client, groupId)
      const claims: [string, number, string, string | null][] = [
        ['another generation', generationId + 1, memberId, null],
        ['another member', generationId, 'nobody', null],
        ['as a static member', generationId, memberId, 'instance'],
      ]
      for (const [say, generation, member, groupInstanceId] of claims) {
        const claim = { groupId, generationId: generation, memberId: member, groupInstanceId }
        await client.call(Heartbeat, 3, claim, say)
        await client.call(SyncGroup, 3, claim, say)
      }
      const claim = { groupId, generationId, memberId }
      await client.call(
        SyncGroup,
        5,
        { ...claim, protocolType: 'consumer', protocolName: 'other' },
        'another protocol',
      )
      await client.call(
        SyncGroup,
        5,
        { ...claim, protocolType: 'other', protocolName: 'range' },
        'another type',
      )
      await client.call(
        SyncGroup,
        5,
        { ...claim, protocolType: 'consumer', protocolName: 'range' },
        'the right ones',
      )
      await client.call(JoinGroup, 5, joining(groupId, 'nobody'), 'an unknown member')
      await client.call(JoinGroup, 5, joining(groupId, '', { protocolType: 'connect' }), 'another type')
      const protocols = [{ name: 'roundrobin', metadata: none }]
      await client.call(JoinGroup, 5, joining(groupId, '', { protocols }), 'no protocol in common')
      await client.call(
        JoinGroup,
        5,
        joining(groupId, memberId, { groupInstanceId: 'instance' }),
        'as a static member',
      )
    },
  },
  {
    name: 'groups: a second member comes, and the first leaves',
    async run(world) {
      const groupId = world.groupId()
      const [one, two] = [await world.client('one'), await world.client('two')]
      const first = await alone(world, one, groupId)
      const { memberId } = await two.call(JoinGroup, 5, joining(groupId), 'gets an id')
      world.alias(memberId, 'second')
      await one.call(Heartbeat, 3, { groupId, ...first }, 'nothing happens before it joins with it')
      const secondJoin = two.quietly(JoinGroup, 5, joining(groupId, memberId))
      await beatsUntil(one, groupId, first, 27)
      await one.call(SyncGroup, 3, { groupId, ...first }, 'while joins are gathered')
      await one.call(
        OffsetCommit,
        7,
        committing(groupId, await world.topic(), first.generationId, first.memberId),
        'while joins are gathered',
      )
      const firstJoined = await one.call(JoinGroup, 5, joining(groupId, first.memberId), 'joins again')
      const secondJoined = await secondJoin
      world.note('two: JoinGroup v5', secondJoined)
      const { generationId } = firstJoined
      const second = { memberId, generationId }
      await one.call(Heartbeat, 3, { groupId, ...first }, 'with the old generation')
      await two.call(Heartbeat, 3, { groupId, ...second }, 'before anybody has an assignment')
      await one.call(
        OffsetCommit,
        7,
        committing(groupId, await world.topic(), generationId, memberId),
        'before anybody has an assignment',
      )
      const secondSync = two.quietly(SyncGroup, 3, { groupId, ...second })
      const assignments = [
        { memberId, assignment: Buffer.from('for two') },
        { memberId: first.memberId, assignment: Buffer.from('for one') },
      ]
      await one.call(SyncGroup, 3, { groupId, generationId, memberId: first.memberId, assignments })
      world.note('two: SyncGroup v3', await secondSync)
      await two.call(JoinGroup, 5, joining(groupId, memberId), 'a follower joins again: nothing has changed')
      await one.call(DescribeGroups, 5, { groups: [groupId], includeAuthorizedOperations: true })
      await one.call(LeaveGroup, 3, {
        groupId,
        members: [{ memberId: first.memberId }, { memberId: 'nobody' }],
      })
      await two.call(Heartbeat, 3, { groupId, ...second }, 'the other has left')
      await two.call(JoinGroup, 5, joining(groupId, memberId), 'leads now')
      await two.call(DescribeGroups, 5, { groups: [groupId] }, 'before the leader has assigned')
      await two.call(LeaveGroup, 3, { groupId, members: [{ memberId }] })
      await two.call(DescribeGroups, 5, { groups: [groupId] }, 'empty')
      await two.call(LeaveGroup, 3, { groupId, members: [{ memberId }] }, 'again')
    },
  },
  {
    name: 'groups: joining again as it is, with something new, and as the leader',
    async run(world) {
      const client = await world.client()
      const groupId = world.groupId()
      const joined = await client.call(JoinGroup, 3, joining(groupId))
      const { memberId } = joined
      world.alias(memberId, 'first')
      await client.call(JoinGroup, 3, joining(groupId, memberId), 'the same before the sync')
      const protocols = [{ name: 'range', metadata: Buffer.from('new') }]
      const again = await client.call(
        JoinGroup,
        3,
        joining(groupId, memberId, { protocols }),
        'new before the sync',
      )
      await client.call(
        SyncGroup,
        3,
        { groupId, memberId, generationId: again.generationId, assignments: [] },
        'assigns nothing',
      )
      await client.call(JoinGroup, 3, joining(groupId, memberId, { protocols }), 'the leader, when stable')
    },
  },
  {
    name: 'groups: the protocol that most members like best',
    async run(world) {
      const groupId = world.groupId()
      const clients = [await world.client('one'), await world.client('two'), await world.client('three')]
      const liking = (...names: string[]) => names.map((name) => ({ name, metadata: Buffer.from(name) }))
      const protocols = [liking('a', 'b', 'c'), liking('b', 'c'), liking('c', 'b')]
      const first = await alone(world, clients[0], groupId, { protocols: protocols[0] })
      const joins = [1, 2].map((index) =>
        clients[index].quietly(JoinGroup, 3, joining(groupId, '', { protocols: protocols[index] })),
      )
      await beatsUntil(clients[0], groupId, first, 27)
      // Both have to be in before the last join ends the wait.
      await describedMembers(clients[0], groupId, 3)
      const leader = await clients[0].quietly(
        JoinGroup,
        3,
        joining(groupId, first.memberId, { protocols: protocols[0] }),
      )
      world.note('protocol', [leader.protocolName, leader.members.length])
      for (const join of joins) {
        const { protocolName, members, leader: told } = await join
        world.note('follower', [protocolName, members.length, told])
      }
    },
  },
  {
    name: 'groups: static members',
    async run(world) {
      const groupId = world.groupId()
      const client = await world.client()
      const more = { groupInstanceId: 'instance' }
      const joined = await client.call(JoinGroup, 5, joining(groupId, '', more))
      const { memberId, generationId } = joined
      world.alias(memberId, 'first')
      const assignments = [{ memberId, assignment: Buffer.from('share') }]
      await client.call(SyncGroup, 3, {
        groupId,
        generationId,
        memberId,
        groupInstanceId: 'instance',
        assignments,
      })
      const back = await client.call(JoinGroup, 5, joining(groupId, '', more), 'comes back')
      world.alias(back.memberId, 'second')
      await client.call(
        Heartbeat,
        3,
        { groupId, generationId, memberId, groupInstanceId: 'instance' },
        'the old id',
      )
      await client.call(
        SyncGroup,
        3,
        { groupId, generationId, memberId, groupInstanceId: 'instance' },
        'the old id',
      )
      await client.call(JoinGroup, 5, joining(groupId, memberId, more), 'the old id')
      const now = { memberId: back.memberId, groupInstanceId: 'instance' }
      await client.call(SyncGroup, 3, { groupId, generationId, ...now }, 'keeps its share')
      await client.call(Heartbeat, 3, { groupId, generationId, ...now })
      const newer = await client.call(JoinGroup, 9, joining(groupId, '', more), 'comes back, v9')
      world.alias(newer.memberId, 'third')
      const protocols = [
        { name: 'other', metadata: none },
        { name: 'range', metadata: none },
      ]
      const changed = await client.call(
        JoinGroup,
        9,
        joining(groupId, '', { ...more, protocols }),
        'another protocol',
      )
      world.alias(changed.memberId, 'fourth')
      await client.call(DescribeGroups, 5, { groups: [groupId] })
      await client.call(LeaveGroup, 4, { groupId, members: [{ memberId: 'wrong', ...more }] }, 'a wrong id')
      await client.call(
        LeaveGroup,
        4,
        { groupId, members: [{ memberId: '', groupInstanceId: 'nobody' }] },
        'a wrong instance',
      )
      await client.call(LeaveGroup, 4, { groupId, members: [{ memberId: '', ...more }] }, 'by its instance')
      await client.call(DescribeGroups, 5, { groups: [groupId] }, 'empty')
    },
  },
  {
    name: 'groups: a static leader comes back, and a static follower',
    async run(world) {
      const groupId = world.groupId()
      const [one, two] = [await world.client('one'), await world.client('two')]
      const as = (groupInstanceId: string) => ({ groupInstanceId })
      const first = await one.quietly(JoinGroup, 5, joining(groupId, '', as('one')))
      world.alias(first.memberId, 'first')
      const assigned = [{ memberId: first.memberId, assignment: none }]
      const claim = { groupId, generationId: 1, memberId: first.memberId, groupInstanceId: 'one' }
      await one.quietly(SyncGroup, 3, { ...claim, assignments: assigned })
      const secondJoin = two.quietly(JoinGroup, 5, joining(groupId, '', as('two')))
      for (let code = 0; code !== 27; ) code = (await one.quietly(Heartbeat, 3, claim)).errorCode
      const again = await one.quietly(JoinGroup, 5, joining(groupId, first.memberId, as('one')))
      const second = await secondJoin
      world.alias(second.memberId, 'second')
      const { generationId } = again
      const assignments = [first, second].map(({ memberId }, index) => ({
        memberId,
        assignment: Buffer.from([index]),
      }))
      await one.call(SyncGroup, 3, { ...claim, generationId, assignments }, 'leads')
      const secondClaim = { groupId, generationId, memberId: second.memberId, groupInstanceId: 'two' }
      await two.call(SyncGroup, 3, secondClaim, 'follows')
      for (const version of [5, 9]) {
        const leader = await one.call(
          JoinGroup,
          version,
          joining(groupId, '', as('one')),
          'the leader comes back',
        )
        world.alias(leader.memberId, `leader after v${version}`)
        const follower = await two.call(
          JoinGroup,
          version,
          joining(groupId, '', as('two')),
          'the follower comes back',
        )
        world.alias(follower.memberId, `follower after v${version}`)
        await one.call(SyncGroup, 3, { ...claim, generationId, memberId: leader.memberId }, 'its old share')
      }
      await one.call(DescribeGroups, 5, { groups: [groupId] })
    },
  },
  {
    name: 'groups: leaving with an id that was never joined with',
    async run(world) {
      const groupId = world.groupId()
      const client = await world.client()
      const { memberId } = await client.call(JoinGroup, 5, joining(groupId))
      world.alias(memberId, 'pending')
      await client.call(Heartbeat, 3, { groupId, generationId: 0, memberId }, 'pending')
      await client.call(SyncGroup, 3, { groupId, generationId: 0, memberId }, 'pending')
      await client.call(LeaveGroup, 3, { groupId, members: [{ memberId }] }, 'pending')
      await client.call(JoinGroup, 5, joining(groupId, memberId), 'after it left')
    },
  },
  {
    name: 'groups: listed and deleted',
    async run(world) {
      const groupId = world.groupId()
      const client = await world.client()
      const { memberId } = await alone(world, client, groupId)
      const listed = async (version: number, filters: object, say: string) => {
        const { groups, ...rest } = await client.quietly(ListGroups, version, filters)
        world.note(`ListGroups v${version} (${say})`, {
          ...rest,
          groups: groups.filter((one) => one.groupId === groupId),
        })
      }
      for (let version = 0; version <= 5; version++) await listed(version, {}, 'all')
      await listed(4, { statesFilter: ['Stable'] }, 'stable')
      await listed(4, { statesFilter: ['empty'] }, 'empty')
      await listed(5, { typesFilter: ['Classic'] }, 'classic')
      await listed(5, { typesFilter: ['consumer'] }, 'consumer')
      await listed(5, { typesFilter: ['nonsense'] }, 'nonsense')
      await client.call(DeleteGroups, 2, { groupsNames: [groupId] }, 'with a member')
      await client.call(LeaveGroup, 3, { groupId, members: [{ memberId }] })
      await listed(4, { statesFilter: ['Empty'] }, 'empty')
      await client.call(DeleteGroups, 2, { groupsNames: [groupId] }, 'empty')
      await client.call(DeleteGroups, 2, { groupsNames: [groupId] }, 'gone')
    },
  },
  {
    name: 'offsets: committed and fetched without a member, in every version',
    async run(world) {
      const [one, two] = [await world.topic(3), await world.topic()]
      const client = await world.client()
      const groupId = world.groupId()
      const before = { topics: [{ name: one.name, partitionIndexes: [0] }] }
      await client.call(OffsetFetch, 5, { groupId, ...before }, 'no group')
      for (let version = 2; version <= 10; version++) {
        const named = version >= 10 ? { topicId: one.id } : { name: one.name }
        const partitions = [0, 1, 3].map((partitionIndex) => ({
          partitionIndex,
          committedOffset: BigInt(version * 10 + partitionIndex),
          committedMetadata: partitionIndex === 0 ? null : `v${version}`,
          ...(version >= 6 && { committedLeaderEpoch: partitionIndex }),
        }))
        const topics = [{ ...named, partitions }]
        await client.call(OffsetCommit, version, {
          groupId,
          memberId: '',
          generationIdOrMemberEpoch: -1,
          topics,
        })
      }
      const wanted = [
        { name: one.name, partitionIndexes: [0, 1, 2, 7] },
        { name: two.name, partitionIndexes: [0] },
      ]
      for (let version = 1; version <= 7; version++) {
        await client.call(OffsetFetch, version, { groupId, topics: wanted })
        if (version >= 2) await client.call(OffsetFetch, version, { groupId, topics: null }, 'all')
      }
      for (const version of [8, 9]) {
        const groups = [
          { groupId, topics: wanted },
          { groupId, topics: null },
          { groupId: world.groupId(), topics: wanted },
        ]
        await client.call(OffsetFetch, version, { groups, requireStable: version === 9 })
      }
      const byId = [
        { topicId: one.id, partitionIndexes: [0, 7] },
        { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitionIndexes: [0] },
      ]
      await client.call(OffsetFetch, 10, {
        groups: [
          { groupId, topics: byId },
          { groupId, topics: null },
        ],
      })
    },
  },
  {
    name: 'offsets: commits that cannot be',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const groupId = world.groupId()
      const unknown = { name: world.unusedName(), id: '' }
      await client.call(OffsetCommit, 7, committing(groupId, topic, 3, 'nobody'), 'no group, generation 3')
      await client.call(OffsetCommit, 9, committing(groupId, topic, 3, 'nobody'), 'no group, generation 3')
      await client.call(OffsetCommit, 7, committing(groupId, topic, -1, 'nobody'), 'no group, generation -1')
      await client.call(OffsetCommit, 7, committing('', topic, -1, ''), 'no group id')
      await client.call(DeleteGroups, 2, { groupsNames: [''] }, 'no group id')
      await client.call(OffsetCommit, 7, committing(groupId, unknown, -1, ''), 'unknown topic')
      const byId = committing(groupId, topic, -1, '')
      const topics = [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: byId.topics[0].partitions }]
      await client.call(OffsetCommit, 10, { ...byId, topics }, 'unknown id')
      const long = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: 'x'.repeat(5000) }]
      await client.call(
        OffsetCommit,
        7,
        { ...byId, topics: [{ name: topic.name, partitions: long }] },
        'long metadata',
      )
      const negative = [{ partitionIndex: 0, committedOffset: -5n, committedMetadata: '' }]
      await client.call(
        OffsetCommit,
        7,
        { ...byId, topics: [{ name: topic.name, partitions: negative }] },
        'negative offset',
      )
      await client.call(OffsetCommit, 7, { ...byId, topics: [] }, 'nothing')
      const { memberId, generationId } = await alone(world, client, groupId)
      await client.call(OffsetCommit, 7, committing(groupId, topic, -1, ''), 'a stranger, with members there')
      await client.call(OffsetCommit, 7, committing(groupId, topic, generationId, 'nobody'), 'another member')
      await client.call(
        OffsetCommit,
        7,
        committing(groupId, topic, generationId + 1, memberId),
        'another generation',
      )
      await client.call(
        OffsetCommit,
        7,
        { ...committing(groupId, topic, generationId, memberId), groupInstanceId: 'i' },
        'as static',
      )
      await client.call(OffsetCommit, 7, committing(groupId, topic, generationId, memberId), 'the member')
      await client.call(
        OffsetCommit,
        7,
        committing(groupId, topic, generationId, memberId, 9),
        'unknown partition',
      )
    },
  },
  {
    name: 'offsets: deleted',
    async run(world) {
      const [held, free] = [await world.topic(2), await world.topic()]
      const client = await world.client()
      const groupId = world.groupId()
      const deleting = (topic: TestTopic, say: string) =>
        client.call(
          OffsetDelete,
          0,
          {
            groupId,
            topics: [{ name: topic.name, partitions: [{ partitionIndex: 0 }, { partitionIndex: 9 }] }],
          },
          say,
        )
      await deleting(held, 'no group')
      for (const topic of [held, free])
        await client.quietly(OffsetCommit, 7, committing(groupId, topic, -1, ''))
      const metadata = encodeSubscription({
        topics: [held.name],
        ownedPartitions: [],
        generationId: -1,
        rackId: null,
        userData: null,
      })
      const { memberId } = await alone(world, client, groupId, { protocols: [{ name: 'range', metadata }] })
      await deleting(held, 'subscribed')
      await deleting(free, 'not subscribed')
      await client.call(LeaveGroup, 3, { groupId, members: [{ memberId }] })
      await deleting(held, 'empty')
      await client.call(OffsetFetch, 7, { groupId, topics: null }, 'what is left')
      const other = world.groupId()
      await alone(world, client, other, { protocolType: 'connect' })
      const topics = [{ name: free.name, partitions: [{ partitionIndex: 0 }] }]
      await client.call(OffsetDelete, 0, { groupId: other, topics }, 'a group of something else')
    },
  },
  {
    name: 'coordinators, in every version',
    async run(world) {
      const groupId = world.groupId()
      const client = await world.client()
      for (let version = 0; version <= 3; version++)
        await client.call(FindCoordinator, version, { key: groupId })
      for (let version = 4; version <= 6; version++) {
        await client.call(FindCoordinator, version, { coordinatorKeys: [groupId, world.groupId()] })
      }
      await client.call(FindCoordinator, 4, { coordinatorKeys: [] }, 'nothing')
      await client.call(FindCoordinator, 4, { coordinatorKeys: [''] }, 'an empty key')
      await client.callHopeless(
        FindCoordinator,
        4,
        { keyType: 9, coordinatorKeys: [groupId] },
        'an unknown type',
      )
    },
  },
]

/** Sends heartbeats until one is answered with `errorCode`. */
async function beatsUntil(
  client: Teller,
  groupId: string,
  claim: { memberId: string; generationId: number },
  errorCode: number,
) {
  for (;;) {
    const beat = await client.quietly(Heartbeat, 3, { groupId, ...claim })
    if (beat.errorCode === errorCode) return
  }
}

async function describedMembers(client: Teller, groupId: string, count: number) {
  for (;;) {
    const { groups } = await client.quietly(DescribeGroups, 5, { groups: [groupId] })
    if (groups[0].members.length === count) return
  }
}
