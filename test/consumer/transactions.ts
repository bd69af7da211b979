import { errorByCode } from '../../src/protocol/error-codes.ts'
import { AddPartitionsToTxn } from '../../src/protocol/messages/add-partitions-to-txn.ts'
import { EndTxn } from '../../src/protocol/messages/end-txn.ts'
import { InitProducerId } from '../../src/protocol/messages/init-producer-id.ts'
import { eventually, type Fixture } from './fixture.ts'

/** Transactions by raw requests, in the form that every broker from 2.8 on has. */
export class RawTransactions {
  readonly #fixture: Fixture
  readonly transactionalId: string
  #producerId = -1n
  #producerEpoch = -1
  readonly #sequences = new Map<string, number>()

  constructor(fixture: Fixture) {
    this.#fixture = fixture
    this.transactionalId = fixture.name('transaction')
  }

  async begin(): Promise<void> {
    if (this.#producerId !== -1n) return
    const message = { transactionalId: this.transactionalId, transactionTimeoutMs: 60_000 }
    await this.#retry('InitProducerId', async () => {
      const answer = await this.#fixture.kafka.request(this.#coordinator, InitProducerId, message, {
        version: 4,
      })
      this.#producerId = answer.producerId
      this.#producerEpoch = answer.producerEpoch
      return answer.errorCode
    })
  }

  async write(topic: string, partition: number, values: string[]): Promise<void> {
    const message = {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.#producerId,
      v3AndBelowProducerEpoch: this.#producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
    }
    await this.#retry('AddPartitionsToTxn', async () => {
      const answer = await this.#fixture.kafka.request(this.#coordinator, AddPartitionsToTxn, message, {
        version: 3,
      })
      return answer.resultsByTopicV3AndBelow[0].resultsByPartition[0].partitionErrorCode
    })
    const key = `${topic}-${partition}`
    const baseSequence = this.#sequences.get(key) ?? 0
    this.#sequences.set(key, baseSequence + values.length)
    await this.#fixture.fill(topic, partition, values, {
      transactionalId: this.transactionalId,
      fields: {
        transactional: true,
        producerId: this.#producerId,
        producerEpoch: this.#producerEpoch,
        baseSequence,
      },
    })
  }

  async end(committed: boolean): Promise<void> {
    const { transactionalId, producerId, producerEpoch } = {
      transactionalId: this.transactionalId,
      producerId: this.#producerId,
      producerEpoch: this.#producerEpoch,
    }
    const message = { transactionalId, producerId, producerEpoch, committed }
    await this.#retry('EndTxn', async () => {
      return (await this.#fixture.kafka.request(this.#coordinator, EndTxn, message, { version: 3 })).errorCode
    })
  }

  get #coordinator() {
    return { transactionalId: this.transactionalId }
  }

  #retry(what: string, attempt: () => Promise<number>): Promise<void> {
    return eventually(async () => {
      const { name, code, retriable } = errorByCode(await attempt())
      if (code !== 0 && !retriable) throw new Error(`${what}: ${name}`)
      return code === 0
    }, what)
  }
}
