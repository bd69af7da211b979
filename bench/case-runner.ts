import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { projectRoot } from '../tools/project-root.ts'
import type { BenchCase, Result, Sample, Scenario, Settings } from './scenario.ts'
import type { WorkerAnswer, WorkerTask } from './worker.ts'

const defaultRounds = 5

/**
 * Runs one case: every client warms up once, then they take turns, so that a drift of the machine's speed
 * meets all of them alike.
 */
export async function runCase(
  scenario: Scenario,
  benchCase: BenchCase,
  clients: readonly string[],
  settings: Settings,
): Promise<Result[]> {
  const workers: { client: string; process: ChildProcess; samples: Sample[] }[] = []
  try {
    for (const client of clients) {
      const task: WorkerTask = { scenario: scenario.name, case: benchCase.name, client, settings }
      const child = fork(join(projectRoot(), '.build/bench/worker.js'), [JSON.stringify(task)], {
        serialization: 'advanced',
      })
      await nextAnswer(child, client)
      workers.push({ client, process: child, samples: [] })
    }
    for (let round = 0; round <= (benchCase.rounds ?? defaultRounds); round++) {
      for (const worker of workers) {
        const next = nextAnswer(worker.process, worker.client)
        worker.process.send('run')
        const answer = await next
        const warmUp = round === 0
        if ('sample' in answer && !warmUp) worker.samples.push(answer.sample)
      }
    }
  } finally {
    for (const worker of workers) await end(worker.process)
  }
  const replay = workers.find((worker) => worker.client === 'replay')?.samples
  return workers.map(({ client, samples }) => summarize(scenario.name, benchCase, client, samples, replay))
}

async function nextAnswer(child: ChildProcess, client: string): Promise<WorkerAnswer> {
  const exited = new AbortController()
  const onExit = () => exited.abort()
  child.once('exit', onExit)
  try {
    const [answer] = (await once(child, 'message', { signal: exited.signal })) as [WorkerAnswer]
    if ('error' in answer) throw new Error(`${client}: ${answer.error}`)
    return answer
  } catch (error) {
    if (exited.signal.aborted) throw new Error(`${client}: the process ended with code ${child.exitCode}`)
    throw error
  } finally {
    child.off('exit', onExit)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exited = once(child, 'exit')
  const impatience = setTimeout(() => child.kill('SIGKILL'), 5000)
  if (child.connected) child.send('close')
  await exited
  clearTimeout(impatience)
}

function summarize(
  scenario: string,
  benchCase: BenchCase,
  client: string,
  samples: readonly Sample[],
  replay: readonly Sample[] | undefined,
): Result {
  const result: Result = { scenario, case: benchCase.name, client }
  const value = samples[0].value
  if (value !== undefined) {
    return { ...result, value: median(samples.map((sample) => sample.value!.amount)), unit: value.unit }
  }
  const rates = samples.map((sample) => sample.records / sample.seconds)
  result.recordsPerSecond = median(rates)
  result.minRecordsPerSecond = Math.min(...rates)
  result.maxRecordsPerSecond = Math.max(...rates)
  result.cpuNsPerRecord = median(samples.map((sample) => (sample.cpuSeconds / sample.records) * 1e9))
  if (samples[0].bytes > 0) {
    result.megabytesPerSecond = median(samples.map((sample) => sample.bytes / sample.seconds / 1e6))
  }
  if (samples[0].latenciesMs !== undefined) {
    const latencies = samples.flatMap((sample) => sample.latenciesMs!).sort((a, b) => a - b)
    result.p50Ms = quantile(latencies, 0.5)
    result.p99Ms = quantile(latencies, 0.99)
  }
  if (replay !== undefined && client !== 'replay') {
    result.replayRatio = median(
      rates.map((rate, round) => rate / (replay[round].records / replay[round].seconds)),
    )
  }
  return result
}

export function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  )
}

/** The value at `fraction` of a sorted list, the nearer one of two neighbours. */
export function quantile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.round((sorted.length - 1) * fraction)]
}
