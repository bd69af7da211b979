/** A transaction that has records in this partition and has ended. */
export interface EndedTransaction {
  readonly producerId: bigint
  /** Of its first record here. */
  readonly firstOffset: number
  /** Of the marker that ended it. */
  readonly markerOffset: number
  readonly isAborted: boolean
  /** Transactions that end later begin here or behind it. */
  readonly stableOffset: number
}

/** A leader asks for its stable offset with each fetch, which forgets more. A follower has this many at most. */
const maxUnreplicated = 10_000

/**
 * The transactions of one partition, as its batches tell of them: which are open, and which were aborted. All of it
 * can be made again from the batches.
 */
export class PartitionTransactions {
  /** The first offset of each open transaction, by producer. */
  readonly #open = new Map<bigint, number>()
  /** In the order of their markers. Each has a marker in the log, so the log's memory bounds them. */
  readonly #aborted: EndedTransaction[] = []
  /** Ended, in the order of their markers, which may not be committed yet. */
  readonly #unreplicated: EndedTransaction[] = []

  /** -1: the producer has none open. */
  firstOffsetOf(producerId: bigint): number {
    return this.#open.get(producerId) ?? -1
  }

  /** The producer has written a transactional batch. */
  wrote(producerId: bigint, baseOffset: number): void {
    if (!this.#open.has(producerId)) this.#open.set(producerId, baseOffset)
  }

  /** A marker was written. One that ends nothing here leaves no trace. */
  ended(producerId: bigint, markerOffset: number, isAborted: boolean): void {
    const firstOffset = this.#open.get(producerId)
    if (firstOffset === undefined) return
    this.#open.delete(producerId)
    const stableOffset = Math.min(markerOffset + 1, this.#firstOpen())
    const transaction = { producerId, firstOffset, markerOffset, isAborted, stableOffset }
    if (isAborted) this.#aborted.push(transaction)
    this.#unreplicated.push(transaction)
    if (this.#unreplicated.length > maxUnreplicated) this.#unreplicated.shift()
  }

  /**
   * The first offset of a transaction that is open, or whose marker is not below the high watermark; Infinity when
   * there is none.
   */
  firstUnstableOffset(highWatermark: number): number {
    while (this.#unreplicated.length > 0 && this.#unreplicated[0].markerOffset < highWatermark) {
      this.#unreplicated.shift()
    }
    let first = this.#firstOpen()
    for (const { firstOffset } of this.#unreplicated) first = Math.min(first, firstOffset)
    return first
  }

  #firstOpen(): number {
    let first = Number.POSITIVE_INFINITY
    for (const offset of this.#open.values()) first = Math.min(first, offset)
    return first
  }

  /** The aborted transactions that have records or their marker from `startOffset` on, and began before `endOffset`. */
  abortedWithin(startOffset: number, endOffset: number): EndedTransaction[] {
    const within: EndedTransaction[] = []
    for (let index = this.#firstEndedFrom(startOffset); index < this.#aborted.length; index++) {
      const transaction = this.#aborted[index]
      if (transaction.firstOffset < endOffset) within.push(transaction)
      if (transaction.stableOffset >= endOffset) break
    }
    return within
  }

  /** The number of the first aborted transaction whose marker is at `offset` or behind it. */
  #firstEndedFrom(offset: number): number {
    let low = 0
    let high = this.#aborted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#aborted[middle].markerOffset < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Records below `offset` are gone. */
  forgetBefore(offset: number): void {
    this.#aborted.splice(0, this.#firstEndedFrom(offset))
  }

  clear(): void {
    this.#open.clear()
    this.#aborted.length = 0
    this.#unreplicated.length = 0
  }
}
