import { describe, expect, it } from 'vitest'
import { run, scheduleOf } from '../../simulator/run.ts'
import { scenarios } from '../../simulator/scenarios/index.ts'

const scenario = scenarios.get('standard')!
const minutes = 0.4
const seeds = Array.from({ length: 20 }, (_, index) => `${7_000 + index}`)

describe('a seed', () => {
  it('gives the same trace, byte for byte, run after run', async () => {
    for (const seed of seeds) {
      const [first, second] = [await run({ scenario, seed, minutes }), await run({ scenario, seed, minutes })]
      expect(second.digest).toBe(first.digest)
      expect(second.steps).toBe(first.steps)
    }
  }, 120_000)

  it('gives another trace than another seed', async () => {
    const digests = await Promise.all(
      seeds.slice(0, 3).map(async (seed) => scheduleOf({ scenario, seed, minutes })),
    )
    expect(new Set(digests.map((faults) => JSON.stringify(faults))).size).toBe(3)
  })
})
