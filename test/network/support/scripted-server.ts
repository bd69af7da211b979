import { FrameSplitter } from '../../../src/network/frame-splitter.ts'
import { decodeRequestHeader, encodeResponseFrame } from '../../../src/protocol/frame.ts'
import type { Api, Draft } from '../../../src/protocol/message.ts'
import { ApiVersions, type ApiVersionsResponse, apiByKey } from '../../../src/protocol/messages/index.ts'
import { Reader } from '../../../src/protocol/reader.ts'
import type { Listener, Runtime, Socket, SocketHandler } from '../../../src/runtime/runtime.ts'

export interface ReceivedRequest {
  api: string
  version: number
  correlationId: number
  clientId: string | null
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at the fields of the request that it expects
  message: any
  socket: Socket
  /** Answers it, in the version in which it was asked or in another. */
  answer(response: object, version?: number): void
}

/** A server that speaks Kafka's framing, on any runtime's network. What it answers is what a test says. */
export class ScriptedServer {
  readonly requests: ReceivedRequest[] = []
  readonly sockets: Socket[] = []
  /** What ApiVersions is answered; undefined leaves that to the test, too. */
  offered: Draft<ApiVersionsResponse> | undefined = offering({ min: 0, max: 4 })
  /** Told each request but those of ApiVersions; without it they are only kept. */
  script: ((request: ReceivedRequest) => void) | undefined
  listener!: Listener

  static async listen(runtime: Runtime, host = '127.0.0.1', port = 0): Promise<ScriptedServer> {
    const server = new ScriptedServer()
    server.listener = await runtime.network.listen({ host, port }, (socket) => server.#serve(socket))
    return server
  }

  get port(): number {
    return this.listener.address.port
  }

  /** The requests of an API. */
  of(api: string): ReceivedRequest[] {
    return this.requests.filter((request) => request.api === api)
  }

  #serve(socket: Socket): SocketHandler {
    this.sockets.push(socket)
    const splitter = new FrameSplitter({
      maxFrameBytes: 1 << 30,
      onFrame: (frame) => this.#onFrame(socket, frame),
    })
    return {
      connected() {},
      readBuffer: () => splitter.readBuffer(),
      received: (length) => splitter.received(length),
      drained() {},
      closed() {},
    }
  }

  #onFrame(socket: Socket, frame: Buffer): void {
    const reader = new Reader(frame)
    const { apiKey, version, correlationId, clientId } = decodeRequestHeader(reader)
    const api = apiByKey(apiKey) as Api<unknown, unknown>
    const known = version <= api.request.versions[1]
    const request: ReceivedRequest = {
      api: api.name,
      version,
      correlationId,
      clientId,
      message: known ? api.request.decode(reader, version) : undefined,
      socket,
      answer: (response, as = version) => {
        socket.write(encodeResponseFrame(api, as, correlationId, response as Draft<unknown>))
      },
    }
    this.requests.push(request)
    if (api.key === ApiVersions.key && this.offered !== undefined) request.answer(this.offered)
    else this.script?.(request)
  }
}

/** An ApiVersions response in which every API has one range, but for those listed. */
export function offering(
  range: { min: number; max: number },
  ranges: Record<number, { min: number; max: number } | null> = {},
): { apiKeys: { apiKey: number; minVersion: number; maxVersion: number }[] } {
  const apiKeys = []
  for (let apiKey = 0; apiKey < 93; apiKey++) {
    const own = apiKey in ranges ? ranges[apiKey] : range
    if (own !== null) apiKeys.push({ apiKey, minVersion: own.min, maxVersion: own.max })
  }
  return { apiKeys }
}
