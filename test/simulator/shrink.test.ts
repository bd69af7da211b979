import { describe, expect, it } from 'vitest'
import type { Fault } from '../../simulator/faults/fault.ts'
import type { Invariant } from '../../simulator/invariants/invariant.ts'
import { summaryOf } from '../../simulator/many-seeds.ts'
import { reportViolation } from '../../simulator/report.ts'
import { run } from '../../simulator/run.ts'
import { scenarios } from '../../simulator/scenarios/index.ts'
import { shrink } from '../../simulator/shrink.ts'

const scenario = scenarios.get('one-broker')!

/** Does not hold once both clients were reset. */
const neverBoth: Invariant = {
  name: 'never-both',
  begin() {
    const reset = new Set<string>()
    return {
      fact(fact) {
        if (fact.kind === 'fault' && fact.fault.kind === 'reset') reset.add(fact.fault.client)
        return reset.has('producer-1') && reset.has('consumer-1') ? 'both were reset' : undefined
      },
    }
  },
}

const reset = (client: string, atMs: number): Fault => ({ kind: 'reset', atMs, client, broker: 'broker-1' })
const faults: Fault[] = [
  ...Array.from({ length: 10 }, (_, i) => reset('producer-2', 100 * i)),
  reset('consumer-1', 1_100),
  ...Array.from({ length: 10 }, (_, i) => reset('consumer-2', 1_200 + 100 * i)),
  reset('producer-1', 3_000),
  reset('producer-1', 4_000),
]

describe('a run with a violation', () => {
  it('ends there, and is reported with what came before and how to see it again', async () => {
    const result = await run({ scenario, seed: '5', minutes: 0.1, faults, invariants: [neverBoth] })
    expect(result.violations).toEqual([
      { invariant: 'never-both', step: expect.any(Number), atMs: 3_000, what: 'both were reset' },
    ])
    expect(result.virtualMs).toBe(3_000)
    const report = reportViolation(summaryOf(result), scenario.name, 0.1)
    expect(report).toMatch(
      /^VIOLATION of never-both with seed 5, at step \d+, 3\.000 s\n {2}both were reset\n/,
    )
    expect(report).toContain('FAULT        reset, client producer-1, broker broker-1')
    expect(report).toContain('npm run simulate -- --seed 5 --scenario one-broker --minutes 0.1 --trace')
  })

  it('is made as short as it can be', async () => {
    const told: string[] = []
    const options = { scenario, seed: '5', minutes: 0.1, faults, invariants: [neverBoth] }
    const shorter = await shrink(options, (text) => told.push(text))
    expect(shorter?.faults).toEqual([reset('consumer-1', 1_100), reset('producer-1', 3_000)])
    expect(shorter?.violations[0].invariant).toBe('never-both')
    expect(told[0]).toBe('never-both is violated with 22 faults')
    expect(told.at(-1)).toBe('2 faults are enough')
  }, 120_000)

  it('is none when nothing is wrong', async () => {
    expect(await shrink({ scenario, seed: '5', minutes: 0.05, faults: [] })).toBeUndefined()
  })
})
