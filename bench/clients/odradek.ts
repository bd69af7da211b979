import { Kafka } from '../../src/index.ts'
import type { ConsumeClient, ProduceClient } from './client.ts'

export async function openProducer(brokers: string[], topic: string): Promise<ProduceClient> {
  const producer = new Kafka({ brokers, clientId: 'bench' }).producer()
  return {
    sendOne: (value, pinned) => producer.send(pinned ? { topic, value, partition: 0 } : { topic, value }),
    sendMany: (values) => producer.sendBatch(values.map((value) => ({ topic, value }))),
    close: () => producer.close(),
  }
}

/** Takes a value's length in place of its bytes, which would have to be looked at to count for more. */
const settings = {
  autoOffsetReset: 'earliest',
  valueDeserializer: (_: Buffer, start: number, end: number) => end - start,
} as const

/** Batches, every record visited and its value's length taken. */
export async function openBatchConsumer(brokers: string[], topic: string): Promise<ConsumeClient> {
  const kafka = new Kafka({ brokers, clientId: 'bench' })
  return {
    async read(count, onRecords) {
      await using consumer = kafka.consumer({ ...settings, topics: [topic] })
      let read = 0
      for await (const batch of consumer.batches()) {
        let records = 0
        let valueBytes = 0
        for (const record of batch) {
          records += 1
          valueBytes += record.value ?? 0
        }
        onRecords(records, valueBytes)
        read += records
        if (read >= count) break
      }
    },
    close: async () => {},
  }
}

/** One record at a time through the async iterator. */
export async function openRecordConsumer(brokers: string[], topic: string): Promise<ConsumeClient> {
  const kafka = new Kafka({ brokers, clientId: 'bench' })
  return {
    async read(count, onRecords) {
      await using consumer = kafka.consumer({ ...settings, topics: [topic] })
      let read = 0
      for await (const record of consumer) {
        onRecords(1, record.value ?? 0)
        read += 1
        if (read === count) break
      }
    },
    close: async () => {},
  }
}
