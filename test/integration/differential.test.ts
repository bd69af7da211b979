/**
 * The same stories of raw requests, told to the broker in TypeScript and to a real Kafka, get the same answers.
 *
 * `RECORD=1 npx vitest run --project integration test/integration/differential.test.ts` writes down what the real one
 * answers, for test/testing/behaviour.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { useKafka } from '../harness/use-kafka.ts'
import { scenarios } from '../testing/scenarios/index.ts'
import { quickConfigs } from '../testing/support/quick-configs.ts'
import { readRecording, recordedVersion, writeRecording } from '../testing/support/recording.ts'
import { isReady, tell } from '../testing/support/world.ts'

const kafka = useKafka()
let broker: Broker

beforeAll(async () => {
  broker = await startBroker({ configs: quickConfigs })
  await isReady(kafka.bootstrap[0])
})

afterAll(() => broker?.close())

// What older releases answer, and in which versions, is another matter.
describe.runIf(kafka.version === recordedVersion)('the broker in TypeScript and Kafka agree', () => {
  test.each(scenarios)('$name', async (scenario) => {
    const [theirs, ours] = [await tell(scenario, kafka.bootstrap[0]), await tell(scenario, broker.brokers[0])]
    if (process.env.RECORD !== undefined) writeRecording(scenario.name, theirs)
    expect(ours).toEqual(theirs)
    expect(readRecording(scenario.name), 'the recording is out of date: run with RECORD=1').toEqual(theirs)
  })
})
