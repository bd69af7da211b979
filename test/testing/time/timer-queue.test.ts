import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type QueuedTimer, TimerQueue } from '../../../src/testing/time/timer-queue.ts'

type Step = { do: 'add'; atMs: number } | { do: 'remove'; which: number } | { do: 'take'; nowMs: number }

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('add' as const), atMs: fc.nat(20) }),
    fc.record({ do: fc.constant('remove' as const), which: fc.nat(100) }),
    fc.record({ do: fc.constant('take' as const), nowMs: fc.nat(25) }),
  ),
  { maxLength: 200 },
)

test('does what a list does that is searched each time', () => {
  fc.assert(
    fc.property(steps, (program) => {
      const queue = new TimerQueue()
      const all: QueuedTimer[] = []
      let list: QueuedTimer[] = []
      for (const step of program) {
        if (step.do === 'add') {
          const timer = queue.add(step.atMs, () => {})
          all.push(timer)
          list.push(timer)
        } else if (step.do === 'remove') {
          const timer = all[step.which % Math.max(1, all.length)]
          if (timer === undefined) continue
          queue.remove(timer)
          list = list.filter((each) => each !== timer)
        } else {
          // The first of those that are as early as any: a stable sort keeps the order of their setting.
          const earliest = list.toSorted((a, b) => a.atMs - b.atMs)[0]
          const due = earliest !== undefined && earliest.atMs <= step.nowMs ? earliest : undefined
          expect(queue.takeDue(step.nowMs)).toBe(due)
          list = list.filter((each) => each !== due)
        }
        expect(queue.size).toBe(list.length)
        expect(queue.nextMs).toBe(Math.min(...list.map(({ atMs }) => atMs)))
      }
    }),
  )
})
