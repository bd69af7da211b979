import type { Fault } from './faults/fault.ts'
import { describeFault } from './faults/schedule.ts'
import type { Violation } from './history.ts'

/** What of a run is passed between processes and shown. */
export interface RunSummary {
  readonly seed: string
  readonly violations: readonly Violation[]
  readonly faults: readonly Fault[]
  readonly digest: string
  readonly steps: number
  readonly virtualMs: number
  /** The last lines of the trace; only with a violation. */
  readonly timeline: readonly string[]
  readonly coverage: readonly (readonly [string, number])[]
}

/** A violation for people: what, when, what came before, and how to see it again. */
export function reportViolation(summary: RunSummary, scenario: string, minutes: number): string {
  const [violation] = summary.violations
  const seconds = (violation.atMs / 1000).toFixed(3)
  return [
    `VIOLATION of ${violation.invariant} with seed ${summary.seed}, at step ${violation.step}, ${seconds} s`,
    `  ${violation.what}`,
    '',
    'the last events:',
    ...summary.timeline.map((line) => `  ${line}`),
    '',
    `faults until then:`,
    ...faultLines(summary.faults.filter(({ atMs }) => atMs <= violation.atMs)),
    '',
    `replay:  npm run simulate -- --seed ${summary.seed} --scenario ${scenario} --minutes ${minutes} --trace`,
    `shorten: npm run simulate -- --seed ${summary.seed} --scenario ${scenario} --minutes ${minutes} --shrink`,
  ].join('\n')
}

export function faultLines(faults: readonly Fault[]): string[] {
  if (faults.length === 0) return ['  none']
  return faults.map((fault) => `  ${(fault.atMs / 1000).toFixed(3).padStart(9)} s  ${describeFault(fault)}`)
}
