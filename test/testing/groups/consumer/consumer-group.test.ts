import { beforeEach, describe, expect, test } from 'vitest'
import { ErrorCodes } from '../../../../src/protocol/error-codes.ts'
import { listed } from '../../../../src/testing/groups/consumer/assignment.ts'
import type { HeartbeatAnswer, HeartbeatRequest } from '../../../../src/testing/groups/consumer/heartbeat.ts'
import type { TopicDirectory } from '../../../../src/testing/groups/consumer/topic-directory.ts'
import type { GroupCoordinator } from '../../../../src/testing/groups/group-coordinator.ts'
import { SeededWorld } from '../../support/seeded-world.ts'
import { makeCoordinator } from '../make-coordinator.ts'

const groupId = 'group'

let world: SeededWorld
let groups: GroupCoordinator
let topics: Map<string, number>

beforeEach(() => begin())

function begin(configs: Record<string, string> = {}): void {
  world = new SeededWorld()
  groups = makeCoordinator(world, configs).groups
  topics = new Map([['t', 4]])
}

/** Topics whose ids are their names. */
const directory: TopicDirectory = {
  byName: (name) => known(name),
  byId: (id) => known(id),
  *[Symbol.iterator]() {
    for (const name of topics.keys()) yield known(name)!
  },
}

function known(name: string) {
  const length = topics.get(name)
  return length === undefined ? undefined : { id: name, name, partitions: { length } }
}

function send(memberId: string, memberEpoch: number, more: Partial<HeartbeatRequest> = {}) {
  const unchanged = {
    memberId,
    memberEpoch,
    clientId: 'client',
    clientHost: '/host',
    instanceId: null,
    rackId: null,
    rebalanceTimeoutMs: -1,
    topicNames: null,
    topicPattern: null,
    assignor: null,
    owned: null,
  }
  return groups.consumerHeartbeat(groupId, { ...unchanged, ...more }, directory)
}

function told(answer: ReturnType<typeof send>): HeartbeatAnswer {
  if ('errorCode' in answer) throw new Error(`refused: ${answer.errorCode} ${answer.errorMessage}`)
  return answer
}

function join(memberId: string, more: Partial<HeartbeatRequest> = {}): HeartbeatAnswer {
  return told(send(memberId, 0, { rebalanceTimeoutMs: 30_000, topicNames: ['t'], owned: [], ...more }))
}

function owning(...partitions: number[]) {
  return { owned: [{ topicId: 't', partitions }] }
}

function partitionsOf({ assignment }: HeartbeatAnswer): number[] | undefined {
  return assignment && listed(assignment).flatMap(({ partitions }) => partitions)
}

const group = () => groups.consumer(groupId)!
const memberIds = () => [...group().members()].map(({ memberId }) => memberId)

describe('sessions', () => {
  test('a member of which nothing is heard is removed, and the others share its part', async () => {
    join('a')
    join('b')
    told(send('a', 2))
    told(send('a', 2, owning(0, 1)))
    expect(partitionsOf(told(send('b', 3)))).toEqual([2, 3])
    await world.advance(44_999)
    told(send('b', 3))
    await world.advance(1)
    expect(memberIds()).toEqual(['b'])
    expect(group().state).toBe('Assigning')
    expect(partitionsOf(told(send('b', 3)))).toEqual([0, 1, 2, 3])
    expect(send('a', 3)).toMatchObject({ errorCode: ErrorCodes.UNKNOWN_MEMBER_ID })
  })

  test('a static member that is away keeps its place until its session is over', async () => {
    join('a', { instanceId: 'i' })
    told(send('a', -2, { instanceId: 'i' }))
    await world.advance(44_999)
    expect(memberIds()).toEqual(['a'])
    await world.advance(1)
    expect(group().state).toBe('Empty')
  })

  test('are as long as configured, and the members told how often to send heartbeats', async () => {
    begin({ 'group.consumer.session.timeout.ms': '7000', 'group.consumer.heartbeat.interval.ms': '500' })
    expect(join('a').heartbeatIntervalMs).toBe(500)
    await world.advance(6_999)
    expect(memberIds()).toEqual(['a'])
    await world.advance(1)
    expect(memberIds()).toEqual([])
  })

  test('follow the configs of the group, where it has any', () => {
    const { groups: configured, groupConfigs } = makeCoordinator(world)
    groups = configured
    groupConfigs.set(groupId, new Map([['consumer.heartbeat.interval.ms', '7000']]))
    expect(join('a').heartbeatIntervalMs).toBe(7000)
    groupConfigs.set(groupId, new Map())
    expect(told(send('a', 2)).heartbeatIntervalMs).toBe(5000)
  })
})

describe('partitions that a member has to let go', () => {
  test('are nobody else’s until it says that it did', async () => {
    join('a')
    expect(partitionsOf(join('b'))).toEqual([])
    expect(partitionsOf(told(send('a', 2)))).toEqual([0, 1])
    await world.advance(10_000)
    expect(told(send('b', 3)).assignment).toBeUndefined()
    expect(told(send('a', 2, owning(0, 1, 2, 3))).memberEpoch).toBe(2)
    expect(told(send('b', 3)).assignment).toBeUndefined()
    expect(told(send('a', 2, owning(0, 1))).memberEpoch).toBe(3)
    expect(partitionsOf(told(send('b', 3)))).toEqual([2, 3])
    expect(group().state).toBe('Stable')
  })

  test('cost it its membership when it keeps them past its rebalance timeout', async () => {
    join('a', { rebalanceTimeoutMs: 5_000 })
    join('b')
    told(send('a', 2))
    await world.advance(4_999)
    told(send('a', 2, owning(0, 1, 2, 3)))
    await world.advance(1)
    expect(memberIds()).toEqual(['b'])
  })

  test('count as let go when it joins again', async () => {
    join('a')
    join('b')
    told(send('a', 2))
    expect(join('a').memberEpoch).toBe(3)
    await world.advance(60_000)
    expect(memberIds()).toEqual([])
  })
})

describe('assignments', () => {
  test('follow each other no faster than configured', async () => {
    begin({ 'group.consumer.assignment.interval.ms': '1000' })
    expect(partitionsOf(join('a'))).toEqual([0, 1, 2, 3])
    const second = join('b')
    expect(second.memberEpoch).toBe(2)
    expect(group()).toMatchObject({ state: 'Assigning', epoch: 3, assignmentEpoch: 2 })
    await world.advance(999)
    expect(told(send('a', 2)).assignment).toBeUndefined()
    await world.advance(1)
    expect(partitionsOf(told(send('a', 2)))).toEqual([0, 1])
    expect(group()).toMatchObject({ state: 'Reconciling', assignmentEpoch: 3 })
  })

  test('leave out what a member does not want any more before there is a new one', async () => {
    begin({ 'group.consumer.assignment.interval.ms': '1000' })
    topics.set('u', 1)
    join('a', { topicNames: ['t', 'u'] })
    const answer = told(send('a', 2, { topicNames: ['u'] }))
    expect(listed(answer.assignment!)).toEqual([{ topicId: 'u', partitions: [0] }])
    expect(group()).toMatchObject({ epoch: 3, assignmentEpoch: 2 })
  })

  test('are made by the first of the configured assignors', () => {
    begin({ 'group.consumer.assignors': 'range' })
    join('a')
    expect(group().assignorName).toBe('range')
  })
})

describe('patterns', () => {
  const pattern = { topicNames: null, topicPattern: 'x.*' }

  test('find topics after the answer, and new ones ten seconds later', async () => {
    topics.set('x1', 1)
    expect(partitionsOf(join('a', pattern))).toEqual([])
    const answer = told(send('a', 1))
    expect(listed(answer.assignment!)).toEqual([{ topicId: 'x1', partitions: [0] }])
    topics.set('x2', 1)
    told(send('a', answer.memberEpoch))
    expect(group().state).toBe('Stable')
    await world.advance(10_000)
    told(send('a', answer.memberEpoch))
    expect(group().state).toBe('Assigning')
    expect(listed(told(send('a', answer.memberEpoch)).assignment!)).toHaveLength(2)
  })

  test('that are none change nothing', () => {
    join('a')
    const before = group().epoch
    expect(send('a', 2, { topicPattern: '(' })).toMatchObject({
      errorCode: ErrorCodes.INVALID_REGULAR_EXPRESSION,
    })
    expect(group().epoch).toBe(before)
    expect(group().member('a')!.self.topicPattern).toBe('')
  })
})

describe('limits and endings', () => {
  test('a group takes no more than group.consumer.max.size members', () => {
    begin({ 'group.consumer.max.size': '1' })
    join('a')
    const refusal = send('b', 0, { rebalanceTimeoutMs: 30_000, topicNames: ['t'], owned: [] })
    expect(refusal).toMatchObject({ errorCode: ErrorCodes.GROUP_MAX_SIZE_REACHED })
    expect(join('a').memberEpoch).toBe(2)
  })

  test('there are no more than ten thousand groups', () => {
    for (let count = 0; count < 10_000; count++) groups.getOrCreate(`group ${count}`)
    const refusal = send('a', 0, { rebalanceTimeoutMs: 30_000, topicNames: ['t'], owned: [] })
    expect(refusal).toMatchObject({ errorCode: ErrorCodes.COORDINATOR_NOT_AVAILABLE })
  })

  test('offsets of topics that nobody wants go after the retention, and an empty group with them', async () => {
    begin({ 'offsets.retention.minutes': '1' })
    join('a')
    for (const topic of ['t', 'u']) {
      const committedAtMs = world.clock.now()
      group().offsets.set(topic, 0, { offset: 1n, leaderEpoch: -1, metadata: '', committedAtMs })
    }
    for (let round = 0; round < 3; round++) {
      await world.advance(30_000)
      told(send('a', 2))
    }
    groups.expire(world.clock.now())
    expect([...group().offsets.topics()]).toEqual(['t'])
    told(send('a', -1))
    groups.expire(world.clock.now())
    expect(groups.get(groupId)).toBeUndefined()
  })

  test('deleting and closing leave no timer', async () => {
    join('a')
    join('b')
    told(send('a', 2))
    groups.close()
    await world.advance(0)
    expect(world.waitingTimers).toBe(0)
  })
})

describe('a group that another broker looks after from now on', () => {
  test('goes on as it was, and hears of its members anew', async () => {
    join('a', { rebalanceTimeoutMs: 50_000 })
    join('b')
    told(send('a', 2))
    await world.advance(40_000)
    groups.handOver(() => true)
    await world.advance(40_000)
    expect(memberIds()).toEqual(['a', 'b'])
    expect(told(send('a', 2, owning(0, 1))).memberEpoch).toBe(3)
    expect(partitionsOf(told(send('b', 3)))).toEqual([2, 3])
  })
})
