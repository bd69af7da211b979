import { beforeEach, describe, expect, test } from 'vitest'
import {
  decodeAssignment,
  encodeAssignment,
  encodeSubscription,
} from '../../../../src/consumer/group/consumer-protocol.ts'
import { ErrorCodes } from '../../../../src/protocol/error-codes.ts'
import type { TopicDirectory } from '../../../../src/testing/groups/consumer/topic-directory.ts'
import type { GroupCoordinator } from '../../../../src/testing/groups/group-coordinator.ts'
import type { JoinAnswer, JoinRequest } from '../../../../src/testing/groups/member.ts'
import { SeededWorld } from '../../support/seeded-world.ts'
import { makeCoordinator } from '../make-coordinator.ts'

const groupId = 'group'
const topic = { id: 'id', name: 't', partitions: { length: 4 } }
const directory: TopicDirectory = {
  byName: (name) => (name === topic.name ? topic : undefined),
  byId: (id) => (id === topic.id ? topic : undefined),
  *[Symbol.iterator]() {
    yield topic
  },
}
const all = [0, 1, 2, 3].map((partition) => ({ topic: 't', partition }))

let world: SeededWorld
let groups: GroupCoordinator

beforeEach(() => begin())

function begin(configs: Record<string, string> = {}): void {
  world = new SeededWorld()
  groups = makeCoordinator(world, configs).groups
}

function subscription(owned: typeof all = []): Buffer {
  return encodeSubscription({
    topics: ['t'],
    ownedPartitions: owned,
    generationId: -1,
    rackId: null,
    userData: null,
  })
}

function classicJoin(memberId = '', more: Partial<JoinRequest> = {}, owned: typeof all = []) {
  const request = {
    memberId,
    groupInstanceId: null,
    clientId: 'client',
    clientHost: '/host',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription(owned) }],
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 20_000,
    requiresKnownMemberId: false,
    supportsSkippedAssignment: false,
    ...more,
  }
  const join: { answer?: JoinAnswer } = {}
  Promise.resolve(groups.join(groupId, request, directory)).then((answer) => {
    join.answer = answer
  })
  return join
}

async function classicSync(memberId: string, generationId: number, given = new Map<string, Buffer>()) {
  const { errorCode, assignment } = await groups.sync(groupId, {
    ...{ memberId, generationId, groupInstanceId: null, protocolType: null, protocolName: null },
    assignments: given,
  })
  return { errorCode, partitions: decodeAssignment(assignment).map(({ partition }) => partition) }
}

function classicBeat(memberId: string, generationId: number): number {
  return groups.heartbeat(groupId, { memberId, generationId, groupInstanceId: null })
}

function send(memberId: string, memberEpoch: number, owned: number[] | null = null) {
  const joins = memberEpoch === 0
  return groups.consumerHeartbeat(
    groupId,
    {
      ...{ memberId, memberEpoch, clientId: 'client', clientHost: '/host', instanceId: null, rackId: null },
      rebalanceTimeoutMs: joins ? 20_000 : -1,
      topicNames: joins ? ['t'] : null,
      topicPattern: null,
      assignor: null,
      owned: joins ? [] : owned && [{ topicId: 'id', partitions: owned }],
    },
    directory,
  )
}

/** A classic group of one that has all. */
async function aClassicMember(): Promise<string> {
  const join = classicJoin()
  await world.advance(0)
  const { memberId, generationId } = join.answer!
  await classicSync(memberId, generationId, new Map([[memberId, encodeAssignment(all)]]))
  return memberId
}

describe('a classic group that is joined by the new protocol', () => {
  test('keeps what its members have until they let go', async () => {
    const old = await aClassicMember()
    expect(send('a', 0)).toMatchObject({ memberEpoch: 2, assignment: new Map() })
    expect(classicBeat(old, 1)).toBe(ErrorCodes.REBALANCE_IN_PROGRESS)
    const again = classicJoin(old, {}, all)
    await world.advance(0)
    expect(again.answer!.generationId).toBe(1)
    expect(await classicSync(old, 1)).toEqual({ errorCode: ErrorCodes.NONE, partitions: [0, 1] })
    classicJoin(old, {}, all.slice(0, 2))
    expect(groups.consumer(groupId)!.state).toBe('Reconciling')
    expect(send('a', 2)).toMatchObject({ assignment: new Map([['id', new Map([2, 3].map((p) => [p, 2]))]]) })
    expect(groups.consumer(groupId)!.state).toBe('Stable')
  })

  test('answers joins that wait', async () => {
    await aClassicMember()
    const waiting = classicJoin()
    await world.advance(0)
    expect(waiting.answer).toBeUndefined()
    send('a', 0)
    await world.advance(0)
    expect(waiting.answer!.errorCode).toBe(ErrorCodes.REBALANCE_IN_PROGRESS)
  })

  test.each(['disabled', 'downgrade'])('stays what it is under the policy %s', async (policy) => {
    begin({ 'group.consumer.migration.policy': policy })
    const old = await aClassicMember()
    expect(send('a', 0)).toMatchObject({ errorCode: ErrorCodes.GROUP_ID_NOT_FOUND })
    expect(classicBeat(old, 1)).toBe(ErrorCodes.NONE)
  })

  test('stays what it is when it has more members than it may', async () => {
    begin({ 'group.consumer.max.size': '1' })
    const old = await aClassicMember()
    const second = classicJoin()
    classicJoin(old)
    await world.advance(0)
    expect(second.answer!.errorCode).toBe(ErrorCodes.NONE)
    expect(send('a', 0)).toMatchObject({ errorCode: ErrorCodes.GROUP_ID_NOT_FOUND })
  })

  test('that was empty changes whatever the policy', async () => {
    begin({ 'group.consumer.migration.policy': 'disabled' })
    const old = await aClassicMember()
    groups.leave(groupId, [{ memberId: old, groupInstanceId: null }])
    expect(send('a', 0)).toMatchObject({ memberEpoch: 2 })
  })
})

describe('classic members of a consumer group', () => {
  test('have the session that they asked for', async () => {
    const old = await aClassicMember()
    send('a', 0)
    await world.advance(10_000)
    expect(classicBeat(old, 1)).toBe(ErrorCodes.UNKNOWN_MEMBER_ID)
    expect([...groups.consumer(groupId)!.members()].map(({ memberId }) => memberId)).toEqual(['a'])
  })

  test('are put out when they do not join again in time, though they send heartbeats', async () => {
    const old = await aClassicMember()
    send('a', 0)
    for (let second = 0; second < 20; second++) {
      expect(classicBeat(old, 1)).toBe(ErrorCodes.REBALANCE_IN_PROGRESS)
      await world.advance(1_000)
    }
    expect(classicBeat(old, 1)).toBe(ErrorCodes.UNKNOWN_MEMBER_ID)
  })

  test('are put out when they do not fetch their assignment in time', async () => {
    await aClassicMember()
    send('a', 0)
    const second = classicJoin('second')
    await world.advance(0)
    const { generationId } = second.answer!
    for (let round = 0; round < 20; round++) {
      classicBeat('second', generationId)
      await world.advance(1_000)
    }
    expect(groups.consumer(groupId)!.member('second')).toBeUndefined()
  })

  test('are a classic group again when the session of the last other member is over', async () => {
    const old = await aClassicMember()
    send('a', 0)
    classicJoin(old, {}, all.slice(0, 2))
    await world.advance(0)
    await classicSync(old, 2)
    for (let second = 0; second < 44; second++) {
      expect(classicBeat(old, 2)).toBe(ErrorCodes.NONE)
      await world.advance(1_000)
    }
    await world.advance(1_000)
    expect(groups.classic(groupId)).toMatchObject({ state: 'PreparingRebalance', generationId: 2 })
    expect(classicBeat(old, 2)).toBe(ErrorCodes.REBALANCE_IN_PROGRESS)
    const again = classicJoin(old)
    await world.advance(0)
    expect(again.answer).toMatchObject({ errorCode: ErrorCodes.NONE, generationId: 3, leader: old })
  })

  test('stay in a consumer group under a policy that knows no way back', async () => {
    begin({ 'group.consumer.migration.policy': 'upgrade' })
    await aClassicMember()
    send('a', 0)
    send('a', -1)
    expect(groups.consumer(groupId)).toMatchObject({ state: 'Assigning', size: 1 })
  })

  test('leave no timer behind', async () => {
    const old = await aClassicMember()
    send('a', 0)
    classicBeat(old, 1)
    classicJoin(old, {}, all)
    send('a', -1)
    groups.close()
    await world.advance(0)
    expect(world.waitingTimers).toBe(0)
  })
})
