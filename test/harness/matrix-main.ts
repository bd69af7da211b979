/**
 * npm run test:matrix -- [VERSION...] [--reports FOLDER]
 *
 * Runs the integration tests, and those with other people's clients, against older releases of Kafka, one after the other,
 * each with a broker of its own. `--reports` keeps the runner's report of each as `matrix-VERSION.json`.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { KAFKA_VERSION } from '../../tools/kafka-version.ts'
import { projectRoot } from '../../tools/project-root.ts'
import { type KafkaVersion, kafkaVersions } from './kafka/index.ts'

/** What depends on the release of the broker; the tests of the harness and of the broker in TypeScript do not. */
const TESTS = ['test/integration/', 'test/interop/records.test.ts', 'test/interop/groups.test.ts']
/** What the newest release alone is compared with. */
const NEWEST_ONLY = ['cluster', 'security', 'telemetry'].map(
  (name) => `--exclude=test/integration/differential-${name}.test.ts`,
)

interface Totals {
  version: KafkaVersion
  passed: number
  failed: number
  skipped: number
  seconds: number
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { reports: { type: 'string' } },
})

function chosenVersions(): KafkaVersion[] {
  if (positionals.length === 0) return kafkaVersions.filter((version) => version !== KAFKA_VERSION)
  return positionals.map((asked) => {
    const version = kafkaVersions.find((known) => known === asked)
    if (version === undefined) throw new Error(`no version ${asked}; there are ${kafkaVersions.join(', ')}`)
    return version
  })
}

async function runTests(version: KafkaVersion, reports: string): Promise<Totals> {
  console.log(`\nKafka ${version}`)
  const report = join(reports, `matrix-${version}.json`)
  const startedAt = performance.now()
  const args = [
    join(projectRoot(), 'node_modules/vitest/vitest.mjs'),
    ...['run', '--project', 'integration', ...TESTS, ...NEWEST_ONLY],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  ]
  const { KAFKA_BROKERS: _, ...env } = process.env // a cluster that is given has one version only
  const runner = spawn(process.execPath, args, {
    cwd: projectRoot(),
    env: { ...env, KAFKA_VERSION: version },
    stdio: 'inherit',
  })
  const code = await new Promise<number | null>((resolve) => runner.once('exit', resolve))
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  const { passed, failed, skipped } = readReport(report)
  // a file that could not be loaded, or a broker that did not start, fails no test
  return { version, passed, failed: code === 0 ? failed : Math.max(failed, 1), skipped, seconds }
}

function readReport(path: string): { passed: number; failed: number; skipped: number } {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8'))
    const skipped = report.numPendingTests + report.numTodoTests
    return { passed: report.numPassedTests, failed: report.numFailedTests, skipped }
  } catch {
    return { passed: 0, failed: 0, skipped: 0 } // it ended before it could write one
  }
}

const versions = chosenVersions()
const folder = values.reports ?? mkdtempSync(join(tmpdir(), 'odradek-matrix-'))
const results: Totals[] = []
for (const version of versions) results.push(await runTests(version, folder))
if (values.reports === undefined) rmSync(folder, { recursive: true })
console.log('')
for (const { version, passed, failed, skipped, seconds } of results) {
  console.log(`Kafka ${version}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`)
}
if (results.some(({ failed }) => failed > 0)) process.exitCode = 1
