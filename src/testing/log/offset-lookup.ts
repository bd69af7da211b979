import { bytesSource, type RecordCursor, readBatches } from '../../records/index.ts'
import { LEADER_EPOCH_AT } from '../../records/layout.ts'
import type { PartitionLog, StoredBatch } from './partition-log.ts'

/** A record found by its time; all -1 when there is none. */
export interface FoundOffset {
  readonly timestamp: number
  readonly offset: number
  readonly leaderEpoch: number
}

const notFound: FoundOffset = { timestamp: -1, offset: -1, leaderEpoch: -1 }

/** The first record whose timestamp is `timestampMs` or later. */
export async function earliestSince(
  log: PartitionLog,
  timestampMs: number,
  maxUncompressedBytes: number,
): Promise<FoundOffset> {
  // Looked up before anything is waited for: the log may lose segments meanwhile.
  for (const batch of [...log.batchesSince(timestampMs)].slice(0, 2)) {
    const cursor = await cursorOf(batch, maxUncompressedBytes)
    while (cursor.next()) {
      const offset = batch.baseOffset + cursor.offsetDelta
      if (cursor.timestamp < timestampMs || offset < log.startOffset) continue
      return { timestamp: cursor.timestamp, offset, leaderEpoch: log.epochs.epochAt(offset) }
    }
  }
  return notFound
}

/** The first record with the largest timestamp of all. */
export async function latestOfAll(log: PartitionLog, maxUncompressedBytes: number): Promise<FoundOffset> {
  const batch = log.latestBatch()
  if (batch === undefined) return notFound
  const cursor = await cursorOf(batch, maxUncompressedBytes)
  let timestamp = -1
  let offsetDelta = -1
  while (cursor.next()) {
    // Where the log gave the time all records have the same, and Kafka names the last one.
    const isLater = cursor.origin.timestampType === 'logAppend' || cursor.timestamp > timestamp
    if (!isLater) continue
    timestamp = cursor.timestamp
    offsetDelta = cursor.offsetDelta
  }
  const offset = batch.baseOffset + offsetDelta
  // The record may be deleted by now, with others of its batch still there: the batch knows its epoch.
  return { timestamp, offset, leaderEpoch: batch.bytes.readInt32BE(LEADER_EPOCH_AT) }
}

async function cursorOf({ bytes }: StoredBatch, maxUncompressedBytes: number): Promise<RecordCursor> {
  const batch = readBatches(bytes, bytesSource('', 0), { checkCrc: false }).next()!
  return (await batch.uncompressed(maxUncompressedBytes)).cursor()
}
