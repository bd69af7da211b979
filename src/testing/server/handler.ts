import type { Api, Draft } from '../../protocol/message.ts'
import type { Logger, Runtime } from '../../runtime/runtime.ts'
import type { FaultRules } from '../faults/fault-rules.ts'
import type { FetchSessions } from '../fetch/fetch-sessions.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import type { Identity } from '../security/identity.ts'
import type { ShareSessions } from '../share/share-sessions.ts'
import type { BrokerSettings } from '../state/broker-configs.ts'
import type { BrokerNode, ClusterState } from '../state/cluster-state.ts'
import type { MetadataView } from '../state/metadata-view.ts'
import type { Topics } from '../state/topics.ts'

/** One broker of a cluster, as the handlers of its requests see it. */
export interface BrokerContext {
  readonly node: BrokerNode
  readonly cluster: ClusterState
  /** The cluster as this broker knows it. What is to be changed is told to `cluster.controller`. */
  readonly view: MetadataView
  /** Those of the view. */
  readonly topics: Topics
  readonly replicas: ReplicaManager
  readonly settings: BrokerSettings
  readonly fetchSessions: FetchSessions
  /** What is to go wrong; one for the whole cluster. */
  readonly faults: FaultRules
  readonly shareSessions: ShareSessions
  readonly runtime: Runtime
  readonly logger: Logger
}

/** `unknown` until the client has told it. */
export interface ClientSoftware {
  name: string
  version: string
}

/** A request that is being handled. */
export interface RequestContext {
  readonly broker: BrokerContext
  readonly version: number
  readonly clientId: string | null
  /** As Kafka shows it: `/127.0.0.1`. */
  readonly clientHost: string
  /** Who sent it, as `User:alice`; `User:ANONYMOUS` where nobody has to say who it is. */
  readonly principal: string
  readonly identity: Identity
  /** How large the request was, its length in front not counted. */
  readonly requestBytes: number
  /** Once it is answered, the client's next request is not looked at for so many milliseconds (KIP-219). */
  mute(ms: number): void
  readonly clientPort: number
  /** Of the connection: what ApiVersions was told of the client's software (KIP-511). */
  readonly software: ClientSoftware
  /** Runs when the connection is closed before the request was answered. One listener at a time. */
  onAbandoned(listener: () => void): void
  /** Runs when the connection is closed, also long after the answer. One listener a key; undefined takes it back. */
  whenClosed(key: string, listener: (() => void) | undefined): void
}

/** The request was handled and gets no answer, as Produce with acks 0. */
export const noAnswer = Symbol('no answer')
/** The connection is closed instead of an answer, as Kafka does where a request makes no sense. */
export const hangUp = Symbol('hang up')

export type Answer<Response> = Draft<Response> | typeof noAnswer | typeof hangUp

/**
 * How one API is handled. Answers that take no wait are given at once. `request` and its views are only lent for
 * the call: what is kept longer is copied.
 */
export interface Handler<Request, Response> {
  readonly api: Api<Request, Response>
  /** The versions that are handled, those of Kafka 4.3. */
  readonly versions: readonly [lowest: number, highest: number]
  /** The versions that ApiVersions tells, where they differ. */
  readonly advertised?: readonly [lowest: number, highest: number]
  handle(request: Request, context: RequestContext): Answer<Response> | Promise<Answer<Response>>
}

// biome-ignore lint/suspicious/noExplicitAny: the table holds handlers of every type of request
export type AnyHandler = Handler<any, any>
