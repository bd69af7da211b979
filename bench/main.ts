/**
 * npm run bench -- [SCENARIO...] [--peers none|all|NAME,..] [--records N] [--json FILE]
 *
 * Without a scenario: all of them. Without KAFKA_BROKERS the scenarios that need a broker start a real one.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runCase } from './case-runner.ts'
import { installPeers, peerNames } from './peers.ts'
import type { Result, Scenario } from './scenario.ts'
import { scenarios } from './scenarios/index.ts'
import { table } from './table.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: 'string', default: 'none' },
    records: { type: 'string' },
    json: { type: 'string' },
  },
})

function chosenScenarios(): Scenario[] {
  if (positionals.length === 0) return [...scenarios]
  return positionals.map((name) => {
    const scenario = scenarios.find((candidate) => candidate.name === name)
    if (scenario === undefined) {
      throw new Error(`no scenario ${name}; there are ${scenarios.map((s) => s.name).join(', ')}`)
    }
    return scenario
  })
}

function chosenPeers(): string[] {
  if (values.peers === 'none') return []
  if (values.peers === 'all') return [...peerNames]
  return values.peers.split(',').map((name) => {
    if (!peerNames.includes(name)) throw new Error(`no peer ${name}; there are ${peerNames.join(', ')}`)
    return name
  })
}

async function runScenario(
  scenario: Scenario,
  brokers: string[],
  peers: readonly string[],
): Promise<Result[]> {
  const settings = { brokers, records: Number(values.records ?? scenario.defaultRecords) }
  console.log(`\n${scenario.name}: ${settings.records.toLocaleString('en')} records a run`)
  await scenario.prepare?.(settings)
  const results: Result[] = []
  for (const benchCase of scenario.cases) {
    const clients = Object.keys(benchCase.clients).filter(
      (name) => !peerNames.includes(name) || peers.includes(name),
    )
    results.push(...(await runCase(scenario, benchCase, clients, settings)))
  }
  console.log(table(results))
  return results
}

async function startRealKafka() {
  const { startKafka } = await import('../test/harness/kafka/index.ts')
  return startKafka({ jvmFlags: ['-Xmx1g'] })
}

const chosen = chosenScenarios()
const peers = chosenPeers()
if (peers.length > 0) installPeers()
const needsBroker = chosen.some((scenario) => scenario.needsBroker)
const given = process.env.KAFKA_BROKERS?.split(',')
await using kafka = needsBroker && given === undefined ? await startRealKafka() : undefined
const brokers = given ?? kafka?.bootstrap ?? []
const results: Result[] = []
for (const scenario of chosen) results.push(...(await runScenario(scenario, brokers, peers)))
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`)
