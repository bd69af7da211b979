import type { SerializationError } from '../errors.ts'
import type { Data } from '../records/index.ts'
import { describe, notSerialized, reasonOf } from './failures.ts'
import type { Serde, SerializationTarget } from './serde.ts'
import { isThenable } from './validated.ts'

/**
 * What is sent for a key or a value: at once, or later when its serializer takes its time. A null passes by the serializer:
 * it is a tombstone, or no key. All that goes wrong becomes a `SerializationError` with topic and field.
 */
export function serializeField<T>(
  { serialize }: Pick<Serde<T, unknown>, 'serialize'>,
  value: T | null | undefined,
  target: SerializationTarget,
): Data | Promise<Data> {
  if (value === null) return null
  if (value === undefined) {
    const instead = target.field === 'key' ? 'null sends no key' : 'null sends a tombstone'
    throw notSerialized(target, `it is undefined; ${instead}`)
  }
  let data: unknown
  try {
    data = serialize(value, target)
  } catch (error) {
    throw failed(target, error)
  }
  return isThenable(data) ? later(data, target) : checked(data, target)
}

async function later(promise: PromiseLike<unknown>, target: SerializationTarget): Promise<Data> {
  let data: unknown
  try {
    data = await promise
  } catch (error) {
    throw failed(target, error)
  }
  return checked(data, target)
}

function checked(data: unknown, target: SerializationTarget): Data {
  if (typeof data === 'string' || data === null || data instanceof Uint8Array) return data
  throw notSerialized(target, `its serializer gave ${describe(data)} in place of bytes, a string or null`)
}

function failed(target: SerializationTarget, error: unknown): SerializationError {
  return notSerialized(target, reasonOf(error), error)
}
