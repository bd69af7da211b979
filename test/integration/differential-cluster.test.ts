/**
 * The same stories, told to three brokers in TypeScript and to a real Kafka of three, get the same answers: who leads, who
 * follows, who is in sync, and what is lost.
 *
 * `RECORD=1 npx vitest run --project integration test/integration/differential-cluster.test.ts` writes down what the real
 * one answers, for test/testing/cluster-behaviour.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chosenVersion, type KafkaCluster, startKafka } from '../harness/kafka/index.ts'
import { clusterScenarios } from '../testing/scenarios/cluster.ts'
import { inTypeScript } from '../testing/support/brokers-in-typescript.ts'
import { type BrokersUnderTest, tellCluster } from '../testing/support/cluster-world.ts'
import { readRecording, recordedVersion, writeRecording } from '../testing/support/recording.ts'

// What older releases answer is another matter.
describe.runIf(chosenVersion() === recordedVersion)(
  'three brokers in TypeScript and three of Kafka agree',
  () => {
    let kafka: KafkaCluster

    beforeAll(async () => {
      kafka = await startKafka({
        brokers: 3,
        separateController: true,
        configs: { 'auto.leader.rebalance.enable': 'false', 'min.insync.replicas': '1' },
      })
    })

    afterAll(() => kafka?.close())

    // Kafka works much out in the background, and on a busy machine too late for a story: then it is told again.
    test.each(clusterScenarios)('$name', { retry: 2 }, async (scenario) => {
      const theirs = await tellCluster(scenario, real(kafka))
      if (process.env.RECORD !== undefined) writeRecording(scenario.name, theirs)
      await using ours = await inTypeScript()
      expect(await tellCluster(scenario, ours)).toEqual(theirs)
      expect(readRecording(scenario.name), 'the recording is out of date: run with RECORD=1').toEqual(theirs)
    })
  },
)

function real(kafka: KafkaCluster): BrokersUnderTest {
  const broker = (id: number) => kafka.brokers.find((one) => one.id === id)!
  return {
    address: (id) => broker(id).address(),
    stop: (id) => broker(id).stop(),
    start: (id) => broker(id).start(),
  }
}
