import { RecordRange } from './record-range.ts'

/** Records that were acquired together for the first time. What is told of acquired records never joins two of these. */
export class InFlightBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  /** In order, without gaps. */
  readonly ranges: RecordRange[]

  constructor(firstOffset: number, lastOffset: number) {
    this.firstOffset = firstOffset
    this.lastOffset = lastOffset
    this.ranges = [new RecordRange(firstOffset, lastOffset)]
  }

  get count(): number {
    return this.lastOffset - this.firstOffset + 1
  }

  /** The ranges that overlap with these offsets, as they are. */
  overlapping(firstOffset: number, lastOffset: number): RecordRange[] {
    return this.ranges.filter((range) => range.lastOffset >= firstOffset && range.firstOffset <= lastOffset)
  }

  /** The ranges that make up exactly these offsets, as far as they are in the batch. */
  cutOut(firstOffset: number, lastOffset: number): RecordRange[] {
    this.#cutAt(firstOffset)
    this.#cutAt(lastOffset + 1)
    return this.overlapping(firstOffset, lastOffset)
  }

  /** The free ranges within these offsets, no more than `limit` records. */
  takeAvailable(firstOffset: number, lastOffset: number, limit: number): RecordRange[] {
    const taken: RecordRange[] = []
    let left = limit
    for (const range of this.cutOut(firstOffset, lastOffset)) {
      if (left <= 0) break
      if (range.state !== 'Available') continue
      if (range.count > left) this.#cutAt(range.firstOffset + left)
      taken.push(range)
      left -= range.count
    }
    return taken
  }

  #cutAt(offset: number): void {
    const index = this.ranges.findIndex((range) => range.firstOffset < offset && range.lastOffset >= offset)
    if (index !== -1) this.ranges.splice(index + 1, 0, this.ranges[index].splitAt(offset))
  }
}
