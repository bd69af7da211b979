import type { KafkaError } from '../errors.ts'
import type { Api, Draft } from '../protocol/message.ts'
import type { Logger, Runtime } from '../runtime/runtime.ts'
import type { BrokerVersions } from './broker-versions.ts'
import type { Dialer, MapAddress } from './dialer.ts'

export interface ConnectionOptions {
  readonly runtime: Runtime
  readonly logger: Logger
  readonly host: string
  readonly port: number
  /** Missing for a bootstrap address, of which the id is not known yet. */
  readonly brokerId?: number
  readonly clientId: string
  /** What the broker is told of this software (KIP-511): letters, digits, `-` and `.`, neither of them at an end. */
  readonly softwareName: string
  readonly softwareVersion: string
  /** For all of connecting: names, every address, versions, authentication. Default: 10,000. */
  readonly connectTimeoutMs?: number
  /** From `send` to the answer, waiting for a place in flight included. Default: 30,000. */
  readonly requestTimeoutMs?: number
  /** Requests that the broker has and did not answer yet; those with `noResponse` do not count. Default: 100. */
  readonly maxInFlightRequests?: number
  /** Requests that wait for a place in flight; one more is refused. Default: 1,000. */
  readonly maxQueuedRequests?: number
  /** A response that says it is longer ends the connection. Default: 104,857,600 (100 MiB). */
  readonly maxResponseBytes?: number
  /** Without a byte for so long, and with nothing outstanding, the connection closes in peace. Default: 540,000. */
  readonly idleTimeoutMs?: number
  /** What another connection to this broker was told; spares asking, and with it KIP-511's name and version. */
  readonly versions?: BrokerVersions
  readonly dialer?: Dialer
  readonly mapAddress?: MapAddress
  /** Runs when versions are known and before the connection is ready: the place of SASL. */
  readonly authenticator?: Authenticator
  /** Told once, when the connection is closed from whatever state; without an error for `close()` and idleness. */
  readonly onClose?: (error?: KafkaError) => void
  readonly observer?: ConnectionObserver
}

export interface SendOptions {
  /** Default: the highest one that both sides know. */
  readonly version?: number
  /** Default: the connection's `requestTimeoutMs`. */
  readonly timeoutMs?: number
  /** Rejects this request only; when it has been sent, its response is dropped as it comes. */
  readonly signal?: AbortSignal
  /** The broker answers nothing (Produce with acks 0): resolves once the request has left for the system. */
  readonly noResponse?: boolean
  /** Runs exactly once, whatever becomes of the request, when the buffers of its message are not needed any more. */
  readonly onFlushed?: () => void
}

/** Speaks with the broker before the connection is ready; a rejection ends the connection. */
export type Authenticator = (exchange: SetupExchange) => Promise<void>

export interface SetupExchange {
  readonly host: string
  readonly brokerLabel: string
  /** The negotiated version, as `Connection.version`. */
  version(api: Api<unknown, unknown>, cap?: number): number
  send<Req, Res>(api: Api<Req, Res>, message: Draft<Req>, options?: SendOptions): Promise<Res>
}

/** Hooks for logs, metrics and tracing. They run in the middle of the work and must not throw. */
export interface ConnectionObserver {
  onConnect?(event: { broker: string; elapsedMs: number }): void
  onDisconnect?(event: { broker: string; error: KafkaError | undefined }): void
  /** The request is handed to the socket. */
  onRequest?(event: RequestEvent): void
  onResponse?(event: RequestEvent & { responseBytes: number; elapsedMs: number }): void
  /** The broker asks to hold the next request back for so long (KIP-219). */
  onThrottle?(event: { broker: string; api: string; throttleTimeMs: number }): void
}

export interface RequestEvent {
  readonly broker: string
  readonly api: string
  readonly version: number
  readonly correlationId: number
  readonly requestBytes: number
}

export const connectionDefaults = {
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  maxInFlightRequests: 100,
  maxQueuedRequests: 1000,
  maxResponseBytes: 100 * 1024 * 1024,
  idleTimeoutMs: 540_000,
} as const
