/**
 * How fast the broker in TypeScript is: `npm run --silent compile && node .build/test/testing/figures.js [RECORDS]`.
 *
 * Ready-made requests are replayed on raw sockets from a process of its own, so what is measured is the broker, and
 * what the kernel needs to carry the bytes. The processor time is the broker's alone, so it holds on a busy machine too.
 */
import { fork } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { encodeRequestFrame } from '../../src/protocol/frame.ts'
import { ApiVersions, Fetch, Produce } from '../../src/protocol/messages/index.ts'
import { startBroker } from '../../src/testing/index.ts'
import { batch } from './support/batches.ts'

const rounds = 5
const valueBytes = 100
const recordsPerBatch = 1_000
const produceInFlight = 5
const topic = 'figures'

interface Figure {
  name: string
  /** Records of one round. */
  count: number
  medianRate: number
  bestRate: number
}

interface Job {
  port: number
  records: number
}

/** Sends `request` so many times with so many in flight, counts answers by their lengths, and gives their bytes. */
function replay(socket: Socket, request: Buffer, times: number, inFlight: number): Promise<number> {
  return new Promise((resolve) => {
    let [sent, answered, left, bytes] = [0, 0, 0, 0]
    let head = Buffer.alloc(0)
    const pump = () => {
      for (; sent < times && sent - answered < inFlight; sent++) socket.write(request)
    }
    socket.removeAllListeners('data')
    socket.on('data', (chunk) => {
      bytes += chunk.length
      let rest = head.length > 0 ? Buffer.concat([head, chunk]) : chunk
      while (rest.length > 0) {
        if (left === 0) {
          if (rest.length < 4) break
          left = 4 + rest.readInt32BE(0)
        }
        const taken = Math.min(left, rest.length)
        left -= taken
        rest = rest.subarray(taken)
        if (left === 0) answered += 1
      }
      head = Buffer.from(rest)
      if (answered === times) resolve(bytes)
      else pump()
    })
    pump()
  })
}

async function client({ port, records }: Job): Promise<void> {
  const bytes = await batch(Array.from({ length: recordsPerBatch }, () => 'x'.repeat(valueBytes)))
  const batches = Math.ceil(records / recordsPerBatch)
  const produce = Buffer.concat(
    encodeRequestFrame(Produce, 9, 1, 'figures', {
      acks: 1,
      timeoutMs: 1000,
      topicData: [{ name: topic, partitionData: [{ index: 0, records: bytes }] }],
    }),
  )
  const fetchBatches = 8
  const fetch = Buffer.concat(
    encodeRequestFrame(Fetch, 12, 1, 'figures', {
      maxWaitMs: 0,
      minBytes: 1,
      topics: [
        {
          topic,
          partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: bytes.length * fetchBatches }],
        },
      ],
    }),
  )
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise((resolve) => socket.once('connect', resolve))
  const measure = async (name: string, count: number, work: () => Promise<unknown>) => {
    const rates = []
    for (let round = 0; round < rounds; round++) {
      const start = performance.now()
      await work()
      rates.push((count / (performance.now() - start)) * 1000)
    }
    rates.sort((a, b) => a - b)
    process.send!({
      name,
      count,
      medianRate: rates[rounds >> 1],
      bestRate: rates[rounds - 1],
    } satisfies Figure)
  }
  await measure(
    `produce, ${valueBytes}-byte values in batches of ${recordsPerBatch}`,
    batches * recordsPerBatch,
    () => replay(socket, produce, batches, produceInFlight),
  )
  const fetches = Math.ceil(batches / fetchBatches)
  await measure('fetch of the same', fetches * fetchBatches * recordsPerBatch, async () => {
    const received = await replay(socket, fetch, fetches, 1)
    if (received < fetches * fetchBatches * bytes.length)
      throw new Error('there was less to fetch than there should be')
  })
  socket.destroy()
}

async function firstAnswer(): Promise<void> {
  for (const which of ['first', 'second']) {
    const start = performance.now()
    const broker = await startBroker({ topics: { [topic]: 3 } })
    const socket = connect(broker.port, broker.host)
    socket.write(Buffer.concat(encodeRequestFrame(ApiVersions, 0, 1, null, {})))
    await new Promise((resolve) => socket.once('data', resolve))
    console.log(`from the ${which} call to its first answer: ${(performance.now() - start).toFixed(1)} ms`)
    await broker.close()
  }
}

async function main(): Promise<void> {
  const records = Number(process.argv[2] ?? 1_000_000)
  await firstAnswer()
  await using broker = await startBroker({ topics: { [topic]: 1 }, maxStoredBytes: 8 * 1024 ** 3 })
  const child = fork(fileURLToPath(import.meta.url), ['--client'])
  let cpu = process.cpuUsage()
  child.on('message', ({ name, count, medianRate, bestRate }: Figure) => {
    const { user, system } = process.cpuUsage(cpu)
    cpu = process.cpuUsage()
    const show = (rate: number) => `${(rate / 1e6).toFixed(2)} M records/s`
    const cpuNs = Math.round(((user + system) * 1000) / (count * rounds))
    console.log(
      `${name}: median ${show(medianRate)}, best ${show(bestRate)}, broker's processor time ${cpuNs} ns a record`,
    )
  })
  child.send({ port: broker.port, records } satisfies Job)
  await new Promise((resolve) => child.once('exit', resolve))
}

if (process.argv.includes('--client'))
  process.once('message', (job: Job) => client(job).then(() => process.disconnect()))
else await main()
