import { describe, reasonOf, unreadable } from './failures.ts'
import type { Serde, SyncSerde } from './serde.ts'
import type { StandardSchema } from './standard-schema.ts'
import { validated } from './validated.ts'

const plain: SyncSerde<unknown> = {
  serialize(value) {
    const text = JSON.stringify(value)
    if (text === undefined) throw new TypeError(`JSON has no word for ${describe(value)}`)
    return text
  },
  deserialize(buffer, start, end) {
    try {
      return JSON.parse(buffer.toString('utf8', start, end))
    } catch (error) {
      throw unreadable('json', reasonOf(error), error)
    }
  },
}

/**
 * JSON as `JSON.stringify` writes it, in UTF-8: what goes round in a circle and what holds a bigint is refused. A null
 * is no JSON `null` but no value at all: a tombstone.
 *
 * With a type alone, `json<Order>()`, that is what may be sent, and what is read is believed to be one. With a Standard
 * Schema validator (Zod, Valibot, ArkType), `json(Order)`, both are checked; see `validated`.
 */
export function json<T = unknown>(): SyncSerde<T>
export function json<In, Out>(schema: StandardSchema<In, Out>): Serde<In, Out>
export function json(schema?: StandardSchema): Serde<unknown> {
  return schema === undefined ? plain : validated(plain, schema)
}
