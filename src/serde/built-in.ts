import { bytes as readBytes, text } from '../records/index.ts'
import type { Serde } from './serde.ts'

/** Text, as UTF-8. */
export const string: Serde<string> = {
  serialize: (value) => value,
  deserialize: text,
}

/** Bytes as they are; what is read is a view of the response, without a copy. */
export const bytes: Serde<Uint8Array> = {
  serialize: (value) => value,
  deserialize: readBytes,
}
