import { describe, expect, test } from 'vitest'
import { BrokerError, KafkaError } from '../../src/errors.ts'
import { Producer, type ProducerOptions } from '../../src/producer/index.ts'
import { ErrorCodes } from '../../src/protocol/error-codes.ts'
import { FakeCluster } from './fake-cluster.ts'

function open(options: ProducerOptions = {}) {
  const cluster = new FakeCluster()
  cluster.setTopic('t', [1, 1])
  return { cluster, producer: new Producer(cluster.asCluster(), options), time: cluster.time }
}

const to = (partition: number, value: string) => ({ topic: 't', partition, value })

/** Who sent each batch, and its number: `7/0 3` is the id 7, epoch 0, from 3 on. */
function numbers(cluster: FakeCluster): string[] {
  return cluster.requests.flatMap(({ batches }) =>
    batches.map(
      ({ partition, producerId, producerEpoch, baseSequence, records }) =>
        `${partition}: ${producerId}/${producerEpoch} ${baseSequence} ${records.map(({ value }) => value).join('')}`,
    ),
  )
}

async function acknowledged(cluster: FakeCluster, producer: Producer, partition = 0): Promise<void> {
  const sent = producer.send(to(partition, 'first'))
  await cluster.answerAll()
  await sent
  cluster.requests.splice(0)
}

describe('numbers', () => {
  test('follow each other in each partition, and stay when a batch is sent again', async () => {
    const { cluster, producer, time } = open()
    await acknowledged(cluster, producer)
    producer.send(to(0, 'a'))
    producer.send(to(0, 'b'))
    producer.send(to(1, 'c'))
    await time.settle()
    cluster.requests[0].lose()
    await time.advance(100)
    producer.send(to(0, 'd'))
    await cluster.answerAll()
    expect(numbers(cluster)).toEqual(['0: 7/0 1 ab', '1: 7/0 0 c', '0: 7/0 1 ab', '1: 7/0 0 c', '0: 7/0 3 d'])
  })

  test('until a broker has one batch of the partition, they leave one at a time', async () => {
    const { cluster, producer, time } = open()
    producer.send(to(0, 'a'))
    await time.settle()
    producer.send(to(0, 'b'))
    await time.settle()
    expect(numbers(cluster)).toEqual(['0: 7/0 0 a'])
    cluster.requests[0].answer()
    await time.settle()
    producer.send(to(0, 'c'))
    await time.settle()
    expect(numbers(cluster)).toEqual(['0: 7/0 0 a', '0: 7/0 1 b', '0: 7/0 2 c'])
    await cluster.answerAll()
  })

  test('go on behind a batch that is refused for good', async () => {
    const { cluster, producer, time } = open()
    await acknowledged(cluster, producer)
    const bad = producer.send(to(0, 'bad')).catch((error) => error)
    await time.settle()
    const good = producer.send(to(0, 'good'))
    await time.settle()
    cluster.requests[0].answer(() => ErrorCodes.INVALID_RECORD)
    cluster.requests[1].answer(() => ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    await time.settle()
    expect((await bad).code).toBe('INVALID_RECORD')
    await cluster.answerAll()
    await good
    expect(numbers(cluster)).toEqual(['0: 7/0 1 bad', '0: 7/0 2 good', '0: 7/0 1 good'])
  })
})

test('a batch that may be written keeps its number when a later one is refused for good', async () => {
  const { cluster, producer, time } = open()
  await acknowledged(cluster, producer)
  const first = producer.send(to(0, 'first'))
  await time.settle()
  const bad = producer.send(to(0, 'bad')).catch((error) => error)
  await time.settle()
  cluster.requests[0].answer(() => ErrorCodes.NOT_ENOUGH_REPLICAS_AFTER_APPEND)
  cluster.requests[1].answer(() => ErrorCodes.INVALID_RECORD)
  await bad
  const last = producer.send(to(0, 'last'))
  await time.advance(200)
  await cluster.answerAll()
  await Promise.all([first, last])
  expect(numbers(cluster)).toEqual(['0: 7/0 1 first', '0: 7/0 2 bad', '0: 7/0 1 first', '0: 7/0 2 last'])
})

test('a batch that its codec fails leaves no gap behind', async () => {
  const { cluster, producer, time } = open({ compression: 'gzip' })
  await acknowledged(cluster, producer)
  const { offload } = time.runtime
  time.runtime.offload = () => Promise.reject(new KafkaError('COMPRESSION', 'it does not work'))
  const failed = producer.send(to(0, 'x'.repeat(400_000))).catch((error) => error)
  await time.settle()
  expect((await failed).code).toBe('COMPRESSION')
  time.runtime.offload = offload
  const next = producer.send(to(0, 'next'))
  await time.settle()
  expect(numbers(cluster)).toEqual(['0: 7/0 1 next'])
  await cluster.answerAll()
  await next
})

describe('what brokers say of numbers', () => {
  test('a duplicate that is not remembered is success, without an offset', async () => {
    const { cluster, producer, time } = open()
    const sent = producer.send(to(0, 'a'))
    await time.settle()
    cluster.requests[0].answer(() => ErrorCodes.DUPLICATE_SEQUENCE_NUMBER)
    expect((await sent).offset).toBe(-1n)
  })

  test.each([
    ErrorCodes.UNKNOWN_PRODUCER_ID,
    ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER,
    ErrorCodes.INVALID_PRODUCER_EPOCH,
  ])('error %i begins a new epoch, and nothing is lost', async (errorCode) => {
    const { cluster, producer, time } = open()
    await acknowledged(cluster, producer)
    const sent = [producer.send(to(0, 'a'))]
    await time.settle()
    sent.push(producer.send(to(0, 'b')))
    await time.settle()
    cluster.requests[0].answer(() => errorCode)
    await time.settle()
    expect(cluster.open).toHaveLength(1)
    cluster.requests[1].answer(() => ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    await time.advance(1_000)
    await cluster.answerAll()
    await Promise.all(sent)
    expect(numbers(cluster)).toEqual(['0: 7/0 1 a', '0: 7/0 2 b', '0: 7/1 0 a', '0: 7/1 1 b'])
  })

  test('what may be written is not sent again in another epoch', async () => {
    const { cluster, producer, time } = open()
    await acknowledged(cluster, producer)
    const sent = producer.send(to(0, 'a')).catch((error) => error)
    await time.settle()
    cluster.requests[0].lose(true)
    await time.advance(1_000)
    cluster.requests[1].answer(() => ErrorCodes.UNKNOWN_PRODUCER_ID)
    await time.advance(1_000)
    const error: KafkaError = await sent
    expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', context: { mayBeWritten: true, attempts: 2 } })
    expect(error.message).toContain('look before you send it again')
    const next = producer.send(to(0, 'b'))
    await cluster.answerAll()
    await next
    expect(numbers(cluster).at(-1)).toBe('0: 7/1 0 b')
  })

  test('a batch that ran out of time leaves no gap behind', async () => {
    const { cluster, producer, time } = open({ deliveryTimeoutMs: 500 })
    await acknowledged(cluster, producer)
    const late = producer.send(to(0, 'late')).catch((error) => error)
    await time.advance(500)
    expect((await late).code).toBe('TIMEOUT')
    const next = producer.send(to(0, 'next'))
    await time.settle()
    // As long as it is on its way nobody knows.
    expect(cluster.open).toHaveLength(2)
    cluster.requests[0].lose()
    cluster.requests[1].answer(() => ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    await time.advance(400)
    await cluster.answerAll()
    await next
    expect(numbers(cluster)).toEqual(['0: 7/0 1 late', '0: 7/0 2 next', '0: 7/1 0 next'])
  })

  test('when a later batch is written, so is the one before', async () => {
    const { cluster, producer, time } = open({ deliveryTimeoutMs: 500 })
    await acknowledged(cluster, producer)
    producer.send(to(0, 'late')).catch(() => {})
    await time.advance(500)
    const next = producer.send(to(0, 'next'))
    await time.settle()
    cluster.requests[1].answer()
    cluster.requests[0].lose()
    await next
    const last = producer.send(to(0, 'last'))
    await cluster.answerAll()
    await last
    expect(numbers(cluster)).toEqual(['0: 7/0 1 late', '0: 7/0 2 next', '0: 7/0 3 last'])
  })
})

describe('the producer id', () => {
  const refusal = (errorCode: number) => () =>
    Promise.resolve({ errorCode, producerId: -1n, producerEpoch: -1 })

  test('is asked for again while that may help', async () => {
    const { cluster, producer, time } = open()
    const lost = () => Promise.reject(new KafkaError('CONNECTION_LOST', 'lost', { retriable: true }))
    cluster.identities.push(lost, refusal(ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS))
    const sent = producer.send(to(0, 'a'))
    await time.advance(150)
    expect(cluster.requests).toHaveLength(0)
    await time.advance(2_000)
    await cluster.answerAll()
    await sent
  })

  test('that is not given fails what waits for it, and the next send asks again', async () => {
    const { cluster, producer, time } = open()
    cluster.identities.push(refusal(ErrorCodes.CLUSTER_AUTHORIZATION_FAILED))
    const refused: BrokerError = await producer.send(to(0, 'a')).catch((error) => error)
    expect(refused).toBeInstanceOf(BrokerError)
    expect(refused.code).toBe('CLUSTER_AUTHORIZATION_FAILED')
    const sent = producer.send(to(0, 'b'))
    await time.settle()
    await cluster.answerAll()
    await sent
  })

  test('whose epochs are used up is followed by another', async () => {
    const { cluster, producer, time } = open()
    cluster.identities.push(
      () => Promise.resolve({ errorCode: 0, producerId: 7n, producerEpoch: 0x7ffe }),
      () => Promise.resolve({ errorCode: 0, producerId: 8n, producerEpoch: 0 }),
    )
    await acknowledged(cluster, producer)
    const sent = producer.send(to(0, 'a'))
    await time.settle()
    cluster.requests[0].answer(() => ErrorCodes.UNKNOWN_PRODUCER_ID)
    await time.advance(1_000)
    await cluster.answerAll()
    await sent
    expect(numbers(cluster)).toEqual(['0: 7/32766 1 a', '0: 8/0 0 a'])
  })
})

describe('options', () => {
  test.each([
    [{ acks: 1, idempotent: true }, "needs acks: 'all'"],
    [{ maxInFlightRequests: 6, idempotent: true }, 'needs maxInFlightRequests of 5 or less'],
  ] as const)('%o is refused', (options, reason) => {
    expect(() => open(options)).toThrow(reason)
  })

  test.each([{ acks: 1 }, { acks: 0 }, { maxInFlightRequests: 6 }, { idempotent: false }] as const)(
    '%o sends without numbers',
    async (options) => {
      const { cluster, producer, time } = open(options)
      producer.send(to(0, 'a'))
      await time.settle()
      expect(numbers(cluster)).toEqual(['0: -1/-1 -1 a'])
      await cluster.answerAll()
    },
  )
})
