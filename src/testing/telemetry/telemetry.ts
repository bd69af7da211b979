import { type CompressionName, codecById, compressionNames } from '../../compression/index.ts'
import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { randomUuid } from '../state/topics.ts'
import { ClientInstance } from './client-instance.ts'
import type { ClientFacts } from './subscription.ts'
import { Subscriptions } from './subscriptions.ts'

/** `telemetry.max.bytes`: the most that one push may have, compressed. */
export const telemetryMaxBytes = 1024 * 1024
/** The most that one push may decompress to. */
const maxUncompressedBytes = 64 * telemetryMaxBytes
/** What was pushed is kept up to these limits; the oldest goes first. */
const maxPushes = 1000
const maxPushedBytes = 64 * 1024 * 1024
/** As many clients as are remembered; who has not been heard of for longest goes first. */
const maxClients = 10_000

/** Metrics that a client has pushed. */
export interface PushedMetrics {
  /** Kafka's 22-character form. */
  readonly clientInstanceId: string
  readonly clientId: string
  /** The broker that it was pushed to. */
  readonly nodeId: number
  /** Milliseconds since 1970. */
  readonly receivedAtMs: number
  /** It is the last push of the client. */
  readonly isTerminating: boolean
  /** As it was sent. */
  readonly compression: CompressionName
  /** Decompressed: OpenTelemetry's `MetricsData`, in protocol buffers. */
  readonly metrics: Buffer
}

/** A push as it comes. The bytes are only lent. */
export interface Push {
  readonly subscriptionId: number
  readonly isTerminating: boolean
  readonly compressionType: number
  readonly metrics: Buffer
}

/** The metrics that clients are asked for, and what they have pushed (KIP-714). */
export class Telemetry {
  readonly subscriptions = new Subscriptions()
  readonly #runtime: Runtime
  /** By client instance id; who was heard of longest ago first. */
  readonly #clients = new Map<string, ClientInstance>()
  readonly #pushed: PushedMetrics[] = []
  #pushedBytes = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** The oldest first. */
  get pushed(): readonly PushedMetrics[] {
    return [...this.#pushed]
  }

  newInstanceId(): string {
    return randomUuid(this.#runtime.random)
  }

  /** The client with this id. One that is not known yet is made. */
  client(facts: ClientFacts): ClientInstance {
    const id = facts.client_instance_id
    const { epoch } = this.subscriptions
    let client = this.#clients.get(id)
    if (client?.epoch !== epoch) {
      client = new ClientInstance(id, this.subscriptions.wantedOf(facts), epoch)
    }
    this.#clients.delete(id)
    this.#clients.set(id, client)
    if (this.#clients.size > maxClients) this.#clients.delete(this.#clients.keys().next().value!)
    return client
  }

  /** Takes what a client pushes, and gives the error to answer. */
  async push(facts: ClientFacts, nodeId: number, push: Push): Promise<number> {
    const { subscriptionId, isTerminating, compressionType, metrics } = push
    const compression = compressionNames[compressionType]
    const errorCode = this.client(facts).push(
      {
        subscriptionId,
        isTerminating,
        isCodecKnown: compression !== undefined,
        isTooLarge: metrics.length > telemetryMaxBytes,
      },
      this.#runtime.clock.monotonicMs(),
    )
    if (errorCode !== ErrorCodes.NONE || metrics.length === 0) return errorCode
    const receivedAtMs = this.#runtime.clock.now()
    let uncompressed: Buffer
    try {
      uncompressed = await codecById(compressionType).decompress(Buffer.from(metrics), maxUncompressedBytes)
    } catch {
      return ErrorCodes.INVALID_RECORD
    }
    const { client_instance_id: clientInstanceId, client_id: clientId } = facts
    this.#keep({
      clientInstanceId,
      clientId,
      nodeId,
      receivedAtMs,
      isTerminating,
      compression,
      metrics: uncompressed,
    })
    return errorCode
  }

  #keep(pushed: PushedMetrics): void {
    this.#pushed.push(pushed)
    this.#pushedBytes += pushed.metrics.length
    while (this.#pushed.length > maxPushes || this.#pushedBytes > maxPushedBytes) {
      this.#pushedBytes -= this.#pushed.shift()!.metrics.length
    }
  }
}
