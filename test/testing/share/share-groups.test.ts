import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { ErrorCodes } from '../../../src/protocol/error-codes.ts'
import { ShareGroup, type SubscribedTopic } from '../../../src/testing/share/share-group.ts'
import { ShareSessions } from '../../../src/testing/share/share-sessions.ts'
import { type Assignment, assignSimply } from '../../../src/testing/share/simple-assignor.ts'
import { parseReset } from '../../../src/testing/state/group-configs.ts'
import { VirtualWorld } from '../../network/support/virtual-world.ts'

const orders: SubscribedTopic = { name: 'orders', topicId: 'id-of-orders', partitions: 3, ready: 3 }

let world: VirtualWorld
let group: ShareGroup

beforeEach(() => {
  world = new VirtualWorld()
  group = new ShareGroup('group', {
    timers: world.timers,
    nowMs: () => world.clock.monotonicMs(),
    sessionTimeoutMs: () => 45_000,
    assignmentIntervalMs: () => 1000,
  })
})

function beat(memberId: string, topics = [orders], topicNames: string[] | null = ['orders']): boolean {
  group.update({ memberId, topicNames, rackId: null, clientId: 'client', clientHost: '/host' })
  return group.heartbeat(memberId, topics)
}

function partitionsOf(memberId: string): readonly number[] {
  return group.member(memberId)!.assignment.get(orders.topicId) ?? []
}

describe('a share group', () => {
  test('a member of which nothing is heard is removed', async () => {
    beat('m')
    await world.advance(44_999)
    expect(group.state).toBe('Stable')
    await world.advance(1)
    expect(group.state).toBe('Empty')
    expect(group.checkMember('m', 2)).toBe(ErrorCodes.UNKNOWN_MEMBER_ID)
  })

  test('heartbeats keep it', async () => {
    for (let count = 0; count < 5; count++) {
      beat('m')
      await world.advance(40_000)
    }
    expect(group.memberCount).toBe(1)
  })

  test('its partitions go to those who are left', async () => {
    beat('m')
    await world.advance(1000)
    beat('n')
    beat('m')
    expect([...partitionsOf('m'), ...partitionsOf('n')].sort()).toEqual([0, 1, 2])
    group.remove('n')
    await world.advance(1000)
    expect(beat('m')).toBe(true)
    expect(partitionsOf('m')).toEqual([0, 1, 2])
  })

  test('assignments are not made more often than the interval says', async () => {
    beat('m')
    beat('n')
    expect(partitionsOf('n')).toEqual([])
    expect([group.epoch, group.assignmentEpoch]).toEqual([3, 2])
    await world.advance(1000)
    expect(beat('n')).toBe(true)
    expect(group.assignmentEpoch).toBe(3)
    expect(partitionsOf('n').length).toBeGreaterThan(0)
  })

  test('a partition that is new or newly ready makes an epoch', async () => {
    beat('m', [{ ...orders, ready: 0 }])
    for (const [epoch, topic] of [
      [3, orders],
      [3, orders],
      [4, { ...orders, partitions: 4 }],
      [5, { ...orders, partitions: 4, ready: 4 }],
    ] as const) {
      await world.advance(1000)
      beat('m', [topic], null)
      expect(group.member('m')!.epoch).toBe(epoch)
    }
    expect(partitionsOf('m')).toEqual([0, 1, 2, 3])
  })

  test('it cannot be deleted twice', () => {
    group.end()
    expect(() => group.end()).toThrow('cannot go from Dead to Dead')
  })
})

describe('the simple assignor', () => {
  const member = (memberId: string, assignment: Assignment = new Map(), ...topicIds: string[]) => ({
    memberId,
    assignment,
    topicIds: new Set(topicIds.length === 0 ? ['t'] : topicIds),
  })

  test('what members have they keep, as far as it is fair', () => {
    const first = assignSimply([member('a')], [{ topicId: 't', partitions: 4 }])
    const both = [member('a', first.get('a')), member('b')]
    const second = assignSimply(both, [{ topicId: 't', partitions: 4 }])
    expect(second.get('a')!.get('t')).toEqual([0, 1])
    expect(second.get('b')!.get('t')).toEqual([2, 3])
  })

  test('members get only what they subscribe to', () => {
    const members = [member('a', undefined, 't'), member('b', undefined, 'u')]
    const topics = ['t', 'u', 'v'].map((topicId) => ({ topicId, partitions: 2 }))
    const assigned = assignSimply(members, topics)
    expect([...assigned.get('a')!.keys()]).toEqual(['t'])
    expect([...assigned.get('b')!.keys()]).toEqual(['u'])
  })

  test('every partition has a member, every member a partition, and nobody has two more than another', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 0, max: 9 }),
      (count, sizes, before) => {
        const topics = sizes.map((partitions, index) => ({ topicId: `t${index}`, partitions }))
        const ids = topics.map(({ topicId }) => topicId)
        const names = (howMany: number) => Array.from({ length: howMany }, (_, index) => `m${index}`)
        const old = assignSimply(
          names(before).map((name) => member(name, undefined, ...ids)),
          topics,
        )
        const assigned = assignSimply(
          names(count).map((name) => member(name, old.get(name), ...ids)),
          topics,
        )
        const slots = [...assigned.values()].map((one) =>
          [...one].flatMap(([topicId, partitions]) =>
            partitions.map((partition) => `${topicId}/${partition}`),
          ),
        )
        const loads = slots.map(({ length }) => length)
        const total = sizes.reduce((sum, size) => sum + size, 0)
        expect(new Set(slots.flat()).size).toBe(total)
        expect(Math.min(...loads)).toBeGreaterThan(0)
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1)
        for (const own of slots) expect(new Set(own).size).toBe(own.length)
      },
    )
    fc.assert(property, { numRuns: 500 })
  })
})

describe('share sessions', () => {
  test('there are so many and no more; one that is opened again takes no second place', () => {
    const sessions = new ShareSessions(2)
    expect(sessions.open('g', 'a').errorCode).toBe(ErrorCodes.NONE)
    expect(sessions.open('g', 'b').errorCode).toBe(ErrorCodes.NONE)
    expect(sessions.open('g', 'a').errorCode).toBe(ErrorCodes.NONE)
    expect(sessions.open('g', 'c')).toEqual({
      errorCode: ErrorCodes.SHARE_SESSION_LIMIT_REACHED,
      session: undefined,
    })
    expect(sessions.use('g', 'b', -1).errorCode).toBe(ErrorCodes.NONE)
    expect(sessions.open('h', 'c').errorCode).toBe(ErrorCodes.NONE)
  })

  test('after the largest epoch comes 1', () => {
    const sessions = new ShareSessions(1)
    const { session } = sessions.open('g', 'm')
    session!.nextEpoch = 2 ** 31 - 1
    expect(sessions.use('g', 'm', 2 ** 31 - 1).errorCode).toBe(ErrorCodes.NONE)
    expect(sessions.use('g', 'm', 1).errorCode).toBe(ErrorCodes.NONE)
  })

  test('a session that was replaced closes nothing', () => {
    const sessions = new ShareSessions(1)
    const { session } = sessions.open('g', 'm')
    sessions.open('g', 'm')
    expect(sessions.close(session!)).toBe(false)
    expect(sessions.size).toBe(1)
  })
})

test.each([
  ['earliest', { from: 'earliest' }],
  ['by_duration:PT1H30M', { from: 'duration', ms: 5_400_000 }],
  ['by_duration:P2DT0.5S', { from: 'duration', ms: 172_800_500 }],
  ['by_duration:P', undefined],
  ['by_duration:1H', undefined],
  ['none', undefined],
])('the reset %s', (value, reset) => {
  expect(parseReset(value)).toEqual(reset)
})
