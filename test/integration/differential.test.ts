/**
 * The same stories of raw requests, told to the broker in TypeScript and to a real Kafka, get the same answers. With
 * `KAFKA_VERSION` set to an older release they are those of scenarios/older-releases.ts.
 *
 * `RECORD=1 npx vitest run --project integration test/integration/differential.test.ts` writes down what the real one
 * answers, for test/testing/behaviour.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { releases } from '../../src/testing/versions/releases.ts'
import { useKafka } from '../harness/use-kafka.ts'
import { releaseNameOf, scenariosOf } from '../testing/scenarios/older-releases.ts'
import { quickConfigs } from '../testing/support/quick-configs.ts'
import { readRecording, writeRecording } from '../testing/support/recording.ts'
import { isReady, tell } from '../testing/support/world.ts'

const kafka = useKafka()
const version = releaseNameOf(kafka.version)
const release = releases[version]
const scenarios = scenariosOf(version)
let broker: Broker

beforeAll(async () => {
  broker = await startBroker({ version, configs: quickConfigs })
  await isReady(kafka.bootstrap[0])
})

afterAll(() => broker?.close())

describe.runIf(scenarios.length > 0)('the broker in TypeScript and Kafka agree', () => {
  // Kafka works much out in the background, and on a busy machine too late for a story: then it is told again.
  test.each(scenarios)('$name', { retry: 2 }, async (scenario) => {
    const theirs = await tell(scenario, kafka.bootstrap[0], release)
    const ours = await tell(scenario, broker.brokers[0], release)
    if (process.env.RECORD !== undefined) writeRecording(scenario.name, theirs, kafka.version)
    expect(ours).toEqual(theirs)
    const recorded = readRecording(scenario.name, kafka.version)
    expect(recorded, 'the recording is out of date: run with RECORD=1').toEqual(theirs)
  })
})
