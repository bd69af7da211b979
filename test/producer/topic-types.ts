/** What the compiler lets be sent to typed topics, and what it does not: `tsc` is the test, and nothing here is run. */
import {
  bytes,
  double,
  int32,
  int64,
  json,
  type Kafka,
  nothing,
  type Producer,
  type StandardSchema,
  string,
  topic,
  uuid,
  validated,
} from '../../src/index.ts'

interface Order {
  id: number
  total: number
}

/** The same type for both, or an error. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Same<A, B>) => {}

export function sends(producer: Producer): void {
  const orders = producer.topic(topic('orders', { key: string, value: json<Order>() }))
  orders.send({ key: 'u7', value: { id: 7, total: 9.5 } })
  orders.send({ key: null, value: null, headers: { trace: 'abc' }, timestamp: 1, partition: 0 })
  orders.send({ key: 'u7', value: { id: 7, total: 9.5 } }, { signal: AbortSignal.abort() })
  orders.sendBatch([{ key: 'u7', value: { id: 7, total: 9.5 } }])
  orders.post({ key: 'u7', value: { id: 7, total: 9.5 } }, (error, metadata) => [error, metadata])
  // @ts-expect-error: the key is forgotten
  orders.send({ value: { id: 7, total: 9.5 } })
  // @ts-expect-error: the key may be undefined
  orders.send({ key: undefined, value: { id: 7, total: 9.5 } })
  // @ts-expect-error: the key is a string
  orders.send({ key: 7, value: { id: 7, total: 9.5 } })
  // @ts-expect-error: the value lacks a field
  orders.send({ key: 'u7', value: { id: 7 } })
  // @ts-expect-error: the value has a field of another type
  orders.sendBatch([{ key: 'u7', value: { id: '7', total: 9.5 } }])
  // @ts-expect-error: the value is an Order
  orders.post({ key: 'u7', value: 'hello' })
  // @ts-expect-error: the value may be undefined
  orders.send({ key: 'u7', value: undefined })
  // @ts-expect-error: the topic is bound
  orders.send({ topic: 'others', key: 'u7', value: { id: 7, total: 9.5 } })
  // @ts-expect-error: a topic is defined, not named
  producer.topic('orders')
}

export function builtIn(producer: Producer): void {
  const counts = producer.topic(topic('counts', { key: int32, value: int64 }))
  counts.send({ key: 1, value: 1n })
  // @ts-expect-error: an int64 is a bigint
  counts.send({ key: 1, value: 1 })
  const prices = producer.topic(topic('prices', { key: uuid, value: double }))
  prices.send({ key: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6', value: 1 })
  // @ts-expect-error: a double is a number
  prices.send({ key: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6', value: '1' })
  const blobs = producer.topic(topic('blobs', { key: nothing, value: bytes }))
  blobs.send({ value: new Uint8Array() })
  // @ts-expect-error: there is no key
  blobs.send({ key: 'k', value: new Uint8Array() })
  // @ts-expect-error: bytes are no string
  blobs.send({ value: 'text' })
}

export function leftOut(producer: Producer): void {
  const plain = producer.topic(topic('plain'))
  plain.send({ value: 'text' })
  plain.send({ key: Buffer.from('k'), value: null })
  // @ts-expect-error: a plain value is a string, bytes or null
  plain.send({ value: { id: 7 } })
  const keyed = producer.topic(topic('keyed', { key: int32 }))
  keyed.send({ key: 1, value: 'text' })
  // @ts-expect-error: the key is forgotten
  keyed.send({ value: 'text' })
}

export function functions(producer: Producer): void {
  const dates = producer.topic(topic('dates', { value: (date: Date) => date.toISOString() }))
  dates.send({ value: new Date(0) })
  // @ts-expect-error: the function takes a Date
  dates.send({ value: 0 })
  producer.topic(topic('later', { value: async (n: number, { topic }) => `${topic}${n}` })).send({ value: 1 })
  // @ts-expect-error: a serializer gives bytes, a string or null
  topic('wrong', { value: (n: number) => n })
}

declare const Order: StandardSchema<{ id: number; total?: number }, Order>

export function validators(producer: Producer, kafka: Kafka): void {
  const definition = topic('orders', { key: string, value: json(Order) })
  const orders = producer.topic(definition)
  orders.send({ key: 'u7', value: { id: 7 } })
  // @ts-expect-error: the validator takes a number
  orders.send({ key: 'u7', value: { id: '7' } })
  const reading = kafka.read(definition.name, {
    keyDeserializer: definition.key.deserialize,
    valueDeserializer: definition.value.deserialize,
  })
  type Read = Awaited<ReturnType<typeof reading.next>>['value']
  same<NonNullable<Read>['key'], string | null>(true)
  same<NonNullable<Read>['value'], Order | null>(true)
  // @ts-expect-error: what the validator gives is no string
  validated(string, Order)
}
