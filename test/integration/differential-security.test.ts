/**
 * As differential.test.ts, for brokers on which everybody has to log in and nobody may do anything that no ACL allows.
 *
 * `RECORD=1 npx vitest run --project integration test/integration/differential-security.test.ts` writes down what the
 * real one answers, for test/testing/behaviour.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { type KafkaCluster, startKafka } from '../harness/kafka/index.ts'
import { useKafka } from '../harness/use-kafka.ts'
import { securedScenarios } from '../testing/scenarios/secured.ts'
import { readRecording, recordedVersion, writeRecording } from '../testing/support/recording.ts'
import { administrator, as, securedKafka, securedOptions } from '../testing/support/secured.ts'
import { isReady, tell } from '../testing/support/world.ts'

describe.runIf(useKafka().version === recordedVersion)(
  'secured, the broker in TypeScript and Kafka agree',
  () => {
    const connect = as(administrator)
    let kafka: KafkaCluster
    let address: string
    let broker: Broker

    beforeAll(async () => {
      kafka = await startKafka(securedKafka)
      address = kafka.addresses('SECURE')[0]
      broker = await startBroker(securedOptions)
      await isReady(address, connect)
    })

    afterAll(async () => {
      await broker?.close()
      await kafka?.close()
    })

    // Kafka works much out in the background, and on a busy machine too late for a story: then it is told again.
    test.each(securedScenarios)('$name', { retry: 2 }, async (scenario) => {
      const theirs = await tell(scenario, address, undefined, connect)
      const ours = await tell(scenario, broker.brokers[0], undefined, connect)
      if (process.env.RECORD !== undefined) writeRecording(scenario.name, theirs)
      expect(ours).toEqual(theirs)
      expect(readRecording(scenario.name), 'the recording is out of date: run with RECORD=1').toEqual(theirs)
    })
  },
)
