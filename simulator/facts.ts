import type { Fault } from './faults/fault.ts'
import type { WireRequest } from './world/wire-tap.ts'

export interface Place {
  readonly topic: string
  readonly partition: number
}

/**
 * What can happen in a run, as invariants see it. `producer` and `consumer` are names of clients; `id` is a record's
 * own, which says who sent it and as the how manyth (`producer-1:17`).
 */
export type Fact =
  | { kind: 'client-opened'; client: string; limits: ClientLimits }
  | { kind: 'client-closing'; client: string }
  | { kind: 'client-closed'; client: string; timers: number; sockets: number }
  /** Its machine is gone; nothing is promised of it any more. */
  | { kind: 'client-died'; client: string }
  /** What a client holds, looked at every second. */
  | { kind: 'vitals'; client: string; timers: number; sockets: number }
  | { kind: 'called'; call: number; client: string; what: string }
  | { kind: 'settled'; call: number; client: string }
  | {
      kind: 'sent'
      producer: string
      id: string
      topic: string
      bytes: number
      ordered: boolean
      once: boolean
    }
  | {
      kind: 'acknowledged'
      producer: string
      id: string
      acks: -1 | 0 | 1
      topic: string
      partition: number
      offset: bigint
    }
  | {
      kind: 'refused'
      producer: string
      id: string
      topic: string
      code: string
      mayBeWritten: boolean
      ours: boolean
    }
  | { kind: 'assigned'; consumer: string; group: string; partitions: readonly Place[] }
  | { kind: 'revoked'; consumer: string; group: string; partitions: readonly Place[]; lost: boolean }
  | {
      kind: 'handed'
      consumer: string
      group: string
      topic: string
      partition: number
      offset: bigint
      id: string
    }
  | {
      kind: 'processed'
      consumer: string
      group: string
      topic: string
      partition: number
      offset: bigint
      id: string
    }
  | { kind: 'trouble'; client: string; code: string; thrown: boolean }
  /** A member has a place in a generation: the coordinator has answered its SyncGroup. */
  | { kind: 'joined'; group: string; client: string; memberId: string; generation: number }
  /** The coordinator has taken a heartbeat for good. */
  | { kind: 'heard'; group: string; client: string; memberId: string; generation: number }
  /** The coordinator has written an offset. */
  | {
      kind: 'committed'
      group: string
      client: string
      memberId: string
      generation: number
      topic: string
      partition: number
      offset: bigint
    }
  | { kind: 'requested'; request: WireRequest }
  | { kind: 'answered'; request: WireRequest; response: unknown; errors: readonly string[] }
  | { kind: 'arrived'; request: WireRequest; errors: readonly string[] }
  | { kind: 'disconnected'; client: string; connection: number; unanswered: readonly WireRequest[] }
  | { kind: 'logged'; who: string; level: string; message: string }
  | { kind: 'fault'; fault: Fault }
  /** All faults are over, and nobody sends any more. */
  | { kind: 'calm'; withinMs: number }
  /** A record that is sent after the last fault, when all before it had its outcome. */
  | { kind: 'probed'; id: string }
  /** All that was sent has its outcome, and every group is at the end. */
  | { kind: 'drained' }
  /** A record as it stands in the log at the end. */
  | { kind: 'stored'; topic: string; partition: number; offset: bigint; id: string; intact: boolean }
  | { kind: 'uncaught'; message: string }

/** What a client may have on its way, for the invariant of limits. */
export interface ClientLimits {
  readonly maxInFlightRequests: number
  readonly bufferMemoryBytes: number
  readonly sessionTimeoutMs: number
}

export type FactOf<K extends Fact['kind']> = Extract<Fact, { kind: K }>
