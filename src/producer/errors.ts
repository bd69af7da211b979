import { BrokerError, type ErrorContext, KafkaError, TimeoutError } from '../errors.ts'
import { ErrorCodes, errorByCode } from '../protocol/error-codes.ts'
import type { RecordMetadata } from './record-metadata.ts'

/** A record that cannot be sent as it was given; `context.field` names the field. */
export class InvalidRecordError extends KafkaError {
  override name = 'InvalidRecordError'
  constructor(topic: unknown, field: string, problem: string, context: ErrorContext = {}, cause?: unknown) {
    const where =
      typeof topic === 'string' && topic !== ''
        ? `record for ${topic}: `
        : field === 'record'
          ? ''
          : 'record: '
    super('INVALID_RECORD', `${where}${field} ${problem}`, {
      context: { ...(typeof topic === 'string' ? { topic } : {}), field, ...context },
      cause,
    })
  }
}

/** A record that is larger than any request, or any buffer, may be; sizes in `context`, in bytes. */
export class RecordTooLargeError extends KafkaError {
  override name = 'RecordTooLargeError'
  constructor(topic: string, partition: number, sizeBytes: number, limitBytes: number, option: string) {
    super(
      'RECORD_TOO_LARGE',
      `record for ${topic}[${partition}] takes up to ${sizeBytes} bytes in a batch of its own and ${option} is ${limitBytes}; ` +
        `send less, or raise ${option} together with the topic's max.message.bytes`,
      { context: { topic, partition, sizeBytes, limitBytes } },
    )
  }
}

/** All of `bufferMemoryBytes` was in use for `maxBlockMs`: records come in faster than brokers take them. */
export class BufferFullError extends KafkaError {
  override name = 'BufferFullError'
  constructor(topic: string, waitedMs: number, bufferMemoryBytes: number) {
    super(
      'BUFFER_FULL',
      `send to ${topic} found no room for ${duration(waitedMs)}: all ${bufferMemoryBytes} bytes of the producer's buffer ` +
        'hold records that no broker has taken yet; send slower, or raise bufferMemoryBytes or maxBlockMs',
      { retriable: true, context: { topic, elapsedMs: Math.round(waitedMs), limitBytes: bufferMemoryBytes } },
    )
  }
}

/**
 * Some records of a `sendBatch` failed. `results` holds one entry for each record, in the order given: its
 * metadata or its error. `code` and `cause` are those of the first failure.
 */
export class SendBatchError extends KafkaError {
  override name = 'SendBatchError'
  readonly results: readonly (RecordMetadata | KafkaError)[]

  constructor(results: readonly (RecordMetadata | KafkaError)[]) {
    const failures = results.filter((result) => result instanceof KafkaError)
    const first = failures[0]
    super(first.code, `${failures.length} of ${results.length} records failed, the first: ${first.message}`, {
      cause: first,
      retriable: failures.every((failure) => failure.retriable),
      fatal: failures.some((failure) => failure.fatal),
      context: {
        failed: failures.length,
        mayBeWritten: failures.some((failure) => failure.context.mayBeWritten),
      },
    })
    this.results = results
  }
}

/** The error of a topic that does not exist and may not be made by asking for it. */
export function notThere(topic: string): BrokerError {
  const { name } = errorByCode(ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  const message = `there is no topic ${topic}; create it, or let the producer have allowAutoTopicCreation`
  return new BrokerError(name, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, message, { context: { topic } })
}

/** The error of a record whose topic could not be found out about. */
export function topicNotFound(topic: string, waitedMs: number, cause: KafkaError): KafkaError {
  const message = `send to ${topic} failed after ${duration(waitedMs)}: ${cause.message}`
  return derived(message, cause, { topic, elapsedMs: Math.round(waitedMs) })
}

/** What is known about a batch when it fails for good. */
export interface FailedDelivery {
  topic: string
  partition: number
  attempts: number
  elapsedMs: number
  /** The batch was on its way to a broker at least once and no answer says that it was refused. */
  mayBeWritten: boolean
}

/** The error of all the records of a batch that the broker refused for good, or that could not be sent at all. */
export function refused(delivery: FailedDelivery, cause: KafkaError): KafkaError {
  return derived(`${opening(delivery)}: ${cause.message}`, cause, contextOf(delivery, cause))
}

/** The error of all the records of a batch that ran out of `deliveryTimeoutMs`. */
export function expired(delivery: FailedDelivery, cause: KafkaError | undefined): KafkaError {
  const last = cause?.message ?? 'no broker had a free place for it'
  return new TimeoutError(
    `${opening(delivery)}: ${last}; raise deliveryTimeoutMs or check that the partition has a leader`,
    { cause, context: contextOf(delivery, cause) },
  )
}

/** The error of records that may be written, and cannot be sent again without the risk of writing them twice. */
export function outcomeUnknown(delivery: FailedDelivery, cause: KafkaError | undefined): KafkaError {
  const last = cause?.message ?? 'its answer was lost'
  return new KafkaError(
    'OUTCOME_UNKNOWN',
    `${opening(delivery)}: ${last}; it may be written, and the brokers cannot tell any more: look before you send it again`,
    { cause, context: { ...contextOf(delivery, cause), mayBeWritten: true } },
  )
}

/** An error of the same kind as its cause, which says more. */
function derived(message: string, cause: KafkaError, context: ErrorContext): KafkaError {
  const options = {
    cause,
    fatal: cause.fatal,
    retriable: cause.retriable,
    context: { ...cause.context, ...context },
  }
  if (cause instanceof BrokerError) return new BrokerError(cause.code, cause.kafkaCode, message, options)
  return cause instanceof TimeoutError
    ? new TimeoutError(message, options)
    : new KafkaError(cause.code, message, options)
}

function opening(delivery: FailedDelivery): string {
  const attempts = delivery.attempts === 1 ? '1 attempt' : `${delivery.attempts} attempts`
  return `send to ${delivery.topic}[${delivery.partition}] failed after ${duration(delivery.elapsedMs)} and ${attempts}`
}

function contextOf(delivery: FailedDelivery, cause: KafkaError | undefined): ErrorContext {
  return { ...cause?.context, ...delivery, elapsedMs: Math.round(delivery.elapsedMs) }
}

/** A time as people say it: `850 ms`, `12.5 s`, `120 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = ms / 1000
  return `${seconds < 100 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`
}
