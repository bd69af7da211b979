import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KafkaError } from '../../src/errors.ts'
import { Intake } from '../../src/producer/intake.ts'
import { checkProducerOptions, type ProducerOptions } from '../../src/producer/options.ts'
import { RecordMetadata } from '../../src/producer/record-metadata.ts'
import { ErrorCodes } from '../../src/protocol/error-codes.ts'
import { FakeCluster, type FakeRequest } from './fake-cluster.ts'

const partitions = 4

type Step =
  | { do: 'send'; partition: number; bytes: number; times: number }
  | { do: 'turn' }
  | { do: 'wait'; ms: number }
  | { do: 'answer'; which: number; slow: boolean }
  | { do: 'refuse'; which: number; partition: number }
  | { do: 'lose'; which: number; written: boolean }
  | { do: 'move'; partition: number; leader: number }
  | { do: 'flush'; which: number }

const at = fc.nat(partitions - 1)
const which = fc.nat(20)
const send = fc.record({
  do: fc.constant('send' as const),
  partition: at,
  bytes: fc.oneof({ weight: 5, arbitrary: fc.nat(200) }, { weight: 1, arbitrary: fc.nat(9_000) }),
  times: fc.integer({ min: 1, max: 40 }),
})
const turn = fc.constant({ do: 'turn' as const })
const wait = fc.record({ do: fc.constant('wait' as const), ms: fc.nat(300) })
const answer = fc.record({ do: fc.constant('answer' as const), which, slow: fc.boolean() })
const refuse = fc.record({ do: fc.constant('refuse' as const), which, partition: at })
const lose = (written: fc.Arbitrary<boolean>) =>
  fc.record({ do: fc.constant('lose' as const), which, written })
const move = fc.record({
  do: fc.constant('move' as const),
  partition: at,
  leader: fc.integer({ min: -1, max: 3 }),
})
const flush = fc.record({ do: fc.constant('flush' as const), which })

const options = fc.record({
  batchSizeBytes: fc.constantFrom(1, 1_000, 10_000, 1_000_000),
  maxRequestSizeBytes: fc.constantFrom(16_384, 1_048_576),
  bufferMemoryBytes: fc.constantFrom(65_536, 80_000, 150_000, 10_000_000),
  maxInFlightRequests: fc.constantFrom(1, 2, 5),
  lingerMs: fc.constantFrom(0, 50),
  compression: fc.constantFrom('none' as const, 'none' as const, 'gzip' as const),
})

/** Runs the steps, then lets every broker be well again, and gives what came of it. */
async function run(given: ProducerOptions, steps: readonly Step[]) {
  const settings = checkProducerOptions({ ...given, deliveryTimeoutMs: 100_000, maxBlockMs: 100_000 })
  const cluster = new FakeCluster()
  const leaders = [1, 1, 2, 3]
  cluster.setTopic('t', leaders)
  const intake = new Intake(cluster.asCluster(), settings)
  const { memory } = intake.sender.accumulator
  const outcomes: (RecordMetadata | KafkaError | undefined)[] = []
  const sent: { partition: number; value: string }[] = []
  const collector = {
    settle(index: number, outcome: RecordMetadata | KafkaError) {
      expect(outcomes[index]).toBeUndefined()
      outcomes[index] = outcome
    },
  }
  const slow: FakeRequest[] = []
  /** What one of the three brokers has to answer, in its order. */
  const openAt = (index: number) => cluster.open.filter(({ brokerId }) => brokerId === 1 + (index % 3))
  for (const step of steps) {
    switch (step.do) {
      case 'send':
        for (let i = 0; i < step.times; i++) {
          const value = `${sent.length} `.padEnd(step.bytes, 'x')
          outcomes.push(undefined)
          const record = { topic: 't', partition: step.partition, value }
          const batch = intake.take(record)
          if (batch === undefined) intake.wait(record, collector, sent.length)
          else batch.recipients.tell(collector, sent.length)
          sent.push({ partition: step.partition, value })
        }
        break
      case 'turn':
        await cluster.time.settle()
        break
      case 'wait':
        await cluster.time.advance(step.ms)
        break
      case 'answer': {
        const request = openAt(step.which)[0]
        if (request === undefined) break
        request.slow = step.slow
        if (step.slow) slow.push(request)
        request.answer()
        break
      }
      case 'refuse':
        openAt(step.which)[0]?.answer(({ partition }) =>
          partition === step.partition ? ErrorCodes.NOT_LEADER_OR_FOLLOWER : 0,
        )
        break
      case 'lose':
        for (const request of openAt(step.which)) request.lose(step.written)
        break
      case 'move':
        leaders[step.partition] = step.leader
        cluster.setTopic('t', leaders)
        break
      case 'flush':
        slow[step.which % Math.max(1, slow.length)]?.flush()
        break
    }
    expect(memory.heldBytes).toBeLessThanOrEqual(settings.bufferMemoryBytes)
  }
  for (const request of slow) request.flush()
  cluster.setTopic('t', [1, 1, 2, 3])
  for (let round = 0; round < 200 && outcomes.includes(undefined); round++) {
    await cluster.answerAll()
    await cluster.time.advance(2_000)
  }
  expect(memory.usedBytes).toBe(0)
  await intake.close(() => new KafkaError('CLOSED', 'closed'))
  expect(cluster.time.pending).toBe(0)
  const logs = [0, 1, 2, 3].map((partition) => cluster.log.get(`t[${partition}]`) ?? [])
  return { sent, outcomes, logs, requests: cluster.requests }
}

const wanted = (sent: { partition: number; value: string }[], partition: number) =>
  sent.filter((each) => each.partition === partition).map(({ value }) => value)

test('whatever happens, each record has its outcome once, and an acknowledged one is where it says', async () => {
  const steps = fc.array(
    fc.oneof(send, send, turn, wait, answer, answer, refuse, lose(fc.boolean()), move, flush),
    { maxLength: 60 },
  )
  await fc.assert(
    fc.asyncProperty(options, steps, async (given, each) => {
      const { sent, outcomes, logs } = await run(given, each)
      for (const [index, { partition, value }] of sent.entries()) {
        const outcome = outcomes[index]
        expect(outcome).toBeInstanceOf(RecordMetadata)
        expect(logs[partition][Number((outcome as RecordMetadata).offset)].value).toBe(value)
      }
    }),
    { numRuns: 150 },
  )
})

test('while nothing fails, every partition has its records once and in order', async () => {
  const steps = fc.array(fc.oneof(send, send, turn, wait, answer, answer, move, flush), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(options, steps, async (given, each) => {
      const { sent, logs } = await run(given, each)
      for (let partition = 0; partition < partitions; partition++) {
        expect(logs[partition].map(({ value }) => value)).toEqual(wanted(sent, partition))
      }
    }),
    { numRuns: 150 },
  )
})

test('with one request in flight, refusals and lost requests do not change the order', async () => {
  const steps = fc.array(fc.oneof(send, turn, wait, answer, refuse, lose(fc.constant(false)), move, flush), {
    maxLength: 60,
  })
  await fc.assert(
    fc.asyncProperty(options, steps, async (given, each) => {
      const { sent, logs } = await run({ ...given, maxInFlightRequests: 1 }, each)
      for (let partition = 0; partition < partitions; partition++) {
        expect(logs[partition].map(({ value }) => value)).toEqual(wanted(sent, partition))
      }
    }),
    { numRuns: 100 },
  )
})

test('a request holds one batch of a partition, and no more bytes than it may', async () => {
  const steps = fc.array(fc.oneof(send, send, turn, answer, move, flush), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(options, steps, async (given, each) => {
      const { requests } = await run(given, each)
      for (const request of requests) {
        const places = request.batches.map(({ partition }) => partition)
        expect(new Set(places).size).toBe(places.length)
        expect(request.sizeBytes).toBeLessThanOrEqual(given.maxRequestSizeBytes)
      }
    }),
    { numRuns: 100 },
  )
})
