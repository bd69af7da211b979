/**
 * One client of one case in a process of its own, so that no client pays for another's garbage or shapes. The
 * parent says `run`; the answer is a sample.
 */
import { performance } from 'node:perf_hooks'
import type { Sample, Settings } from './scenario.ts'
import { scenarios } from './scenarios/index.ts'

export interface WorkerTask {
  scenario: string
  case: string
  client: string
  settings: Settings
}

export type WorkerAnswer = { ready: true } | { sample: Sample } | { error: string }

const task: WorkerTask = JSON.parse(process.argv[2])
const benchCase = scenarios.find((s) => s.name === task.scenario)!.cases.find((c) => c.name === task.case)!
const records = benchCase.records?.(task.settings) ?? task.settings.records

function answer(message: WorkerAnswer): void {
  process.send!(message)
}

function fail(error: unknown): void {
  answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
}

try {
  const runner = await benchCase.clients[task.client](task.settings)
  process.on('message', async (message) => {
    if (message === 'close') {
      await runner.close?.()
      process.exit(0)
    }
    try {
      const cpu = process.cpuUsage()
      const start = performance.now()
      const figures = await runner.run()
      const seconds = (performance.now() - start) / 1000
      const used = process.cpuUsage(cpu)
      const cpuSeconds = (used.user + used.system) / 1e6
      answer({
        sample: { seconds, records, bytes: records * benchCase.bytesPerRecord, cpuSeconds, ...figures },
      })
    } catch (error) {
      fail(error)
    }
  })
  answer({ ready: true })
} catch (error) {
  fail(error)
}
