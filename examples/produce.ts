/** Sends three records and says where they were written. */
import { Kafka } from 'odradek'

const kafka = new Kafka({ brokers: ['localhost:9092'], clientId: 'example' })
await using producer = kafka.producer({ compression: 'lz4' })

const written = await producer.sendBatch([
  { topic: 'orders', key: 'u7', value: JSON.stringify({ id: 1, cents: 950 }) },
  { topic: 'orders', key: 'u8', value: JSON.stringify({ id: 2, cents: 100 }), headers: { trace: 'abc' } },
  { topic: 'orders', key: 'u7', value: null },
])
for (const { topic, partition, offset } of written) console.log(`${topic}[${partition}] ${offset}`)
