import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { projectRoot } from '../../tools/project-root.ts'
import { isAlive } from './cache.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'odradek-interrupted-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
  'brokers of a test run that %s ends do not outlive it',
  async (signal) => {
    const pidsFile = join(folder, 'pids')
    const vitest = join(projectRoot(), 'node_modules/vitest/vitest.mjs')
    const args = [vitest, 'run', '--config', 'test/harness/interrupted/vitest.config.ts']
    const runner = spawn(process.execPath, args, {
      cwd: projectRoot(),
      env: { ...process.env, PIDS_FILE: pidsFile },
      stdio: 'ignore',
    })
    const ended = new Promise((resolve) => runner.once('exit', resolve))
    const pids = () =>
      existsSync(pidsFile) ? readFileSync(pidsFile, 'utf8').trim().split('\n').map(Number) : []
    await expect.poll(() => pids().length, { timeout: 90_000 }).toBe(2) // of the main process, and of a worker
    expect(pids().map(isAlive)).toEqual([true, true])
    runner.kill(signal)
    await ended
    await expect.poll(() => pids().map(isAlive), { timeout: 30_000 }).toEqual([false, false])
  },
)
