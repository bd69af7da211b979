import type { Data, Deserializer } from '../records/index.ts'

/** The part of a record that is being written. */
export type RecordField = 'key' | 'value'

/** What a serializer is told besides the value. */
export interface SerializationTarget {
  readonly topic: string
  readonly field: RecordField
}

/**
 * Makes what is sent from a value: bytes, a string (written as UTF-8) or null, now or later. What it throws or rejects
 * with fails the send of that record alone.
 *
 * It sees neither null, which is sent as null (a tombstone, or no key), nor undefined, which is refused.
 */
export type Serializer<T> = (value: T, target: SerializationTarget) => Data | PromiseLike<Data>

/**
 * Both directions of one type of key or value. A null never reaches either of them.
 *
 * @typeParam In what is sent
 * @typeParam Out what is read; another type where a validator changes values
 */
export interface Serde<In, Out = In> {
  readonly serialize: Serializer<In>
  readonly deserialize: Deserializer<Out>
}

/** A serde whose serializer never makes one wait, as all that are built in. */
export interface SyncSerde<In, Out = In> extends Serde<In, Out> {
  readonly serialize: (value: In, target?: SerializationTarget) => Data
}
