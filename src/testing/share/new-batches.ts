/** A batch of the log, as far as offsets go. */
export interface LogBatch {
  readonly baseOffset: number
  readonly lastOffset: number
}

export interface OffsetRange {
  readonly firstOffset: number
  readonly lastOffset: number
}

/** What a ShareFetch wants of one partition. */
export interface AcquireWish {
  readonly maxRecords: number
  /** About how many records make up one range of acquired records. */
  readonly batchSize: number
  /** `maxRecords` holds to the letter; else the batch of the log that reaches it is given whole. */
  readonly isRecordLimit: boolean
}

/**
 * How records that nobody has had are taken: as which ranges, from `firstOffset` on and no further than `lastOffset`.
 * Ranges end where batches of the log end, so that clients can acknowledge what belongs together in one go.
 *
 * @param log the batches of the log around these offsets, in order
 */
export function newBatches(
  log: readonly LogBatch[],
  { firstOffset, lastOffset }: OffsetRange,
  { maxRecords, batchSize, isRecordLimit }: AcquireWish,
  followsOthers: boolean,
): OffsetRange[] {
  let last = lastOffset
  if (maxRecords < lastOffset - firstOffset + 1) {
    const exactLast = firstOffset + maxRecords - 1
    const endOfBatch = log.find((batch) => batch.lastOffset >= exactLast)?.lastOffset ?? exactLast
    last = isRecordLimit ? exactLast : Math.min(lastOffset, endOfBatch)
  }
  const ranges: OffsetRange[] = []
  let first = firstOffset
  const holding = log.find((batch) => batch.lastOffset >= first)
  // The rest of a batch of which others have the beginning stands for itself.
  if (followsOthers && holding !== undefined && holding.baseOffset < first && holding.lastOffset < last) {
    ranges.push({ firstOffset: first, lastOffset: holding.lastOffset })
    first = holding.lastOffset + 1
  }
  if (!isRecordLimit && last - first + 1 > batchSize) {
    for (const batch of log) {
      const end = Math.min(batch.lastOffset, last)
      if (end < first || end === last || end - first + 1 < batchSize) continue
      ranges.push({ firstOffset: first, lastOffset: end })
      first = end + 1
    }
  }
  ranges.push({ firstOffset: first, lastOffset: last })
  return ranges
}
