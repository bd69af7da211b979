import { randomUUID } from 'node:crypto'
import type { Kafka as KafkaClass } from 'kafkajs'
import { loadPeer } from '../peers.ts'
import type { ConsumeClient, ProduceClient } from './client.ts'

interface Package {
  default: {
    Kafka: typeof KafkaClass
    Partitioners: { DefaultPartitioner: never }
    logLevel: { NOTHING: number }
  }
}

async function open(brokers: string[]) {
  const { Kafka, Partitioners, logLevel } = (await loadPeer<Package>('kafkajs')).default
  return { kafka: new Kafka({ brokers, clientId: 'bench', logLevel: logLevel.NOTHING }), Partitioners }
}

export async function openProducer(brokers: string[], topic: string): Promise<ProduceClient> {
  const { kafka, Partitioners } = await open(brokers)
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  return {
    sendOne: (value, pinned) =>
      producer.send({ topic, messages: [pinned ? { value, partition: 0 } : { value }] }),
    sendMany: (values) => producer.send({ topic, messages: values.map((value) => ({ value })) }),
    close: () => producer.disconnect(),
  }
}

export async function openBatchConsumer(brokers: string[], topic: string): Promise<ConsumeClient> {
  const { kafka } = await open(brokers)
  return {
    async read(count, onRecords) {
      const consumer = kafka.consumer({ groupId: `bench-${randomUUID()}`, maxWaitTimeInMs: 500 })
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      let read = 0
      await new Promise<void>((resolve, reject) => {
        const eachBatch = async ({ batch }: { batch: { messages: { value: Buffer | null }[] } }) => {
          let valueBytes = 0
          for (const message of batch.messages) valueBytes += message.value?.length ?? 0
          onRecords(batch.messages.length, valueBytes)
          read += batch.messages.length
          if (read >= count) resolve()
        }
        consumer.run({ eachBatch }).catch(reject)
      })
      await consumer.disconnect()
    },
    close: async () => {},
  }
}
