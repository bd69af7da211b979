/**
 * The broker in TypeScript answers as Kafka did when it was recorded. test/integration/differential.test.ts holds both,
 * and the recording, to each other.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { releaseNames, releases } from '../../src/testing/versions/releases.ts'
import { scenariosOf } from './scenarios/older-releases.ts'
import { securedScenarios } from './scenarios/secured.ts'
import { quickConfigs } from './support/quick-configs.ts'
import { readRecording, recordedVersion } from './support/recording.ts'
import { administrator, as, securedOptions } from './support/secured.ts'
import { tell } from './support/world.ts'

const recorded = releaseNames.filter((name) => scenariosOf(name).length > 0)

describe.each(recorded)('the broker answers as Kafka %s', (version) => {
  const release = releases[version]
  let broker: Broker

  beforeAll(async () => {
    broker = await startBroker({ version, configs: quickConfigs })
  })

  afterAll(() => broker.close())

  test.each(scenariosOf(version))('$name', async (scenario) => {
    const answers = await tell(scenario, broker.brokers[0], release)
    expect(answers).toEqual(readRecording(scenario.name, release.version))
  })
})

describe(`the broker answers as Kafka ${recordedVersion} where everybody logs in`, () => {
  let broker: Broker

  beforeAll(async () => {
    broker = await startBroker(securedOptions)
  })

  afterAll(() => broker.close())

  test.each(securedScenarios)('$name', async (scenario) => {
    const connect = as(administrator)
    expect(await tell(scenario, broker.brokers[0], undefined, connect)).toEqual(readRecording(scenario.name))
  })
})
