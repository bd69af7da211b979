/**
 * Consecutive batches of one partition in one piece of memory. A batch is copied in once and stays where it is, so
 * that a fetch can hand out any run of batches as one slice, by reference.
 *
 * Offsets are plain numbers here: a log in memory that starts at 0 never comes near 2^53.
 */
export class Segment {
  readonly memory: Buffer
  /** The offset of the first batch. */
  readonly baseOffset: number
  /** How many bytes the log had taken before this segment. */
  readonly startPosition: number
  #sizeBytes = 0
  #nextOffset: number
  #maxTimestamp = -1
  #isSealed = false
  // One entry a batch.
  readonly #baseOffsets: number[] = []
  readonly #nextOffsets: number[] = []
  readonly #positions: number[] = []
  readonly #maxTimestamps: number[] = []

  constructor(baseOffset: number, startPosition: number, capacityBytes: number) {
    this.memory = Buffer.allocUnsafeSlow(capacityBytes)
    this.baseOffset = baseOffset
    this.#nextOffset = baseOffset
    this.startPosition = startPosition
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get capacityBytes(): number {
    return this.memory.length
  }

  /** The offset after the last one. */
  get nextOffset(): number {
    return this.#nextOffset
  }

  /** The largest timestamp of all batches; -1 when there is none. */
  get maxTimestamp(): number {
    return this.#maxTimestamp
  }

  get batchCount(): number {
    return this.#positions.length
  }

  hasRoomFor(bytes: number): boolean {
    return !this.#isSealed && this.memory.length - this.#sizeBytes >= bytes
  }

  /** Copies a batch in and answers where it stands now. The caller has made sure of the room. */
  append(batch: Buffer, baseOffset: number, nextOffset: number, maxTimestamp: number): Buffer {
    const position = this.#sizeBytes
    batch.copy(this.memory, position)
    this.#baseOffsets.push(baseOffset)
    this.#nextOffsets.push(nextOffset)
    this.#positions.push(position)
    this.#maxTimestamps.push(maxTimestamp)
    this.#sizeBytes += batch.length
    this.#nextOffset = nextOffset
    if (maxTimestamp > this.#maxTimestamp) this.#maxTimestamp = maxTimestamp
    return this.memory.subarray(position, this.#sizeBytes)
  }

  /**
   * Drops the last batch. A fetch may be sending its bytes, so they are not written over: nothing is appended to this
   * segment any more.
   */
  dropLast(): void {
    this.#isSealed = true
    this.#nextOffset = this.#baseOffsets.pop()!
    this.#nextOffsets.pop()
    this.#sizeBytes = this.#positions.pop()!
    this.#maxTimestamps.pop()
    this.#maxTimestamp = Math.max(-1, ...this.#maxTimestamps)
  }

  /**
   * The number of the batch that holds `offset`, which is within the segment; or of the next one, where compaction has
   * removed the one that did.
   */
  indexOf(offset: number): number {
    let low = 0
    let high = Math.max(0, this.#nextOffsets.length - 1)
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#nextOffsets[middle] <= offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The number of the first batch that begins at `position` or later; the count of batches when there is none. */
  firstFrom(position: number): number {
    let low = 0
    let high = this.#positions.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#positions[middle] < position) low = middle + 1
      else high = middle
    }
    return low
  }

  positionOf(index: number): number {
    return index < this.#positions.length ? this.#positions[index] : this.#sizeBytes
  }

  batchAt(index: number): Buffer {
    return this.memory.subarray(this.positionOf(index), this.positionOf(index + 1))
  }

  baseOffsetAt(index: number): number {
    return this.#baseOffsets[index]
  }

  maxTimestampAt(index: number): number {
    return this.#maxTimestamps[index]
  }
}
