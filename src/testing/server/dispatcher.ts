import { decodeRequestHeader, encodeResponseFrame } from '../../protocol/frame.ts'
import type { Draft } from '../../protocol/message.ts'
import { Reader } from '../../protocol/reader.ts'
import {
  type Answer,
  type AnyHandler,
  type BrokerContext,
  hangUp,
  noAnswer,
  type RequestContext,
} from './handler.ts'

const apiVersionsKey = 18

/** Bytes to send, or what to do instead. */
export type Reply = Buffer[] | 'nothing' | 'hang up'

/** What the connection knows of a request. */
export type RequestOrigin = Pick<RequestContext, 'clientHost' | 'onAbandoned'>

/** From a request's frame to its handler, and from the handler's answer to the frame of the response. */
export class Dispatcher {
  readonly #broker: BrokerContext
  readonly #handlers: ReadonlyMap<number, AnyHandler>

  constructor(broker: BrokerContext, handlers: ReadonlyMap<number, AnyHandler>) {
    this.#broker = broker
    this.#handlers = handlers
  }

  /** @throws ProtocolError for a request that cannot be read */
  dispatch(frame: Buffer, origin: RequestOrigin): Reply | Promise<Reply> {
    const reader = new Reader(frame)
    const header = decodeRequestHeader(reader)
    const handler = this.#handlers.get(header.apiKey)
    if (handler === undefined) return this.#refuse(`API ${header.apiKey}`, header.version)
    const [lowest, highest] = handler.versions
    let { version } = header
    let answer: Answer<unknown> | Promise<Answer<unknown>>
    const context: RequestContext = {
      broker: this.#broker,
      version,
      clientId: header.clientId,
      clientHost: origin.clientHost,
      onAbandoned: origin.onAbandoned,
    }
    if (version >= lowest && version <= highest) {
      const request = handler.api.request.decode(reader, version)
      // What may follow the request is not looked at, as in Kafka.
      answer = handler.handle(request, context)
    } else if (header.apiKey === apiVersionsKey) {
      // A client that is newer than its broker learns so in the version that everybody understands (KIP-511).
      answer = handler.handle(undefined, context)
      version = 0
    } else {
      return this.#refuse(handler.api.name, version)
    }
    if (!(answer instanceof Promise)) return encode(handler, version, header.correlationId, answer)
    return answer.then((later) => encode(handler, version, header.correlationId, later))
  }

  #refuse(api: string, version: number): Reply {
    this.#broker.logger.warn({ api, version }, `${api} version ${version} is not supported: hanging up`)
    return 'hang up'
  }
}

function encode(handler: AnyHandler, version: number, correlationId: number, answer: Answer<unknown>): Reply {
  if (answer === noAnswer) return 'nothing'
  if (answer === hangUp) return 'hang up'
  return encodeResponseFrame(handler.api, version, correlationId, answer as Draft<unknown>)
}
