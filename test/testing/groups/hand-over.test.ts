import { beforeEach, describe, expect, test } from 'vitest'
import { ErrorCodes } from '../../../src/protocol/error-codes.ts'
import type { GroupCoordinator } from '../../../src/testing/groups/group-coordinator.ts'
import type { JoinAnswer, JoinRequest, SyncAnswer } from '../../../src/testing/groups/member.ts'
import { BrokerConfigs } from '../../../src/testing/state/broker-configs.ts'
import { Topics } from '../../../src/testing/state/topics.ts'
import { SeededWorld } from '../support/seeded-world.ts'
import { makeCoordinator } from './make-coordinator.ts'

const groupId = 'group'
const noTopics = new Topics(new BrokerConfigs())
const all = () => true

let world: SeededWorld
let groups: GroupCoordinator

beforeEach(() => {
  world = new SeededWorld()
  groups = makeCoordinator(world).groups
})

function joining(more: Partial<JoinRequest> = {}): { answer?: JoinAnswer } {
  const join: { answer?: JoinAnswer } = {}
  const request = {
    memberId: '',
    groupInstanceId: null,
    clientId: 'client',
    clientHost: '/host',
    protocolType: 'consumer',
    protocols: [
      { name: 'other', metadata: Buffer.from('o') },
      { name: 'range', metadata: Buffer.from('m') },
    ],
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    requiresKnownMemberId: false,
    supportsSkippedAssignment: false,
    ...more,
  }
  Promise.resolve(groups.join(groupId, request, noTopics)).then((answer) => {
    join.answer = answer
  })
  return join
}

function syncing(memberId: string, generationId: number, assignments: Record<string, string> = {}) {
  const sync: { answer?: SyncAnswer } = {}
  Promise.resolve(
    groups.sync(groupId, {
      memberId,
      generationId,
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments: new Map(Object.entries(assignments).map(([id, text]) => [id, Buffer.from(text)])),
    }),
  ).then((answer) => {
    sync.answer = answer
  })
  return sync
}

function beat(memberId: string, generationId: number): number {
  return groups.heartbeat(groupId, { memberId, generationId, groupInstanceId: null })
}

async function aStableMember(): Promise<{ memberId: string; generationId: number }> {
  const join = joining()
  await world.advance(0)
  const { memberId, generationId } = join.answer!
  syncing(memberId, generationId, { [memberId]: 'all' })
  await world.advance(0)
  return { memberId, generationId }
}

function commit(): void {
  const committed = { offset: 7n, leaderEpoch: -1, metadata: '', committedAtMs: world.clock.now() }
  groups.getOrCreate(groupId)!.offsets.set('topic', 0, committed)
}

describe('a classic group that another broker looks after from now on', () => {
  test('goes on in its generation, with the assignments of its members', async () => {
    const { memberId, generationId } = await aStableMember()
    groups.handOver(all)
    expect(groups.classic(groupId)).toMatchObject({ state: 'Stable', generationId, protocolName: 'other' })
    expect(groups.classic(groupId)!.members.leaderId).toBe(memberId)
    expect(beat(memberId, generationId)).toBe(ErrorCodes.NONE)
    const sync = syncing(memberId, generationId)
    await world.advance(0)
    expect(sync.answer).toMatchObject({ errorCode: ErrorCodes.NONE, assignment: Buffer.from('all') })
  })

  test('hears of its members anew', async () => {
    const { memberId, generationId } = await aStableMember()
    await world.advance(9_000)
    groups.handOver(all)
    await world.advance(9_999)
    expect(groups.classic(groupId)!.members.get(memberId)).toBeDefined()
    await world.advance(1)
    expect(beat(memberId, generationId)).toBe(ErrorCodes.UNKNOWN_MEMBER_ID)
  })

  test('knows nothing of a rebalance that was on its way, and refuses who waits', async () => {
    const first = await aStableMember()
    const second = joining()
    await world.advance(0)
    expect(groups.classic(groupId)!.state).toBe('PreparingRebalance')
    groups.handOver(all)
    await world.advance(0)
    expect(second.answer!.errorCode).toBe(ErrorCodes.NOT_COORDINATOR)
    expect(groups.classic(groupId)!.state).toBe('Stable')
    expect([...groups.classic(groupId)!.members]).toHaveLength(1)
    expect(beat(first.memberId, first.generationId)).toBe(ErrorCodes.NONE)
  })

  test('refuses who waits for its assignment', async () => {
    const first = await aStableMember()
    const second = joining()
    joining({ memberId: first.memberId })
    await world.advance(0)
    const sync = syncing(second.answer!.memberId, second.answer!.generationId)
    groups.handOver(all)
    await world.advance(0)
    expect(sync.answer!.errorCode).toBe(ErrorCodes.NOT_COORDINATOR)
    expect(beat(first.memberId, first.generationId)).toBe(ErrorCodes.NONE)
  })

  test('is not there when it never had a generation, unless it has offsets', async () => {
    const join = joining()
    await world.advance(0)
    expect(join.answer!.errorCode).toBe(ErrorCodes.NONE)
    groups.handOver(all)
    expect(groups.get(groupId)).toBeUndefined()
    joining()
    commit()
    await world.advance(0)
    groups.handOver(all)
    expect(groups.classic(groupId)).toMatchObject({ state: 'Empty', generationId: 0 })
  })

  test('keeps its offsets, and knows that everybody left', async () => {
    const { memberId } = await aStableMember()
    commit()
    groups.leave(groupId, [{ memberId, groupInstanceId: null }])
    groups.handOver(all)
    expect(groups.classic(groupId)).toMatchObject({ state: 'Empty', generationId: 2 })
    expect(groups.get(groupId)!.offsets.get('topic', 0)).toMatchObject({ offset: 7n })
  })

  test('is left alone when it did not move', async () => {
    await aStableMember()
    const before = groups.get(groupId)
    const second = joining()
    await world.advance(0)
    groups.handOver((id) => id !== groupId)
    await world.advance(0)
    expect(groups.get(groupId)).toBe(before)
    expect(second.answer).toBeUndefined()
  })

  test('leaves no timer behind', async () => {
    await aStableMember()
    joining()
    await world.advance(0)
    groups.handOver(all)
    groups.close()
    await world.advance(0)
    expect(world.waitingTimers).toBe(0)
  })
})
