import { afterAll, beforeAll, describe } from 'vitest'
import { Kafka } from '../../src/index.ts'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { Fixture } from '../consumer/fixture.ts'
import { describeSending } from './sending.ts'

let broker: Broker
let kafka: Kafka
let fixture: Fixture

beforeAll(async () => {
  broker = await startBroker()
  kafka = new Kafka({ brokers: broker.brokers, clientId: 'test' })
  fixture = new Fixture(broker.brokers)
})

afterAll(async () => {
  await fixture?.close()
  await kafka?.close()
  await broker?.close()
})

describe('a producer and the broker in TypeScript', () => {
  describeSending(() => ({ kafka, topic: (partitions, configs) => fixture.createTopic(partitions, configs) }))
})
