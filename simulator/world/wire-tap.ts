import { errorByCode } from '../../src/protocol/error-codes.ts'
import { decodeRequestHeader, decodeResponse } from '../../src/protocol/frame.ts'
import type { Api } from '../../src/protocol/message.ts'
import { apiByKey } from '../../src/protocol/messages/index.ts'
import { Reader } from '../../src/protocol/reader.ts'
import type { Endpoint, Tap } from './endpoint.ts'

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly client: string
  readonly broker: string
  readonly connection: number
  readonly api: string
  readonly version: number
  readonly correlationId: number
  /** The decoded message. */
  readonly message: unknown
}

/** Who is told what goes over the wire. */
export interface WireObserver {
  /** A request has left the client. */
  requested(request: WireRequest): void
  /** The broker has written its answer; the client may never see it. */
  answered(request: WireRequest, response: unknown, errors: readonly string[]): void
  /** The answer has arrived at the client. */
  arrived(request: WireRequest, errors: readonly string[]): void
  disconnected(connection: number, client: string): void
}

const produceKey = 0

interface Unanswered {
  readonly request: WireRequest
  readonly api: Api<unknown, unknown>
}

interface OnItsWay {
  readonly request: WireRequest
  readonly errors: readonly string[]
  /** The place in the stream of answers where this one ends. */
  readonly endsAt: number
}

class Conversation {
  readonly out = new Frames()
  readonly in = new Frames()
  readonly unanswered = new Map<number, Unanswered>()
  readonly onTheirWay: OnItsWay[] = []
  written = 0
  read = 0
}

/** Reads along: what clients ask, and what brokers answer. */
export class WireTap implements Tap {
  readonly #observer: WireObserver | undefined
  readonly #conversations = new Map<number, Conversation>()

  constructor(observer: WireObserver | undefined) {
    this.#observer = observer
  }

  flushed(from: Endpoint, bytes: Uint8Array): void {
    if (this.#observer === undefined) return
    const talk = this.#conversation(from.connection)
    if (from.direction === 'out') {
      talk.out.take(bytes, (frame) => this.#request(talk, from, frame))
    } else {
      const before = talk.written - talk.in.waitingBytes
      talk.written += bytes.length
      talk.in.take(bytes, (frame, endsAt) => this.#response(talk, frame, before + endsAt))
    }
  }

  delivered(to: Endpoint, length: number): void {
    if (this.#observer === undefined || to.direction !== 'out') return
    const talk = this.#conversation(to.connection)
    talk.read += length
    while (talk.onTheirWay.length > 0 && talk.onTheirWay[0].endsAt <= talk.read) {
      const { request, errors } = talk.onTheirWay.shift()!
      this.#observer.arrived(request, errors)
    }
  }

  closed(connection: number, client: string): void {
    this.#conversations.delete(connection)
    this.#observer?.disconnected(connection, client)
  }

  #conversation(connection: number): Conversation {
    let talk = this.#conversations.get(connection)
    if (talk === undefined) {
      talk = new Conversation()
      this.#conversations.set(connection, talk)
    }
    return talk
  }

  #request(talk: Conversation, from: Endpoint, frame: Buffer): void {
    const reader = new Reader(frame)
    const { apiKey, version, correlationId } = decodeRequestHeader(reader)
    const api = apiByKey(apiKey)
    if (api === undefined) throw new Error(`a client asked for an API that there is not: ${apiKey}`)
    const { client, listener: broker } = from.link
    const message = api.request.decode(reader, version)
    const { connection } = from
    const request = { client, broker, connection, api: api.name, version, correlationId, message }
    const wantsAnswer = apiKey !== produceKey || (message as { acks: number }).acks !== 0
    if (wantsAnswer) talk.unanswered.set(correlationId, { request, api })
    this.#observer!.requested(request)
  }

  #response(talk: Conversation, frame: Buffer, endsAt: number): void {
    const correlationId = frame.readInt32BE(0)
    const asked = talk.unanswered.get(correlationId)
    if (asked === undefined) return
    talk.unanswered.delete(correlationId)
    const { request, api } = asked
    // A broker that does not know the version of an ApiVersions says so in version 0.
    let response: unknown
    try {
      response = decodeResponse(api, request.version, frame)
    } catch {
      response = decodeResponse(api, 0, frame)
    }
    const found = new Set<string>()
    collectErrors(response, found)
    const errors = [...found]
    talk.onTheirWay.push({ request, errors, endsAt })
    this.#observer!.answered(request, response, errors)
  }
}

/** Cuts a stream of bytes into frames, each with its size in front. */
class Frames {
  #waiting: Uint8Array = new Uint8Array(0)

  get waitingBytes(): number {
    return this.#waiting.length
  }

  /** `endsAt` counts from the first byte that waited. */
  take(bytes: Uint8Array, onFrame: (frame: Buffer, endsAt: number) => void): void {
    const joined = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes])
    const view = Buffer.from(joined.buffer, joined.byteOffset, joined.length)
    let start = 0
    while (view.length - start >= 4) {
      const end = start + 4 + view.readInt32BE(start)
      if (end > view.length) break
      onFrame(view.subarray(start + 4, end), end)
      start = end
    }
    this.#waiting = view.subarray(start)
  }
}

/** The names of all error codes in a message that are not NONE. */
function collectErrors(value: unknown, found: Set<string>): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return
  if (Array.isArray(value)) {
    for (const item of value) collectErrors(item, found)
    return
  }
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key]
    if (typeof field === 'object') collectErrors(field, found)
    else if (typeof field === 'number' && field !== 0 && (key === 'errorCode' || key.endsWith('ErrorCode'))) {
      found.add(errorByCode(field).name)
    }
  }
}
