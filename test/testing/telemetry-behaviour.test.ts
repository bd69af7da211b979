/**
 * The broker in TypeScript answers about telemetry as Kafka did when it was recorded.
 * test/integration/differential-telemetry.test.ts holds both, and the recording, to each other.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { telemetryScenarios } from './scenarios/telemetry.ts'
import { readRecording } from './support/recording.ts'
import { tell } from './support/world.ts'

let broker: Broker

beforeAll(async () => {
  broker = await startBroker({ telemetry: true })
})

afterAll(() => broker.close())

test.each(telemetryScenarios)('$name', async (scenario) => {
  expect(await tell(scenario, broker.brokers[0])).toEqual(readRecording(scenario.name))
})
