import type { OpenConsumer } from '../clients/client.ts'
import { openFetchReplay } from '../clients/fetch-replay.ts'
import * as kafkajs from '../clients/kafkajs.ts'
import * as odradek from '../clients/odradek.ts'
import * as platformatic from '../clients/platformatic.ts'
import { checkProduced, openReplay, produceFrame } from '../clients/replay.ts'
import { values } from '../records.ts'
import type { BenchCase, Runner, Scenario, Settings } from '../scenario.ts'
import { createTopic } from '../topics.ts'

const partitions = 3
const valueBytes = 100
const recordsPerBatch = 5000

function topicOf(settings: Settings): string {
  return `bench-consume-${settings.records}`
}

/** Reads the whole topic from its beginning, and checks how many records and bytes came. */
function readAll(open: OpenConsumer): (settings: Settings) => Promise<Runner> {
  return async (settings) => {
    const client = await open(settings.brokers, topicOf(settings))
    return {
      close: () => client.close(),
      async run() {
        let records = 0
        let bytes = 0
        await client.read(settings.records, (count, valueBytes) => {
          records += count
          bytes += valueBytes
        })
        if (records !== settings.records || bytes !== settings.records * valueBytes) {
          throw new Error(`read ${records} records with ${bytes} bytes of ${settings.records}`)
        }
      },
    }
  }
}

async function fill(settings: Settings): Promise<void> {
  const topic = topicOf(settings)
  await createTopic(settings.brokers, topic, partitions)
  const socket = await openReplay(settings.brokers)
  for (let sent = 0, batch = 0; sent < settings.records; batch++) {
    const count = Math.min(recordsPerBatch, settings.records - sent)
    checkProduced(await socket.exchange([produceFrame(topic, batch % partitions, values(count, valueBytes))]))
    sent += count
  }
  socket.close()
}

const cases: readonly BenchCase[] = [
  {
    name: 'by batches, every record visited',
    bytesPerRecord: valueBytes,
    clients: {
      odradek: readAll(odradek.openBatchConsumer),
      replay: readAll(openFetchReplay),
      kafkajs: readAll(kafkajs.openBatchConsumer),
    },
  },
  {
    name: 'one record at a time, for await',
    bytesPerRecord: valueBytes,
    clients: {
      odradek: readAll(odradek.openRecordConsumer),
      platformatic: readAll(platformatic.openRecordConsumer),
    },
  },
]

/** Values of 100 bytes in batches of 5,000, three partitions, CRC checked; from opening to the last record. */
export const consume: Scenario = {
  name: 'consume',
  needsBroker: true,
  defaultRecords: 2_000_000,
  cases,
  prepare: fill,
}
