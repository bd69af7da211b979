/** Counts what came back: each record carries a number below `expected`, and each number should come once. */
export class Tally {
  readonly expected: number
  readonly #seen: Uint8Array
  distinct = 0
  duplicated = 0
  /** Records with a number out of range or with content that is not what was sent. */
  damaged = 0
  /** Records that came before an earlier one of their partition. */
  outOfOrder = 0
  readonly #lastOfPartition = new Map<number, number>()

  constructor(expected: number) {
    this.expected = expected
    this.#seen = new Uint8Array(Math.ceil(expected / 8))
  }

  /** `intact` says whether key, value and headers are the ones that this number was sent with. */
  add(sequence: number, partition: number, intact: boolean): void {
    if (!intact || !(sequence >= 0 && sequence < this.expected)) {
      this.damaged += 1
      return
    }
    const mask = 1 << (sequence & 7)
    if ((this.#seen[sequence >> 3] & mask) !== 0) {
      this.duplicated += 1
      return
    }
    this.#seen[sequence >> 3] |= mask
    this.distinct += 1
    if (sequence < (this.#lastOfPartition.get(partition) ?? -1)) this.outOfOrder += 1
    this.#lastOfPartition.set(partition, sequence)
  }

  get lost(): number {
    return this.expected - this.distinct
  }

  get perfect(): boolean {
    return this.lost === 0 && this.duplicated === 0 && this.damaged === 0 && this.outOfOrder === 0
  }
}
