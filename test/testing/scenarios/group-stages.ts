import { setTimeout as sleep } from 'node:timers/promises'
import type { Draft } from '../../../src/protocol/message.ts'
import {
  DeleteGroups,
  DescribeGroups,
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

interface Claim {
  readonly memberId: string
  readonly generationId: number
  readonly groupInstanceId?: string | null
}

const rebalanceInProgress = 27

function joining(groupId: string, memberId = '', more: Draft<JoinGroupRequest> = {}) {
  return {
    groupId,
    memberId,
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 30_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('meta') }],
    ...more,
  }
}

/** A member that is alone in its group; its id goes by `first`. */
async function alone(world: World, client: Teller, groupId: string, more: Draft<JoinGroupRequest> = {}) {
  const { memberId, generationId } = await client.quietly(JoinGroup, 3, joining(groupId, '', more))
  world.alias(memberId, 'first')
  return { memberId, generationId }
}

function share(groupId: string, { memberId, generationId }: Claim, ...memberIds: string[]) {
  const assignments = memberIds.map((id) => ({ memberId: id, assignment: Buffer.from('share') }))
  return { groupId, memberId, generationId, assignments }
}

/** Sends heartbeats until the member is told to join again. */
async function untilRebalance(client: Teller, groupId: string, claim: Claim) {
  for (let code = 0; code !== rebalanceInProgress; ) {
    code = (await client.quietly(Heartbeat, 3, { groupId, ...claim })).errorCode
  }
}

async function untilState(client: Teller, groupId: string, state: string) {
  for (;;) {
    const { groups } = await client.quietly(DescribeGroups, 5, { groups: [groupId] })
    if (groups[0].groupState === state) return
    await sleep(10)
  }
}

function committing(groupId: string, topic: TestTopic, claim: Claim) {
  const { memberId, generationId, groupInstanceId = null } = claim
  const partitions = [{ partitionIndex: 0, committedOffset: 5n, committedMetadata: '' }]
  const topics = [{ name: topic.name, partitions }]
  return { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generationId, topics }
}

/** What a group answers that is in the middle of something. */
async function askEverything(client: Teller, groupId: string, topic: TestTopic, claim: Claim, stage: string) {
  const others: [string, Claim][] = [
    ['the member', claim],
    ['an earlier generation', { ...claim, generationId: claim.generationId - 1 }],
    ['a later generation', { ...claim, generationId: claim.generationId + 1 }],
    ['a stranger', { ...claim, memberId: 'x' }],
    ['an instance', { ...claim, groupInstanceId: 'i' }],
    ['nobody', { memberId: '', generationId: -1 }],
  ]
  for (const [who, other] of others) {
    await client.call(Heartbeat, 4, { groupId, ...other }, `${stage}, ${who}`)
    for (const version of [5, 7, 8, 9]) {
      const { groupInstanceId, ...commit } = committing(groupId, topic, other)
      const request = version < 7 ? commit : { ...commit, groupInstanceId }
      await client.call(OffsetCommit, version, request, `${stage}, ${who}`)
    }
  }
  await client.call(OffsetFetch, 7, { groupId, topics: null }, stage)
  const { groups } = await client.quietly(ListGroups, 4, { statesFilter: [] })
  const own = groups.filter((one) => one.groupId === groupId)
  client.tell(`ListGroups v4 (${stage})`, own)
  await client.call(DescribeGroups, 5, { groups: [groupId] }, stage)
  await client.call(DeleteGroups, 2, { groupsNames: [groupId] }, stage)
  const topics = [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }]
  await client.call(OffsetDelete, 0, { groupId, topics }, stage)
}

export const groupStageScenarios: Scenario[] = [
  {
    name: 'groups: everything asked while an id is given out',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const groupId = world.groupId()
      const { memberId } = await client.quietly(JoinGroup, 5, joining(groupId))
      world.alias(memberId, 'pending')
      await client.call(OffsetCommit, 9, committing(groupId, topic, { memberId, generationId: 0 }), 'pending')
      await client.call(
        OffsetCommit,
        7,
        committing(groupId, topic, { memberId, generationId: -1 }),
        'pending',
      )
      await client.call(DescribeGroups, 5, { groups: [groupId] }, 'pending')
      await client.call(SyncGroup, 3, { groupId, memberId, generationId: 0 }, 'pending')
    },
  },
  {
    name: 'groups: everything asked while joins are gathered',
    async run(world) {
      const topic = await world.topic()
      const [client, second] = [await world.client(), await world.client('second')]
      const groupId = world.groupId()
      const claim = await alone(world, client, groupId)
      await client.quietly(SyncGroup, 3, share(groupId, claim, claim.memberId))
      const { memberId } = await second.quietly(JoinGroup, 5, joining(groupId))
      world.alias(memberId, 'second')
      const join = second.quietly(JoinGroup, 5, joining(groupId, memberId))
      await untilRebalance(client, groupId, claim)
      await askEverything(client, groupId, topic, claim, 'gathering')
      await client.call(SyncGroup, 3, { groupId, ...claim }, 'gathering')
      await client.call(JoinGroup, 5, joining(groupId, 'x'), 'gathering, a stranger')
      await client.call(LeaveGroup, 3, {
        groupId,
        members: [{ memberId: 'x' }, { memberId: claim.memberId }],
      })
      world.note('second: JoinGroup v5 (the first has left)', await join)
    },
  },
  {
    name: 'groups: everything asked before the leader has assigned',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const groupId = world.groupId()
      const claim = await alone(world, client, groupId)
      await askEverything(client, groupId, topic, claim, 'assigning')
      await client.call(SyncGroup, 3, { groupId, ...claim, memberId: 'x' }, 'assigning, a stranger')
      await client.call(SyncGroup, 3, { groupId, ...claim, generationId: 9 }, 'assigning, another generation')
    },
  },
  {
    name: 'groups: everything asked when the group is stable, and when it is empty',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const groupId = world.groupId()
      const claim = await alone(world, client, groupId)
      await client.quietly(SyncGroup, 3, share(groupId, claim, claim.memberId))
      await askEverything(client, groupId, topic, claim, 'stable')
      await client.call(LeaveGroup, 3, { groupId, members: [{ memberId: claim.memberId }] })
      await client.call(Heartbeat, 4, { groupId, ...claim }, 'empty')
      await client.call(SyncGroup, 3, { groupId, ...claim }, 'empty')
      for (const version of [7, 9]) {
        await client.call(OffsetCommit, version, committing(groupId, topic, claim), 'empty, the member')
        const nobody = { memberId: '', generationId: -1 }
        await client.call(OffsetCommit, version, committing(groupId, topic, nobody), 'empty, nobody')
        const known = { memberId: claim.memberId, generationId: -1 }
        await client.call(OffsetCommit, version, committing(groupId, topic, known), 'empty, no generation')
      }
      await client.call(JoinGroup, 5, joining(groupId, claim.memberId), 'empty, the member again')
    },
  },
  {
    name: 'groups: who waits for its assignment when another rebalance begins',
    async run(world) {
      const [one, two, three] = [
        await world.client('one'),
        await world.client('two'),
        await world.client('three'),
      ]
      const groupId = world.groupId()
      const first = await alone(world, one, groupId)
      await one.quietly(SyncGroup, 3, share(groupId, first, first.memberId))
      const join = two.quietly(JoinGroup, 3, joining(groupId))
      await untilRebalance(one, groupId, first)
      const { generationId } = await one.quietly(JoinGroup, 3, joining(groupId, first.memberId))
      const second = await join
      world.alias(second.memberId, 'second')
      const sync = two.quietly(SyncGroup, 3, { groupId, memberId: second.memberId, generationId })
      // The sync waits for the leader's.
      await sleep(100)
      const third = three.quietly(JoinGroup, 3, joining(groupId))
      world.note('two: SyncGroup v3', await sync)
      await two.call(Heartbeat, 3, { groupId, memberId: second.memberId, generationId })
      const left = { groupId, members: [{ memberId: first.memberId }, { memberId: second.memberId }] }
      await one.call(LeaveGroup, 3, left)
      const { memberId, ...joined } = await third
      world.alias(memberId, 'third')
      world.note('three: JoinGroup v3', { memberId, ...joined })
    },
  },
  {
    name: 'groups: who does not join again in time is put out',
    async run(world) {
      const topic = await world.topic()
      const [one, two] = [await world.client('one'), await world.client('two')]
      const groupId = world.groupId()
      const timeouts = { rebalanceTimeoutMs: 300 }
      const first = await alone(world, one, groupId, timeouts)
      await one.quietly(SyncGroup, 3, share(groupId, first, first.memberId))
      const joined = await two.quietly(JoinGroup, 3, joining(groupId, '', timeouts))
      world.alias(joined.memberId, 'second')
      world.note('two: JoinGroup v3', joined)
      await one.call(Heartbeat, 3, { groupId, ...first }, 'it is late')
      await one.call(OffsetCommit, 7, committing(groupId, topic, first), 'it is late')
      await one.call(SyncGroup, 3, { groupId, ...first }, 'it is late')
      await one.call(JoinGroup, 5, joining(groupId, first.memberId), 'it is late')
      await one.call(LeaveGroup, 3, { groupId, members: [{ memberId: first.memberId }] }, 'it is late')
      await one.call(LeaveGroup, 1, { groupId, memberId: first.memberId }, 'it is late')
    },
  },
  {
    name: 'groups: who does not fetch its assignment in time is put out',
    async run(world) {
      const client = await world.client()
      const groupId = world.groupId()
      const claim = await alone(world, client, groupId, { rebalanceTimeoutMs: 300 })
      await untilState(client, groupId, 'Empty')
      await client.call(SyncGroup, 3, share(groupId, claim, claim.memberId), 'it is late')
      await client.call(DescribeGroups, 5, { groups: [groupId] })
      const again = await client.call(JoinGroup, 3, joining(groupId), 'another one')
      world.alias(again.memberId, 'second')
    },
  },
  {
    name: 'groups: a static member that was replaced is fenced everywhere',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const groupId = world.groupId()
      const groupInstanceId = 'instance'
      const joined = await client.quietly(JoinGroup, 5, joining(groupId, '', { groupInstanceId }))
      const old = { memberId: joined.memberId, generationId: joined.generationId, groupInstanceId }
      world.alias(old.memberId, 'old')
      await client.quietly(SyncGroup, 3, { ...share(groupId, old, old.memberId), groupInstanceId })
      const { memberId } = await client.quietly(JoinGroup, 5, joining(groupId, '', { groupInstanceId }))
      world.alias(memberId, 'new')
      await client.call(Heartbeat, 4, { groupId, ...old })
      await client.call(SyncGroup, 3, { groupId, ...old })
      await client.call(JoinGroup, 5, joining(groupId, old.memberId, { groupInstanceId }))
      for (const version of [7, 8, 9]) {
        await client.call(OffsetCommit, version, committing(groupId, topic, old))
        await client.call(
          OffsetCommit,
          version,
          committing(groupId, topic, { ...old, memberId }),
          'the new one',
        )
      }
      const unknown = { ...old, groupInstanceId: 'another' }
      await client.call(Heartbeat, 4, { groupId, ...unknown }, 'another instance')
      await client.call(SyncGroup, 3, { groupId, ...unknown }, 'another instance')
      await client.call(OffsetCommit, 9, committing(groupId, topic, unknown), 'another instance')
      const without = { memberId: old.memberId, generationId: old.generationId }
      await client.call(Heartbeat, 4, { groupId, ...without }, 'without its instance')
      await client.call(OffsetCommit, 9, committing(groupId, topic, without), 'without its instance')
      await client.call(LeaveGroup, 5, { groupId, members: [{ memberId: old.memberId, groupInstanceId }] })
      await client.call(LeaveGroup, 5, { groupId, members: [{ memberId, groupInstanceId }] }, 'the new one')
    },
  },
  {
    name: 'groups: offsets are told whatever a classic member claims',
    async run(world) {
      const topic = await world.topic()
      const client = await world.client()
      const groupId = world.groupId()
      const claim = await alone(world, client, groupId)
      await client.quietly(SyncGroup, 3, share(groupId, claim, claim.memberId))
      await client.quietly(OffsetCommit, 7, committing(groupId, topic, claim))
      const claims: [string, string | null, number][] = [
        ['the member', claim.memberId, claim.generationId],
        ['another generation', claim.memberId, 9],
        ['a stranger', 'x', 1],
        ['nobody', '', -1],
        ['a generation alone', null, 3],
        ['nothing', null, -1],
      ]
      for (const [say, memberId, memberEpoch] of claims) {
        const topics = [{ name: topic.name, partitionIndexes: [0] }]
        const groups = [{ groupId, memberId, memberEpoch, topics }]
        await client.call(OffsetFetch, 9, { groups }, say)
      }
    },
  },
  {
    name: 'groups: protocols that nobody has in common',
    async run(world) {
      const [one, two] = [await world.client('one'), await world.client('two')]
      const groupId = world.groupId()
      const named = (...names: string[]) => ({
        protocols: names.map((name) => ({ name, metadata: Buffer.from('m') })),
      })
      const first = await alone(world, one, groupId, named('a', 'b'))
      await two.call(JoinGroup, 3, joining(groupId, '', named('c')), 'before the first has assigned')
      await one.quietly(SyncGroup, 3, share(groupId, first, first.memberId))
      await two.call(JoinGroup, 3, joining(groupId, '', named('c')), 'when the first is stable')
      await two.call(JoinGroup, 3, joining(groupId, '', named()), 'none at all')
      await two.call(JoinGroup, 3, joining(groupId, '', { ...named('a'), protocolType: 'x' }), 'another type')
      await one.call(
        JoinGroup,
        3,
        joining(groupId, first.memberId, { protocolType: 'x' }),
        'the member itself',
      )
      const changed = await one.call(
        JoinGroup,
        3,
        joining(groupId, first.memberId, named('c')),
        'changes its mind',
      )
      await one.call(Heartbeat, 3, { groupId, memberId: first.memberId, generationId: changed.generationId })
    },
  },
]
