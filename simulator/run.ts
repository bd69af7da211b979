import { crc32c } from '../src/records/crc32c.ts'
import { Coverage } from './coverage.ts'
import type { Fact } from './facts.ts'
import type { Fault } from './faults/fault.ts'
import { drawSchedule } from './faults/schedule.ts'
import { History, type Violation } from './history.ts'
import { invariants } from './invariants/index.ts'
import type { Invariant } from './invariants/invariant.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { drainWithinMs, Stage } from './stage.ts'
import { tell } from './tell.ts'
import { Trace } from './trace.ts'
import { WireFacts } from './wire-facts.ts'
import { Chance } from './world/chance.ts'
import { World } from './world/world.ts'

/** Beyond the time in which all has to come to rest: a run that is not over by then hangs. */
const graceMs = 180_000

export interface RunOptions {
  readonly scenario: Scenario
  readonly seed: string
  /** How long there are faults and work, in virtual minutes. */
  readonly minutes: number
  /** In place of those that the seed gives. */
  readonly faults?: readonly Fault[]
  /** What has to hold. Default: all invariants. */
  readonly invariants?: readonly Invariant[]
  /** Keep every line of the trace. Default: the last ones. */
  readonly keepTrace?: boolean
}

export interface RunResult {
  readonly seed: string
  readonly violations: readonly Violation[]
  readonly faults: readonly Fault[]
  readonly trace: Trace
  /** Of the whole trace: equal for equal runs. */
  readonly digest: string
  readonly steps: number
  readonly virtualMs: number
  readonly coverage: Coverage
}

/** Large enough for the checksum's native form, which is loaded from a file when it is first needed. */
const enoughToLoadNatives = Buffer.alloc(4096)

/** The faults that a seed gives. */
export function scheduleOf({ scenario, seed, minutes }: RunOptions): Fault[] {
  return drawSchedule(scenario, new Chance(`${scenario.name} ${seed}`).stream('faults'), minutes * 60_000)
}

/** One run of a scenario. It ends at the first violation, or when all has come to rest. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { scenario, seed, minutes, faults = scheduleOf(options) } = options
  crc32c(enoughToLoadNatives)
  const coverage = new Coverage()
  const add = (fact: Fact): void => {
    if (history.violations.length > 0) return
    tell(trace, fact)
    coverage.count(fact)
    history.add(fact)
  }
  const world = new World(`${scenario.name} ${seed}`, new WireFacts(add))
  const trace = new Trace(() => world.nowUs, options.keepTrace ?? false)
  const history = new History(
    options.invariants ?? invariants,
    () => ({ step: world.steps, nowMs: world.nowMs }),
    ({ invariant, what }) => {
      trace.add('VIOLATION', `${invariant}: ${what}`)
      world.stop()
    },
  )
  const uncaught = (error: unknown) => add({ kind: 'uncaught', message: messageOf(error) })
  world.onUncaught = uncaught
  let ended = false
  const stage = new Stage({ world, scenario, faults, forMs: minutes * 60_000, add })
  world.after(0, () => {
    stage
      .play()
      .then(() => {
        ended = true
      }, uncaught)
      .finally(() => world.stop())
  })
  await world.run(minutes * 60_000 + drainWithinMs + graceMs)
  if (!ended && history.violations.length === 0) {
    uncaught(new Error('the run did not come to its end: something waits for ever'))
  }
  if (history.violations.length === 0) history.end()
  return {
    seed,
    violations: history.violations,
    faults,
    trace,
    digest: trace.digest(),
    steps: world.steps,
    virtualMs: world.nowMs,
    coverage,
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const from = error.stack
    ?.split('\n')
    .slice(1, 8)
    .map((line) => line.trim().replace(/\(?file:.*\/(src|simulator)\//, '($1/'))
  return `${error.name}: ${error.message} ${(from ?? []).join(' ')}`
}
