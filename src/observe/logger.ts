import { ConfigurationError } from '../errors.ts'
import { nodeRuntime } from '../runtime/node.ts'
import type { Clock, Logger } from '../runtime/runtime.ts'

export { silentLogger } from '../runtime/silent-logger.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Pino's numbers, which log collectors know. */
const levelNumbers: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50 }

export interface ConsoleLoggerOptions {
  /** The least important lines that are written. Default: `info`. */
  level?: LogLevel
  /** Fields of every line, as `{ service: 'checkout' }`. */
  base?: Record<string, unknown>
  /** Takes each line, its line end included. Default: standard error. */
  write?: (line: string) => void
  /** Gives the time of each line. Default: Node's. */
  clock?: Pick<Clock, 'now'>
}

/**
 * Writes one JSON object a line, of the shape that Pino has: `level` as a number, `time` in milliseconds since the
 * epoch, the fields, and last the message as `msg`. A logger of Pino's own can stand in its place.
 */
export function consoleLogger(options: ConsoleLoggerOptions = {}): Logger {
  const { level = 'info', base, write = writeToStandardError, clock = nodeRuntime().clock } = options
  const lowest = levelNumbers[level]
  if (lowest === undefined) {
    throw new ConfigurationError(
      `logger: level must be one of ${Object.keys(levelNumbers).join(', ')}, not '${level}'`,
    )
  }
  const logAt = (number: number) => (fields: Record<string, unknown>, message: string) => {
    if (number >= lowest) write(`${lineOf(number, clock.now(), base, fields, message)}\n`)
  }
  return {
    debug: logAt(levelNumbers.debug),
    info: logAt(levelNumbers.info),
    warn: logAt(levelNumbers.warn),
    error: logAt(levelNumbers.error),
  }
}

function writeToStandardError(line: string): void {
  process.stderr.write(line)
}

/** Logging must not make a client fail: fields that JSON cannot carry are named, and the message is kept. */
function lineOf(
  level: number,
  time: number,
  base: Record<string, unknown> | undefined,
  fields: Record<string, unknown>,
  message: string,
): string {
  try {
    return JSON.stringify({ level, time, ...base, ...fields, msg: message }, printable)
  } catch (error) {
    return JSON.stringify({ level, time, msg: message, unprintable: `${error}` })
  }
}

/**
 * JSON has no bigint, and of an error it would keep nothing that has a meaning. Errors of ours come here as what
 * their `toJSON` gave.
 */
function printable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (!(value instanceof Error)) return value
  const { name, message, stack } = value
  return { name, message, stack }
}
