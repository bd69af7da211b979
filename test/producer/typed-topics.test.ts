import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  bytes,
  double,
  int32,
  int64,
  json,
  Kafka,
  KafkaError,
  nothing,
  type Serde,
  string,
  topic,
  uuid,
} from '../../src/index.ts'
import { type Broker, startBroker } from '../../src/testing/index.ts'

let broker: Broker
let kafka: Kafka

beforeAll(async () => {
  broker = await startBroker()
  kafka = new Kafka({ brokers: broker.brokers })
})

afterAll(async () => {
  await kafka?.close()
  await broker?.close()
})

const anything: [string, Serde<never, unknown>, unknown][] = [
  ['string', string, 'größe 😀'],
  ['bytes', bytes, Buffer.from([0, 255])],
  ['int32', int32, -5],
  ['int64', int64, 2n ** 62n],
  ['double', double, 0.1],
  ['uuid', uuid, 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'],
  ['json', json(), { id: 7, lines: [{ sku: 'ö', price: 1.5 }] }],
  ['nothing', nothing, null],
]

test.each(anything)('a consumer reads what was sent as %s', async (name, serde, value) => {
  const definition = topic(`typed-${name}`, { key: serde as Serde<unknown>, value: serde as Serde<unknown> })
  await using producer = kafka.producer()
  const bound = producer.topic(definition)
  await bound.send({ key: value, value })
  await bound.send({ key: value, value: null })
  const read: unknown[] = []
  const { key, value: valueSerde } = definition
  const deserializers = { keyDeserializer: key.deserialize, valueDeserializer: valueSerde.deserialize }
  for await (const record of kafka.read(definition.name, { ...deserializers, until: 'end' })) {
    read.push([record.key, record.value])
  }
  expect(read).toHaveLength(2)
  expect(read).toEqual(
    expect.arrayContaining([
      [value, value],
      [value, null],
    ]),
  )
})

test('what was not written by the serde is told when the value is read', async () => {
  await using producer = kafka.producer()
  await producer.send({ topic: 'not-typed', value: '{"id":' })
  const errors: unknown[] = []
  for await (const record of kafka.read('not-typed', {
    valueDeserializer: json().deserialize,
    until: 'end',
  })) {
    try {
      record.value
    } catch (error) {
      errors.push(error)
    }
  }
  expect(errors).toHaveLength(1)
  expect(errors[0]).toBeInstanceOf(KafkaError)
  expect(errors[0]).toMatchObject({ code: 'SERIALIZATION', context: { serde: 'json' } })
})
