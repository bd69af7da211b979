import type { RecordRange } from './record-range.ts'

/** Records that a member was given. */
export interface AcquiredRecords {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly deliveryCount: number
}

/** Neighbours that were delivered equally often are told of in one. */
export function joined(ranges: readonly RecordRange[]): AcquiredRecords[] {
  const result: { firstOffset: number; lastOffset: number; deliveryCount: number }[] = []
  for (const { firstOffset, lastOffset, deliveryCount } of ranges) {
    const previous = result.at(-1)
    if (previous?.lastOffset === firstOffset - 1 && previous.deliveryCount === deliveryCount) {
      previous.lastOffset = lastOffset
    } else {
      result.push({ firstOffset, lastOffset, deliveryCount })
    }
  }
  return result
}
