import type { Data, Deserializer } from '../records/index.ts'

/** Makes what is sent from a value; null is sent as null. Text goes as UTF-8. */
export type Serializer<T> = (value: T) => Data

/** Both directions of one type of key or value. A null never reaches `deserialize`. */
export interface Serde<T> {
  readonly serialize: Serializer<T>
  readonly deserialize: Deserializer<T>
}
