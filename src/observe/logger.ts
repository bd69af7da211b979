import { KafkaError } from '../errors.ts'
import { nodeRuntime } from '../runtime/node.ts'
import type { Clock, Logger } from '../runtime/runtime.ts'

const levels = ['debug', 'info', 'warn', 'error'] as const

export type LogLevel = (typeof levels)[number]

export interface JsonLoggerOptions {
  /** Lines below it are dropped. Default: `info`. */
  level?: LogLevel
  /** Takes each line, without its end. Default: `console.error`. */
  write?: (line: string) => void
  /** What entries are stamped by. Default: Node's. */
  clock?: Pick<Clock, 'now'>
}

/**
 * A logger that writes a line of JSON for each entry: `time`, `level`, `message`, and the fields. Any logger of
 * the same shape, as Pino's, can be given to `Kafka` in its place.
 */
export function jsonLogger({
  level = 'info',
  write = (line) => console.error(line),
  clock = nodeRuntime().clock,
}: JsonLoggerOptions = {}): Logger {
  const lowest = levels.indexOf(level)
  const at = (entryLevel: LogLevel) => (fields: Record<string, unknown>, message: string) => {
    if (levels.indexOf(entryLevel) < lowest) return
    const time = new Date(clock.now()).toISOString()
    write(JSON.stringify({ time, level: entryLevel, message, ...fields }, plain))
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** JSON has no bigint and shows nothing of an Error. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Error && !(value instanceof KafkaError))
    return { name: value.name, message: value.message }
  return value
}
