import { Segment } from './segment.ts'
import { storedBatch } from './stored-header.ts'

/** Segments of at most `largestBytes` that are filled with these batches, the first of which begins at `startPosition`. */
export function packed(batches: readonly Buffer[], startPosition: number, largestBytes: number): Segment[] {
  const segments: Segment[] = []
  let position = startPosition
  for (let first = 0; first < batches.length; ) {
    let sizeBytes = batches[first].length
    let end = first + 1
    while (end < batches.length && sizeBytes + batches[end].length <= largestBytes) {
      sizeBytes += batches[end].length
      end += 1
    }
    const segment = new Segment(storedBatch(batches[first]).baseOffset, position, sizeBytes)
    for (const bytes of batches.slice(first, end)) {
      const { baseOffset, nextOffset, maxTimestamp } = storedBatch(bytes)
      segment.append(bytes, baseOffset, nextOffset, maxTimestamp)
    }
    segments.push(segment)
    position += sizeBytes
    first = end
  }
  return segments
}
