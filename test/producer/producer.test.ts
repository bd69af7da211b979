import { expect, test, vi } from 'vitest'
import { BrokerError, KafkaError } from '../../src/errors.ts'
import { Producer, type ProducerOptions, RecordMetadata, SendBatchError } from '../../src/producer/index.ts'
import { ErrorCodes } from '../../src/protocol/error-codes.ts'
import { FakeCluster } from './fake-cluster.ts'

function open(options: ProducerOptions = {}, leaders: readonly number[] = [1, 1, 1]) {
  const cluster = new FakeCluster()
  cluster.setTopic('t', leaders)
  // How batches leave is looked at alone; idempotence has tests of its own.
  const producer = new Producer(cluster.asCluster(), { idempotent: false, ...options })
  return { cluster, producer, time: cluster.time }
}

/** What became of a promise, without waiting for it. */
function outcomeOf<T>(promise: Promise<T>): { value?: T; error?: KafkaError; done: boolean } {
  const outcome: { value?: T; error?: KafkaError; done: boolean } = { done: false }
  promise.then(
    (value) => Object.assign(outcome, { value, done: true }),
    (error) => Object.assign(outcome, { error, done: true }),
  )
  return outcome
}

const to = (partition: number, value: string, topic = 't') => ({ topic, partition, value })

test('a lone record leaves at once and resolves with where it was written', async () => {
  const { cluster, producer, time } = open()
  const sent = producer.send({ topic: 't', partition: 2, key: 'k', value: 'hello', timestamp: 123 })
  await time.settle()
  expect(cluster.requests).toHaveLength(1)
  expect(cluster.requests[0].acks).toBe(-1)
  expect(cluster.requests[0].batches).toEqual([
    {
      topic: 't',
      partition: 2,
      compression: 'none',
      records: [{ key: 'k', value: 'hello', timestamp: 123 }],
      producerId: -1n,
      producerEpoch: -1,
      baseSequence: -1,
    },
  ])
  cluster.requests[0].answer()
  const metadata = await sent
  expect(metadata).toEqual(new RecordMetadata('t', 2, 0n, 123))
  expect(JSON.stringify(metadata)).toBe('{"topic":"t","partition":2,"offset":"0","timestamp":123}')
})

test('what is sent in one turn shares a batch, and its records have offsets in their order', async () => {
  const { cluster, producer, time } = open()
  const sent = [to(0, 'a'), to(1, 'b'), to(0, 'c')].map((record) => producer.send(record))
  await time.settle()
  expect(cluster.requests.map((request) => request.values)).toEqual([{ 't[0]': ['a', 'c'], 't[1]': ['b'] }])
  cluster.requests[0].answer()
  expect((await Promise.all(sent)).map(({ partition, offset }) => [partition, offset])).toEqual([
    [0, 0n],
    [1, 0n],
    [0, 1n],
  ])
})

test('batches grow while the broker has no free place in flight', async () => {
  const { cluster, producer, time } = open({ maxInFlightRequests: 2 })
  for (let i = 0; i < 6; i++) {
    producer.send(to(0, `${i}`))
    await time.settle()
  }
  expect(cluster.requests.map((request) => request.values['t[0]'])).toEqual([['0'], ['1']])
  cluster.requests[0].answer()
  await time.settle()
  expect(cluster.requests[2].values).toEqual({ 't[0]': ['2', '3', '4', '5'] })
})

test('a full batch makes room for another one, in order', async () => {
  const { cluster, producer, time } = open({ batchSizeBytes: 4_096, maxInFlightRequests: 1 })
  const value = 'x'.repeat(1_000)
  const sent = Array.from({ length: 10 }, (_, i) => producer.send(to(0, `${i}${value}`)))
  await time.settle()
  await cluster.answerAll()
  expect(cluster.requests.map(({ recordCount }) => recordCount)).toEqual([3, 3, 3, 1])
  expect((await Promise.all(sent)).map(({ offset }) => offset)).toEqual(
    Array.from({ length: 10 }, (_, i) => BigInt(i)),
  )
})

test('requests are filled from several partitions in turn, up to their size', async () => {
  const { cluster, producer, time } = open({ maxInFlightRequests: 1, maxRequestSizeBytes: 2_600 })
  producer.send(to(0, 'first'))
  await time.settle()
  const value = 'x'.repeat(1_000)
  for (const partition of [0, 1, 2]) producer.send(to(partition, value))
  await time.settle()
  await cluster.answerAll()
  expect(cluster.requests.map((request) => Object.keys(request.values))).toEqual([
    ['t[0]'],
    ['t[0]', 't[1]'],
    ['t[2]'],
  ])
})

test('partitions of different leaders go to different brokers', async () => {
  const { cluster, producer, time } = open({}, [1, 2, 3])
  for (const partition of [0, 1, 2]) producer.send(to(partition, `${partition}`))
  await time.settle()
  expect(cluster.requests.map(({ brokerId, values }) => [brokerId, values])).toEqual([
    [1, { 't[0]': ['0'] }],
    [2, { 't[1]': ['1'] }],
    [3, { 't[2]': ['2'] }],
  ])
})

test('with acks 0 a record resolves when it is written, without an offset', async () => {
  const { cluster, producer, time } = open({ acks: 0 })
  const sent = producer.send({ ...to(0, 'a'), timestamp: 5 })
  await time.settle()
  cluster.requests[0].respond(undefined as never)
  expect(await sent).toEqual(new RecordMetadata('t', 0, -1n, 5))
})

test("a topic's own time counts where it has one", async () => {
  const { cluster, producer, time } = open()
  const sent = producer.send({ ...to(0, 'a'), timestamp: 5 })
  await time.settle()
  cluster.requests[0].answer(() => ({ logAppendTimeMs: 77n }))
  expect((await sent).timestamp).toBe(77)
})

test('a linger keeps a batch until it is over, or full, or flushed', async () => {
  const { cluster, producer, time } = open({ lingerMs: 20, batchSizeBytes: 4_096 })
  producer.send(to(0, 'a'))
  await time.advance(19)
  producer.send(to(0, 'b'))
  expect(cluster.requests).toHaveLength(0)
  await time.advance(1)
  expect(cluster.requests[0].values).toEqual({ 't[0]': ['a', 'b'] })

  for (let i = 0; i < 6; i++) producer.send(to(1, 'x'.repeat(1_000)))
  await time.settle()
  expect(cluster.requests[1].recordCount).toBe(3)

  const flushed = outcomeOf(producer.flush())
  await time.settle()
  expect(cluster.requests[2].recordCount).toBe(3)
  expect(flushed.done).toBe(false)
  await cluster.answerAll()
  expect(flushed.done).toBe(true)
})

test('a batch is tried again after a pause, while its error is retriable', async () => {
  const { cluster, producer, time } = open({ retryBackoffMs: 100 })
  const sent = outcomeOf(producer.send(to(0, 'a')))
  await time.settle()
  cluster.requests[0].answer(() => ErrorCodes.NOT_LEADER_OR_FOLLOWER)
  await time.settle()
  expect(cluster.stale).toHaveLength(1)
  await time.advance(99)
  expect(cluster.requests).toHaveLength(1)
  await time.advance(1)
  cluster.requests[1].answer()
  await time.settle()
  expect(sent.value?.offset).toBe(0n)
})

test('what was on its way behind a failed batch is waited for, and order is kept as far as it can be', async () => {
  const { cluster, producer, time } = open()
  for (let i = 0; i < 3; i++) {
    producer.send(to(0, `${i}`))
    await time.settle()
  }
  cluster.requests[0].answer(() => ErrorCodes.NOT_ENOUGH_REPLICAS)
  await time.advance(1_000)
  producer.send(to(0, '3'))
  await time.settle()
  expect(cluster.open).toHaveLength(2)
  cluster.requests[1].answer(() => ErrorCodes.NOT_ENOUGH_REPLICAS)
  cluster.requests[2].answer(() => ErrorCodes.NOT_ENOUGH_REPLICAS)
  await time.advance(1_000)
  await cluster.answerAll()
  expect(cluster.log.get('t[0]')!.map(({ value }) => value)).toEqual(['0', '1', '2', '3'])
  expect(cluster.requests.slice(3).map((request) => request.values['t[0]'])).toEqual([
    ['0'],
    ['1'],
    ['2'],
    ['3'],
  ])
})

test('a leader that the answer names is tried without a pause', async () => {
  const { cluster, producer, time } = open()
  producer.send(to(0, 'a'))
  await time.settle()
  cluster.requests[0].answer(() => ({
    errorCode: ErrorCodes.NOT_LEADER_OR_FOLLOWER,
    currentLeader: { leaderId: 2, leaderEpoch: 2 },
  }))
  await time.settle()
  expect(cluster.requests[1].brokerId).toBe(2)
})

test('nothing leaves for a new leader before the old one has answered', async () => {
  const { cluster, producer, time } = open()
  producer.send(to(0, 'a'))
  await time.settle()
  cluster.setTopic('t', [2, 1, 1])
  producer.send(to(0, 'b'))
  await time.settle()
  expect(cluster.requests).toHaveLength(1)
  cluster.requests[0].answer()
  await time.settle()
  expect(cluster.requests[1].brokerId).toBe(2)
})

test('a partition without a leader holds back only itself', async () => {
  const { cluster, producer, time } = open({}, [1, -1, 1])
  producer.send(to(1, 'waits'))
  producer.send(to(0, 'goes'))
  await time.advance(1_000)
  expect(cluster.requests.map((request) => request.values)).toEqual([{ 't[0]': ['goes'] }])
  expect(cluster.stale.length).toBeGreaterThan(1)
  cluster.setTopic('t', [1, 2, 1])
  await time.advance(1_000)
  expect(cluster.requests[1].values).toEqual({ 't[1]': ['waits'] })
})

test('a broker that cannot be reached is tried again until its time is over', async () => {
  const { cluster, producer, time } = open({ deliveryTimeoutMs: 5_000 })
  cluster.down.add(1)
  const first = outcomeOf(producer.send(to(0, 'a')))
  await time.advance(4_000)
  const second = outcomeOf(producer.send(to(0, 'b')))
  await time.advance(1_000)
  expect(first.error).toMatchObject({ code: 'TIMEOUT', context: { attempts: 0, mayBeWritten: false } })
  expect(first.error!.message).toMatch(
    /^send to t\[0\] failed after 5 s and 0 attempts: broker 1 cannot be reached; raise/,
  )
  cluster.down.clear()
  await time.advance(2_000)
  await cluster.answerAll()
  expect([second.done, first.done]).toEqual([true, true])
})

test('a broker that speaks no version of ours fails what waits for it', async () => {
  const { cluster, producer, time } = open()
  cluster.unsupported.add(1)
  const sent = [outcomeOf(producer.send(to(0, 'a'))), outcomeOf(producer.send(to(1, 'b')))]
  await time.settle()
  expect(sent.map(({ error }) => error?.code)).toEqual(['UNSUPPORTED_VERSION', 'UNSUPPORTED_VERSION'])
})

test('the error in the end says attempts, time and the last cause', async () => {
  const { cluster, producer, time } = open({ deliveryTimeoutMs: 1_000 })
  const sent = outcomeOf(producer.send(to(0, 'a')))
  await time.settle()
  cluster.requests[0].answer(() => ErrorCodes.NOT_ENOUGH_REPLICAS)
  await time.advance(500)
  cluster.requests[1].lose()
  await time.advance(500)
  expect(sent.error).toMatchObject({
    code: 'TIMEOUT',
    retriable: true,
    context: { topic: 't', partition: 0, attempts: 3, elapsedMs: 1_000, mayBeWritten: true },
  })
  expect(sent.error!.message).toBe(
    'send to t[0] failed after 1 s and 3 attempts: the connection to broker 1 broke; ' +
      'raise deliveryTimeoutMs or check that the partition has a leader',
  )
})

test.each([true, false])('a lost request may be written if it was sent: %j', async (wasSent) => {
  const { cluster, producer, time } = open({
    deliveryTimeoutMs: 1_000,
    retryBackoffMs: 5_000,
    retryBackoffMaxMs: 5_000,
  })
  const sent = outcomeOf(producer.send(to(0, 'a')))
  await time.settle()
  cluster.requests[0].lose(false, wasSent)
  await time.advance(1_000)
  expect(sent.error).toMatchObject({ code: 'TIMEOUT', context: { attempts: 1, mayBeWritten: wasSent } })
})

test.each([
  ['REQUEST_TIMED_OUT', true],
  ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', true],
  // The broker may have led the partition as it took the batch, and followers may have it.
  ['NOT_LEADER_OR_FOLLOWER', true],
  ['NOT_ENOUGH_REPLICAS', false],
] as const)('a batch refused with %s may be written: %j', async (code, mayBeWritten) => {
  const { cluster, producer, time } = open({
    deliveryTimeoutMs: 1_000,
    retryBackoffMs: 5_000,
    retryBackoffMaxMs: 5_000,
  })
  const sent = outcomeOf(producer.send(to(0, 'a')))
  await time.settle()
  cluster.requests[0].answer(() => ErrorCodes[code])
  await time.advance(1_000)
  expect(sent.error).toMatchObject({ code: 'TIMEOUT', context: { attempts: 1, mayBeWritten } })
})

test('an error that is not retriable fails the batch and nothing else', async () => {
  const { cluster, producer, time } = open()
  const refused = outcomeOf(producer.send(to(0, 'a')))
  const written = outcomeOf(producer.send(to(1, 'b')))
  await time.settle()
  cluster.requests[0].answer(({ partition }) => (partition === 0 ? ErrorCodes.TOPIC_AUTHORIZATION_FAILED : 0))
  await time.settle()
  expect(refused.error).toBeInstanceOf(BrokerError)
  expect(refused.error).toMatchObject({
    code: 'TOPIC_AUTHORIZATION_FAILED',
    retriable: false,
    context: { topic: 't', partition: 0, attempts: 1, mayBeWritten: false, broker: '1 (kafka-1:9092)' },
  })
  expect(refused.error!.message).toMatch(
    /^send to t\[0\] failed after 0 ms and 1 attempt: broker 1 \(kafka-1:9092\) answered TOPIC_AUTHORIZATION_FAILED: /,
  )
  expect(written.value?.offset).toBe(0n)
})

test('the broker may say which records it minds', async () => {
  const { cluster, producer, time } = open()
  const sent = ['a', 'b', 'c'].map((value) => outcomeOf(producer.send(to(0, value))))
  await time.settle()
  cluster.requests[0].answer(() => ({
    errorCode: ErrorCodes.INVALID_RECORD,
    errorMessage: 'no good',
    recordErrors: [{ batchIndex: 1, batchIndexErrorMessage: 'it has no key' }],
  }))
  await time.settle()
  expect(sent.map(({ error }) => [error!.code, error!.retriable])).toEqual([
    ['INVALID_RECORD', true],
    ['INVALID_RECORD', false],
    ['INVALID_RECORD', true],
  ])
  expect(sent[1].error!.message).toMatch(/it has no key/)
  expect(sent[0].error!.message).toMatch(/nothing is wrong with this record/)
})

test('a batch that runs out of time on its way fails, and its late answer is dropped', async () => {
  const { cluster, producer, time } = open({ deliveryTimeoutMs: 1_000 })
  const sent = outcomeOf(producer.send(to(0, 'a')))
  await time.advance(1_000)
  expect(sent.error).toMatchObject({ code: 'TIMEOUT', context: { mayBeWritten: true } })
  cluster.requests[0].answer()
  await time.settle()
  producer.send(to(0, 'b'))
  await time.settle()
  expect(cluster.requests[1].values).toEqual({ 't[0]': ['b'] })
})

test('an answer that leaves a partition out fails its batch', async () => {
  const { cluster, producer, time } = open()
  const sent = outcomeOf(producer.send(to(0, 'a')))
  await time.settle()
  cluster.requests[0].respond({ responses: [], throttleTimeMs: 0, nodeEndpoints: [] })
  await time.settle()
  expect(sent.error).toMatchObject({ code: 'PROTOCOL', context: { mayBeWritten: true } })
})

test('records of an unknown topic wait for it, in order, and hold back only themselves', async () => {
  const { cluster, producer, time } = open()
  for (const value of ['1', '2', '3']) producer.send(to(0, value, 'new'))
  producer.send(to(0, 'known'))
  await time.settle()
  expect(cluster.requests.map((request) => request.values)).toEqual([{ 't[0]': ['known'] }])
  cluster.setTopic('new', [2])
  await time.settle()
  expect(cluster.requests[1].values).toEqual({ 'new[0]': ['1', '2', '3'] })
})

test('a topic that is not found fails its records after maxBlockMs', async () => {
  const { producer, time } = open({ maxBlockMs: 2_000 })
  const first = outcomeOf(producer.send(to(0, '1', 'new')))
  await time.advance(500)
  const second = outcomeOf(producer.send(to(0, '2', 'new')))
  await time.advance(1_500)
  expect([first.done, second.done]).toEqual([true, false])
  expect(first.error).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', context: { topic: 'new' } })
  expect(first.error!.message).toMatch(/^send to new failed after 2 s: /)
  await time.advance(2_000)
  expect(second.done).toBe(true)
})

test('a topic that the cluster gives up early is not waited for twice', async () => {
  const { cluster, producer, time } = open({ maxBlockMs: 2_000 })
  cluster.givesUpEarlyMs = 150
  const first = outcomeOf(producer.send(to(0, '1', 'new')))
  await time.advance(500)
  const second = outcomeOf(producer.send(to(0, '2', 'new')))
  await time.advance(1_500)
  expect([first.done, second.done]).toEqual([true, false])
  await time.advance(500)
  expect(second.done).toBe(true)
})

test('a topic that may not be made is missed at once', async () => {
  const { producer, time } = open({ allowAutoTopicCreation: false })
  const sent = outcomeOf(producer.send(to(0, '1', 'new')))
  await time.advance(200)
  expect(sent.error).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
  expect(sent.error!.message).toMatch(/there is no topic new/)
})

test('sends wait for memory, first come, first served, and nothing is dropped', async () => {
  const { cluster, producer, time } = open({
    bufferMemoryBytes: 65_536,
    batchSizeBytes: 16_384,
    maxInFlightRequests: 1,
  })
  const value = 'x'.repeat(1_000)
  const sent = Array.from({ length: 300 }, (_, i) => outcomeOf(producer.send(to(0, `${i} ${value}`))))
  await time.settle()
  expect(sent.filter(({ done }) => done)).toHaveLength(0)
  await cluster.answerAll()
  expect(sent.map((each) => each.value?.offset)).toEqual(Array.from({ length: 300 }, (_, i) => BigInt(i)))
  expect(cluster.log.get('t[0]')!.map((record) => Number.parseInt(record.value!, 10))).toEqual(
    Array.from({ length: 300 }, (_, i) => i),
  )
})

test('a small record does not overtake a large one that waits for memory', async () => {
  const { cluster, producer, time } = open({ bufferMemoryBytes: 80_000, maxInFlightRequests: 1 })
  const send = (name: string, bytes: number, topic = 't') => producer.send(to(0, name.padEnd(bytes), topic))
  for (const name of ['a', 'b', 'c', 'd']) send(name, 16_000)
  send('large', 30_000)
  send('small', 10)
  send('large of new', 30_000, 'new')
  send('small of new', 10, 'new')
  cluster.setTopic('new', [1])
  await time.settle()
  await cluster.answerAll()
  const names = (at: string) => cluster.log.get(at)!.map(({ value }) => value!.trimEnd())
  expect(names('t[0]')).toEqual(['a', 'b', 'c', 'd', 'large', 'small'])
  expect(names('new[0]')).toEqual(['large of new', 'small of new'])
})

test('a send that finds no room for maxBlockMs fails', async () => {
  const { cluster, producer, time } = open({ bufferMemoryBytes: 65_536, maxBlockMs: 1_000, lingerMs: 60_000 })
  const sent = Array.from({ length: 100 }, (_, i) => outcomeOf(producer.send(to(0, `${i}`.padEnd(1_000)))))
  await time.advance(1_000)
  const failed = sent.filter(({ done }) => done)
  expect(failed.length).toBeGreaterThan(30)
  expect(failed[0].error).toMatchObject({
    code: 'BUFFER_FULL',
    retriable: true,
    context: { elapsedMs: 1_000 },
  })
  // Without room the linger ends, or there would never be any.
  await cluster.answerAll()
  expect(sent.every(({ done }) => done)).toBe(true)
})

test('post takes records until there is no room, and tells when there is room again', async () => {
  const { cluster, producer, time } = open({ bufferMemoryBytes: 65_536, lingerMs: 60_000 })
  const acks: bigint[] = []
  let taken = 0
  while (producer.post(to(0, `${taken}`.padEnd(1_000)), (_, metadata) => acks.push(metadata!.offset))) taken++
  expect(taken).toBeGreaterThan(30)
  const ready = outcomeOf(producer.ready())
  await time.settle()
  expect(ready.done).toBe(false)
  await cluster.answerAll()
  expect(ready.done).toBe(true)
  expect(acks).toEqual(Array.from({ length: taken }, (_, i) => BigInt(i)))
  expect(producer.post(to(0, 'more'))).toBe(true)
})

test('a callback that throws disturbs nobody', async () => {
  const { cluster, producer, time } = open()
  const logged = vi.spyOn(cluster.logger, 'error')
  producer.post(to(0, 'a'), () => {
    throw new Error('mine')
  })
  const sent = producer.send(to(0, 'b'))
  await time.settle()
  await cluster.answerAll()
  expect((await sent).offset).toBe(1n)
  expect(logged).toHaveBeenCalledOnce()
})

test('sendBatch resolves with the metadata of each record, in their order', async () => {
  const { cluster, producer, time } = open()
  const sent = producer.sendBatch([to(2, 'a'), to(0, 'b'), to(2, 'c')])
  await time.settle()
  await cluster.answerAll()
  expect((await sent).map(({ partition, offset }) => [partition, offset])).toEqual([
    [2, 0n],
    [0, 0n],
    [2, 1n],
  ])
  expect(await producer.sendBatch([])).toEqual([])
})

test('sendBatch that fails in part has the outcome of each record', async () => {
  const { cluster, producer, time } = open()
  const sent = outcomeOf(producer.sendBatch([to(0, 'a'), to(1, 'b'), to(9, 'c'), to(0, 'd')]))
  await time.settle()
  cluster.requests[0].answer(({ partition }) => (partition === 1 ? ErrorCodes.INVALID_RECORD : 0))
  await time.settle()
  const error = sent.error as SendBatchError
  expect(error).toBeInstanceOf(SendBatchError)
  expect(error.results.map((each) => (each instanceof KafkaError ? each.code : each.offset))).toEqual([
    0n,
    'INVALID_RECORD',
    'INVALID_RECORD',
    1n,
  ])
  expect(error.message).toMatch(/^2 of 4 records failed, the first: send to t\[1\] failed/)
})

test('an abort withdraws a record that is in no batch yet', async () => {
  const { cluster, producer, time } = open()
  const controller = new AbortController()
  const kept = outcomeOf(producer.send(to(0, 'kept', 'new')))
  const sent = outcomeOf(producer.send(to(0, 'withdrawn', 'new'), { signal: controller.signal }))
  controller.abort(new Error('enough'))
  await time.settle()
  expect(sent.error).toMatchObject({ code: 'ABORTED', context: { mayBeWritten: false } })
  expect((sent.error!.cause as Error).message).toBe('enough')
  cluster.setTopic('new', [1])
  await time.settle()
  expect(cluster.requests[0].values).toEqual({ 'new[0]': ['kept'] })
  await cluster.answerAll()
  expect(kept.done).toBe(true)
  const late = outcomeOf(producer.send(to(0, 'never'), { signal: controller.signal }))
  await time.settle()
  expect(late.error).toMatchObject({ code: 'ABORTED', context: { mayBeWritten: false } })
  expect(cluster.requests).toHaveLength(1)
})

test('an abort after that rejects the promise and says that the record may be written', async () => {
  const { cluster, producer, time } = open()
  const controller = new AbortController()
  const sent = outcomeOf(producer.send(to(0, 'a'), { signal: controller.signal }))
  const batch = outcomeOf(producer.sendBatch([to(0, 'b'), to(0, 'c', 'new')], { signal: controller.signal }))
  await time.settle()
  controller.abort()
  await time.settle()
  expect(sent.error).toMatchObject({ code: 'ABORTED', context: { mayBeWritten: true } })
  const results = (batch.error as SendBatchError).results as KafkaError[]
  expect(results.map(({ context }) => context.mayBeWritten)).toEqual([true, false])
  await cluster.answerAll()
  expect(cluster.log.get('t[0]')).toHaveLength(2)
})

test('a signal that does not fire keeps nothing', async () => {
  const { cluster, producer, time } = open()
  const { signal } = new AbortController()
  const removed = vi.spyOn(signal, 'removeEventListener')
  const sent = producer.send(to(0, 'a'), { signal })
  await time.settle()
  await cluster.answerAll()
  expect((await sent).offset).toBe(0n)
  expect(removed).toHaveBeenCalledOnce()
})

test('flush waits for what was sent before, whatever becomes of it', async () => {
  const { cluster, producer, time } = open()
  const failing = outcomeOf(producer.send(to(0, 'a')))
  producer.send(to(0, 'b', 'new'))
  const flushed = outcomeOf(producer.flush())
  await time.settle()
  cluster.requests[0].answer(() => ErrorCodes.INVALID_RECORD)
  await time.settle()
  expect([failing.done, flushed.done]).toEqual([true, false])
  cluster.setTopic('new', [1])
  await cluster.answerAll()
  expect(flushed.done).toBe(true)
  await producer.flush()
})

test('flush has an end', async () => {
  const { producer, time } = open()
  producer.send(to(0, 'a'))
  const flushed = outcomeOf(producer.flush({ timeoutMs: 300 }))
  const controller = new AbortController()
  const aborted = outcomeOf(producer.flush({ signal: controller.signal }))
  controller.abort()
  await time.advance(300)
  expect(flushed.error).toMatchObject({ code: 'TIMEOUT' })
  expect(aborted.error).toMatchObject({ code: 'ABORTED' })
})

test('close sends what is left, then refuses more, and leaves no timer', async () => {
  const { cluster, producer, time } = open({ lingerMs: 50 })
  const sent = outcomeOf(producer.send(to(0, 'a')))
  const closed = outcomeOf(producer.close())
  const late = outcomeOf(producer.send(to(0, 'b')))
  await time.settle()
  expect(late.error).toMatchObject({ code: 'CLOSED' })
  expect(() => producer.post(to(0, 'c'))).toThrow(/the producer is clos/)
  await cluster.answerAll()
  expect(sent.value?.offset).toBe(0n)
  expect([closed.done, cluster.laneClosed, cluster.listeners.size, time.pending]).toEqual([true, true, 0, 0])
  expect(producer.close()).toBe(producer.close())
})

test('close settles everything when its time is over', async () => {
  const { cluster, producer, time } = open({ bufferMemoryBytes: 65_536, maxInFlightRequests: 1 })
  const sent = [
    outcomeOf(producer.send(to(0, 'on its way'))),
    outcomeOf(producer.send(to(0, 'x', 'unknown'))),
    ...Array.from({ length: 100 }, () => outcomeOf(producer.send(to(0, 'x'.repeat(1_000))))),
  ]
  const ready = outcomeOf(producer.ready())
  const closed = outcomeOf(producer.close({ timeoutMs: 100 }))
  await time.advance(100)
  expect(sent.map(({ error }) => error?.code)).toEqual(sent.map(() => 'CLOSED'))
  expect(sent[0].error!.context).toMatchObject({ topic: 't', partition: 0, mayBeWritten: true })
  expect(sent[1].error!.context).toMatchObject({ topic: 'unknown', mayBeWritten: false })
  expect([closed.done, ready.done, time.pending]).toEqual([true, true, 0])
  for (const request of cluster.open) request.flush()
})

test('await using closes', async () => {
  const { cluster, producer } = open()
  {
    await using _ = producer
  }
  expect(cluster.laneClosed).toBe(true)
})
