/** Reads a topic from its first record to what is its end now, without a group. */
import { Kafka } from 'odradek'

const kafka = new Kafka({ brokers: ['localhost:9092'], clientId: 'example' })
let records = 0
for await (const record of kafka.read('orders', { from: 'earliest', until: 'end' })) {
  records += 1
  console.log(record.partition, record.offset, record.key?.toString(), record.value?.toString() ?? 'deleted')
}
console.log(`${records} records`)
