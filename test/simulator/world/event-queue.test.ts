import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventQueue } from '../../../simulator/world/event-queue.ts'

describe('the queue of events', () => {
  it('gives them in the order of time, and at the same time in that of asking; none that was cancelled', () => {
    const plan = fc.array(fc.record({ atUs: fc.integer({ min: 0, max: 20 }), cancelled: fc.boolean() }), {
      maxLength: 3_000,
    })
    fc.assert(
      fc.property(plan, (entries) => {
        const queue = new EventQueue()
        const happened: number[] = []
        const events = entries.map(({ atUs }, index) => queue.add(atUs, () => happened.push(index)))
        entries.forEach(({ cancelled }, index) => {
          if (cancelled) queue.cancel(events[index])
        })
        const expected = entries
          .map((entry, index) => ({ ...entry, index }))
          .filter(({ cancelled }) => !cancelled)
          .sort((a, b) => a.atUs - b.atUs || a.index - b.index)
        expect(queue.size).toBe(expected.length)
        for (let event = queue.take(); event !== undefined; event = queue.take()) event.run!()
        expect(happened).toEqual(expected.map(({ index }) => index))
      }),
      { numRuns: 60 },
    )
  })
})
