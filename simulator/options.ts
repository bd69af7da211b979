import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { scenarios } from './scenarios/index.ts'
import type { Scenario } from './scenarios/scenario.ts'

export interface SimulatorOptions {
  readonly scenario: Scenario
  /** The first seed; those that follow are counted up from it. */
  readonly seed: number
  readonly seeds: number
  readonly minutes: number
  /** How many processes. */
  readonly jobs: number
  readonly trace: boolean
  readonly shrink: boolean
  /** Begin no more runs after the first violation. */
  readonly stop: boolean
  /** Fail when something of the table of expected points was not reached. */
  readonly coverage: boolean
}

export const usage = `npm run simulate -- [--seed S] [--seeds N] [--scenario NAME] [--minutes M] [--jobs J]
                    [--trace] [--shrink] [--stop] [--coverage]
  --seed S         the first seed, a whole number; default: one from the clock
  --seeds N        so many runs, with seeds S, S+1, ...; default: 1
  --scenario NAME  ${[...scenarios.keys()].join(', ')}; default: standard
  --minutes M      virtual minutes of work and faults; default: 10
  --jobs J         processes; default: one for each core
  --trace          write the whole trace of the run to standard output
  --shrink         look for a shorter schedule of faults with the same violation
  --stop           begin no more runs after the first violation
  --coverage       say how often everything was reached, and fail when something was not`

/** Reads the command line. Throws an `Error` that says what is wrong with it. */
export function readOptions(args: readonly string[], nowMs: number): SimulatorOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string', default: '1' },
      scenario: { type: 'string', default: 'standard' },
      minutes: { type: 'string', default: '10' },
      jobs: { type: 'string', default: `${availableParallelism()}` },
      trace: { type: 'boolean', default: false },
      shrink: { type: 'boolean', default: false },
      stop: { type: 'boolean', default: false },
      coverage: { type: 'boolean', default: false },
    },
  })
  const scenario = scenarios.get(values.scenario)
  if (scenario === undefined) {
    throw new Error(
      `there is no scenario '${values.scenario}'; there are ${[...scenarios.keys()].join(', ')}`,
    )
  }
  return {
    scenario,
    seed: values.seed === undefined ? nowMs % 1_000_000_000 : wholeNumber('seed', values.seed),
    seeds: wholeNumber('seeds', values.seeds),
    minutes: positiveNumber('minutes', values.minutes),
    jobs: Math.max(1, wholeNumber('jobs', values.jobs)),
    trace: values.trace,
    shrink: values.shrink,
    stop: values.stop,
    coverage: values.coverage,
  }
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new Error(`--${name} must be a whole number, not '${text}'`)
}

function positiveNumber(name: string, text: string): number {
  const number = Number(text)
  if (number > 0 && number <= 1440) return number
  throw new Error(`--${name} must be a number of minutes up to 1440, not '${text}'`)
}
