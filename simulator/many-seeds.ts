import { fork } from 'node:child_process'
import type { RunSummary } from './report.ts'
import { type RunResult, run } from './run.ts'
import { scenarios } from './scenarios/index.ts'
import type { Scenario } from './scenarios/scenario.ts'

/** Lines of the trace that are shown with a violation. */
const timelineLines = 60

export interface SeedsToRun {
  readonly scenario: Scenario
  readonly minutes: number
  readonly seeds: readonly string[]
  readonly jobs: number
}

/** What a process is sent; it answers with a `RunSummary`. */
interface Order {
  readonly scenario: string
  readonly minutes: number
  readonly seed: string
}

/**
 * Runs many seeds on several cores: a process each, since the sandbox is a whole process's. `onRun` is told of each run
 * as it ends, and answers false when no more are wanted.
 */
export async function runSeeds(
  { scenario, minutes, seeds, jobs }: SeedsToRun,
  onRun: (summary: RunSummary) => boolean,
): Promise<void> {
  const left = [...seeds]
  let wanted = true
  const next = (): Order | undefined => {
    const seed = wanted ? left.shift() : undefined
    return seed === undefined ? undefined : { scenario: scenario.name, minutes, seed }
  }
  const take = (summary: RunSummary) => {
    wanted = onRun(summary) && wanted
  }
  const workers = Math.min(jobs, seeds.length)
  if (workers > 1) await Promise.all(Array.from({ length: workers }, () => inProcess(next, take)))
  else for (let order = next(); order !== undefined; order = next()) take(await follow(order))
}

async function follow({ scenario, minutes, seed }: Order): Promise<RunSummary> {
  return summaryOf(await run({ scenario: scenarios.get(scenario)!, minutes, seed }))
}

export function summaryOf(result: RunResult): RunSummary {
  const { seed, violations, faults, digest, steps, virtualMs, trace, coverage } = result
  const timeline = violations.length === 0 ? [] : trace.lines(timelineLines)
  return { seed, violations, faults, digest, steps, virtualMs, timeline, coverage: [...coverage.counts] }
}

/** One child process, which gets one seed after the other. */
function inProcess(next: () => Order | undefined, take: (summary: RunSummary) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL(import.meta.url), ['--worker'])
    let order: Order | undefined
    const send = () => {
      order = next()
      if (order === undefined) child.disconnect()
      else child.send(order)
    }
    child.on('message', (summary) => {
      order = undefined
      take(summary as RunSummary)
      send()
    })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (order === undefined && code === 0) resolve()
      else reject(new Error(`the process of seed ${order?.seed} ended with ${code}`))
    })
    send()
  })
}

if (process.argv[2] === '--worker' && process.send !== undefined) {
  process.on('message', async (order) => {
    process.send!(await follow(order as Order))
  })
}
