import { ConfigurationError, type KafkaError } from '../errors.ts'
import { describe, isThenable, type Topic } from '../serde/index.ts'
import { SendBatchError } from './errors.ts'
import type { Serialized } from './pending-send.ts'
import type { Producer, SendOptions } from './producer.ts'
import type { OnAck } from './recipients.ts'
import type { ProducerRecord } from './record.ts'
import type { RecordMetadata } from './record-metadata.ts'
import { RecordSerializer, type TopicRecord } from './record-serializer.ts'
import type { SendLines } from './send-lines.ts'

/** What a producer lends those that are bound to a topic of it. */
export interface TopicProducerHome {
  readonly producer: Pick<Producer, 'send' | 'sendBatch' | 'post' | 'ready'>
  readonly lines: SendLines
  refuseUnlessOpen(topic: string): void
}

/**
 * A producer for one topic, with typed keys and values; `producer.topic(definition)` makes it. It is a view: batches,
 * options and closing are the producer's.
 *
 * Order: what is sent through typed producers of one topic is taken in the order of the calls, also when serializers
 * take their time: a later send waits for earlier ones that are still being serialized, for `maxBlockMs` at most. It
 * does not wait when they fail. A plain `producer.send` to the topic waits for none of them.
 *
 * @typeParam K the keys
 * @typeParam V the values
 */
export class TopicProducer<K, V> {
  readonly #home: TopicProducerHome
  readonly #serializer: RecordSerializer<K, V>

  /** Throws `ConfigurationError` for what is no definition. */
  constructor(definition: Topic<K, V, unknown, unknown>, home: TopicProducerHome) {
    if (
      typeof definition?.key?.serialize !== 'function' ||
      typeof definition.value?.serialize !== 'function'
    ) {
      throw new ConfigurationError(
        `producer: topic takes a definition, as topic('orders', { value: json() }), not ${describe(definition)}`,
      )
    }
    this.#home = home
    this.#serializer = new RecordSerializer(definition)
  }

  /** The topic's name. */
  get name(): string {
    return this.#serializer.topic
  }

  /**
   * Sends a record, as `producer.send`. Rejects with a `SerializationError` when its key or value cannot be serialized,
   * and with a `TimeoutError` when that takes longer than `maxBlockMs`; no other send is disturbed.
   */
  send(record: TopicRecord<K, V>, options?: SendOptions): Promise<RecordMetadata> {
    const { producer, lines, refuseUnlessOpen } = this.#home
    const topic = this.#serializer.topic
    try {
      refuseUnlessOpen(topic)
      const serialized = this.#serializer.serialize(record)
      if (!isThenable(serialized) && !lines.isBusy(topic)) return producer.send(serialized, options)
      return this.#sendInLine(serialized, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Sends records, as `producer.sendBatch`: not atomic, and when any fails it rejects with a result for each. The batch
   * waits in order until all of its records are serialized or have failed.
   */
  sendBatch(records: readonly TopicRecord<K, V>[], options?: SendOptions): Promise<RecordMetadata[]> {
    const { producer, lines } = this.#home
    const topic = this.#serializer.topic
    let plain = !lines.isBusy(topic)
    const serialized: Serialized[] = records.map((record) => {
      try {
        this.#home.refuseUnlessOpen(topic)
        const one = this.#serializer.serialize(record)
        if (isThenable(one)) plain = false
        return one
      } catch (error) {
        plain = false
        return error as KafkaError
      }
    })
    if (plain) return producer.sendBatch(serialized as ProducerRecord[], options)
    return lines.join(topic, serialized, options?.signal)
  }

  /**
   * Sends a record without a promise, as `producer.post`. False, and nothing taken, also while earlier sends to the topic
   * are being serialized: wait for `ready()` of this object and post it again. Throws a `SerializationError` for an
   * asynchronous serializer; `send` takes those.
   */
  post(record: TopicRecord<K, V>, onAck?: OnAck): boolean {
    const { producer, lines, refuseUnlessOpen } = this.#home
    const topic = this.#serializer.topic
    refuseUnlessOpen(topic)
    const serialized = this.#serializer.serializeNow(record)
    return !lines.isBusy(topic) && producer.post(serialized, onAck)
  }

  /** Resolves when there may be room for a record that `post` did not take. */
  async ready(): Promise<void> {
    const { producer, lines } = this.#home
    await lines.emptied(this.#serializer.topic)
    await producer.ready()
  }

  async #sendInLine(
    serialized: Exclude<Serialized, KafkaError>,
    options: SendOptions | undefined,
  ): Promise<RecordMetadata> {
    try {
      const [metadata] = await this.#home.lines.join(this.#serializer.topic, [serialized], options?.signal)
      return metadata
    } catch (error) {
      throw error instanceof SendBatchError ? error.results[0] : error
    }
  }
}
