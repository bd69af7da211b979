import { afterAll, beforeAll, describe } from 'vitest'
import { Kafka } from '../../src/index.ts'
import { useKafka } from '../harness/use-kafka.ts'
import { describeSending } from '../producer/sending.ts'

let kafka: Kafka

beforeAll(() => {
  kafka = new Kafka({ brokers: useKafka().bootstrap, clientId: 'test' })
})

afterAll(() => kafka?.close())

describe('a producer and a real broker', () => {
  describeSending(() => ({
    kafka,
    topic: (partitions, configs) => useKafka().topic({ partitions, configs }),
  }))
})
