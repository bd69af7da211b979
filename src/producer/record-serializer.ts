import type { Data, HeadersInput } from '../records/index.ts'
import {
  isThenable,
  notSerialized,
  type SerializationTarget,
  serializeField,
  type Topic,
} from '../serde/index.ts'
import { InvalidRecordError } from './errors.ts'
import type { ProducerRecord } from './record.ts'

/**
 * The key of a typed record. It may be left out only where the definition says nothing of keys, or `nothing`: a key
 * that is forgotten would cost the order of its records without a word.
 */
export type KeyOf<K> = unknown extends K
  ? { key: K }
  : [Data] extends [K]
    ? { key?: K }
    : [K] extends [null]
      ? { key?: null }
      : { /** `null` sends no key. */ key: K | null }

/** A record as a typed topic takes it. */
export type TopicRecord<K, V> = KeyOf<K> & {
  /** `null` is a tombstone: on a compacted topic it deletes the key. It passes by serializer and validator. */
  value: V | null
  /** Default: chosen by the partitioner, which sees the key as it was serialized. */
  partition?: number
  headers?: HeadersInput
  /** Milliseconds since the epoch. Default: the time of the send. */
  timestamp?: number
}

/** Makes plain records of typed ones. */
export class RecordSerializer<K, V> {
  readonly topic: string
  readonly #definition: Topic<K, V, unknown, unknown>
  readonly #keyTarget: SerializationTarget
  readonly #valueTarget: SerializationTarget

  constructor(definition: Topic<K, V, unknown, unknown>) {
    const { name: topic } = definition
    this.topic = topic
    this.#definition = definition
    this.#keyTarget = Object.freeze({ topic, field: 'key' as const })
    this.#valueTarget = Object.freeze({ topic, field: 'value' as const })
  }

  /** The plain record, at once or later. Throws, or rejects with, `SerializationError` or `InvalidRecordError`. */
  serialize(record: TopicRecord<K, V>): ProducerRecord | Promise<ProducerRecord> {
    const key = this.#key(record)
    let value: Data | Promise<Data>
    try {
      value = this.#value(record)
    } catch (error) {
      forget(key)
      throw error
    }
    if (isThenable(key) || isThenable(value)) return this.#later(key, value, record)
    return this.#record(key, value, record)
  }

  /** The plain record at once. Throws `SerializationError` for a serializer that takes its time, too. */
  serializeNow(record: TopicRecord<K, V>): ProducerRecord {
    const key = this.#key(record)
    if (isThenable(key)) return refuseToWait(this.#keyTarget, key)
    const value = this.#value(record)
    if (isThenable(value)) return refuseToWait(this.#valueTarget, value)
    return this.#record(key, value, record)
  }

  async #later(
    key: Data | Promise<Data>,
    value: Data | Promise<Data>,
    record: TopicRecord<K, V>,
  ): Promise<ProducerRecord> {
    // The caller may use its object again.
    const { partition, headers, timestamp } = record
    const [keyData, valueData] = await Promise.all([key, value])
    return { topic: this.topic, partition, key: keyData, value: valueData, headers, timestamp }
  }

  #record(key: Data, value: Data, { partition, headers, timestamp }: TopicRecord<K, V>): ProducerRecord {
    return { topic: this.topic, partition, key, value, headers, timestamp }
  }

  #key(record: TopicRecord<K, V>): Data | Promise<Data> {
    if (record === null || typeof record !== 'object') {
      throw new InvalidRecordError(this.topic, 'record', 'must be an object with key and value')
    }
    const key = record.key as K | null | undefined
    if (key === undefined && this.#definition.keyIsOptional) return null
    return serializeField(this.#definition.key, key, this.#keyTarget)
  }

  #value(record: TopicRecord<K, V>): Data | Promise<Data> {
    return serializeField(this.#definition.value, record.value, this.#valueTarget)
  }
}

function refuseToWait(target: SerializationTarget, promise: Promise<Data>): never {
  forget(promise)
  throw notSerialized(
    target,
    `its serializer is asynchronous, and post cannot wait for the ${target.field}; use send`,
  )
}

/** Nobody waits for it any more: what becomes of it does not matter. */
function forget(data: Data | Promise<Data>): void {
  if (isThenable(data)) data.then(undefined, () => {})
}
