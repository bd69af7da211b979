import { spawnSync } from 'node:child_process'
import { basename, dirname } from 'node:path'
import { build } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { projectRoot } from '../../tools/project-root.ts'
import { findSamples, type Runner, runnerOf, samplesOf, writeSamples } from './samples.ts'

/** Runs a sample that is a file of tests; it has to pass, and to have a test. */
async function runTests(runner: Runner, path: string): Promise<void> {
  const [command, args] =
    runner === 'vitest'
      ? ['npx', ['vitest', 'run', '--root', dirname(path), basename(path)]]
      : ['node', ['--test', '--test-reporter', 'tap', await bundled(path)]]
  // A test runner that finds itself run by another behaves otherwise.
  const { NODE_TEST_CONTEXT: _, VITEST: __, ...env } = process.env
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8', env })
  expect(status, stdout + stderr).toBe(0)
  expect(stdout).toMatch(/1 passed|# pass 1/)
}

/** As JavaScript for this Node, which knows neither types nor `await using`. */
async function bundled(path: string): Promise<string> {
  const file = `${path}.mjs`
  await build({ input: path, platform: 'node', transform: { target: 'node20' }, output: { file } })
  return file
}

const samples = findSamples()

test('finds a block and the line it stands on', () => {
  const text = 'a\n\n```ts\nconst x = 1\n```\n```sh\nls\n```\n'
  expect(samplesOf('p.md', text)).toEqual([{ where: 'p.md:3', code: 'const x = 1\n' }])
})

test('the documentation has samples', () => {
  expect(samples.length).toBeGreaterThanOrEqual(5)
})

describe('every sample', () => {
  let broker: Broker
  let written: { folder: string; paths: string[] }

  beforeAll(async () => {
    broker = await startBroker({ topics: { orders: 3 } })
    written = writeSamples(samples, broker.brokers[0])
  })

  afterAll(() => broker.close())

  test('has types that fit', () => {
    const { stdout, status } = spawnSync('npx', ['tsc', '-p', written.folder], {
      cwd: projectRoot(),
      encoding: 'utf8',
    })
    expect(stdout).toBe('')
    expect(status).toBe(0)
  })

  test.each(samples.map((sample, i) => [sample.where, i] as const))('%s runs', async (_, i) => {
    const runner = runnerOf(samples[i])
    if (runner === 'import') await import(written.paths[i])
    else await runTests(runner, written.paths[i])
  })
})
