import type { FaultName } from '../faults/fault.ts'

/** Who takes part in a run and what may go wrong. */
export interface Scenario {
  readonly name: string
  readonly brokers: number
  /** Topics, each with its partitions. */
  readonly topics: Readonly<Record<string, number>>
  readonly producers: number
  /** Members of the group, all of which read all topics. */
  readonly consumers: number
  /** How often each kind of fault comes, in proportion to the others; none for a quiet run. */
  readonly faults: Readonly<Partial<Record<FaultName, number>>>
  /** The time between two faults, from and to. */
  readonly faultEveryMs: readonly [number, number]
  /** The time between two sends of a producer, from and to. */
  readonly sendEveryMs: readonly [number, number]
}
