import type { Coverage } from './coverage.ts'
import { faultKinds } from './faults/index.ts'
import { scenarios } from './scenarios/index.ts'

/** What a long run of a scenario has to reach besides its faults, by scenario. */
const expected: Readonly<Record<string, readonly string[]>> = { standard: [] }

/** What was expected of a scenario and did not happen. */
export function unreached(coverage: Coverage, scenario: string): string[] {
  const weights = scenarios.get(scenario)?.faults ?? {}
  const faults = Object.keys(faultKinds).filter((kind) => kind in weights)
  const points = [...faults.map((kind) => `fault: ${kind}`), ...(expected[scenario] ?? [])]
  return points.filter((point) => !coverage.counts.has(point))
}
