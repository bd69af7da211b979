import { ConfigurationError } from '../errors.ts'
import { OptionChecks } from '../option-checks.ts'
import { bytes, type Data, type Deserializer } from '../records/index.ts'
import { nothing } from './built-in.ts'
import { describe } from './failures.ts'
import type { RecordField, Serde, Serializer } from './serde.ts'
import { isStandardSchema } from './standard-schema.ts'

/** How a key or a value is written: a serde, or just a function that serializes; then what is read are the bytes. */
export type Format<In, Out> = Serde<In, Out> | Serializer<In>

/**
 * A topic together with the types of its keys and values; `topic` makes it, `producer.topic` sends to it.
 *
 * @typeParam K what is sent as a key, save for null
 * @typeParam V what is sent as a value, save for null
 */
export interface Topic<K = Data, V = Data, KeyRead = Buffer, ValueRead = Buffer> {
  readonly name: string
  readonly key: Serde<K, KeyRead>
  readonly value: Serde<V, ValueRead>
  /** Whether a record may leave out its key: the definition says nothing of keys, or says `nothing`. */
  readonly keyIsOptional: boolean
}

/** Strings, bytes and null go as they are. */
const asIs: Serde<Data, Buffer> = { serialize: (value) => value, deserialize: bytes }

/**
 * Defines a typed topic.
 *
 * ```ts
 * const orders = topic('orders', { key: string, value: json<Order>() })
 * ```
 *
 * What is left out is sent as with a plain `send` and read as bytes. Throws `ConfigurationError` for what is no serde and
 * no function; the name is checked when a record is sent.
 */
export function topic<K = Data, V = Data, KeyRead = Buffer, ValueRead = Buffer>(
  name: string,
  formats: { key?: Format<K, KeyRead>; value?: Format<V, ValueRead> } = {},
): Topic<K, V, KeyRead, ValueRead> {
  const owner = `topic ${name}`
  const checks = new OptionChecks(owner, formats)
  const keyFormat = checks.value('key')
  const key = serdeOf<K, KeyRead>(owner, 'key', keyFormat)
  const value = serdeOf<V, ValueRead>(owner, 'value', checks.value('value'))
  checks.finish()
  return Object.freeze({ name, key, value, keyIsOptional: keyFormat === undefined || keyFormat === nothing })
}

function serdeOf<In, Out>(owner: string, field: RecordField, format: unknown): Serde<In, Out> {
  if (format === undefined) return asIs as Serde<unknown, unknown> as Serde<In, Out>
  const { serialize, deserialize } = Object(format) as Partial<Serde<In, Out>>
  if (typeof serialize === 'function' && typeof deserialize === 'function') {
    // Bound, so that a serde may be an instance of a class and its halves still be handed on alone.
    return { serialize: serialize.bind(format), deserialize: deserialize.bind(format) }
  }
  if (isStandardSchema(format)) {
    throw new ConfigurationError(
      `${owner}: ${field} is a validator; say what it is written as: json(validator)`,
    )
  }
  if (typeof format === 'function') {
    return {
      serialize: format as Serializer<In>,
      deserialize: bytes as Deserializer<unknown> as Deserializer<Out>,
    }
  }
  throw new ConfigurationError(
    `${owner}: ${field} must be a serde or a function that serializes, not ${describe(format)}`,
  )
}
