import type { OpenProducer } from '../clients/client.ts'
import * as kafkajs from '../clients/kafkajs.ts'
import * as odradek from '../clients/odradek.ts'
import * as platformatic from '../clients/platformatic.ts'
import { checkProduced, openReplay, produceFrame } from '../clients/replay.ts'
import { pipelined } from '../raw-socket.ts'
import { values } from '../records.ts'
import type { BenchCase, Runner, Scenario, Settings } from '../scenario.ts'
import { createTopic } from '../topics.ts'

const topic = 'bench-produce'
const partitions = 3
const valueBytes = 100
const oneByOneCalls = 2000
/** Records of 100 bytes in a batch that is as full as the producer's default lets it be. */
const fullBatchRecords = 4500

type Client = (settings: Settings) => Promise<Runner>

/** One call a record, each with its own promise, `outstanding` of them at a time. */
function oneEach(open: OpenProducer, outstanding: number): Client {
  return async (settings) => {
    const client = await open(settings.brokers, topic)
    const payload = values(settings.records, valueBytes)
    const run = () =>
      new Promise<void>((resolve, reject) => {
        let next = 0
        let acknowledged = 0
        const sendNext = () => {
          if (next < payload.length) client.sendOne(payload[next++]).then(onAcknowledged, reject)
        }
        const onAcknowledged = () => {
          acknowledged += 1
          if (acknowledged === payload.length) resolve()
          else sendNext()
        }
        for (let i = 0; i < outstanding; i++) sendNext()
      })
    return { run, close: () => client.close() }
  }
}

/** A thousand records a call, five calls at a time. */
function thousands(open: OpenProducer): Client {
  return async (settings) => {
    const client = await open(settings.brokers, topic)
    const calls = chunks(values(settings.records, valueBytes), 1000)
    return { run: () => pipelined(calls, 5, (chunk) => client.sendMany(chunk)), close: () => client.close() }
  }
}

/** One record, awaited, then the next: the latency of a send. */
function oneByOne(open: OpenProducer): Client {
  return async (settings) => {
    const client = await open(settings.brokers, topic)
    const [value] = values(1, valueBytes)
    return { run: () => latencies(() => client.sendOne(value, true)), close: () => client.close() }
  }
}

/** Ready-made requests of one batch each, five at a time: nothing is encoded while the clock runs. */
function replay(recordsPerBatch: number): Client {
  return async (settings) => {
    const socket = await openReplay(settings.brokers)
    const frames = chunks(values(settings.records, valueBytes), recordsPerBatch).map((chunk, i) =>
      produceFrame(topic, i % partitions, chunk),
    )
    return {
      run: () => pipelined(frames, 5, async (frame) => checkProduced(await socket.exchange([frame]))),
      close: async () => socket.close(),
    }
  }
}

const replayOneByOne: Client = async (settings) => {
  const socket = await openReplay(settings.brokers)
  const frame = produceFrame(topic, 0, values(1, valueBytes))
  return {
    run: () => latencies(async () => checkProduced(await socket.exchange([frame]))),
    close: async () => socket.close(),
  }
}

async function latencies(call: () => Promise<unknown>): Promise<{ latenciesMs: number[] }> {
  const latenciesMs: number[] = []
  for (let i = 0; i < oneByOneCalls; i++) {
    const start = performance.now()
    await call()
    latenciesMs.push(performance.now() - start)
  }
  return { latenciesMs }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  for (let i = 0; i < items.length; i += size) parts.push(items.slice(i, i + size))
  return parts
}

/** A peer's one-record calls are slow enough that a tenth of the records says the same. */
const eachPeerRecords = 20_000

const cases: readonly BenchCase[] = [
  {
    name: 'one record a call, 20,000 outstanding',
    bytesPerRecord: valueBytes,
    clients: { odradek: oneEach(odradek.openProducer, 20_000), replay: replay(fullBatchRecords) },
  },
  {
    name: '1,000 records a call, 5 outstanding',
    bytesPerRecord: valueBytes,
    clients: {
      odradek: thousands(odradek.openProducer),
      replay: replay(1000),
      kafkajs: thousands(kafkajs.openProducer),
      platformatic: thousands(platformatic.openProducer),
    },
  },
  {
    name: 'one record a call, 1,000 outstanding',
    bytesPerRecord: valueBytes,
    records: (settings) => Math.min(settings.records, eachPeerRecords),
    clients: {
      odradek: limited(oneEach(odradek.openProducer, 1000)),
      kafkajs: limited(oneEach(kafkajs.openProducer, 1000)),
      platformatic: limited(oneEach(platformatic.openProducer, 1000)),
    },
  },
  {
    name: 'one at a time, awaited',
    bytesPerRecord: valueBytes,
    records: () => oneByOneCalls,
    clients: {
      odradek: oneByOne(odradek.openProducer),
      replay: replayOneByOne,
      kafkajs: oneByOne(kafkajs.openProducer),
      platformatic: oneByOne(platformatic.openProducer),
    },
  },
]

function limited(client: Client): Client {
  return (settings) => client({ ...settings, records: Math.min(settings.records, eachPeerRecords) })
}

/** Values of 100 bytes, no key, three partitions, acks all, no compression. */
export const produce: Scenario = {
  name: 'produce',
  needsBroker: true,
  defaultRecords: 2_000_000,
  cases,
  prepare: ({ brokers }) => createTopic(brokers, topic, partitions),
}
