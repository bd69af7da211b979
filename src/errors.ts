/**
 * The family of errors. Every error that odradek throws or rejects with is a `KafkaError` that says what
 * failed, where, and what to do, and carries the same facts as fields.
 *
 * `code` is Kafka's own name for an error that a broker answered (`NOT_LEADER_OR_FOLLOWER`), and one of
 * `ClientErrorCode` for what the client found by itself.
 */

/** Codes of errors that the client finds by itself; a broker's error has Kafka's own name as its code. */
export type ClientErrorCode =
  | 'TIMEOUT'
  | 'CONNECTION_LOST'
  | 'INVALID_RECORD'
  | 'RECORD_TOO_LARGE'
  | 'OUTCOME_UNKNOWN'
  | 'NO_OFFSET'
  | 'BUFFER_FULL'
  | 'ABORTED'
  | 'CLOSED'
  | 'UNSUPPORTED_VERSION'
  | 'CONFIGURATION'
  | 'PROTOCOL'
  | 'CORRUPT_RECORDS'
  | 'COMPRESSION'
  | 'SERIALIZATION'
  | 'ILLEGAL_STATE'

/** Where an error happened, as far as it is known. */
export interface ErrorContext {
  topic?: string
  partition?: number
  offset?: bigint
  /** The broker as `id (host:port)`. */
  broker?: string
  /** The API's name, as `Produce`. */
  api?: string
  groupId?: string
  attempts?: number
  elapsedMs?: number
  /** True when a record may be in the log although its promise rejected. */
  mayBeWritten?: boolean
  [key: string]: unknown
}

export interface KafkaErrorOptions {
  /** Trying the same thing again may succeed. Default: false. */
  retriable?: boolean
  /** The client that threw it cannot go on. Default: false. */
  fatal?: boolean
  context?: ErrorContext
  cause?: unknown
}

export class KafkaError extends Error {
  override name = 'KafkaError'
  /** Kafka's own name of a broker's error, or a `ClientErrorCode`. */
  readonly code: string
  readonly retriable: boolean
  readonly fatal: boolean
  readonly context: ErrorContext

  constructor(code: string, message: string, options: KafkaErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retriable = options.retriable ?? false
    this.fatal = options.fatal ?? false
    this.context = options.context ?? {}
  }

  /** Plain values for a log: offsets become strings, because JSON has no bigint. */
  toJSON(): Record<string, unknown> {
    const context: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(this.context)) {
      context[key] = typeof value === 'bigint' ? value.toString() : value
    }
    const { name, code, message, retriable, fatal } = this
    return { name, code, message, retriable, fatal, context, cause: describeCause(this.cause) }
  }
}

function describeCause(cause: unknown): unknown {
  if (cause instanceof KafkaError) return cause.toJSON()
  return cause instanceof Error ? { name: cause.name, message: cause.message } : cause
}

/** Bytes that do not follow the protocol, or a message that a version cannot carry. */
export class ProtocolError extends KafkaError {
  override name = 'ProtocolError'
  constructor(message: string, options: KafkaErrorOptions = {}) {
    super('PROTOCOL', message, options)
  }
}

/** A record batch that is broken: bad checksum, lengths that do not add up, an unknown magic. */
export class CorruptRecordsError extends KafkaError {
  override name = 'CorruptRecordsError'
  constructor(message: string, options: KafkaErrorOptions = {}) {
    super('CORRUPT_RECORDS', message, options)
  }
}

/** A codec that is missing, or data that it cannot take, or data past the limit on decompressed size. */
export class CompressionError extends KafkaError {
  override name = 'CompressionError'
  constructor(message: string, options: KafkaErrorOptions = {}) {
    super('COMPRESSION', message, options)
  }
}

/** A connection that could not be made or broke. What was outstanding may or may not have been handled. */
export class ConnectionError extends KafkaError {
  override name = 'ConnectionError'
  constructor(message: string, options: KafkaErrorOptions = {}) {
    super('CONNECTION_LOST', message, { retriable: true, ...options })
  }
}

/** A deadline passed. Retriable: the same call with more time may succeed. */
export class TimeoutError extends KafkaError {
  override name = 'TimeoutError'
  constructor(message: string, options: KafkaErrorOptions = {}) {
    super('TIMEOUT', message, { retriable: true, ...options })
  }
}

/** The caller's `AbortSignal` fired; `cause` is the signal's reason. */
export class AbortedError extends KafkaError {
  override name = 'AbortedError'
  constructor(message: string, options: KafkaErrorOptions = {}) {
    super('ABORTED', message, options)
  }
}

/** The client, connection or cluster was closed before or while the call ran. */
export class ClosedError extends KafkaError {
  override name = 'ClosedError'
  constructor(message: string, options: KafkaErrorOptions = {}) {
    super('CLOSED', message, options)
  }
}

/** Client and broker share no version of an API that is needed. */
export class UnsupportedVersionError extends KafkaError {
  override name = 'UnsupportedVersionError'
  constructor(message: string, options: KafkaErrorOptions = {}) {
    super('UNSUPPORTED_VERSION', message, options)
  }
}

/** An option that is unknown, of the wrong type, out of range, or at odds with another one. */
export class ConfigurationError extends KafkaError {
  override name = 'ConfigurationError'
  constructor(message: string, options: KafkaErrorOptions = {}) {
    super('CONFIGURATION', message, options)
  }
}

/** A key or a value that cannot be made into bytes, or bytes that cannot be read; `context` has topic and field where known. */
export class SerializationError extends KafkaError {
  override name = 'SerializationError'
  constructor(message: string, options: KafkaErrorOptions = {}) {
    super('SERIALIZATION', message, options)
  }
}

/** An error code that a broker answered; `code` is Kafka's name and `kafkaCode` its number. */
export class BrokerError extends KafkaError {
  override name = 'BrokerError'
  /** The number on the wire, as 6 for NOT_LEADER_OR_FOLLOWER. */
  readonly kafkaCode: number
  constructor(code: string, kafkaCode: number, message: string, options: KafkaErrorOptions = {}) {
    super(code, message, options)
    this.kafkaCode = kafkaCode
  }
}
