import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  appoint,
  type ElectionRules,
  preferFirst,
  settle,
  withIsr,
} from '../../../src/testing/control/elections.ts'
import { firstRegistration, type PartitionRegistration } from '../../../src/testing/state/registration.ts'

const replicas = [1, 2, 3]

function rules(alive: readonly number[], more: Partial<ElectionRules> = {}): ElectionRules {
  return { isAlive: (id) => alive.includes(id), allowsUnclean: false, minInsyncReplicas: 1, ...more }
}

type Step = { alive: number[]; back: number[] }

const steps = fc.array(fc.record({ alive: fc.subarray(replicas), back: fc.subarray(replicas) }), {
  minLength: 1,
  maxLength: 30,
})

/** Brokers come and go; those in `back` that are alive have caught up with the leader. */
function play(known: PartitionRegistration, { alive, back }: Step, more: Partial<ElectionRules>) {
  const settled = settle(known, rules(alive, more))
  if (settled.leaderId === -1) return settled
  const isr = replicas.filter((id) => settled.isr.includes(id) || (back.includes(id) && alive.includes(id)))
  return isr.length > settled.isr.length ? withIsr(settled, isr, rules(alive, more)) : settled
}

describe('whoever comes and goes', () => {
  test('the leader is alive and in sync, or there is none', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 3 }), (all, minInsyncReplicas) => {
        let known = firstRegistration(replicas)
        for (const step of all) {
          known = play(known, step, { minInsyncReplicas })
          if (known.leaderId === -1) continue
          expect(step.alive).toContain(known.leaderId)
          expect(known.isr).toContain(known.leaderId)
          for (const id of known.isr) expect(step.alive).toContain(id)
        }
      }),
    )
  })

  test('nobody leads who may lack a committed record', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 3 }), (all, minInsyncReplicas) => {
        let known = firstRegistration(replicas)
        for (const step of all) {
          const complete = [...known.isr, ...known.eligibleLeaders]
          known = play(known, step, { minInsyncReplicas })
          if (known.leaderId !== -1 && !complete.includes(known.leaderId))
            throw new Error('an unclean leader')
        }
      }),
    )
  })

  test('epochs go up, and the leader epoch just when the leader changes', () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (all, allowsUnclean) => {
        let known = firstRegistration(replicas)
        for (const step of all) {
          const next = settle(known, rules(step.alive, { allowsUnclean }))
          expect(next.leaderEpoch - known.leaderEpoch).toBe(next.leaderId === known.leaderId ? 0 : 1)
          expect(next.partitionEpoch - known.partitionEpoch).toBe(next === known ? 0 : 1)
          known = next
        }
      }),
    )
  })

  test('nothing changes when nothing has to', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let known = firstRegistration(replicas)
        for (const { alive } of all) known = settle(known, rules(alive))
        const { alive } = all.at(-1)!
        expect(settle(known, rules(alive))).toBe(known)
      }),
    )
  })
})

test('an unclean election forgets who had another history', () => {
  let known = firstRegistration(replicas)
  known = settle(known, rules([2, 3]))
  expect(known).toMatchObject({ leaderId: 2, isr: [2, 3] })
  known = settle(settle(known, rules([3])), rules([]))
  expect(known).toMatchObject({ leaderId: -1, isr: [], eligibleLeaders: [3], lastKnownLeaders: [3] })
  expect(settle(known, rules([1])).leaderId).toBe(-1)
  known = settle(known, rules([1], { allowsUnclean: true }))
  expect(known).toMatchObject({ leaderId: 1, isr: [1], eligibleLeaders: [], lastKnownLeaders: [] })
})

test('the preferred leader comes back when it is in sync, and not before', () => {
  const moved = settle(firstRegistration(replicas), rules([2, 3]))
  expect(preferFirst(moved, rules(replicas))).toBe(moved)
  const back = withIsr(moved, replicas, rules(replicas))
  expect(preferFirst(back, rules(replicas))).toMatchObject({ leaderId: 1, leaderEpoch: 2 })
})

test('a reassignment ends when those that come are in sync', () => {
  const moving = { ...firstRegistration([1, 2]), replicas: [3, 4, 1, 2], adding: [3, 4], removing: [1, 2] }
  const half = withIsr(moving, [1, 2, 3], rules([1, 2, 3, 4]))
  expect(half).toMatchObject({ leaderId: 1, adding: [3, 4] })
  const done = withIsr(half, [1, 2, 3, 4], rules([1, 2, 3, 4]))
  expect(done).toMatchObject({ replicas: [3, 4], isr: [3, 4], adding: [], removing: [], leaderId: 3 })
  expect(done.leaderEpoch).toBe(1)
})

test('who is appointed leads, in sync or not', () => {
  const lagging = withIsr(firstRegistration(replicas), [1, 2], rules(replicas))
  expect(appoint(lagging, 3, rules(replicas))).toMatchObject({ leaderId: 3, isr: [3], leaderEpoch: 1 })
})
