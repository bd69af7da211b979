export interface EpochEnd {
  /** -1: unknown. */
  readonly epoch: number
  /** -1: unknown. */
  readonly endOffset: number
}

const unknown: EpochEnd = { epoch: -1, endOffset: -1 }

/** Which leader epoch wrote from which offset on (KIP-101). */
export class EpochHistory {
  /** Ascending by both. */
  readonly #entries: { epoch: number; startOffset: number }[] = []

  get latestEpoch(): number {
    return this.#entries.at(-1)?.epoch ?? -1
  }

  /** The epoch that wrote the record at `offset`; -1 when it is not known. */
  epochAt(offset: number): number {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch ?? -1
  }

  /** The leader of `epoch` writes from `startOffset` on. An epoch that is not newer than all others changes nothing. */
  began(epoch: number, startOffset: number): void {
    if (epoch > this.latestEpoch) this.#entries.push({ epoch, startOffset })
  }

  /** Where the largest epoch not above `epoch` ended: its successor's start, or the log's end when it is the latest. */
  endOf(epoch: number, logEndOffset: number): EpochEnd {
    if (epoch < 0) return unknown
    if (epoch === this.latestEpoch) return { epoch, endOffset: logEndOffset }
    const next = this.#entries.find((entry) => entry.epoch > epoch)
    if (next === undefined) return unknown
    const own = this.#entries.findLast((entry) => entry.epoch <= epoch)
    return { epoch: own?.epoch ?? epoch, endOffset: next.startOffset }
  }

  /** Records from `offset` on are gone, and with them the epochs that wrote nothing before it. */
  forgetFrom(offset: number): void {
    while ((this.#entries.at(-1)?.startOffset ?? -1) >= offset) this.#entries.pop()
  }

  clear(): void {
    this.#entries.length = 0
  }

  /**
   * Up to where a follower's log agrees with its leader's: the end, in the shorter of both, of the last epoch that both
   * know (KIP-101, KIP-279). 0 when they have none in common.
   */
  agreesUpTo(ownEndOffset: number, leader: EpochHistory, leaderEndOffset: number): number {
    for (const { epoch } of [...this.#entries].reverse()) {
      if (!leader.knows(epoch)) continue
      const own = this.endOf(epoch, ownEndOffset).endOffset
      return Math.min(own, leader.endOf(epoch, leaderEndOffset).endOffset)
    }
    return 0
  }

  knows(epoch: number): boolean {
    return this.#entries.some((entry) => entry.epoch === epoch)
  }

  /** Records below `offset` are gone: what is said of them alone is forgotten. */
  forgetBefore(offset: number): void {
    while (this.#entries.length > 1 && this.#entries[1].startOffset <= offset) this.#entries.shift()
    if (this.#entries.length > 0)
      this.#entries[0].startOffset = Math.max(this.#entries[0].startOffset, offset)
  }
}
