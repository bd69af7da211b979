import type { Random } from '../runtime/runtime.ts'

/** How much goes to one partition before the next has its turn. */
const TURN_BYTES = 65_536

/** Under light traffic a turn ends with a batch, once it has lasted this long. */
const TURN_MS = 100

/**
 * The partition for records without a key: the same one for a while, so that batches grow large, and then
 * another (KIP-480). A turn ends after a number of bytes (KIP-794), so that a slow broker, whose batches take
 * longer to leave, does not get more of them; under light traffic, where that would take hours, it ends with
 * the first batch that leaves after 100 ms.
 */
export class StickyChoice {
  readonly #random: Random
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

  /** Begins a turn on a partition with a leader, another than before where there is one; any when none has a leader. */
  begin(nowMs: number, partitionCount: number, available: readonly number[]): number {
    const count = available.length > 0 ? available.length : partitionCount
    let at = Math.floor(this.#random.unit() * count)
    if (count > 1 && (available.length > 0 ? available[at] : at) === this.#partition) at = (at + 1) % count
    this.#partition = available.length > 0 ? available[at] : at
    this.#bytesLeft = TURN_BYTES
    this.#turnEndsMs = nowMs + TURN_MS
    return this.#partition
  }
}
