import { errorByCode } from '../../protocol/error-codes.ts'
import { decodeRequestHeader, encodeResponseFrame, type ReceivedHeader } from '../../protocol/frame.ts'
import type { Draft } from '../../protocol/message.ts'
import { Reader } from '../../protocol/reader.ts'
import type { Timers } from '../../runtime/runtime.ts'
import { thenMuted } from '../faults/deliveries.ts'
import { failedAnswers } from '../faults/failed-answers.ts'
import type { Identity } from '../security/identity.ts'
import { handle } from './forwarding.ts'
import {
  type Answer,
  type AnyHandler,
  type BrokerContext,
  hangUp,
  noAnswer,
  type RequestContext,
} from './handler.ts'
import type { Reply } from './reply.ts'

const apiVersionsKey = 18

/** What the connection knows of a request. */
export interface RequestOrigin
  extends Pick<RequestContext, 'clientHost' | 'clientPort' | 'software' | 'onAbandoned' | 'whenClosed'> {
  /** Told to the connection: what its last request gave as the client's id. */
  clientId: string | null
  /** Who is at the other end. */
  readonly identity: Identity
}

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
    origin.clientId = header.clientId
    const handler = this.#handlers.get(header.apiKey)
    if (handler === undefined) return this.#refuse(`API ${header.apiKey}`, header.version)
    const [lowest, highest] = handler.versions
    const { version, correlationId } = header
    let muteMs = 0
    const context = this.#contextOf(frame, header, origin, (ms) => {
      muteMs = Math.max(muteMs, ms)
    })
    const isKnown = version >= lowest && version <= highest
    if (!isKnown && header.apiKey !== apiVersionsKey) return this.#refuse(handler.api.name, version)
    // What may follow the request is not looked at, as in Kafka.
    const request = isKnown ? handler.api.request.decode(reader, version) : undefined
    // A client that is newer than its broker learns so in the version that everybody understands (KIP-511).
    const answerVersion = isKnown ? version : 0
    const { faults } = this.#broker
    const encoded = (answer: Answer<unknown>, inVersion = answerVersion) => {
      const reply = encode(handler, inVersion, correlationId, answer)
      return muteMs === 0 ? reply : muted(reply, muteMs, this.#broker.runtime.timers)
    }
    if (faults.isEmpty) {
      const answer = handle(handler, request, context)
      return answer instanceof Promise ? answer.then((later) => encoded(later)) : encoded(answer)
    }
    return faults.handle({
      api: handler.api,
      request,
      context,
      correlationId,
      answer: () => handle(handler, request, context),
      encode: encoded,
    })
  }

  /** Has a request handled by who looks after logins, unless it meets a rule. */
  unlessFaulty(
    frame: Buffer,
    origin: RequestOrigin,
    handle: () => Reply | Promise<Reply>,
  ): Reply | Promise<Reply> {
    const { faults } = this.#broker
    if (faults.isEmpty) return handle()
    const reader = new Reader(frame)
    const header = decodeRequestHeader(reader)
    const { version, correlationId } = header
    const handler = this.#handlers.get(header.apiKey)
    if (handler === undefined || version < handler.versions[0] || version > handler.versions[1])
      return handle()
    let handled: Reply | undefined
    return faults.handle({
      api: handler.api,
      request: handler.api.request.decode(reader, version),
      context: this.#contextOf(frame, header, origin, () => {}),
      correlationId,
      answer: async () => {
        handled = await handle()
        return {}
      },
      encode: (answer, inVersion = version) => handled ?? encode(handler, inVersion, correlationId, answer),
    })
  }

  /**
   * The answer that says of a request that it failed; undefined for one that this broker does not know.
   *
   * @throws ProtocolError for a request that cannot be read
   */
  failed(frame: Buffer, origin: RequestOrigin, errorCode: number): Buffer[] | undefined {
    const reader = new Reader(frame)
    const header = decodeRequestHeader(reader)
    const { version, correlationId } = header
    const handler = this.#handlers.get(header.apiKey)
    const make = failedAnswers.get(header.apiKey)
    if (handler === undefined || make === undefined) return undefined
    if (version < handler.versions[0] || version > handler.versions[1]) return undefined
    const request = handler.api.request.decode(reader, version)
    const failure = { errorCode, errorMessage: errorByCode(errorCode).message }
    const context = this.#contextOf(frame, header, origin, () => {})
    // Nobody is told of the cluster in such an answer.
    const {
      brokers: _,
      clusterId: _id,
      controllerId: _controller,
      ...answer
    } = make(request, failure, context)
    return encodeResponseFrame(handler.api, version, correlationId, answer)
  }

  #contextOf(
    frame: Buffer,
    { version, clientId }: ReceivedHeader,
    origin: RequestOrigin,
    mute: (ms: number) => void,
  ): RequestContext {
    return {
      broker: this.#broker,
      version,
      clientId,
      clientHost: origin.clientHost,
      clientPort: origin.clientPort,
      software: origin.software,
      principal: origin.identity.principal,
      identity: origin.identity,
      requestBytes: frame.length,
      mute,
      onAbandoned: origin.onAbandoned,
      whenClosed: origin.whenClosed,
    }
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

/** Who is over its quota is answered, and waits then. */
function muted(reply: Reply, ms: number, timers: Timers): Reply {
  if (reply === 'nothing') return thenMuted(timers, undefined, ms)
  return Array.isArray(reply) ? thenMuted(timers, Buffer.concat(reply), ms) : reply
}
