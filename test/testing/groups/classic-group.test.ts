import { beforeEach, describe, expect, test } from 'vitest'
import { ErrorCodes } from '../../../src/protocol/error-codes.ts'
import type { GroupCoordinator } from '../../../src/testing/groups/group-coordinator.ts'
import type { JoinAnswer, JoinRequest } from '../../../src/testing/groups/member.ts'
import { BrokerConfigs } from '../../../src/testing/state/broker-configs.ts'
import { Topics } from '../../../src/testing/state/topics.ts'
import { SeededWorld } from '../support/seeded-world.ts'
import { makeCoordinator } from './make-coordinator.ts'

const groupId = 'group'
const noOffsets = { knowsEpochs: true, partitions: [] }
const noTopics = new Topics(new BrokerConfigs())

let world: SeededWorld
let groups: GroupCoordinator

beforeEach(() => begin())

function begin(configs: Record<string, string> = {}): void {
  world = new SeededWorld()
  groups = makeCoordinator(world, configs).groups
}

function request(more: Partial<JoinRequest> = {}): JoinRequest {
  return {
    memberId: '',
    groupInstanceId: null,
    clientId: 'client',
    clientHost: '/host',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('m') }],
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    requiresKnownMemberId: false,
    supportsSkippedAssignment: false,
    ...more,
  }
}

/** A join and what it was answered, once it was. */
function joining(more: Partial<JoinRequest> = {}): { answer?: JoinAnswer } {
  const join: { answer?: JoinAnswer } = {}
  Promise.resolve(groups.join(groupId, request(more), noTopics)).then((answer) => {
    join.answer = answer
  })
  return join
}

/** Joins alone and is assigned everything. */
async function aStableMember(
  more: Partial<JoinRequest> = {},
): Promise<{ memberId: string; generationId: number }> {
  const join = joining(more)
  await world.advance(0)
  const { memberId, generationId } = join.answer!
  await groups.sync(groupId, {
    ...claim(memberId, generationId),
    protocolType: null,
    protocolName: null,
    assignments: new Map([[memberId, Buffer.from('all')]]),
  })
  return { memberId, generationId }
}

function claim(memberId: string, generationId: number, groupInstanceId: string | null = null) {
  return { memberId, generationId, groupInstanceId }
}

const group = () => groups.classic(groupId)!
const state = () => group().state
const memberIds = () => [...group().members].map(({ memberId }) => memberId)

describe('sessions', () => {
  test('a member of which nothing is heard is removed', async () => {
    const { memberId, generationId } = await aStableMember()
    await world.advance(9_999)
    expect(memberIds()).toEqual([memberId])
    await world.advance(1)
    expect(memberIds()).toEqual([])
    expect(state()).toBe('Empty')
    expect(groups.heartbeat(groupId, claim(memberId, generationId))).toBe(ErrorCodes.UNKNOWN_MEMBER_ID)
  })

  test('heartbeats and commits keep it', async () => {
    const { memberId, generationId } = await aStableMember()
    for (let round = 0; round < 5; round++) {
      await world.advance(9_000)
      expect(groups.heartbeat(groupId, claim(memberId, generationId))).toBe(ErrorCodes.NONE)
      await world.advance(9_000)
      const error = groups.checkCommit(
        groupId,
        claim(memberId, generationId),
        ErrorCodes.GROUP_ID_NOT_FOUND,
        noOffsets,
      )
      expect(error).toBe(ErrorCodes.NONE)
    }
    expect(state()).toBe('Stable')
  })

  test('a member that goes silent makes the others share its part', async () => {
    const first = await aStableMember({ sessionTimeoutMs: 6_000 })
    const second = joining({ sessionTimeoutMs: 30_000 })
    const again = joining({ memberId: first.memberId, sessionTimeoutMs: 6_000 })
    await world.advance(0)
    const { generationId, memberId } = second.answer!
    const assignments = new Map([[memberId, Buffer.from('half')]])
    const sync = { protocolType: null, protocolName: null, assignments }
    await groups.sync(groupId, { ...claim(first.memberId, again.answer!.generationId), ...sync })
    await groups.sync(groupId, { ...claim(memberId, generationId), ...sync })
    await world.advance(6_000)
    expect(memberIds()).toEqual([memberId])
    expect(state()).toBe('PreparingRebalance')
    expect(groups.heartbeat(groupId, claim(memberId, generationId))).toBe(ErrorCodes.REBALANCE_IN_PROGRESS)
  })

  test('who waits for an answer to its join is not taken for silent', async () => {
    const first = await aStableMember({ sessionTimeoutMs: 60_000 })
    const second = joining({ sessionTimeoutMs: 6_000 })
    await world.advance(0)
    groups.heartbeat(groupId, claim(first.memberId, first.generationId))
    await world.advance(30_000)
    expect(second.answer).toBeUndefined()
    joining({ memberId: first.memberId, sessionTimeoutMs: 60_000 })
    await world.advance(0)
    expect(second.answer!.errorCode).toBe(ErrorCodes.NONE)
  })

  test('nor is an old member that joined again and waits for the others', async () => {
    const first = await aStableMember({ sessionTimeoutMs: 60_000 })
    joining({ sessionTimeoutMs: 60_000 })
    await world.advance(0)
    const again = joining({ memberId: first.memberId, sessionTimeoutMs: 6_000 })
    await world.advance(0)
    const { generationId } = again.answer!
    const sync = { protocolType: null, protocolName: null, assignments: new Map() }
    await groups.sync(groupId, { ...claim(first.memberId, generationId), ...sync })
    const waiting = joining({ memberId: first.memberId, sessionTimeoutMs: 6_000 })
    await world.advance(30_000)
    expect(waiting.answer).toBeUndefined()
    expect(memberIds()).toContain(first.memberId)
  })

  test("a newcomer's join is given up after five minutes", async () => {
    const first = await aStableMember({ sessionTimeoutMs: 1_800_000, rebalanceTimeoutMs: 1_800_000 })
    const second = joining({ rebalanceTimeoutMs: 1_800_000 })
    await world.advance(5 * 60_000)
    expect(second.answer!.errorCode).toBe(ErrorCodes.UNKNOWN_MEMBER_ID)
    expect(memberIds()).toEqual([first.memberId])
  })
})

describe('rebalances', () => {
  test('who does not join again within the rebalance timeout is left out', async () => {
    const first = await aStableMember({ sessionTimeoutMs: 600_000, rebalanceTimeoutMs: 60_000 })
    const second = joining({ sessionTimeoutMs: 600_000, rebalanceTimeoutMs: 30_000 })
    await world.advance(59_999)
    expect(second.answer).toBeUndefined()
    await world.advance(1)
    expect(second.answer).toMatchObject({ generationId: first.generationId + 1, members: [{}] })
    expect(memberIds()).toEqual([second.answer!.memberId])
    expect(second.answer!.leader).toBe(second.answer!.memberId)
  })

  test('who does not fetch its assignment within the rebalance timeout is left out', async () => {
    const first = await aStableMember({ sessionTimeoutMs: 600_000 })
    const second = joining({ sessionTimeoutMs: 600_000 })
    const again = joining({ memberId: first.memberId, sessionTimeoutMs: 600_000 })
    await world.advance(0)
    const { generationId } = again.answer!
    const sync = { protocolType: null, protocolName: null, assignments: new Map() }
    await groups.sync(groupId, { ...claim(first.memberId, generationId), ...sync })
    await world.advance(59_999)
    expect(state()).toBe('Stable')
    await world.advance(1)
    expect(state()).toBe('PreparingRebalance')
    expect(memberIds()).toEqual([first.memberId])
    expect(second.answer!.errorCode).toBe(ErrorCodes.NONE)
  })

  test('a leader that never assigns is left out, and who waits for it is told', async () => {
    const first = await aStableMember({ sessionTimeoutMs: 600_000 })
    const second = joining({ sessionTimeoutMs: 600_000 })
    joining({ memberId: first.memberId, sessionTimeoutMs: 600_000 })
    await world.advance(0)
    const { memberId, generationId } = second.answer!
    const sync = groups.sync(groupId, {
      ...claim(memberId, generationId),
      protocolType: null,
      protocolName: null,
      assignments: new Map(),
    })
    await world.advance(60_000)
    expect((await sync).errorCode).toBe(ErrorCodes.REBALANCE_IN_PROGRESS)
    expect(memberIds()).toEqual([memberId])
  })

  test('an id that was given out holds the group up until it lapses', async () => {
    const first = await aStableMember({ sessionTimeoutMs: 600_000 })
    const pending = joining({ requiresKnownMemberId: true })
    await world.advance(0)
    expect(pending.answer!.errorCode).toBe(ErrorCodes.MEMBER_ID_REQUIRED)
    const again = joining({ memberId: first.memberId, sessionTimeoutMs: 600_000 })
    await world.advance(9_999)
    expect(again.answer).toBeUndefined()
    await world.advance(1)
    expect(again.answer!.errorCode).toBe(ErrorCodes.NONE)
    expect(group().isPendingId(pending.answer!.memberId)).toBe(false)
  })

  test('a join that is sent again takes the place of the one before', async () => {
    const first = await aStableMember({ sessionTimeoutMs: 600_000 })
    joining({ sessionTimeoutMs: 600_000 })
    await world.advance(0)
    const second = memberIds()[1]
    const [once, twice] = [joining({ memberId: second }), joining({ memberId: second })]
    await world.advance(0)
    expect(once.answer!.errorCode).toBe(ErrorCodes.REBALANCE_IN_PROGRESS)
    joining({ memberId: first.memberId, sessionTimeoutMs: 600_000 })
    await world.advance(0)
    expect(twice.answer).toMatchObject({ errorCode: ErrorCodes.NONE, memberId: second })
  })
})

describe('the first generation', () => {
  test('waits for more members, and longer for each that comes', async () => {
    begin({ 'group.initial.rebalance.delay.ms': '3000' })
    const first = joining()
    await world.advance(2_999)
    const second = joining()
    await world.advance(2_999)
    expect(first.answer).toBeUndefined()
    await world.advance(2)
    expect(first.answer!.generationId).toBe(1)
    expect(second.answer!.generationId).toBe(1)
    expect(first.answer!.members).toHaveLength(2)
  })

  test('but never longer than the rebalance timeout', async () => {
    begin({ 'group.initial.rebalance.delay.ms': '3000' })
    const joins = []
    for (let second = 0; second < 7; second++) {
      joins.push(joining({ rebalanceTimeoutMs: 7_000 }))
      await world.advance(1_000)
    }
    expect(joins.every(({ answer }) => answer?.generationId === 1)).toBe(true)
  })

  test('takes who is there when there is no delay', async () => {
    const first = joining()
    await world.advance(0)
    expect(first.answer).toMatchObject({ errorCode: ErrorCodes.NONE, generationId: 1 })
  })
})

describe('static members', () => {
  const groupInstanceId = 'instance'

  test('may be late for a rebalance, and stay for as long as their session', async () => {
    const fixed = await aStableMember({ groupInstanceId, sessionTimeoutMs: 100_000 })
    const second = joining({ sessionTimeoutMs: 600_000 })
    await world.advance(60_000)
    expect(second.answer!.errorCode).toBe(ErrorCodes.NONE)
    expect(memberIds()).toContain(fixed.memberId)
    await world.advance(60_000)
    expect(memberIds()).not.toContain(fixed.memberId)
  })

  test('none of them there: the wait goes on until their sessions end', async () => {
    const fixed = await aStableMember({ groupInstanceId, sessionTimeoutMs: 100_000 })
    group().rebalance()
    await world.advance(99_000)
    expect(state()).toBe('PreparingRebalance')
    expect(memberIds()).toEqual([fixed.memberId])
    await world.advance(2_000)
    expect(state()).toBe('Empty')
  })

  test('one that comes back fences the join of its former self', async () => {
    await aStableMember({ sessionTimeoutMs: 600_000 })
    const before = joining({ groupInstanceId, sessionTimeoutMs: 600_000 })
    await world.advance(0)
    joining({ groupInstanceId, sessionTimeoutMs: 600_000 })
    await world.advance(0)
    expect(before.answer!.errorCode).toBe(ErrorCodes.FENCED_INSTANCE_ID)
    expect(memberIds()).toHaveLength(2)
  })
})

describe('limits and endings', () => {
  test('a group takes no more than group.max.size members', async () => {
    begin({ 'group.max.size': '1' })
    const { memberId } = await aStableMember()
    const second = joining()
    await world.advance(0)
    expect(second.answer!.errorCode).toBe(ErrorCodes.GROUP_MAX_SIZE_REACHED)
    expect(memberIds()).toEqual([memberId])
  })

  test('there are no more than ten thousand groups', async () => {
    for (let count = 0; count < 10_000; count++) groups.getOrCreate(`group ${count}`)
    const join = joining()
    await world.advance(0)
    expect(join.answer!.errorCode).toBe(ErrorCodes.COORDINATOR_NOT_AVAILABLE)
    const error = groups.checkCommit(groupId, claim('', -1), ErrorCodes.GROUP_ID_NOT_FOUND, noOffsets)
    expect(error).toBe(ErrorCodes.COORDINATOR_NOT_AVAILABLE)
  })

  test('offsets of an empty group go after the retention, and the group with them', async () => {
    begin({ 'offsets.retention.minutes': '10' })
    const group = groups.getOrCreate(groupId)!
    group.offsets.set('topic', 0, {
      offset: 1n,
      leaderEpoch: -1,
      metadata: '',
      committedAtMs: world.clock.now(),
    })
    await world.advance(10 * 60_000)
    groups.expire(world.clock.now())
    expect(groups.get(groupId)).toBe(group)
    await world.advance(1)
    groups.expire(world.clock.now())
    expect(groups.get(groupId)).toBeUndefined()
  })

  test('closing leaves no timer and no question open', async () => {
    await aStableMember()
    const waiting = joining()
    await world.advance(0)
    groups.close()
    await world.advance(0)
    expect(waiting.answer!.errorCode).toBe(ErrorCodes.UNKNOWN_MEMBER_ID)
    expect(world.waitingTimers).toBe(0)
  })
})
