import { BrokerError, type ErrorContext, KafkaError } from '../errors.ts'
import { ErrorCodes, errorByCode } from '../protocol/error-codes.ts'

/**
 * The error that a broker answered, with its name and our words for it. `what` names the call, as `fetch`; what
 * is known of the place goes into `context`.
 */
export function brokerError(code: number, context: ErrorContext, what: string): BrokerError {
  const { name, message, retriable } = errorByCode(code)
  return new BrokerError(name, code, `${what}${placeOf(context)} failed: ${name}: ${message}`, {
    retriable,
    context,
  })
}

function placeOf({ topic, partition, groupId, broker }: ErrorContext): string {
  const place =
    topic !== undefined
      ? ` of ${topic}${partition === undefined ? '' : `[${partition}]`}`
      : groupId !== undefined
        ? ` of group ${groupId}`
        : ''
  return broker === undefined ? place : `${place} at broker ${broker}`
}

/** Whether trying the same thing again may help. */
export function isRetriable(error: unknown): boolean {
  return error instanceof KafkaError && error.retriable
}

/** Errors after which what is known of leaders, topics or brokers is out of date. */
const metadataCodes: ReadonlySet<number> = new Set([
  ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCodes.LEADER_NOT_AVAILABLE,
  ErrorCodes.NOT_LEADER_OR_FOLLOWER,
  ErrorCodes.REPLICA_NOT_AVAILABLE,
  ErrorCodes.NETWORK_EXCEPTION,
  ErrorCodes.NOT_CONTROLLER,
  ErrorCodes.KAFKA_STORAGE_ERROR,
  ErrorCodes.LISTENER_NOT_FOUND,
  ErrorCodes.FENCED_LEADER_EPOCH,
  ErrorCodes.UNKNOWN_LEADER_EPOCH,
  ErrorCodes.OFFSET_NOT_AVAILABLE,
  ErrorCodes.UNKNOWN_TOPIC_ID,
  ErrorCodes.INCONSISTENT_TOPIC_ID,
])

/** Errors after which the coordinator has to be looked up again. */
const coordinatorCodes: ReadonlySet<number> = new Set([
  ErrorCodes.COORDINATOR_NOT_AVAILABLE,
  ErrorCodes.NOT_COORDINATOR,
])

/** Whether this error, or code of a broker, says that metadata is out of date. A lost connection does. */
export function invalidatesMetadata(error: number | KafkaError): boolean {
  return invalidates(metadataCodes, error)
}

/** Whether this error, or code of a broker, says that the coordinator is another one. A lost connection does. */
export function invalidatesCoordinator(error: number | KafkaError): boolean {
  return invalidates(coordinatorCodes, error)
}

function invalidates(codes: ReadonlySet<number>, error: number | KafkaError): boolean {
  if (typeof error === 'number') return codes.has(error)
  if (error instanceof BrokerError) return codes.has(error.kafkaCode)
  return error.code === 'CONNECTION_LOST' || error.code === 'TIMEOUT'
}
