import { isUtf8 } from 'node:buffer'
import type { KafkaRecord } from './kafka-record.ts'

/** What Node's `util.inspect` hands to a custom inspection: itself. */
export type Inspect = (value: unknown, options: object) => string

/** As much of a key or value as `console.log` shows of bytes and text. */
const SHOWN_BYTES = 200

export function recordToJson(record: KafkaRecord<unknown, unknown>): Record<string, unknown> {
  return {
    topic: record.topic,
    partition: record.partition,
    offset: record.offset.toString(),
    timestamp: record.timestamp,
    timestampType: record.timestampType,
    leaderEpoch: record.leaderEpoch,
    key: plain(record.key),
    value: plain(record.value),
    headers: headersByName(record, plain),
  }
}

/** What `console.log` prints. A field that cannot be read shows the reason in its place. */
export function inspectRecord(
  record: KafkaRecord<unknown, unknown>,
  options: object,
  inspect: Inspect,
): string {
  const { topic, partition, offset, timestamp, timestampType, leaderEpoch } = record
  const shown = {
    topic,
    partition,
    offset,
    timestamp,
    timestampType,
    leaderEpoch,
    key: attempt(() => excerpt(record.key)),
    value: attempt(() => excerpt(record.value)),
    headers: attempt(() => headersByName(record, excerpt)),
  }
  return `KafkaRecord ${inspect(shown, options)}`
}

function headersByName(
  record: KafkaRecord<unknown, unknown>,
  show: (value: Buffer | null) => unknown,
): Record<string, unknown> {
  const byName = new Map<string, unknown[]>()
  for (const [name, value] of record.headers) {
    const values = byName.get(name)
    if (values === undefined) byName.set(name, [show(value)])
    else values.push(show(value))
  }
  return Object.fromEntries(
    [...byName].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  )
}

function plain(value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
  return isUtf8(bytes) ? bytes.toString() : { base64: bytes.toString('base64') }
}

function excerpt(value: unknown): unknown {
  if (typeof value === 'string') return value.length <= SHOWN_BYTES ? value : shortened(value, value.length)
  if (!(value instanceof Uint8Array) || !isUtf8(value)) return value
  const text = Buffer.from(value.buffer, value.byteOffset, Math.min(value.length, SHOWN_BYTES)).toString()
  return value.length <= SHOWN_BYTES ? text : shortened(text, value.length)
}

function shortened(text: string, length: number): string {
  return `${text.slice(0, SHOWN_BYTES)}... (${length} in all)`
}

function attempt(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    return error instanceof Error ? `<${error.name}: ${error.message}>` : `<${String(error)}>`
  }
}
