import type { Random } from '../runtime/runtime.ts'
import type { Lane } from './lane.ts'
import type { ReconnectBackoff } from './reconnect-backoff.ts'

/** Chooses among brokers that may all be asked. */
export class BrokerChoice {
  readonly #lane: Lane
  readonly #backoff: ReconnectBackoff
  readonly #random: Random

  constructor(lane: Lane, backoff: ReconnectBackoff, random: Random) {
    this.#lane = lane
    this.#backoff = backoff
    this.#random = random
  }

  /**
   * The best ones first: connected ones by how few requests they have in flight, then ones that may be connected
   * to at once, last those that were not reached lately, by how long they are to be left alone. Chance decides
   * among equals, so that many clients do not all begin at the same broker.
   */
  inOrder(brokerIds: readonly number[]): number[] {
    return brokerIds
      .map((id) => ({
        id,
        pauseMs: this.#backoff.pauseMs(id),
        unready: this.#lane.ready(id) ? 0 : 1,
        inFlight: this.#lane.inFlight(id),
        chance: this.#random.unit(),
      }))
      .sort(
        (a, b) =>
          a.unready - b.unready || a.pauseMs - b.pauseMs || a.inFlight - b.inFlight || a.chance - b.chance,
      )
      .map(({ id }) => id)
  }

  /** Without those that were not reached lately. */
  reachable(brokerIds: readonly number[]): number[] {
    return this.inOrder(brokerIds.filter((id) => this.#lane.ready(id) || this.#backoff.pauseMs(id) === 0))
  }
}
