import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { projectRoot } from '../../tools/project-root.ts'
import { findSamples, samplesOf, writeSamples } from './samples.ts'

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
    await import(written.paths[i])
  })
})
