import type { KafkaError } from '../errors.ts'
import type { Data, HeadersInput } from '../records/index.ts'
import { InvalidRecordError } from './errors.ts'

/** A record as it is given to `send`. Strings are written as UTF-8. */
export interface ProducerRecord {
  topic: string
  /** Default: chosen by the partitioner. */
  partition?: number
  /** Records with the same key go to the same partition, in the order in which they were sent. */
  key?: Data
  /** `null` is a tombstone: on a compacted topic it deletes the key. */
  value: Data
  /** An object, or a list of pairs; a name may come up more than once and a value may be null. */
  headers?: HeadersInput
  /** Milliseconds since the epoch. Default: the time of the send. */
  timestamp?: number
}

/** What Kafka allows as a topic's name. */
const topicName = /^[a-zA-Z0-9._-]{1,249}$/

/** What is wrong with a topic's name, if anything. */
export function topicProblem(topic: unknown): KafkaError | undefined {
  if (typeof topic !== 'string')
    return new InvalidRecordError(topic, 'topic', `must be a string, not ${kind(topic)}`)
  if (topic === '') return new InvalidRecordError(topic, 'topic', 'must not be empty')
  if (topic === '.' || topic === '..' || !topicName.test(topic)) {
    return new InvalidRecordError(
      topic,
      'topic',
      "must have 1 to 249 characters out of a-z, A-Z, 0-9, '.', '_' and '-', and not be '.' or '..'",
    )
  }
  return undefined
}

/** Whether a key or a value has a type that can be written. */
export function isData(value: unknown): value is Data {
  return typeof value === 'string' || value === null || value instanceof Uint8Array
}

/** What is wrong with a record whose topic is in order, if anything. */
export function recordProblem(record: ProducerRecord): KafkaError | undefined {
  const { topic, key, value, headers, timestamp, partition } = record
  if (!isData(value)) return new InvalidRecordError(topic, 'value', mustBeData(value))
  if (key !== undefined && !isData(key)) return new InvalidRecordError(topic, 'key', mustBeData(key))
  if (headers !== undefined && headers !== null) {
    const problem = headersProblem(topic, headers)
    if (problem !== undefined) return problem
  }
  if (timestamp !== undefined && !(Number.isSafeInteger(timestamp) && timestamp >= 0)) {
    return new InvalidRecordError(
      topic,
      'timestamp',
      `must be milliseconds since the epoch, not ${String(timestamp)}`,
    )
  }
  if (partition !== undefined && !(Number.isInteger(partition) && partition >= 0)) {
    return new InvalidRecordError(topic, 'partition', `must be an integer from 0, not ${String(partition)}`)
  }
  return undefined
}

function headersProblem(topic: string, headers: unknown): KafkaError | undefined {
  if (Array.isArray(headers)) {
    for (const [index, pair] of headers.entries()) {
      if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') {
        return new InvalidRecordError(
          topic,
          `headers[${index}]`,
          'must be a pair [name, value] with a string as its name',
        )
      }
      if (!isData(pair[1])) return new InvalidRecordError(topic, `header '${pair[0]}'`, mustBeData(pair[1]))
    }
    return undefined
  }
  if (typeof headers !== 'object') {
    return new InvalidRecordError(
      topic,
      'headers',
      `must be an object or a list of pairs, not ${kind(headers)}`,
    )
  }
  for (const [name, value] of Object.entries(headers as Record<string, unknown>)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (!isData(one)) return new InvalidRecordError(topic, `header '${name}'`, mustBeData(one))
    }
  }
  return undefined
}

function mustBeData(value: unknown): string {
  return `must be a string, a Uint8Array or null, not ${kind(value)}`
}

function kind(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? `a ${value.constructor?.name ?? 'object'}` : `a ${typeof value}`
}
