import { describe, expect, it } from 'vitest'
import { rangeAssignor } from '../../../src/consumer/group/assignors/range.ts'
import {
  ClassicMembership,
  type MembershipHost,
  type MembershipOptions,
} from '../../../src/consumer/group/classic-membership.ts'
import {
  decodeAssignment,
  encodeAssignment,
  encodeSubscription,
} from '../../../src/consumer/group/consumer-protocol.ts'
import { GroupCoordinator } from '../../../src/consumer/group/group-coordinator.ts'
import { ErrorCodes } from '../../../src/protocol/error-codes.ts'
import { ScriptedCluster } from '../../cluster/support/scripted-cluster.ts'
import { byName } from '../fixture.ts'

type Answer = Record<string, unknown> | 'cut'

/**
 * A group of one member, which leads it, at broker 1. Answers that a test has queued for an API come first; `events`
 * has what the coordinator and the host were told, in order.
 */
async function setUp(options: Partial<MembershipOptions> = {}, hostOverrides: Partial<MembershipHost> = {}) {
  const kafka = await ScriptedCluster.start(1, 2)
  kafka.topic('t', { leaders: [1, 1, 1] })
  const events: string[] = []
  const queued = new Map<string, Answer[]>()
  const coordinator = { id: 1 }
  const group = { generationId: 0, others: [] as object[], assignment: Buffer.alloc(0) as Buffer }
  const scripted = (api: string, ordinary: (message: never) => Answer) => {
    kafka.on(api, (request, brokerId) => {
      events.push(
        api === 'Heartbeat'
          ? `Heartbeat ${request.message.generationId}`
          : `${api} '${request.message.members?.[0].memberId ?? request.message.memberId}'`,
      )
      const next = queued.get(api)?.shift()
      if (next !== undefined) return next
      if (brokerId !== coordinator.id) return { errorCode: ErrorCodes.NOT_COORDINATOR }
      return ordinary(request.message as never)
    })
  }
  kafka.on('FindCoordinator', ({ message }) => ({
    coordinators: message.coordinatorKeys.map((key: string) => {
      events.push('FindCoordinator')
      return { key, nodeId: coordinator.id, host: `kafka-${coordinator.id}`, port: 9092 }
    }),
  }))
  scripted('JoinGroup', (message: { memberId: string; protocols: { name: string; metadata: Buffer }[] }) => {
    if (message.memberId === '')
      return { errorCode: ErrorCodes.MEMBER_ID_REQUIRED, memberId: 'm1', protocolName: '' }
    group.generationId += 1
    const { memberId } = message
    const [{ name: protocolName, metadata }] = message.protocols
    const members = [{ memberId, groupInstanceId: null, metadata }, ...group.others]
    const { generationId } = group
    return { generationId, memberId, leader: memberId, protocolType: 'consumer', protocolName, members }
  })
  scripted(
    'SyncGroup',
    (message: { memberId: string; assignments: { memberId: string; assignment: Buffer }[] }) => {
      const own = message.assignments.find(({ memberId }) => memberId === message.memberId)
      return { assignment: own?.assignment ?? group.assignment }
    },
  )
  scripted('Heartbeat', () => ({}))
  scripted('LeaveGroup', () => ({}))

  const cluster = kafka.client()
  const membership = new ClassicMembership(
    cluster,
    new GroupCoordinator(cluster, 'g'),
    {
      assigned: async (partitions) => void events.push(`assigned ${byName(partitions)}`),
      revoked: async (partitions, { lost }) => {
        events.push(`${lost ? 'lost' : 'revoked'} ${byName(partitions)}`)
      },
      idleForMs: () => 0,
      wanted: async () => {},
      troubled: (error) => void events.push(`troubled ${error.code}`),
      failed: (error) => void events.push(`failed ${error.code}`),
      ...hostOverrides,
    },
    {
      topics: ['t'],
      groupInstanceId: null,
      rack: null,
      sessionTimeoutMs: 10_000,
      heartbeatIntervalMs: 1_000,
      rebalanceTimeoutMs: 60_000,
      assignors: [rangeAssignor],
      retryDelayMs: () => 100,
      ...options,
    },
  )
  membership.start()
  /** Lets time pass, and returns what happened meanwhile. */
  const pass = async (ms: number) => {
    await kafka.world.advance(ms)
    return events.splice(0)
  }
  const answer = (api: string, ...answers: Answer[]) =>
    queued.set(api, [...(queued.get(api) ?? []), ...answers])
  const refuse = (api: string, name: keyof typeof ErrorCodes) =>
    answer(api, { errorCode: ErrorCodes[name], memberId: '', protocolName: '' })
  return { kafka, cluster, membership, group, coordinator, answer, refuse, pass, events }
}

const joined = ['FindCoordinator', "JoinGroup ''", "JoinGroup 'm1'", "SyncGroup 'm1'", 'assigned t-0,t-1,t-2']

describe('a classic membership', () => {
  it('joins, leads, holds its partitions with heartbeats, and leaves', async () => {
    const { kafka, membership, pass, events } = await setUp()
    expect(membership.identity()).toBeUndefined()
    expect(await pass(100)).toEqual(joined)
    expect(membership.state).toBe('stable')
    expect(membership.identity()).toEqual({ memberId: 'm1', generationId: 1, groupInstanceId: null })
    expect(await pass(3_000)).toEqual(['Heartbeat 1', 'Heartbeat 1', 'Heartbeat 1'])
    await kafka.run(membership.leave())
    expect(events).toEqual(["LeaveGroup 'm1'"])
    expect(membership.state).toBe('left')
    await kafka.run(membership.leave())
    expect(await pass(60_000)).toEqual(["LeaveGroup 'm1'"])
  })

  it('shares the partitions with the members that the coordinator names', async () => {
    const { kafka, group, pass } = await setUp()
    const subscription = {
      topics: ['t'],
      ownedPartitions: [],
      generationId: -1,
      rackId: null,
      userData: null,
    }
    group.others = [{ memberId: 'm0', groupInstanceId: null, metadata: encodeSubscription(subscription) }]
    expect((await pass(100)).at(-1)).toBe('assigned t-2')
    const [{ message }] = kafka.asked('SyncGroup')
    const shares = message.assignments.map(
      ({ memberId, assignment }: { memberId: string; assignment: Buffer }) => [
        memberId,
        byName(decodeAssignment(assignment)),
      ],
    )
    expect(new Map(shares)).toEqual(
      new Map([
        ['m0', ['t-0', 't-1']],
        ['m1', ['t-2']],
      ]),
    )
    expect(kafka.asked('JoinGroup')[1].message).toMatchObject({
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range' }],
      reason: 'the consumer started',
    })
  })

  it('takes what another leader gives it', async () => {
    const { kafka, group, answer, pass } = await setUp()
    answer('JoinGroup', { memberId: 'm1', generationId: 7, leader: 'm0', protocolName: 'range', members: [] })
    group.assignment = encodeAssignment([{ topic: 't', partition: 1 }])
    expect((await pass(100)).at(-1)).toBe('assigned t-1')
    expect(kafka.asked('SyncGroup')[0].message).toMatchObject({ generationId: 7, assignments: [] })
  })

  it('gives back before it joins again, with heartbeats until then', async () => {
    let giveBack = () => {}
    const revoked = () => new Promise<void>((resolve) => (giveBack = resolve))
    const { refuse, membership, pass } = await setUp({}, { revoked })
    await pass(100)
    refuse('Heartbeat', 'REBALANCE_IN_PROGRESS')
    refuse('Heartbeat', 'REBALANCE_IN_PROGRESS')
    expect(await pass(2_000)).toEqual(['Heartbeat 1', 'Heartbeat 1'])
    expect(membership.state).toBe('revoking')
    expect(membership.identity()).toMatchObject({ generationId: 1 }) // a commit is still taken
    giveBack()
    expect(await pass(100)).toEqual(["JoinGroup 'm1'", "SyncGroup 'm1'", 'assigned t-0,t-1,t-2'])
    expect(membership.identity()).toMatchObject({ generationId: 2 })
  })

  it('keeps its place when the coordinator moves', async () => {
    const { coordinator, pass } = await setUp()
    await pass(100)
    coordinator.id = 2
    expect(await pass(1_200)).toEqual([
      'Heartbeat 1',
      'troubled NOT_COORDINATOR',
      'FindCoordinator',
      'Heartbeat 1',
    ])
    expect(await pass(1_000)).toEqual(['Heartbeat 1'])
  })

  it('keeps its place when its connection breaks', async () => {
    const { answer, pass } = await setUp()
    await pass(100)
    answer('Heartbeat', 'cut')
    expect(await pass(1_300)).toEqual([
      'Heartbeat 1',
      'troubled CONNECTION_LOST',
      'FindCoordinator',
      'Heartbeat 1',
    ])
  })

  it('tries again while the coordinator loads', async () => {
    const { refuse, pass } = await setUp()
    for (let i = 0; i < 3; i++) refuse('JoinGroup', 'COORDINATOR_LOAD_IN_PROGRESS')
    const tried = ["JoinGroup ''", 'troubled COORDINATOR_LOAD_IN_PROGRESS']
    expect(await pass(1_000)).toEqual(['FindCoordinator', ...tried, ...tried, ...tried, ...joined.slice(1)])
  })

  it('joins again when the group rebalances while it syncs', async () => {
    const { refuse, pass } = await setUp()
    refuse('SyncGroup', 'REBALANCE_IN_PROGRESS')
    expect((await pass(1_000)).slice(2)).toEqual([
      "JoinGroup 'm1'",
      "SyncGroup 'm1'",
      "JoinGroup 'm1'",
      "SyncGroup 'm1'",
      'assigned t-0,t-1,t-2',
    ])
  })

  it.each([
    ['UNKNOWN_MEMBER_ID', ["JoinGroup ''", "JoinGroup 'm1'"]],
    ['ILLEGAL_GENERATION', ["JoinGroup 'm1'"]],
  ] as const)('gives all up and joins anew after %s', async (name, joins) => {
    const { refuse, membership, pass } = await setUp()
    await pass(100)
    refuse('Heartbeat', name)
    expect(await pass(1_500)).toEqual([
      'Heartbeat 1',
      `troubled ${name}`,
      'lost t-0,t-1,t-2',
      ...joins,
      "SyncGroup 'm1'",
      'assigned t-0,t-1,t-2',
    ])
    expect(membership.identity()).toMatchObject({ generationId: 2 })
  })

  it('commits nothing more once it is told that it is out, also while it gives back', async () => {
    let giveBack = () => {}
    const revoked = () => new Promise<void>((resolve) => (giveBack = resolve))
    const { refuse, membership, pass } = await setUp({}, { revoked })
    await pass(100)
    refuse('Heartbeat', 'REBALANCE_IN_PROGRESS')
    refuse('Heartbeat', 'UNKNOWN_MEMBER_ID')
    await pass(2_000)
    expect([membership.state, membership.identity()]).toEqual(['revoking', undefined])
    giveBack()
    await pass(0)
    giveBack() // told again, because now it is lost
    expect((await pass(100)).slice(0, 2)).toEqual(["JoinGroup ''", "JoinGroup 'm1'"])
  })

  it('gives all up when nobody has answered for as long as the session lasts', async () => {
    const { kafka, pass } = await setUp()
    await pass(100)
    await kafka.down(1)
    const events = await pass(15_000)
    expect(events.filter((event) => event.startsWith('lost'))).toEqual(['lost t-0,t-1,t-2'])
    await kafka.up(1)
    expect((await pass(5_000)).filter((event) => event.startsWith('assigned'))).toHaveLength(1)
  })

  it.each(['GROUP_AUTHORIZATION_FAILED', 'INCONSISTENT_GROUP_PROTOCOL', 'GROUP_MAX_SIZE_REACHED'] as const)(
    'ends with %s when it joins',
    async (name) => {
      const { refuse, membership, pass } = await setUp()
      refuse('JoinGroup', name)
      expect(await pass(1_000)).toEqual(['FindCoordinator', "JoinGroup ''", 'lost ', `failed ${name}`])
      expect(membership.state).toBe('left')
      expect(await pass(10_000)).toEqual([])
    },
  )

  it('leaves its place to the process that took it', async () => {
    const { refuse, pass } = await setUp({ groupInstanceId: 'one' })
    await pass(100)
    refuse('Heartbeat', 'FENCED_INSTANCE_ID')
    expect(await pass(5_000)).toEqual(['Heartbeat 1', 'lost t-0,t-1,t-2', 'failed FENCED_INSTANCE_ID'])
  })

  it('stays in the group when it is closed and static', async () => {
    const { kafka, membership, pass } = await setUp({ groupInstanceId: 'one' })
    expect(await pass(100)).toEqual(joined)
    expect(kafka.asked('JoinGroup')[0].message.groupInstanceId).toBe('one')
    await kafka.run(membership.leave())
    expect(await pass(10_000)).toEqual([])
  })

  it('does not share anew when a static leader comes back', async () => {
    const { kafka, group, answer, pass } = await setUp({ groupInstanceId: 'one' })
    const back = {
      memberId: 'm1',
      generationId: 3,
      leader: 'm1',
      protocolName: 'range',
      skipAssignment: true,
    }
    answer('JoinGroup', { ...back, members: [] })
    group.assignment = encodeAssignment([{ topic: 't', partition: 2 }])
    expect((await pass(100)).at(-1)).toBe('assigned t-2')
    expect(kafka.asked('SyncGroup')[0].message.assignments).toEqual([])
  })

  it('leaves when the application asks for nothing for too long, and comes back when it does', async () => {
    let idleForMs = 0
    let ask = () => {}
    const wanted = () => new Promise<void>((resolve) => (ask = resolve))
    const { membership, pass } = await setUp({}, { idleForMs: () => idleForMs, wanted })
    await pass(100)
    idleForMs = 60_001
    expect(await pass(1_000)).toEqual(["LeaveGroup 'm1'", 'lost t-0,t-1,t-2'])
    expect(await pass(60_000)).toEqual([])
    idleForMs = 0
    ask()
    expect((await pass(100)).at(-1)).toBe('assigned t-0,t-1,t-2')
    expect(membership.state).toBe('stable')
  })

  it('has the partitions shared anew when it leads and their number changes', async () => {
    const { kafka, pass } = await setUp()
    await pass(100)
    kafka.topic('t', { leaders: [1, 1, 1, 1] })
    expect(await pass(301_000)).toEqual(
      expect.arrayContaining(['revoked t-0,t-1,t-2', 'assigned t-0,t-1,t-2,t-3']),
    )
    expect(kafka.asked('JoinGroup').at(-1)!.message.reason).toBe('the partitions of the topics changed')
  })

  it('has them shared again when their number changes while it shares them', async () => {
    const { kafka, cluster, pass } = await setUp()
    kafka.on('SyncGroup', (request) => {
      const { memberId, assignments } = request.message
      const own = assignments.find((each: { memberId: string }) => each.memberId === memberId)
      kafka.world.timers.after(1_000, () => request.answer({ assignment: own.assignment }))
      return undefined
    })
    await pass(500)
    kafka.topic('t', { leaders: [1, 1, 1, 1] })
    await kafka.run(cluster.refresh())
    expect(await pass(3_000)).toEqual(
      expect.arrayContaining(['assigned t-0,t-1,t-2', 'revoked t-0,t-1,t-2', 'assigned t-0,t-1,t-2,t-3']),
    )
  })

  it('joins again when it is told that the group rebalances while it joins', async () => {
    const { refuse, pass } = await setUp()
    refuse('JoinGroup', 'REBALANCE_IN_PROGRESS')
    expect((await pass(900)).slice(1)).toEqual(["JoinGroup ''", ...joined.slice(1)])
  })

  it('looks for a topic that is missing, and has it shared when it comes to be', async () => {
    const { kafka, pass } = await setUp({ topics: ['t', 'late'] })
    expect((await pass(100)).at(-1)).toBe('assigned t-0,t-1,t-2')
    kafka.topic('late', { leaders: [1] })
    expect((await pass(5_000)).filter((event) => event.startsWith('assigned'))).toEqual([
      'assigned late-0,t-0,t-1,t-2',
    ])
  })

  it('leaves also when it is closed while it waits for the others to join', async () => {
    const { kafka, membership, pass } = await setUp()
    kafka.on('JoinGroup', ({ message }) =>
      message.memberId === ''
        ? { errorCode: ErrorCodes.MEMBER_ID_REQUIRED, memberId: 'm1', protocolName: '' }
        : undefined,
    )
    await pass(5_000)
    expect(membership.state).toBe('joining')
    await kafka.run(membership.leave(), 1_000)
    expect(await pass(0)).toEqual(["LeaveGroup 'm1'"])
  })
})
