import { setTimeout as sleep } from 'node:timers/promises'
import type { Draft } from '../../../src/protocol/message.ts'
import {
  AddPartitionsToTxn,
  DescribeTransactions,
  EndTxn,
  FindCoordinator,
  InitProducerId,
  type InitProducerIdRequest,
  Produce,
} from '../../../src/protocol/messages/index.ts'
import { type BatchInput, batch } from './batches.ts'
import type { Teller, TestTopic, World } from './world.ts'

const transactionKey = 1
const notFound = 105

interface Sending extends BatchInput {
  /** 11 and below: transactions of version 1; 12 and above: of version 2 (KIP-890). */
  version?: number
  partition?: number
  acks?: number
  /** Of the request; the producer's own when left out. */
  transactionalId?: string | null
  say?: string
}

interface Adding {
  version?: number
  partitions?: readonly number[]
  say?: string
}

/** A transactional producer that does by raw requests what it is told, right or wrong. */
export class TestProducer {
  readonly transactionalId: string
  readonly client: Teller
  /** The time of the first record of each of its batches. */
  startedAtMs = Date.now()
  producerId = -1n
  epoch = -1
  readonly #sequences = new Map<string, number>()

  constructor(transactionalId: string, client: Teller) {
    this.transactionalId = transactionalId
    this.client = client
  }

  /** With a transactional id of its own, when the broker looks after it. */
  static async make(world: World, name = 'client'): Promise<TestProducer> {
    const client = await world.client(name)
    const transactionalId = world.transactionalId()
    await coordinated(client, transactionalId)
    return new TestProducer(transactionalId, client)
  }

  /** Another one of the same transactional id, on a connection of its own. */
  async twin(world: World, name = 'twin'): Promise<TestProducer> {
    return new TestProducer(this.transactionalId, await world.client(name))
  }

  get identity() {
    const { transactionalId, producerId, epoch: producerEpoch } = this
    return { transactionalId, producerId, producerEpoch }
  }

  async init(
    version = this.client.upTo(InitProducerId, 5),
    more: Draft<InitProducerIdRequest> = {},
    say = '',
  ) {
    const message = { transactionalId: this.transactionalId, transactionTimeoutMs: 60_000, ...more }
    return this.#take(await this.client.call(InitProducerId, version, message, say))
  }

  /** Asks again, as clients do, while a transaction is being ended. */
  async initQuietly(more: Draft<InitProducerIdRequest> = {}) {
    const message = { transactionalId: this.transactionalId, transactionTimeoutMs: 60_000, ...more }
    for (;;) {
      const version = this.client.upTo(InitProducerId, 5)
      const answer = await this.client.quietly(InitProducerId, version, message)
      if (answer.errorCode !== 51) return this.#take(answer)
      await sleep(10)
    }
  }

  #take(answer: { errorCode: number; producerId: bigint; producerEpoch: number }) {
    if (answer.errorCode !== 0) return answer
    this.producerId = answer.producerId
    this.epoch = answer.producerEpoch
    this.#sequences.clear()
    return answer
  }

  addMessage(topic: TestTopic, partitions: readonly number[] = [0]) {
    return {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: this.epoch,
      v3AndBelowTopics: [{ name: topic.name, partitions: [...partitions] }],
    }
  }

  async add(topic: TestTopic, { version = 3, partitions = [0], say }: Adding = {}) {
    return this.client.call(AddPartitionsToTxn, version, this.addMessage(topic, partitions), say)
  }

  async addQuietly(topic: TestTopic, partitions: readonly number[] = [0]) {
    await this.client.quietly(AddPartitionsToTxn, 3, this.addMessage(topic, partitions))
  }

  async produceMessage(topic: TestTopic, values: readonly string[], sending: Sending = {}) {
    const {
      version = this.client.upTo(Produce, 11),
      partition = 0,
      acks = -1,
      transactionalId,
      say: _,
      ...fields
    } = sending
    const key = `${topic.name}/${partition}`
    const baseSequence = fields.baseSequence ?? this.#sequences.get(key) ?? 0
    if (fields.baseSequence === undefined) this.#sequences.set(key, baseSequence + values.length)
    // Kafka begins a new segment where times are far apart, and the markers of transactions are written now.
    const stamped = values.map((value, index) => ({ value, timestamp: this.startedAtMs + index }))
    const records = await batch(stamped, {
      transactional: true,
      producerId: this.producerId,
      producerEpoch: this.epoch,
      ...fields,
      baseSequence,
    })
    const named = version >= 13 ? { topicId: topic.id } : { name: topic.name }
    return {
      transactionalId: transactionalId === undefined ? this.transactionalId : transactionalId,
      acks,
      timeoutMs: 5000,
      topicData: [{ ...named, partitionData: [{ index: partition, records }] }],
    }
  }

  async send(topic: TestTopic, values: readonly string[], sending: Sending = {}) {
    const message = await this.produceMessage(topic, values, sending)
    return this.client.call(Produce, this.#produceVersion(sending), message, sending.say)
  }

  async sendQuietly(topic: TestTopic, values: readonly string[], sending: Sending = {}) {
    const message = await this.produceMessage(topic, values, sending)
    return this.client.quietly(Produce, this.#produceVersion(sending), message)
  }

  #produceVersion({ version }: Sending): number {
    return version ?? this.client.upTo(Produce, 11)
  }

  /** Version 5 and above end transactions of version 2, whose next transaction has an epoch of its own. */
  async end(committed: boolean, version = this.client.upTo(EndTxn, 4), say = committed ? 'commit' : 'abort') {
    const answer = await this.client.call(EndTxn, version, { ...this.identity, committed }, say)
    await this.settled()
    if (answer.errorCode === 0 && answer.producerId >= 0n) this.#take(answer)
    return answer
  }

  async endQuietly(committed: boolean, version = this.client.upTo(EndTxn, 4)) {
    const answer = await this.client.quietly(EndTxn, version, { ...this.identity, committed })
    await this.settled()
    if (answer.errorCode === 0 && answer.producerId >= 0n) this.#take(answer)
    return answer
  }

  /** A whole transaction of version 1 with one batch. */
  async transact(topic: TestTopic, values: readonly string[], committed: boolean, partition = 0) {
    await this.addQuietly(topic, [partition])
    await this.sendQuietly(topic, values, { partition })
    await this.endQuietly(committed)
  }

  async describe(say = '') {
    const { transactionStates } = await this.client.quietly(DescribeTransactions, 0, {
      transactionalIds: [this.transactionalId],
    })
    // Which partition of that topic a group has depends on its name and on how many there are.
    const topics = transactionStates[0].topics.map(({ topic, partitions }) =>
      topic === '__consumer_offsets' ? { topic } : { topic, partitions: partitions.sort((a, b) => a - b) },
    )
    this.client.tell(`described${say === '' ? '' : ` (${say})`}`, { ...transactionStates[0], topics })
  }

  /** Waits until the markers of an ended transaction are written. */
  async settled(): Promise<string> {
    for (;;) {
      const { transactionStates } = await this.client.quietly(DescribeTransactions, 0, {
        transactionalIds: [this.transactionalId],
      })
      const state = transactionStates[0].transactionState
      if (!state.startsWith('Prepare')) return state
      await sleep(5)
    }
  }

  /** Waits until the transaction is in this state. */
  async becomes(state: string): Promise<void> {
    while ((await this.settled()) !== state) await sleep(20)
  }
}

/** Waits until the broker looks after the transactional id. */
export async function coordinated(client: Teller, transactionalId: string): Promise<void> {
  for (;;) {
    const found = await client.quietly(FindCoordinator, 4, {
      keyType: transactionKey,
      coordinatorKeys: [transactionalId],
    })
    if (found.coordinators[0].errorCode === 0) {
      const { transactionStates } = await client.quietly(DescribeTransactions, 0, {
        transactionalIds: [transactionalId],
      })
      if (transactionStates[0].errorCode === notFound) return
    }
    await sleep(20)
  }
}
