/**
 * A producer and brokers that check sequence numbers as Kafka does, with answers that are lost, leaders that refuse,
 * logs that forget producers, and batches that run out of time, in any order. Whatever happens: what was acknowledged is
 * in the log, nothing is there twice, the order is the order of the sends, and every promise is settled.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KafkaError } from '../../src/errors.ts'
import { Producer, type RecordMetadata } from '../../src/producer/index.ts'
import { ErrorCodes } from '../../src/protocol/error-codes.ts'
import { FakeCluster, type FakeRequest, type ReceivedBatch } from './fake-cluster.ts'

const partitions = [0, 1]

interface Written {
  readonly producerId: bigint
  readonly epoch: number
  readonly baseSequence: number
  readonly values: string[]
}

/** One partition's log, which takes batches as a broker does. */
class SequencedLog {
  readonly batches: Written[] = []
  /** What a leader elected uncleanly, or one that dropped old records, knows no more. */
  #knownFrom = 0

  take(batch: ReceivedBatch): { errorCode: number; baseOffset: bigint } {
    const { producerId, producerEpoch, baseSequence, records } = batch
    const known = this.batches.slice(this.#knownFrom).filter((each) => each.producerId === producerId)
    const newest = known.at(-1)
    const refused = (errorCode: number) => ({ errorCode, baseOffset: -1n })
    if (newest !== undefined && producerEpoch < newest.epoch)
      return refused(ErrorCodes.INVALID_PRODUCER_EPOCH)
    const same = known.filter(({ epoch }) => epoch === producerEpoch).slice(-5)
    const twin = same.find(
      (each) => each.baseSequence === baseSequence && each.values.length === records.length,
    )
    if (twin !== undefined) return { errorCode: 0, baseOffset: this.#offsetOf(twin) }
    const last = same.at(-1)
    const follows =
      newest === undefined ||
      (last === undefined ? baseSequence === 0 : baseSequence === last.baseSequence + last.values.length)
    if (!follows) return refused(ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    const values = records.map(({ value }) => value!)
    this.batches.push({ producerId, epoch: producerEpoch, baseSequence, values })
    return { errorCode: 0, baseOffset: this.#offsetOf(this.batches.at(-1)!) }
  }

  forgetProducers(): void {
    this.#knownFrom = this.batches.length
  }

  get values(): string[] {
    return this.batches.flatMap(({ values }) => values)
  }

  #offsetOf(batch: Written): bigint {
    let offset = 0n
    for (const each of this.batches) {
      if (each === batch) return offset
      offset += BigInt(each.values.length)
    }
    return -1n
  }
}

type Deed = 'answer' | 'lose before' | 'lose after' | 'refuse' | 'refuse after' | 'refuse for good'

type Step =
  | { do: 'send'; partition: number; count: number }
  | { do: 'deal'; which: number; deed: Deed }
  | { do: 'wait'; ms: number }
  | { do: 'forget'; partition: number }

const partition = fc.constantFrom(...partitions)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      partition,
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('deal' as const),
      which: fc.nat(4),
      deed: fc.constantFrom<Deed>(
        'answer',
        'answer',
        'lose before',
        'lose after',
        'refuse',
        'refuse after',
        'refuse for good',
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 700 }) }),
  },
)
const forgetting: fc.Arbitrary<Step> = fc.record({ do: fc.constant('forget' as const), partition })

interface Sent {
  readonly partition: number
  readonly value: string
  outcome?: RecordMetadata | KafkaError
}

class Trial {
  readonly #cluster = new FakeCluster()
  readonly #producer: Producer
  readonly #logs = partitions.map(() => new SequencedLog())
  readonly #sent: Sent[] = []

  constructor() {
    this.#cluster.setTopic(
      't',
      partitions.map(() => 1),
    )
    this.#producer = new Producer(this.#cluster.asCluster(), {
      deliveryTimeoutMs: 2_000,
      batchSizeBytes: 150,
    })
  }

  async run(steps: readonly Step[]): Promise<void> {
    const { time } = this.#cluster
    for (const each of steps) {
      if (each.do === 'send') this.#send(each.partition, each.count)
      else if (each.do === 'deal') this.#deal(each.which, each.deed)
      else if (each.do === 'forget') this.#logs[each.partition].forgetProducers()
      else await time.advance(each.ms)
      await time.settle()
    }
    for (let turn = 0; turn < 200 && this.#sent.some(({ outcome }) => outcome === undefined); turn++) {
      while (this.#cluster.open.length > 0) this.#deal(0, 'answer')
      await time.advance(100)
    }
  }

  /** Each of the promises above, by what the logs have. */
  check(mayForget: boolean): void {
    for (const { value, outcome } of this.#sent) expect(outcome, value).toBeDefined()
    for (const index of partitions) {
      const { values } = this.#logs[index]
      if (!mayForget) expect(new Set(values).size, 'written twice').toBe(values.length)
      const once = [...new Set(values)]
      // A broker that knows no producer takes any number, also from the middle.
      if (!mayForget) expect(once, 'order').toEqual(once.toSorted((a, b) => Number(a) - Number(b)))
      for (const { partition, value, outcome } of this.#sent) {
        if (partition !== index) continue
        if (outcome instanceof Error) {
          if (values.includes(value)) expect((outcome as KafkaError).context.mayBeWritten, value).toBe(true)
        } else {
          expect(values, 'acknowledged').toContain(value)
          if (outcome!.offset >= 0n) expect(values[Number(outcome!.offset)]).toBe(value)
        }
      }
    }
  }

  async close(): Promise<void> {
    const closing = this.#producer.close({ timeoutMs: 10 })
    await this.#cluster.time.advance(10)
    await closing
  }

  #send(partition: number, count: number): void {
    for (let index = 0; index < count; index++) {
      const entry: Sent = { partition, value: String(this.#sent.length) }
      this.#sent.push(entry)
      const settle = (outcome: RecordMetadata | KafkaError) => {
        entry.outcome = outcome
      }
      this.#producer.send({ topic: 't', partition, value: entry.value }).then(settle, settle)
    }
  }

  /** Requests of a connection are handled in their order, so it is always the oldest that is dealt with, or lost with all behind it. */
  #deal(which: number, deed: Deed): void {
    const { open } = this.#cluster
    const request = open[0]
    if (request === undefined) return
    if (deed === 'lose before' || deed === 'lose after') {
      // The broker has handled the first ones when the connection breaks.
      const handled = deed === 'lose after' ? open.slice(0, 1 + (which % open.length)) : []
      for (const each of handled) for (const batch of each.batches) this.#logs[batch.partition].take(batch)
      for (const each of open) each.lose()
      return
    }
    answer(request, (batch) => {
      if (deed === 'refuse') return { errorCode: ErrorCodes.NOT_ENOUGH_REPLICAS, baseOffset: -1n }
      if (deed === 'refuse for good') return { errorCode: ErrorCodes.INVALID_RECORD, baseOffset: -1n }
      const taken = this.#logs[batch.partition].take(batch)
      if (deed === 'refuse after' && taken.errorCode === 0) {
        return { errorCode: ErrorCodes.NOT_ENOUGH_REPLICAS_AFTER_APPEND, baseOffset: -1n }
      }
      return taken
    })
  }
}

function answer(
  request: FakeRequest,
  of: (batch: ReceivedBatch) => { errorCode: number; baseOffset: bigint },
): void {
  request.respond({
    responses: [
      {
        name: 't',
        topicId: '',
        partitionResponses: request.batches.map((batch) => ({
          index: batch.partition,
          logAppendTimeMs: -1n,
          logStartOffset: 0n,
          recordErrors: [],
          errorMessage: null,
          currentLeader: { leaderId: -1, leaderEpoch: -1 },
          ...of(batch),
        })),
      },
    ],
    throttleTimeMs: 0,
    nodeEndpoints: [],
  })
}

async function holds(steps: fc.Arbitrary<Step>, mayForget: boolean, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 60 }), async (all) => {
      const trial = new Trial()
      await trial.run(all)
      trial.check(mayForget)
      await trial.close()
    }),
    { numRuns },
  )
}

test('nothing is lost, doubled or out of order', { timeout: 120_000 }, async () => {
  await holds(step, false, 300)
})

test('brokers that forget the producer are got over', { timeout: 120_000 }, async () => {
  await holds(fc.oneof({ weight: 12, arbitrary: step }, { weight: 1, arbitrary: forgetting }), true, 200)
})
