/** What the controller has decided about a partition. A decision makes a new one; none is changed. */
export interface PartitionRegistration {
  /** -1: there is none. */
  readonly leaderId: number
  /** Goes up with each change of the leader. */
  readonly leaderEpoch: number
  /** Goes up with each decision. */
  readonly partitionEpoch: number
  /** The preferred leader first. While replicas move, those of both sides. */
  readonly replicas: readonly number[]
  /** The replicas that have every record that is acknowledged to `acks: all`. */
  readonly isr: readonly number[]
  /** Out of sync since `min.insync.replicas` was missed, so still with every committed record (KIP-966). */
  readonly eligibleLeaders: readonly number[]
  /** Who led last, when nobody is in sync any more. */
  readonly lastKnownLeaders: readonly number[]
  /** The replicas that a reassignment brings, and those that it takes away (KIP-455). */
  readonly adding: readonly number[]
  readonly removing: readonly number[]
}

/** A partition is made: its first replica leads. */
export function firstRegistration(replicas: readonly number[]): PartitionRegistration {
  return {
    leaderId: replicas[0],
    leaderEpoch: 0,
    partitionEpoch: 0,
    replicas,
    isr: replicas,
    eligibleLeaders: [],
    lastKnownLeaders: [],
    adding: [],
    removing: [],
  }
}
