import { afterAll, beforeAll, describe } from 'vitest'
import { Fixture } from '../consumer/fixture.ts'
import { describeReading } from '../consumer/reading.ts'
import { describeSharing } from '../consumer/sharing.ts'
import { type KafkaCluster, startKafka } from '../harness/kafka/index.ts'

let kafka: KafkaCluster
let fixture: Fixture

beforeAll(async () => {
  kafka = await startKafka()
  fixture = new Fixture(kafka.bootstrap)
})

afterAll(async () => {
  await fixture?.close()
  await kafka?.close()
})

describe('a consumer and a real broker', () => {
  describeReading(() => fixture)
  describeSharing(() => fixture)
})
