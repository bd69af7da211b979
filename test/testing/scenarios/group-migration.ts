import {
  decodeAssignment,
  encodeAssignment,
  encodeSubscription,
} from '../../../src/consumer/group/consumer-protocol.ts'
import type { Draft } from '../../../src/protocol/message.ts'
import {
  DescribeGroups,
  Heartbeat,
  JoinGroup,
  type JoinGroupRequest,
  LeaveGroup,
  ListGroups,
  OffsetCommit,
  SyncGroup,
} from '../../../src/protocol/messages/index.ts'
import type { Scenario, Teller, TestTopic, World } from '../support/world.ts'
import { committing, described, GroupMember, newGroup, settle } from './consumer-group-member.ts'

/** A member of the classic protocol that remembers its id and generation, as clients do. */
class ClassicMember {
  readonly #world: World
  readonly #client: Teller
  readonly #groupId: string
  readonly #name: string
  readonly #always: Draft<JoinGroupRequest>
  memberId = ''
  generationId = -1

  constructor(
    world: World,
    client: Teller,
    groupId: string,
    name: string,
    always: Draft<JoinGroupRequest> = {},
  ) {
    this.#world = world
    this.#client = client
    this.#groupId = groupId
    this.#name = name
    this.#always = always
  }

  get claim() {
    const { memberId, generationId } = this
    const { groupInstanceId = null } = this.#always
    return { groupId: this.#groupId, memberId, generationId, groupInstanceId }
  }

  async join(
    topics: readonly TestTopic[],
    owned: [TestTopic, ...number[]][] = [],
    say = 'joins',
    version = 9,
  ) {
    const request = { ...this.request(topics, owned), ...this.#always }
    const answer = await this.#client.call(JoinGroup, version, request, `${this.#name} ${say}`)
    if (this.memberId === '') this.#world.alias(answer.memberId, this.#name)
    if (answer.memberId !== '') this.memberId = answer.memberId
    if (answer.errorCode === 0) this.generationId = answer.generationId
    return answer
  }

  request(topics: readonly TestTopic[], owned: [TestTopic, ...number[]][] = []): Draft<JoinGroupRequest> {
    const metadata = encodeSubscription({
      topics: topics.map(({ name }) => name),
      ownedPartitions: listPartitions(owned),
      generationId: this.generationId,
      rackId: null,
      userData: null,
    })
    return {
      groupId: this.#groupId,
      memberId: this.memberId,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata }],
    }
  }

  /** Asks for what it has; `given`: what it gives itself when it leads. */
  async sync(say = 'syncs', given?: [TestTopic, ...number[]][]) {
    const { memberId } = this
    const assignments =
      given === undefined ? [] : [{ memberId, assignment: encodeAssignment(listPartitions(given)) }]
    const { assignment, ...answer } = await this.#client.quietly(SyncGroup, 5, {
      ...this.claim,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments,
    })
    const has = assignment.length === 0 ? 'nothing said' : decodeAssignment(assignment)
    const partitions =
      typeof has === 'string' ? has : has.map(({ topic, partition }) => `${topic}/${partition}`).sort()
    this.#client.tell(`SyncGroup v5 (${this.#name} ${say})`, { ...answer, has: partitions })
  }

  beat(say = '') {
    return this.#client.call(Heartbeat, 4, this.claim, `${this.#name} ${say}`.trim())
  }

  leave() {
    const { groupId, memberId } = this.claim
    return this.#client.call(LeaveGroup, 5, { groupId, members: [{ memberId }] }, `${this.#name} leaves`)
  }
}

function listPartitions(owned: readonly [TestTopic, ...number[]][]) {
  return owned.flatMap(([{ name }, ...partitions]) =>
    partitions.map((partition) => ({ topic: name, partition })),
  )
}

async function start(world: World, partitions: number) {
  const client = await world.client()
  return { client, groupId: await newGroup(world, client), topic: await world.topic(partitions) }
}

export const groupMigrationScenarios: Scenario[] = [
  {
    name: 'consumer groups: a classic member joins',
    async run(world) {
      const { client, groupId, topic } = await start(world, 4)
      const a = new GroupMember(client, groupId, 'a')
      const old = new ClassicMember(world, client, groupId, 'old')
      await a.join([topic])
      await old.join([topic], [], 'asks for an id')
      await old.join([topic], [])
      await described(client, groupId, 'it has joined')
      await client.call(DescribeGroups, 6, { groups: [groupId] }, 'as a classic group')
      await old.beat('before it syncs')
      await old.sync()
      await old.beat('there is nothing for it yet')
      await a.beat('is told')
      await old.beat('waits')
      await a.beat('has let go', [[topic, 0, 1]])
      await old.beat('may join again')
      await old.join([topic], [], 'joins again')
      await old.beat('before it syncs')
      await old.sync('gets it')
      await old.beat()
      await described(client, groupId, 'stable')
      const { groups } = await client.quietly(ListGroups, 5, {})
      world.note(
        'listed',
        groups.filter((one) => one.groupId === groupId),
      )
      await old.leave()
      await described(client, groupId, 'it has left')
      await a.beat('gets the rest')
    },
  },
  {
    name: 'consumer groups: a classic member lets go',
    async run(world) {
      const { client, groupId, topic } = await start(world, 4)
      const [a, b] = [new GroupMember(client, groupId, 'a'), new GroupMember(client, groupId, 'b')]
      const old = new ClassicMember(world, client, groupId, 'old')
      await a.join([topic])
      await old.join([topic], [], 'with the version that needs no id', 3)
      await settle(client, groupId, [a], 'Reconciling')
      await old.join([topic], [], 'joins again')
      await old.sync('gets its part')
      await described(client, groupId, 'stable')
      await b.join([topic])
      await old.beat('is told to join again')
      await old.sync('knows nothing of it')
      await old.join([topic], [[topic, 2, 3]], 'owns both')
      await old.sync('keeps one')
      await old.beat('has to join again')
      await client.call(
        OffsetCommit,
        7,
        committing(groupId, old.memberId, old.generationId, topic, [3]),
        'in time',
      )
      await old.join([topic], [[topic, 2]], 'has let go')
      await old.sync('keeps it')
      await old.beat()
      await a.beat()
      await b.beat('gets it')
      await described(client, groupId, 'stable again')
    },
  },
  {
    name: 'consumer groups: classic members that cannot join',
    async run(world) {
      const { client, groupId, topic } = await start(world, 2)
      const a = new GroupMember(client, groupId, 'a')
      await a.join([topic])
      const old = new ClassicMember(world, client, groupId, 'old')
      const request = old.request([topic])
      const bad = [{ name: 'range', metadata: Buffer.from('meta') }]
      const refused: [string, Draft<JoinGroupRequest>][] = [
        ['another type', { protocolType: 'connect' }],
        ['no protocols', { protocols: [] }],
        ['a short session', { sessionTimeoutMs: 1 }],
        ['a stranger with something malformed', { memberId: 'x', protocols: bad }],
        ['an unknown static member', { memberId: 'x', groupInstanceId: 'i' }],
      ]
      for (const [say, more] of refused) await client.call(JoinGroup, 5, { ...request, ...more }, say)
      await described(client, groupId, 'nothing has changed')
      await old.join([topic], [], 'asks for an id')
      await old.join([topic])
      const other = [{ name: 'roundrobin', metadata: request.protocols![0].metadata! }]
      await client.call(JoinGroup, 5, { ...request, memberId: 'x', protocols: other }, 'another protocol')
      await client.call(Heartbeat, 4, { ...old.claim, generationId: 9 }, 'another generation')
      await client.call(Heartbeat, 4, { ...old.claim, memberId: 'a' }, 'a member of the other protocol')
      await client.call(Heartbeat, 4, { ...old.claim, groupInstanceId: 'i' }, 'an instance')
      await client.call(
        SyncGroup,
        5,
        { ...old.claim, protocolType: 'x', protocolName: 'range' },
        'another type',
      )
      await client.call(
        SyncGroup,
        5,
        { ...old.claim, protocolType: 'consumer', protocolName: 'x' },
        'another protocol',
      )
      await client.call(SyncGroup, 3, { ...old.claim, generationId: 9 }, 'another generation')
      const commit = (epoch: number) => committing(groupId, old.memberId, epoch, topic, [0])
      await client.call(OffsetCommit, 7, commit(old.generationId), 'its generation')
      await client.call(OffsetCommit, 7, commit(old.generationId - 1), 'an earlier generation')
      await client.call(OffsetCommit, 9, commit(old.generationId + 1), 'a later generation')
    },
  },
  {
    name: 'consumer groups: a stable classic group is joined',
    async run(world) {
      const { client, groupId, topic } = await start(world, 4)
      const old = new ClassicMember(world, client, groupId, 'old')
      const a = new GroupMember(client, groupId, 'a')
      await old.join([topic], [], 'joins', 3)
      await old.sync('leads', [[topic, 0, 1, 2, 3]])
      await a.join([topic], {}, 'joins the classic group')
      await described(client, groupId, 'it is a consumer group')
      await client.call(DescribeGroups, 6, { groups: [groupId] }, 'as a classic group')
      await old.beat('is told to join again')
      await a.beat('waits')
      await client.call(
        OffsetCommit,
        7,
        committing(groupId, old.memberId, 1, topic, [3]),
        'before it joins again',
      )
      await old.join([topic], [[topic, 0, 1, 2, 3]], 'owns all')
      await old.sync('keeps half')
      await described(client, groupId, 'it has not let go')
      await old.join([topic], [[topic, 0, 1]], 'owns half')
      await old.sync('keeps it')
      await old.beat()
      await a.beat('gets the other half')
      await described(client, groupId, 'stable')
      await a.leave()
      await client.call(DescribeGroups, 6, { groups: [groupId] }, 'it is classic again')
      await described(client, groupId, 'it is classic again')
      await old.beat('is told to join again')
      await old.join([topic], [[topic, 0, 1]], 'leads')
      await old.sync('leads', [[topic, 0, 1, 2, 3]])
      await client.call(DescribeGroups, 6, { groups: [groupId] }, 'stable')
    },
  },
  {
    name: 'consumer groups: a classic group is joined in the middle of a rebalance',
    async run(world) {
      const { client, groupId, topic } = await start(world, 4)
      const second = await world.client('second')
      const old = new ClassicMember(world, client, groupId, 'old')
      await old.join([topic], [], 'joins', 3)
      await old.sync('leads', [[topic, 0, 1, 2, 3]])
      const other = new ClassicMember(world, second, groupId, 'other')
      const waiting = second.quietly(JoinGroup, 3, other.request([topic]))
      for (let code = 0; code !== 27; ) code = (await client.quietly(Heartbeat, 4, old.claim)).errorCode
      const a = new GroupMember(client, groupId, 'a')
      await a.join([topic], {}, 'joins the classic group')
      const { memberId, ...answer } = await waiting
      world.alias(memberId, 'other')
      world.note('second: JoinGroup v3', { memberId, ...answer })
      await old.beat('is told to join again')
      const { groups } = await client.quietly(DescribeGroups, 6, { groups: [groupId] })
      world.note('as a classic group', groups)
    },
  },
  {
    name: 'consumer groups: classic groups that cannot be joined',
    async run(world) {
      const { client, topic } = await start(world, 2)
      const protocols = [{ name: 'range', metadata: Buffer.from('meta') }]
      for (const [say, protocolType] of [
        ['something malformed', 'consumer'],
        ['something else', 'connect'],
      ]) {
        const groupId = await newGroup(world, client)
        const old = new ClassicMember(world, client, groupId, `old with ${say}`, { protocolType, protocols })
        await old.join([], [], 'joins', 3)
        const a = new GroupMember(client, groupId, 'a')
        await a.join([topic], {}, `joins who says ${say}`)
        await client.call(DescribeGroups, 6, { groups: [groupId] }, 'it stays classic')
      }
    },
  },
  {
    name: 'consumer groups: a member changes its protocol',
    async run(world) {
      const { client, groupId, topic } = await start(world, 2)
      const [a, b] = [new GroupMember(client, groupId, 'a'), new GroupMember(client, groupId, 'b')]
      await a.join([topic])
      await b.join([topic])
      await settle(client, groupId, [a, b])
      const old = new ClassicMember(world, client, groupId, 'old')
      old.memberId = 'a'
      await old.join([topic], [[topic, 0]], 'is a and speaks the classic protocol')
      await described(client, groupId, 'one of each')
      await a.beat('is back', [[topic, 0]])
      await described(client, groupId, 'both of the new one')
      await old.beat('is back too')
    },
  },
  {
    name: 'consumer groups: a static member changes its protocol',
    async run(world) {
      const { client, groupId, topic } = await start(world, 2)
      const a = new GroupMember(client, groupId, 'a')
      const b = new GroupMember(client, groupId, 'b', { instanceId: 'i' })
      const old = new ClassicMember(world, client, groupId, 'old', { groupInstanceId: 'i' })
      await a.join([topic])
      await old.join([topic])
      await described(client, groupId, 'the classic one')
      await b.join([topic], {}, 'takes its place')
      await described(client, groupId, 'the new one')
      await old.beat('is fenced')
      await settle(client, groupId, [a, b])
      await a.leave()
      await settle(client, groupId, [b])
      const next = new ClassicMember(world, client, groupId, 'next', { groupInstanceId: 'i' })
      await next.join([topic], [], 'takes the place of the last one of the new protocol')
      await client.call(DescribeGroups, 6, { groups: [groupId] }, 'the classic one')
      await described(client, groupId, 'the classic one')
    },
  },
]
