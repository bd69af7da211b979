/**
 * `npm start`: odradek's main job, shown. Starts the broker of odradek/testing, or takes KAFKA_BROKERS, sends a million
 * records with keys, values and headers, reads them in a group at the same time, and checks every one.
 */
import { type Consumer, Kafka, type KafkaRecord, type Producer } from '../../src/index.ts'
import { ErrorCodes, errorByCode } from '../../src/protocol/error-codes.ts'
import { CreateTopics } from '../../src/protocol/messages/create-topics.ts'
import { DeleteTopics } from '../../src/protocol/messages/delete-topics.ts'
import { startBroker } from '../../src/testing/index.ts'
import { ProgressDisplay } from './progress.ts'
import { Tally } from './tally.ts'
import { orderOf, sequenceOf } from './workload.ts'

const total = Number(process.env.RECORDS ?? 1_000_000)
const partitions = 4
const topic = `odradek-demo-${Date.now()}`
/** Consumed records whose age is taken: one in so many. */
const latencySampleEvery = 997

const tally = new Tally(total)
let produced = 0
let latencies: number[] = []
let latencyMs = 0

async function main(): Promise<void> {
  const given = process.env.KAFKA_BROKERS?.split(',')
  await using broker = given === undefined ? await startBroker() : undefined
  const brokers = given ?? broker!.brokers
  const where = given === undefined ? 'a broker in this process, in memory' : brokers.join(', ')
  console.log(`odradek: ${total.toLocaleString('en')} records through ${where}`)

  await using kafka = new Kafka({ brokers, clientId: 'odradek-demo' })
  await createTopic(kafka)
  const start = performance.now()
  const elapsedSeconds = () => (performance.now() - start) / 1000
  const read = () => ({
    produced,
    consumed: tally.distinct,
    total,
    elapsedSeconds: elapsedSeconds(),
    latencyMs: median(),
  })
  const display = new ProgressDisplay(process.stdout, read)
  const [producedAfter, consumedAfter] = await Promise.all([
    produceAll(kafka).then(elapsedSeconds),
    consumeAll(kafka).then(elapsedSeconds),
  ])
  display.stop()
  await kafka.request({ controller: true }, DeleteTopics, {
    topics: [{ name: topic }],
    topicNames: [topic],
    timeoutMs: 10_000,
  })
  printTable(producedAfter, consumedAfter)
  console.log(
    `produced ${produced}, consumed ${tally.distinct}, lost ${tally.lost}, duplicated ${tally.duplicated}`,
  )
  if (!tally.perfect || produced !== total) process.exitCode = 1
}

async function createTopic(kafka: Kafka): Promise<void> {
  const { topics } = await kafka.request({ controller: true }, CreateTopics, {
    topics: [{ name: topic, numPartitions: partitions, replicationFactor: 1 }],
    timeoutMs: 10_000,
  })
  const { errorCode } = topics[0]
  if (errorCode !== ErrorCodes.NONE)
    throw new Error(`the topic could not be made: ${errorByCode(errorCode).message}`)
}

async function produceAll(kafka: Kafka): Promise<void> {
  await using producer: Producer = kafka.producer()
  let failure: unknown
  const onAck = (error: unknown) => {
    if (error === null) produced += 1
    else failure ??= error
  }
  for (let sequence = 0; sequence < total; sequence++) {
    const { key, value, trace } = orderOf(sequence)
    while (!producer.post({ topic, key, value, headers: { trace } }, onAck)) await producer.ready()
    // Acknowledgements, the consumer and, maybe, the broker live on this thread too.
    if (sequence % 1000 === 999) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  await producer.flush()
  if (failure !== undefined) throw failure
}

/** Two members of one group share the topic until every record was seen. */
async function consumeAll(kafka: Kafka): Promise<void> {
  const done = new AbortController()
  const options = {
    groupId: `${topic}-group`,
    topics: [topic],
    autoOffsetReset: 'earliest',
    signal: done.signal,
  } as const
  const members = [kafka.consumer(options), kafka.consumer(options)]
  await Promise.all(members.map((member) => consumeUntilDone(member, done)))
}

async function consumeUntilDone(member: Consumer, done: AbortController): Promise<void> {
  try {
    for await (const batch of member.batches()) {
      for (const record of batch) check(record)
      if (tally.distinct === total) done.abort()
    }
  } catch (error) {
    if (!done.signal.aborted) throw error
  } finally {
    await member.close()
  }
}

function check(record: KafkaRecord): void {
  const value = record.value?.toString() ?? ''
  const sequence = sequenceOf(value)
  const order = orderOf(sequence)
  const intact =
    order.value === value &&
    order.key === record.key?.toString() &&
    order.trace === record.headers.get('trace')?.toString()
  tally.add(sequence, record.partition, intact)
  if (sequence % latencySampleEvery === 0) latencies.push(Date.now() - record.timestamp)
}

/** The median age of the records that were sampled since it was last asked for. */
function median(): number {
  if (latencies.length > 0) latencyMs = latencies.sort((a, b) => a - b)[latencies.length >> 1]
  latencies = []
  return latencyMs
}

function printTable(producedAfter: number, consumedAfter: number): void {
  const rate = (seconds: number) => `${Math.round(total / seconds / 1000)} k records/s`
  const rows = [
    ['acknowledged', `${producedAfter.toFixed(2)} s`, rate(producedAfter)],
    ['consumed and checked', `${consumedAfter.toFixed(2)} s`, rate(consumedAfter)],
    ['damaged', `${tally.damaged}`, ''],
    ['out of order', `${tally.outOfOrder}`, ''],
  ]
  console.log()
  for (const [name, figure, note] of rows) console.log(`  ${name.padEnd(22)}${figure.padStart(9)}  ${note}`)
  console.log()
}

await main()
