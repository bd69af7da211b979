import { CorruptRecordsError, type ErrorContext } from '../errors.ts'

/**
 * Makes a value from bytes `start` up to `end` of `buffer`. A null key or value never reaches it. What it keeps of
 * the buffer keeps the whole response alive.
 */
export type Deserializer<T> = (buffer: Buffer, start: number, end: number) => T

/** Where records come from, and what their keys and values are read as. */
export interface RecordSource<K = Buffer, V = Buffer> {
  readonly topic: string
  readonly partition: number
  readonly keyDeserializer: Deserializer<K>
  readonly valueDeserializer: Deserializer<V>
}

/** A view of the bytes, without a copy. */
export const bytes: Deserializer<Buffer> = (buffer, start, end) => buffer.subarray(start, end)

/** UTF-8 text. */
export const text: Deserializer<string> = (buffer, start, end) => buffer.toString('utf8', start, end)

/** A source whose keys and values are left as bytes. */
export function bytesSource(topic: string, partition: number): RecordSource {
  return { topic, partition, keyDeserializer: bytes, valueDeserializer: bytes }
}

export function corrupt(
  source: Pick<RecordSource, 'topic' | 'partition'>,
  offset: bigint,
  what: string,
  context: ErrorContext = {},
): CorruptRecordsError {
  const { topic, partition } = source
  return new CorruptRecordsError(
    `the batch at offset ${offset} of ${topic}[${partition}] is broken: ${what}; fetch it again, and if it stays broken go on behind it`,
    { context: { topic, partition, offset, ...context } },
  )
}
