import { ConfigurationError, SerializationError } from '../errors.ts'
import type { Data } from '../records/index.ts'
import { describe } from './failures.ts'
import type { Serde, SerializationTarget } from './serde.ts'
import {
  describeIssues,
  isStandardSchema,
  type StandardSchema,
  type ValidationResult,
} from './standard-schema.ts'

/**
 * A serde whose values are validated: before they are written, and after they are read.
 *
 * What is written is what the validator gives, with defaults filled in and unknown fields gone. What is read goes through
 * the same validator, so one that changes values has to take what it gave: `string().transform(Number)` does not. A
 * validator that is asynchronous makes the serializer so; it cannot read. A null passes by the validator.
 *
 * @throws ConfigurationError when `schema` is no Standard Schema of version 1
 */
export function validated<T, In, Out extends T>(
  serde: Serde<T, unknown>,
  schema: StandardSchema<In, Out>,
): Serde<In, Out> {
  if (!isStandardSchema(schema)) {
    throw new ConfigurationError(
      `a validator must have the Standard Schema interface ('~standard', version 1), as Zod, Valibot and ArkType do; this is ${describe(schema)}`,
    )
  }
  const validate = (value: unknown) => schema['~standard'].validate(value)
  const write = (result: ValidationResult<Out>, target: SerializationTarget): Data | PromiseLike<Data> => {
    const value = accepted(result)
    return value === null ? null : serde.serialize(value, target)
  }
  return {
    serialize(value, target) {
      const result = validate(value)
      return isThenable(result) ? result.then((late) => write(late, target)) : write(result, target)
    },
    deserialize(buffer, start, end) {
      const result = validate(serde.deserialize(buffer, start, end))
      if (!isThenable(result)) return accepted(result)
      result.then(undefined, () => {})
      throw new SerializationError(
        'an asynchronous validator cannot check what is read; read the bytes instead',
      )
    },
  }
}

function accepted<Out>(result: ValidationResult<Out>): Out {
  if (result.issues !== undefined) {
    const message = `it is not valid: ${describeIssues(result.issues)}`
    throw new SerializationError(message, { context: { issues: result.issues } })
  }
  if (result.value === undefined) throw new SerializationError('the validator made undefined of it')
  return result.value
}

/** Whether this is a promise, or something that can be waited for like one. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}
