import type { Random } from '../runtime/runtime.ts'
import { PartitionWeights, type QueuesOfTopic } from './partition-weights.ts'

/** Under light traffic a turn ends with a batch, once it has lasted this long. */
const TURN_MS = 100

/** How long a partition has its turn, and who is next. */
export interface TurnRules {
  /** How much goes to one partition before the next has its turn. */
  readonly turnBytes: number
  readonly lingerMs: number
  /** Partitions of brokers that do not keep up have fewer turns. */
  readonly adaptive: boolean
  /** How long a batch may wait for its broker before the broker's partitions have no turns; 0 for as long as it likes. */
  readonly availabilityTimeoutMs: number
}

/** What there is of a topic to choose from. */
export interface StickyTopic extends QueuesOfTopic {
  readonly partitionCount: number
}

/**
 * The partition for records without a key: the same one for a while, so that batches grow large, and then
 * another (KIP-480). A turn ends after a number of bytes (KIP-794), so that a slow broker, whose batches take
 * longer to leave, does not get more of them; under light traffic, where that would take hours, it ends with
 * the first batch that leaves after 100 ms.
 *
 * Who is next is drawn by the partitions' weights, see `PartitionWeights`. When they are all the same the one that had
 * its turn is left out, which changes nothing in how many turns each has; with weights that differ it would, so then it
 * may be next again.
 */
export class StickyChoice {
  readonly #random: Random
  readonly #weights = new PartitionWeights()
  #partition = -1
  #bytesLeft = 0
  #turnEndsMs = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** The partition of this turn; -1 when the turn is over and `begin` has to choose. */
  get partition(): number {
    return this.#bytesLeft > 0 ? this.#partition : -1
  }

  /** Counts a record's bytes, roughly, into the turn. */
  took(bytes: number): void {
    this.#bytesLeft -= bytes
  }

  /** Whether a turn may end here, with a batch that has just left. */
  isOver(nowMs: number): boolean {
    return nowMs >= this.#turnEndsMs
  }

  /** Begins a turn on a partition with a leader; on any when none has a leader. */
  begin(nowMs: number, topic: StickyTopic, rules: TurnRules): number {
    this.#partition = this.#next(nowMs, topic, rules)
    this.#bytesLeft = rules.turnBytes
    this.#turnEndsMs = nowMs + TURN_MS
    return this.#partition
  }

  #next(nowMs: number, topic: StickyTopic, rules: TurnRules): number {
    const { partitionCount, availablePartitions: available } = topic
    if (rules.adaptive && available.length > 1 && this.#weights.weigh(nowMs, topic, rules)) {
      return this.#weights.draw(this.#random.unit())
    }
    const count = available.length > 0 ? available.length : partitionCount
    let at = Math.floor(this.#random.unit() * count)
    if (count > 1 && (available.length > 0 ? available[at] : at) === this.#partition) at = (at + 1) % count
    return available.length > 0 ? available[at] : at
  }
}
