/** What somebody writes who has installed the package: its three doors, their types, and a record there and back. */
import { type CompressionName, Kafka, type KafkaRecord } from 'odradek'
import { apis, Metadata, type MetadataResponse } from 'odradek/protocol'
import { startBroker } from 'odradek/testing'

const compression = (process.argv[2] ?? 'none') as CompressionName
const broker = await startBroker({ topics: { orders: 3 } })
const kafka: Kafka = new Kafka({ brokers: broker.brokers, clientId: 'package' })
const producer = kafka.producer({ compression })
const ack = await producer.send({ topic: 'orders', key: 'u7', value: 'hello', headers: { trace: 'abc' } })
const offset: bigint = ack.offset
const read: KafkaRecord[] = []
for await (const record of kafka.read('orders', { from: 'earliest', until: 'end' })) read.push(record)
const metadata: MetadataResponse = await kafka.request({ anyBroker: true }, Metadata, {
  topics: [{ name: 'orders' }],
})
await producer.close()
await kafka.close()
await broker.close()

const partitions = metadata.topics[0].partitions.length
const found = `${read.length} record, value ${read[0]?.value}, trace ${read[0]?.headers.get('trace')}, offset ${offset}, ${partitions} partitions`
console.log(`Node ${process.versions.node}, ${compression}: ${found}; ${apis.length} APIs`)
if (found !== '1 record, value hello, trace abc, offset 0, 3 partitions') process.exitCode = 1
