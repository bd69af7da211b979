/** What becomes of a record within a share group; the last two are final. */
export type RecordState = 'Available' | 'Acquired' | 'Acknowledged' | 'Archived'

const allowedMoves: Record<RecordState, readonly RecordState[]> = {
  Available: ['Acquired', 'Archived'],
  Acquired: ['Available', 'Acquired', 'Acknowledged', 'Archived'],
  Acknowledged: [],
  Archived: [],
}

/**
 * Records next to each other that share one fate. A range is split where the fates of its records part.
 *
 *   Available --acquired--> Acquired --accepted--> Acknowledged
 *     ^   |                  |  |  ^
 *     |   |                  |  |  +-- renewed
 *     +---|--- released, ----+  |
 *         |    or lock over     +-- rejected, a gap, or released for the last time --> Archived
 *         +-- gone from the log --------------------------------------------------------^
 */
export class RecordRange {
  readonly firstOffset: number
  #lastOffset: number
  #state: RecordState = 'Available'
  #deliveryCount = 0
  #memberId: string | null = null
  #lockedUntilMs = Number.POSITIVE_INFINITY

  constructor(firstOffset: number, lastOffset: number) {
    this.firstOffset = firstOffset
    this.#lastOffset = lastOffset
  }

  get lastOffset(): number {
    return this.#lastOffset
  }

  get count(): number {
    return this.#lastOffset - this.firstOffset + 1
  }

  get state(): RecordState {
    return this.#state
  }

  get isFinal(): boolean {
    return this.#state === 'Acknowledged' || this.#state === 'Archived'
  }

  /** How often the records were acquired. */
  get deliveryCount(): number {
    return this.#deliveryCount
  }

  /** Who has them; null unless they are acquired. */
  get memberId(): string | null {
    return this.#memberId
  }

  /** On the monotonic clock; Infinity unless they are acquired. */
  get lockedUntilMs(): number {
    return this.#lockedUntilMs
  }

  acquire(memberId: string, lockedUntilMs: number): void {
    this.#move('Acquired')
    this.#deliveryCount += 1
    this.#memberId = memberId
    this.#lockedUntilMs = lockedUntilMs
  }

  /** The lock lasts longer. */
  renew(lockedUntilMs: number): void {
    const memberId = this.#memberId
    this.#move('Acquired')
    this.#memberId = memberId
    this.#lockedUntilMs = lockedUntilMs
  }

  accept(): void {
    this.#move('Acknowledged')
  }

  archive(): void {
    this.#move('Archived')
  }

  /** Gives the records back, unless they were delivered as often as may be. */
  release(deliveryCountLimit: number): void {
    this.#move(this.#deliveryCount >= deliveryCountLimit ? 'Archived' : 'Available')
  }

  /** Cuts the range in two: this one ends before `offset`, the new one begins there. */
  splitAt(offset: number): RecordRange {
    if (offset <= this.firstOffset || offset > this.#lastOffset) {
      throw new Error(`offset ${offset} does not split ${this.firstOffset} to ${this.#lastOffset}`)
    }
    const rest = new RecordRange(offset, this.#lastOffset)
    rest.#state = this.#state
    rest.#deliveryCount = this.#deliveryCount
    rest.#memberId = this.#memberId
    rest.#lockedUntilMs = this.#lockedUntilMs
    this.#lastOffset = offset - 1
    return rest
  }

  /** The only writer of the state. */
  #move(to: RecordState): void {
    if (!allowedMoves[this.#state].includes(to)) {
      throw new Error(
        `records ${this.firstOffset} to ${this.#lastOffset} cannot go from ${this.#state} to ${to}`,
      )
    }
    this.#state = to
    this.#memberId = null
    this.#lockedUntilMs = Number.POSITIVE_INFINITY
  }
}
