/** `npm run simulate`: see docs/simulator.md. */
import { Coverage } from './coverage.ts'
import { unreached } from './expected.ts'
import { runSeeds, summaryOf } from './many-seeds.ts'
import { readOptions, type SimulatorOptions, usage } from './options.ts'
import { faultLines, type RunSummary, reportViolation } from './report.ts'
import { run } from './run.ts'
import { shrink } from './shrink.ts'

async function main(): Promise<number> {
  let options: SimulatorOptions
  try {
    options = readOptions(process.argv.slice(2), Date.now())
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    return 2
  }
  if (options.shrink) return await runShrink(options)
  if (options.trace) return await runTraced(options)
  return await runMany(options)
}

async function runMany(options: SimulatorOptions): Promise<number> {
  const { scenario, seed, seeds, minutes, jobs } = options
  const coverage = new Coverage()
  const startedMs = performance.now()
  let failures = 0
  let runs = 0
  let virtualMs = 0
  console.log(`${scenario.name}: ${seeds} seeds from ${seed}, ${minutes} virtual minutes each`)
  const list = Array.from({ length: seeds }, (_, index) => `${seed + index}`)
  await runSeeds({ scenario, minutes, seeds: list, jobs }, (summary) => {
    runs += 1
    virtualMs += summary.virtualMs
    coverage.take(summary.coverage)
    if (summary.violations.length > 0) {
      failures += 1
      console.log(`\n${reportViolation(summary, scenario.name, minutes)}\n`)
    } else if (seeds <= 20) console.log(lineOf(summary))
    return !(options.stop && failures > 0)
  })
  const wallMs = performance.now() - startedMs
  const times = Math.round(virtualMs / wallMs)
  console.log(
    `${runs} runs, ${failures} with a violation; ${(virtualMs / 60_000).toFixed(1)} virtual minutes in ` +
      `${(wallMs / 1000).toFixed(1)} s: ${times} times faster than real time`,
  )
  const gaps = options.coverage ? reportCoverage(coverage, scenario.name) : 0
  return failures === 0 && gaps === 0 ? 0 : 1
}

function lineOf({ seed, steps, virtualMs, digest, faults }: RunSummary): string {
  return `seed ${seed}: ${steps} steps, ${(virtualMs / 1000).toFixed(1)} s, ${faults.length} faults, trace ${digest.slice(0, 16)}`
}

function reportCoverage(coverage: Coverage, scenario: string): number {
  for (const [point, count] of [...coverage.counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    console.log(`${String(count).padStart(9)}  ${point}`)
  }
  const gaps = unreached(coverage, scenario)
  for (const point of gaps) console.log(`NOT REACHED: ${point}`)
  return gaps.length
}

async function runTraced({ scenario, seed, minutes }: SimulatorOptions): Promise<number> {
  const result = await run({ scenario, seed: `${seed}`, minutes, keepTrace: true })
  for (const line of result.trace.lines()) console.log(line)
  const summary = summaryOf(result)
  if (summary.violations.length === 0) {
    console.log(lineOf(summary))
    return 0
  }
  console.log(`\n${reportViolation({ ...summary, timeline: ['(above)'] }, scenario.name, minutes)}`)
  return 1
}

async function runShrink({ scenario, seed, minutes }: SimulatorOptions): Promise<number> {
  const shorter = await shrink({ scenario, seed: `${seed}`, minutes }, (text) => console.log(text))
  if (shorter === undefined) {
    console.log(`seed ${seed} has no violation: nothing to shorten`)
    return 0
  }
  console.log(`\n${reportViolation(summaryOf(shorter), scenario.name, minutes)}`)
  console.log(`\n${shorter.faults.length} faults are enough:`)
  for (const line of faultLines(shorter.faults)) console.log(line)
  console.log(JSON.stringify(shorter.faults))
  return 1
}

process.exitCode = await main()
