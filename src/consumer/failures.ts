import { KafkaError } from '../errors.ts'

/** What was caught, as one of our family; anything else is a bug of ours or of a callback, and fatal. */
export function asKafkaError(cause: unknown): KafkaError {
  if (cause instanceof KafkaError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  return new KafkaError('ILLEGAL_STATE', message, { fatal: true, cause })
}
