import { BrokerError, type ErrorContext, KafkaError } from '../errors.ts'
import { ErrorCodes, errorByCode } from '../protocol/error-codes.ts'

/**
 * The error that a broker answered, with Kafka's name for it and our words. `what` names the call, as `fetch`;
 * what is known of the place goes into `context`, and from there into the message.
 */
export function brokerError(code: number, context: ErrorContext, what: string): BrokerError {
  const { name, message, retriable } = errorByCode(code)
  return new BrokerError(name, code, `${what}${placeOf(context)} failed: ${name}: ${message}`, {
    retriable,
    context,
  })
}

function placeOf({ topic, partition, groupId, broker }: ErrorContext): string {
  let place = ''
  if (topic !== undefined) place = ` of ${topic}${partition === undefined ? '' : `[${partition}]`}`
  else if (groupId !== undefined) place = ` of group ${groupId}`
  return broker === undefined ? place : `${place} at broker ${broker}`
}

/** What is out of date after an error, and has to be asked for again before the call can succeed. */
type OutOfDate = 'metadata' | 'coordinator'

/**
 * The codes with which a broker says that we know the cluster wrongly. Whether trying again may help is the
 * protocol's own matter (`errorByCode(code).retriable`); every other code leaves what is known as it is.
 */
const outOfDateAfter: ReadonlyMap<number, OutOfDate> = new Map([
  [ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, 'metadata'],
  [ErrorCodes.LEADER_NOT_AVAILABLE, 'metadata'],
  [ErrorCodes.NOT_LEADER_OR_FOLLOWER, 'metadata'],
  [ErrorCodes.REPLICA_NOT_AVAILABLE, 'metadata'],
  [ErrorCodes.NETWORK_EXCEPTION, 'metadata'],
  [ErrorCodes.NOT_CONTROLLER, 'metadata'],
  [ErrorCodes.KAFKA_STORAGE_ERROR, 'metadata'],
  [ErrorCodes.LISTENER_NOT_FOUND, 'metadata'],
  [ErrorCodes.FENCED_LEADER_EPOCH, 'metadata'],
  [ErrorCodes.UNKNOWN_LEADER_EPOCH, 'metadata'],
  [ErrorCodes.OFFSET_NOT_AVAILABLE, 'metadata'],
  [ErrorCodes.UNKNOWN_TOPIC_ID, 'metadata'],
  [ErrorCodes.INCONSISTENT_TOPIC_ID, 'metadata'],
  [ErrorCodes.COORDINATOR_NOT_AVAILABLE, 'coordinator'],
  [ErrorCodes.NOT_COORDINATOR, 'coordinator'],
])

/** Whether trying the same thing again may help. */
export function isRetriable(error: unknown): boolean {
  return error instanceof KafkaError && error.retriable
}

/** Whether this error, or code of a broker, says that metadata is out of date. A lost connection does. */
export function invalidatesMetadata(error: number | KafkaError): boolean {
  return outOfDate(error, 'metadata')
}

/** Whether this error, or code of a broker, says that the coordinator is another one. A lost connection does. */
export function invalidatesCoordinator(error: number | KafkaError): boolean {
  return outOfDate(error, 'coordinator')
}

function outOfDate(error: number | KafkaError, what: OutOfDate): boolean {
  if (typeof error === 'number') return outOfDateAfter.get(error) === what
  if (error instanceof BrokerError) return outOfDateAfter.get(error.kafkaCode) === what
  return error.code === 'CONNECTION_LOST' || error.code === 'TIMEOUT'
}
