import { KafkaError, SerializationError } from '../errors.ts'
import type { SerializationTarget } from './serde.ts'

/** Refuses a value that a serializer of ours cannot take; `rule` continues "it ". The send adds topic and field. */
export function refuse(rule: string, value: unknown): never {
  throw new TypeError(`it ${rule}, not ${describe(value)}`)
}

/** Refuses bytes that are not what `serde` writes. */
export function unreadable(serde: string, problem: string, cause?: unknown): SerializationError {
  return new SerializationError(`bytes cannot be read as ${serde}: ${problem}`, { cause, context: { serde } })
}

/** The error of a key or a value that could not be serialized; `problem` is the end of a sentence. */
export function notSerialized(
  { topic, field }: SerializationTarget,
  problem: string,
  cause?: unknown,
): SerializationError {
  const message = `${field} of a record for ${topic} cannot be serialized: ${problem}`
  const context = cause instanceof KafkaError ? cause.context : {}
  return new SerializationError(message, { cause, context: { ...context, topic, field } })
}

/** The first line of what a serializer threw: V8 draws a circle of objects over several. */
export function reasonOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message || thrown.name : `it threw ${describe(thrown)}`
  return text.split('\n', 1)[0]
}

/** A value as a few words: `a string`, `an array`, `a Date`, `12.5`. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (typeof value === 'number') return String(value)
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return 'an array'
  if (typeof value !== 'object') return `a ${typeof value}`
  const name = value.constructor?.name
  return name === undefined || name === 'Object' ? 'an object' : `a ${name}`
}
