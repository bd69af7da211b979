/** One broker for all integration tests of a run: `KAFKA_BROKERS` if set, or else a real Kafka that ends with the run. */
import type { TestProject } from 'vitest/node'
import { chosenVersion, startKafka } from '../harness/kafka/index.ts'
import type { SharedKafka } from '../harness/use-kafka.ts'

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.KAFKA_BROKERS
  if (given !== undefined && given !== '') {
    const bootstrap = given.split(',').map((address) => address.trim())
    provide(project, { bootstrap, version: chosenVersion(), tools: { runIn: 'jvm' } })
    return undefined
  }
  const kafka = await startKafka()
  const { bootstrap, version, tools } = kafka
  provide(project, { bootstrap, version, tools })
  return () => kafka.close()
}

function provide(project: TestProject, shared: SharedKafka): void {
  project.provide('kafka', shared)
}
