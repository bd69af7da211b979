import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { decodeRequestHeader, encodeResponseFrame } from '../../../src/protocol/frame.ts'
import type { Draft } from '../../../src/protocol/message.ts'
import { apiByKey } from '../../../src/protocol/messages/index.ts'
import { Reader } from '../../../src/protocol/reader.ts'

export interface ReceivedRequest {
  api: string
  version: number
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at the fields of the request that it expects
  message: any
}

/** Answers a request; undefined cuts the connection, a promise that stays pending leaves it without an answer. */
export type Script = (request: ReceivedRequest) => object | undefined | Promise<object | undefined>

/** A listener on loopback that speaks Kafka's framing and answers what a test tells it to. */
export class ScriptedBroker {
  readonly requests: ReceivedRequest[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #script: Script

  private constructor(server: Server, script: Script) {
    this.#server = server
    this.#script = script
    server.on('connection', (socket) => this.#serve(socket))
  }

  static async start(script: Script, port = 0): Promise<ScriptedBroker> {
    const server = createServer()
    const broker = new ScriptedBroker(server, script)
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return broker
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** How many requests of an API came so far. */
  count(api: string): number {
    return this.requests.filter((request) => request.api === api).length
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #serve(socket: Socket): void {
    let held: Buffer = Buffer.alloc(0)
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (chunk) => {
      held = Buffer.concat([held, chunk])
      while (held.length >= 4 && held.length >= 4 + held.readInt32BE(0)) {
        const frame = held.subarray(4, 4 + held.readInt32BE(0))
        held = held.subarray(4 + frame.length)
        this.#answer(socket, frame)
      }
    })
  }

  async #answer(socket: Socket, frame: Buffer): Promise<void> {
    const reader = new Reader(frame)
    const { apiKey, apiVersion, correlationId } = headerOf(reader)
    const api = apiByKey(apiKey)!
    const request = { api: api.name, version: apiVersion, message: api.request.decode(reader, apiVersion) }
    this.requests.push(request)
    const response = await this.#script(request)
    if (response === undefined) socket.destroy()
    else
      for (const piece of encodeResponseFrame(api, apiVersion, correlationId, response as Draft<unknown>))
        socket.write(piece)
  }
}

function headerOf(reader: Reader): { apiKey: number; apiVersion: number; correlationId: number } {
  const header = decodeRequestHeader(reader)
  return { apiKey: header.apiKey, apiVersion: header.version, correlationId: header.correlationId }
}

/** What a broker offers, for ApiVersions: every API by name with its range. */
export function offering(
  ranges: readonly { key: number; min: number; max: number }[],
  finalized: { epoch: bigint; features: Record<string, number> } = { epoch: -1n, features: {} },
): object {
  return {
    apiKeys: ranges.map(({ key, min, max }) => ({ apiKey: key, minVersion: min, maxVersion: max })),
    finalizedFeaturesEpoch: finalized.epoch,
    finalizedFeatures: Object.entries(finalized.features).map(([name, level]) => ({
      name,
      minVersionLevel: level,
      maxVersionLevel: level,
    })),
  }
}
