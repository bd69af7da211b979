import type { Cluster } from '../cluster/index.ts'
import type { KafkaRecord } from '../records/index.ts'
import { Consumer } from './consumer.ts'
import type { ConsumerOptions, StartPosition } from './options.ts'
import type { RecordStream } from './streams.ts'

/** What `kafka.read` takes: where to begin and end, and whatever a consumer without a group takes. */
export interface ReadOptions<K = Buffer, V = Buffer>
  extends Omit<ConsumerOptions<K, V>, 'autoOffsetReset' | 'topics' | 'partitions' | GroupOption> {
  /** Default: `earliest`. */
  from?: Exclude<StartPosition, 'none'>
  /** Numbers of the partitions to read. Default: all of them. */
  partitions?: readonly number[]
}

type GroupOption = Extract<
  keyof ConsumerOptions,
  | 'groupId'
  | 'groupInstanceId'
  | 'sessionTimeoutMs'
  | 'heartbeatIntervalMs'
  | 'rebalanceTimeoutMs'
  | 'autoCommit'
  | 'autoCommitIntervalMs'
  | 'onAssigned'
  | 'onRevoked'
>

/** A cluster for as long as something reads from it. */
export interface ClusterLoan {
  cluster: Cluster
  giveBack: () => Promise<void>
}

/**
 * One reading of a topic without a group. Nothing is opened before its first record is asked for, and everything is
 * closed when the loop is left or has come to its end. It can be gone through once.
 */
export class TopicReading<K = Buffer, V = Buffer> implements AsyncIterableIterator<KafkaRecord<K, V>> {
  readonly #open: () => RecordStream<K, V>
  #records: RecordStream<K, V> | undefined
  #ended = false

  constructor(open: () => RecordStream<K, V>) {
    this.#open = open
  }

  next(): Promise<IteratorResult<KafkaRecord<K, V>, undefined>> {
    if (this.#records !== undefined) return this.#records.next()
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    try {
      this.#records = this.#open()
    } catch (error) {
      this.#ended = true
      return Promise.reject(error)
    }
    return this.#records.next()
  }

  async return(): Promise<IteratorResult<KafkaRecord<K, V>, undefined>> {
    this.#ended = true
    await this.#records?.return()
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}

/** Reads a topic without a group, until the loop is left or the end is reached, and closes itself. */
export function readTopic<K = Buffer, V = Buffer>(
  cluster: Cluster | (() => ClusterLoan),
  topic: string,
  options: ReadOptions<K, V> = {},
): TopicReading<K, V> {
  return new TopicReading(() => {
    const { from, partitions, ...rest } = options
    const what =
      partitions === undefined
        ? { topics: [topic] }
        : { partitions: partitions.map((partition) => ({ topic, partition })) }
    const loan = typeof cluster === 'function' ? cluster() : { cluster, giveBack: async () => {} }
    try {
      const consumerOptions = { ...rest, ...what, autoOffsetReset: from }
      const consumer = new Consumer<K, V>(loan.cluster, consumerOptions, loan.giveBack)
      return consumer.records({ closeWhenLeft: true })
    } catch (error) {
      void loan.giveBack()
      throw error
    }
  })
}
