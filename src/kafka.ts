import { Cluster, type ClusterOptions, type RequestOptions, type Target } from './cluster/index.ts'
import {
  Consumer,
  type ConsumerOptions,
  type ReadOptions,
  readTopic,
  type TopicReading,
} from './consumer/index.ts'
import { ClosedError } from './errors.ts'
import { Producer, type ProducerOptions } from './producer/index.ts'
import type { Api, Draft } from './protocol/message.ts'

export type KafkaOptions = ClusterOptions

/** Anything that holds connections until it is closed. */
interface Client {
  close(): Promise<void>
}

/**
 * A Kafka cluster, as options. It makes clients, which share one view of the cluster while any of them is open:
 * nothing is connected before a client needs it, and when the last one is closed no socket and no timer is left.
 *
 * ```ts
 * const kafka = new Kafka({ brokers: ['localhost:9092'], clientId: 'checkout' })
 * await using producer = kafka.producer()
 * ```
 */
export class Kafka {
  readonly #options: KafkaOptions
  readonly #clients = new Set<Client>()
  #cluster: Cluster | undefined
  #closed = false

  /** Throws `ConfigurationError` for an option that is unknown, of the wrong type or out of range. */
  constructor(options: KafkaOptions) {
    this.#options = { ...options }
    // Made now so that options are checked now; it connects to nothing until it is used.
    this.#cluster = new Cluster(this.#options)
  }

  /** A producer; see `ProducerOptions`. It has to be closed. */
  producer(options: ProducerOptions = {}): Producer {
    const cluster = this.#open()
    return this.#keep((onClosed) => new Producer(cluster, options, onClosed))
  }

  /** A consumer, of a group when `groupId` is given; see `ConsumerOptions`. It has to be closed. */
  consumer<K = Buffer, V = Buffer>(options: ConsumerOptions<K, V>): Consumer<K, V> {
    const cluster = this.#open()
    return this.#keep((onClosed) => new Consumer<K, V>(cluster, options, onClosed))
  }

  /**
   * Reads a topic without a group. With `until: 'end'` the reading ends at what is the end when it begins;
   * leaving the loop closes everything.
   */
  read<K = Buffer, V = Buffer>(topic: string, options: ReadOptions<K, V> = {}): TopicReading<K, V> {
    const borrow = () => {
      const cluster = this.#open()
      const user = this.#keep((onClosed) => ({ close: onClosed }))
      return { cluster, giveBack: () => user.close() }
    }
    return readTopic(borrow, topic, options)
  }

  /**
   * The low-level door: sends any message of Kafka's protocol (`odradek/protocol`) to where it belongs and
   * resolves with the response, whose error codes are the caller's to read.
   *
   * ```ts
   * await kafka.request({ controller: true }, CreateTopics, { topics: [{ name: 'orders', numPartitions: 3, replicationFactor: 1 }] })
   * ```
   */
  async request<Req, Res>(
    target: Target,
    api: Api<Req, Res>,
    message: Draft<Req>,
    options: RequestOptions = {},
  ): Promise<Res> {
    const cluster = this.#open()
    const user = this.#keep((onClosed) => ({ close: onClosed }))
    try {
      return await cluster.request(target, api, message, options)
    } finally {
      await user.close()
    }
  }

  /** Closes all clients that are still open. The `Kafka` makes no more. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#clients].map((client) => client.close()))
    await this.#cluster?.close()
    this.#cluster = undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #open(): Cluster {
    if (this.#closed) throw new ClosedError('this Kafka was closed; make a new one')
    this.#cluster ??= new Cluster(this.#options)
    return this.#cluster
  }

  /** Counts a client until it says that it is closed; the last one takes the cluster with it. */
  #keep<T extends Client>(make: (onClosed: () => Promise<void>) => T): T {
    const client = make(async () => {
      this.#clients.delete(client)
      if (this.#clients.size > 0) return
      const cluster = this.#cluster
      this.#cluster = undefined
      await cluster?.close()
    })
    this.#clients.add(client)
    return client
  }
}
