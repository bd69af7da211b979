/**
 * The same stories about telemetry, told to the broker in TypeScript and to a real Kafka that has a receiver of it, get
 * the same answers.
 *
 * `RECORD=1 npx vitest run --project integration test/integration/differential-telemetry.test.ts` writes down what the
 * real one answers, for test/testing/telemetry-behaviour.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { chosenVersion, type KafkaCluster, pluginClasses, startKafka } from '../harness/kafka/index.ts'
import { telemetryScenarios } from '../testing/scenarios/telemetry.ts'
import { readRecording, recordedVersion, writeRecording } from '../testing/support/recording.ts'
import { tell } from '../testing/support/world.ts'

const receiver = 'TelemetryReceiver'

// The receiver is a plugin for the newest release.
describe.runIf(chosenVersion() === recordedVersion)('the broker in TypeScript and Kafka agree', () => {
  let kafka: KafkaCluster
  let broker: Broker

  beforeAll(async () => {
    broker = await startBroker({ telemetry: true })
    kafka = await startKafka({
      runIn: 'jvm',
      configs: { 'metric.reporters': receiver },
      classFolders: [await pluginClasses(receiver, recordedVersion)],
    })
  })

  afterAll(async () => {
    await kafka?.close()
    await broker?.close()
  })

  // Kafka works much out in the background, and on a busy machine too late for a story: then it is told again.
  test.each(telemetryScenarios)('$name', { retry: 2 }, async (scenario) => {
    const theirs = await tell(scenario, kafka.bootstrap[0])
    if (process.env.RECORD !== undefined) writeRecording(scenario.name, theirs)
    expect(await tell(scenario, broker.brokers[0])).toEqual(theirs)
    expect(readRecording(scenario.name), 'the recording is out of date: run with RECORD=1').toEqual(theirs)
  })
})
