/** A member of a group that works until it is told to stop, and commits what it has done. */
import { Kafka } from 'odradek'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
// Only so that the example ends by itself.
setTimeout(() => stop.abort(), 2000).unref()

const kafka = new Kafka({ brokers: ['localhost:9092'], clientId: 'worker' })
const consumer = kafka.consumer({
  groupId: 'workers',
  topics: ['orders'],
  autoOffsetReset: 'earliest',
  signal: stop.signal,
})
try {
  for await (const record of consumer) console.log(record.topic, record.partition, record.offset)
} finally {
  await consumer.close() // commits, and leaves the group
}
