import {
  AbortedError,
  ClosedError,
  ConnectionError,
  KafkaError,
  ProtocolError,
  TimeoutError,
} from '../errors.ts'
import type { Api } from '../protocol/message.ts'
import type { PendingRequest } from './pending-request.ts'

/**
 * The errors of single requests. Each names the broker and the API in its context, and with `sent` says whether
 * the request had been handed to the socket: false means that the broker certainly never saw it.
 */

function what(request: PendingRequest, broker: string): string {
  return `${request.api.name} request to broker ${broker}`
}

function contextOf(request: PendingRequest, broker: string) {
  return { broker, api: request.api.name, sent: request.sent }
}

function fate(request: PendingRequest): string {
  return request.sent ? 'it had been sent, so the broker may have handled it' : 'it had not been sent'
}

/** The connection ended for `reason` while the request was outstanding. */
export function lost(request: PendingRequest, broker: string, reason: KafkaError): KafkaError {
  const message = `${what(request, broker)} failed: ${reason.message}; ${fate(request)}`
  const options = { context: contextOf(request, broker), cause: reason }
  return reason instanceof ClosedError
    ? new ClosedError(message, options)
    : new ConnectionError(message, options)
}

export function timedOut(request: PendingRequest, broker: string, nowMs: number): TimeoutError {
  const consequence = request.sent
    ? 'the broker may still handle it; its connection is closed, since answers come in order'
    : 'it had not been sent: the broker is throttling or slow to answer what was sent before'
  return new TimeoutError(
    `${what(request, broker)} had no answer within ${request.timeoutMs} ms; ${consequence}`,
    {
      context: { ...contextOf(request, broker), elapsedMs: Math.round(nowMs - request.startedMs) },
    },
  )
}

export function aborted(request: PendingRequest, broker: string, signal: AbortSignal): AbortedError {
  return new AbortedError(`${what(request, broker)} was aborted by its signal; ${fate(request)}`, {
    context: contextOf(request, broker),
    cause: signal.reason,
  })
}

export function unreadable(request: PendingRequest, broker: string, cause: unknown): ProtocolError {
  const problem = cause instanceof Error ? cause.message : String(cause)
  return new ProtocolError(
    `the response of broker ${broker} to ${request.api.name} version ${request.version} cannot be read: ${problem}`,
    { context: contextOf(request, broker), cause },
  )
}

export function queueFull(api: Api<unknown, unknown>, broker: string, maxQueuedRequests: number): KafkaError {
  return new KafkaError(
    'BUFFER_FULL',
    `${api.name} request to broker ${broker} was refused: maxQueuedRequests (${maxQueuedRequests}) requests wait ` +
      'for a place in flight already; wait for some of them first',
    { retriable: true, context: { broker, api: api.name, sent: false } },
  )
}

/** The connection takes no requests: it is not open yet, or it was closed for `reason`. */
export function notReady(
  api: Api<unknown, unknown>,
  broker: string,
  state: string,
  reason: KafkaError | undefined,
): KafkaError {
  const message = `${api.name} request to broker ${broker} was not sent: `
  const options = { context: { broker, api: api.name, sent: false }, cause: reason }
  if (reason === undefined) {
    return new KafkaError(
      'ILLEGAL_STATE',
      `${message}the connection is ${state}; await open() first`,
      options,
    )
  }
  const ended = reason instanceof ClosedError ? ClosedError : ConnectionError
  return new ended(`${message}${reason.message}`, options)
}
