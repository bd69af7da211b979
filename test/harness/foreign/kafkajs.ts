/** KafkaJS, with codecs plugged in where it has none. */
import kafkajs, { type IHeaders } from 'kafkajs'
import { type CompressionName, codecByName } from '../../../src/compression/index.ts'
import type { KafkaInUse } from '../use-kafka.ts'
import type { ForeignClient, PlainRecord } from './foreign-client.ts'

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs

const CONSUME_TIMEOUT_MS = 60_000
const MAX_DECOMPRESSED_BYTES = 64 * 1024 * 1024

const types: Record<CompressionName, number> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}

const codecs: Record<number, unknown> = CompressionCodecs
for (const name of ['snappy', 'lz4', 'zstd'] as const) {
  codecs[types[name]] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => codecByName(name).compress(buffer),
    decompress: async (buffer: Buffer) => codecByName(name).decompress(buffer, MAX_DECOMPRESSED_BYTES),
  })
}

export function kafkaJs(kafka: KafkaInUse): ForeignClient {
  const client = new Kafka({ brokers: kafka.bootstrap, clientId: 'kafkajs', logLevel: logLevel.ERROR })
  return {
    name: 'KafkaJS',
    nullHeaderValues: false,
    async produce(topic, records, compression) {
      const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
      await producer.connect()
      try {
        const messages = records.map(({ key, value, headers }) => ({
          key,
          value,
          headers: headersOf(headers),
          partition: 0,
        }))
        await producer.send({ topic, messages, acks: -1, compression: types[compression] })
      } finally {
        await producer.disconnect()
      }
    },
    async consume(topic, count) {
      const consumer = client.consumer({ groupId: kafka.unique('group'), maxWaitTimeInMs: 100 })
      await consumer.connect()
      try {
        await consumer.subscribe({ topic, fromBeginning: true })
        const records: PlainRecord[] = []
        await new Promise<void>((resolve, reject) => {
          const timer = setTimeout(
            () => reject(new Error(`KafkaJS read ${records.length} of ${count} in ${CONSUME_TIMEOUT_MS} ms`)),
            CONSUME_TIMEOUT_MS,
          )
          consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
            if (!restart) reject(error)
          })
          consumer
            .run({
              eachMessage: async ({ message: { key, value, headers } }) => {
                records.push({
                  key: key?.toString() ?? null,
                  value: value?.toString() ?? null,
                  headers: headersFrom(headers ?? {}),
                })
                if (records.length < count) return
                clearTimeout(timer)
                resolve()
              },
            })
            .catch(reject)
        })
        return records
      } finally {
        await consumer.disconnect()
      }
    },
  }
}

/** It takes and gives headers as an object: values of one name together, in the order of the names. */
function headersOf(headers: PlainRecord['headers']): IHeaders {
  const object: Record<string, (string | null)[]> = {}
  for (const [name, value] of headers) {
    object[name] ??= []
    object[name].push(value)
  }
  return object as IHeaders
}

function headersFrom(headers: IHeaders): PlainRecord['headers'] {
  return Object.entries(headers).flatMap(([name, content]) =>
    (Array.isArray(content) ? content : [content]).map((value): [string, string | null] => [
      name,
      value?.toString() ?? null,
    ]),
  )
}
