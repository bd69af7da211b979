import type { Api } from '../../protocol/message.ts'
import type { Answer, RequestContext } from '../server/handler.ts'
import type { Reply } from '../server/reply.ts'

/** One request and what can be done about it. */
export interface Exchange {
  readonly api: Api<unknown, unknown>
  /** Decoded; undefined for an ApiVersions in a version that the broker does not know. */
  readonly request: unknown
  readonly context: RequestContext
  readonly correlationId: number
  /** Has the request handled. Once. */
  answer(): Answer<unknown> | Promise<Answer<unknown>>
  /** The answer as a frame. @param version default: that of the request */
  encode(answer: Answer<unknown>, version?: number): Reply
}

/** Has the request handled, and goes on with the answer. */
export function afterHandling(
  exchange: Exchange,
  next: (answer: Answer<unknown>) => Reply | Promise<Reply>,
): Reply | Promise<Reply> {
  const answer = exchange.answer()
  return answer instanceof Promise ? answer.then(next) : next(answer)
}

/** The bytes of a reply that has any. */
export function bytesOf(reply: Reply): Buffer | undefined {
  if (Array.isArray(reply)) return Buffer.concat(reply)
  return typeof reply === 'string' ? undefined : reply.frame
}

/** As `Produce v9 of client 'app' (/127.0.0.1) to broker 1`. */
export function describeExchange({ api, context }: Exchange): string {
  const { version, clientId, clientHost, broker } = context
  const client = clientId === null ? 'a client without id' : `client '${clientId}'`
  return `${api.name} v${version} of ${client} (${clientHost}) to broker ${broker.node.id}`
}
