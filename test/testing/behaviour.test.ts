/**
 * The broker in TypeScript answers as Kafka did when it was recorded. test/integration/differential.test.ts holds both,
 * and the recording, to each other.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { scenarios } from './scenarios/index.ts'
import { quickConfigs } from './support/quick-configs.ts'
import { readRecording, recordedVersion } from './support/recording.ts'
import { tell } from './support/world.ts'

let broker: Broker

beforeAll(async () => {
  broker = await startBroker({ configs: quickConfigs })
})

afterAll(() => broker.close())

describe(`the broker answers as Kafka ${recordedVersion}`, () => {
  test.each(scenarios)('$name', async (scenario) => {
    expect(await tell(scenario, broker.brokers[0])).toEqual(readRecording(scenario.name))
  })
})
