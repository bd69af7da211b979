import { expect, it } from 'vitest'
import { Deadline } from '../../src/runtime/deadline.ts'

function clockAt(start: number) {
  let nowMs = start
  return {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    pass(ms: number) {
      nowMs += ms
    },
  }
}

it('counts down to zero and no further', () => {
  const clock = clockAt(5000)
  const deadline = Deadline.in(clock, 100)
  expect(deadline.remainingMs()).toBe(100)
  clock.pass(99)
  expect([deadline.remainingMs(), deadline.expired]).toEqual([1, false])
  clock.pass(1)
  expect([deadline.remainingMs(), deadline.expired]).toEqual([0, true])
  clock.pass(1000)
  expect(deadline.remainingMs()).toBe(0)
})

it('gives the earlier one', () => {
  const clock = clockAt(0)
  const deadline = Deadline.in(clock, 100)
  expect(deadline.earlier(40).remainingMs()).toBe(40)
  expect(deadline.earlier(500)).toBe(deadline)
  clock.pass(80)
  expect(deadline.earlier(40).remainingMs()).toBe(20)
})

it('may be never', () => {
  const never = Deadline.in(clockAt(0), Number.POSITIVE_INFINITY)
  expect([never.remainingMs(), never.expired]).toEqual([Number.POSITIVE_INFINITY, false])
  expect(never.earlier(10).remainingMs()).toBe(10)
})
