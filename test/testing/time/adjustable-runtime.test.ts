import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nodeRuntime } from '../../../src/runtime/node.ts'
import type { Runtime, Timer } from '../../../src/runtime/runtime.ts'
import { AdjustableRuntime, adjustable } from '../../../src/testing/time/adjustable-runtime.ts'
import { VirtualWorld } from '../../network/support/virtual-world.ts'

/** A base whose time stands still and whose timers never run: what happens is the work of `advance`. */
function standingStill(): Runtime {
  const clock = { now: () => 1_000_000, monotonicMs: () => 5000 }
  const timers = { ...nodeRuntime().timers, after: () => ({ cancel() {} }) }
  return { ...nodeRuntime(), clock, timers }
}

/** A timer, and what it does when it runs: sets others, cancels some that were set before. */
interface Plan {
  delayMs: number
  cancels: number[]
  sets: Plan[]
}

const plans = fc.letrec<{ plan: Plan }>((tie) => ({
  plan: fc.record({
    delayMs: fc.nat(30),
    cancels: fc.array(fc.nat(10), { maxLength: 2 }),
    sets: fc.oneof(
      { maxDepth: 3 },
      fc.constant<Plan[]>([]),
      fc.array(tie('plan'), { maxLength: 3 }),
    ) as fc.Arbitrary<Plan[]>,
  }),
})).plan

/** What ran, and when; each timer goes by the number of its setting. */
type Log = [number: number, atMs: number][]

/** Carries the plans out with `set`, which sets a timer and gives its cancelling. */
function carryOut(
  programme: Plan[],
  set: (delayMs: number, run: () => void) => () => void,
  now: () => number,
) {
  const log: Log = []
  const cancels: (() => void)[] = []
  const start = (plan: Plan) => {
    const number = cancels.length
    cancels.push(() => {})
    cancels[number] = set(plan.delayMs, () => {
      log.push([number, now()])
      for (const back of plan.cancels) cancels[number - back]?.()
      for (const next of plan.sets) start(next)
    })
  }
  for (const plan of programme) start(plan)
  return log
}

/** The plainest way: a list, searched for the earliest each time. */
function modelled(programme: Plan[], endMs: number): Log {
  let nowMs = 0
  const list: { atMs: number; run: () => void }[] = []
  const log = carryOut(
    programme,
    (delayMs, run) => {
      const entry = { atMs: nowMs + delayMs, run }
      list.push(entry)
      return () => list.splice(list.indexOf(entry), list.includes(entry) ? 1 : 0)
    },
    () => nowMs,
  )
  for (;;) {
    const next = list.toSorted((a, b) => a.atMs - b.atMs)[0]
    if (next === undefined || next.atMs > endMs) return log
    nowMs = next.atMs
    list.splice(list.indexOf(next), 1)
    next.run()
  }
}

test('timers run in the order and at the times that the plainest model gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(plans, { maxLength: 6 }),
      fc.array(fc.nat(40), { minLength: 1, maxLength: 4 }),
      async (programme, moves) => {
        const runtime = new AdjustableRuntime(standingStill())
        const startMs = runtime.clock.monotonicMs()
        const log = carryOut(
          programme,
          (delayMs, run) => {
            const timer = runtime.timers.after(delayMs, run)
            return () => timer.cancel()
          },
          () => runtime.clock.monotonicMs() - startMs,
        )
        let movedMs = 0
        for (const move of moves) {
          await runtime.advance(move)
          movedMs += move
          expect(runtime.clock.monotonicMs() - startMs).toBe(movedMs)
          expect(log).toEqual(modelled(programme, movedMs))
        }
      },
    ),
    { numRuns: 200 },
  )
})

describe('advance', () => {
  test('waits between timers for what follows from them', async () => {
    const runtime = new AdjustableRuntime(standingStill())
    const log: string[] = []
    runtime.timers.after(10, async () => {
      log.push('first')
      await new Promise<void>((resolve) => runtime.timers.defer(resolve))
      const { offload } = runtime
      await offload(() => new Promise((resolve) => setTimeout(resolve, 20)))
      log.push('what follows')
    })
    runtime.timers.after(11, () => log.push('second'))
    await runtime.advance(100)
    expect(log).toEqual(['first', 'what follows', 'second'])
  })

  test('moves follow one another', async () => {
    const runtime = new AdjustableRuntime(standingStill())
    const log: number[] = []
    for (const ms of [5, 15]) runtime.timers.after(ms, () => log.push(runtime.clock.monotonicMs() - 5000))
    await Promise.all([runtime.advance(10), runtime.advance(10)])
    expect(log).toEqual([5, 15])
    expect(runtime.clock.now()).toBe(1_000_020)
  })

  test('ends although a timer sets itself again for now', async () => {
    const runtime = new AdjustableRuntime(standingStill())
    let count = 0
    const again = () => {
      count += 1
      runtime.timers.after(0, again)
    }
    again()
    await runtime.advance(3)
    expect(count).toBeGreaterThan(3)
    await runtime.advance(0)
  })

  test('a callback that throws is told, and the others run', async () => {
    const runtime = new AdjustableRuntime(standingStill())
    const log: string[] = []
    runtime.timers.after(1, () => {
      throw new Error('no good')
    })
    runtime.timers.after(1, () => log.push('the other'))
    await expect(runtime.advance(5)).rejects.toThrow('no good')
    await runtime.advance(5)
    expect(log).toEqual(['the other'])
  })

  test('a timer that waits for ever does so', async () => {
    const runtime = new AdjustableRuntime(standingStill())
    runtime.timers.after(Number.POSITIVE_INFINITY, () => expect.unreachable()).cancel()
    await runtime.advance(1e12)
    expect(runtime.waitingTimers).toBe(0)
  })
})

describe('left to itself', () => {
  test('timers run as those of the base do, with one of them for all', async () => {
    const world = new VirtualWorld()
    const runtime = new AdjustableRuntime(world)
    const log: number[] = []
    const timers: Timer[] = []
    for (const ms of [30, 10, 20, 40]) {
      timers.push(runtime.timers.after(ms, () => log.push(world.clock.monotonicMs() - 1_000_000)))
    }
    timers[2].cancel()
    expect([world.waitingTimers, runtime.waitingTimers]).toEqual([1, 3])
    await world.advance(35)
    expect(log).toEqual([10, 30])
    timers[3].cancel()
    timers[3].cancel()
    expect([world.waitingTimers, runtime.waitingTimers]).toEqual([0, 0])
  })

  test('time that was moved stays moved, and goes on', async () => {
    const runtime = new AdjustableRuntime(nodeRuntime())
    const before = [runtime.clock.now(), runtime.clock.monotonicMs()]
    await runtime.advance(60_000)
    expect(runtime.clock.now() - before[0]).toBeGreaterThanOrEqual(60_000)
    expect(runtime.clock.monotonicMs() - before[1]).toBeLessThan(61_000)
    const started = performance.now()
    await new Promise<void>((resolve) => runtime.timers.after(30, resolve))
    expect(performance.now() - started).toBeGreaterThanOrEqual(29)
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test('a timer that was far off is near after a move', async () => {
    const runtime = new AdjustableRuntime(nodeRuntime())
    const rung = new Promise<void>((resolve) => runtime.timers.after(60_010, resolve))
    await runtime.advance(60_000)
    await rung
  })
})

test('the wall clock tells whole milliseconds, also after a timer that was due between them', async () => {
  const runtime = new AdjustableRuntime(nodeRuntime())
  runtime.timers.after(1.25, () => {})
  await runtime.advance(2.5)
  runtime.stepWallClock(0.3)
  expect(Number.isInteger(runtime.clock.now())).toBe(true)
})

test('a step of the wall clock moves nothing else', () => {
  const runtime = new AdjustableRuntime(standingStill())
  runtime.stepWallClock(-3_600_000)
  expect(runtime.clock.now()).toBe(1_000_000 - 3_600_000)
  expect(runtime.clock.monotonicMs()).toBe(5000)
})

test('a runtime that can be moved is taken as it is', () => {
  const runtime = adjustable(nodeRuntime())
  expect(adjustable(runtime)).toBe(runtime)
})
