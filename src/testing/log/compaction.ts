import { codecByName, type Offload } from '../../compression/index.ts'
import { type BatchView, bytesSource, crc32c, readBatches } from '../../records/index.ts'
import * as at from '../../records/layout.ts'
import type { PartitionLog } from './partition-log.ts'

/** What a topic's configs say of compaction, with the time and the means. */
export interface CompactionRules {
  readonly nowMs: number
  /** How long a tombstone stays after it was first met: `delete.retention.ms`. */
  readonly deleteRetentionMs: number
  /** Records younger than that are left alone. */
  readonly minLagMs: number
  /** Records older than that are compacted however few they are. */
  readonly maxLagMs: number
  /** Less than this part of the log, from 0 to 1, is not worth the work. */
  readonly minDirtyRatio: number
  /** What Kafka would keep in one segment; the last segment is never compacted. */
  readonly segmentBytes: number
  readonly segmentMs: number
  /** The most that a compressed batch may hold. */
  readonly maxUncompressedBytes: number
  readonly offload: Offload
}

interface Candidate {
  readonly bytes: Buffer
  readonly baseOffset: number
  /** Uncompressed. */
  readonly view: BatchView
  /** Of a transaction that was aborted. */
  readonly isAborted: boolean
}

/**
 * Compacts a log as Kafka's cleaner does: of the records that share a key the last one stays, and so do their offsets;
 * a record without a value, a tombstone, stays for a while so that readers learn of it. What is aborted goes; the
 * markers of transactions stay.
 *
 * @param stableOffset nothing from there on is certain yet, so nothing of it counts
 * @returns whether something was compacted
 * @throws CompressionError, CorruptRecordsError
 */
export async function compact(
  log: PartitionLog,
  stableOffset: number,
  rules: CompactionRules,
): Promise<boolean> {
  const end = Math.min(stableOffset, endOfCompactable(log, rules))
  if (!isWorthIt(log, end, rules)) return false
  const { generation } = log
  const candidates: Candidate[] = []
  for (const { bytes, baseOffset } of log.batches()) {
    if (baseOffset >= end) break
    const batch = readBatches(bytes, bytesSource('', 0), { checkCrc: false }).next()!
    const view = await batch.uncompressed(rules.maxUncompressedBytes, rules.offload)
    candidates.push({ bytes, baseOffset, view, isAborted: isAborted(log, view, baseOffset) })
  }
  const latest = lastOffsets(candidates)
  const stored: Buffer[] = []
  for (const candidate of candidates) {
    const bytes = await compacted(log, candidate, latest, rules)
    if (bytes !== undefined) stored.push(bytes)
  }
  return log.replaceBefore(end, stored, generation)
}

/** Where the segment begins that Kafka would still write to, or the first record that is too young. */
function endOfCompactable(
  log: PartitionLog,
  { nowMs, minLagMs, maxLagMs, ...rules }: CompactionRules,
): number {
  const segmentMs = Math.min(rules.segmentMs, maxLagMs)
  let segmentStart = Math.max(log.startOffset, log.compactedUpTo)
  let sizeBytes = 0
  let firstTimestamp = -1
  for (const { bytes, baseOffset } of log.batches(segmentStart)) {
    const timestamp = Number(bytes.readBigInt64BE(at.MAX_TIMESTAMP_AT))
    const isFull = sizeBytes + bytes.length > rules.segmentBytes
    if (sizeBytes > 0 && (isFull || timestamp - firstTimestamp > segmentMs)) {
      segmentStart = baseOffset
      sizeBytes = 0
    }
    if (minLagMs > 0 && timestamp > nowMs - minLagMs) return segmentStart
    if (sizeBytes === 0) firstTimestamp = timestamp
    sizeBytes += bytes.length
  }
  return segmentStart
}

function isWorthIt(
  log: PartitionLog,
  end: number,
  { nowMs, maxLagMs, minDirtyRatio }: CompactionRules,
): boolean {
  const dirtyFrom = Math.max(log.startOffset, log.compactedUpTo)
  if (end <= dirtyFrom) return false
  const dirtyBytes = log.positionOf(end) - log.positionOf(dirtyFrom)
  const cleanBytes = log.positionOf(dirtyFrom) - log.positionOf(log.startOffset)
  const [first] = log.batches(dirtyFrom)
  const firstTimestamp = Number(first.bytes.readBigInt64BE(at.MAX_TIMESTAMP_AT))
  return dirtyBytes / (cleanBytes + dirtyBytes) > minDirtyRatio || nowMs - firstTimestamp > maxLagMs
}

function isAborted(log: PartitionLog, view: BatchView, baseOffset: number): boolean {
  if (!view.isTransactional || view.isControl) return false
  return log
    .abortedWithin(baseOffset, view.sizeBytes)
    .some(
      (one) =>
        one.producerId === view.producerId && one.firstOffset <= baseOffset && baseOffset < one.markerOffset,
    )
}

/** The offset of the last record of each key. */
function lastOffsets(candidates: readonly Candidate[]): Map<string, number> {
  const latest = new Map<string, number>()
  for (const { view, baseOffset, isAborted } of candidates) {
    if (view.isControl || isAborted) continue
    const cursor = view.cursor()
    while (cursor.next()) {
      if (cursor.keyStart === -1) continue
      const key = cursor.buffer.toString('latin1', cursor.keyStart, cursor.keyEnd)
      latest.set(key, baseOffset + cursor.offsetDelta)
    }
  }
  return latest
}

/** What is left of a batch; undefined when that is nothing. */
function compacted(
  log: PartitionLog,
  { bytes, baseOffset, view, isAborted }: Candidate,
  latest: ReadonlyMap<string, number>,
  { nowMs, deleteRetentionMs, offload }: CompactionRules,
): Buffer | undefined | Promise<Buffer> {
  if (view.isControl) return bytes
  if (isAborted) return undefined
  const forgetTombstones = (log.tombstonesUntilMs.get(baseOffset) ?? Number.POSITIVE_INFINITY) <= nowMs
  const kept: Buffer[] = []
  let maxTimestamp = -1
  let hasTombstones = false
  const cursor = view.cursor()
  let start = view.recordsStart
  while (cursor.next()) {
    const offset = baseOffset + cursor.offsetDelta
    const record = cursor.buffer.subarray(start, cursor.end)
    start = cursor.end
    if (cursor.keyStart === -1 || offset < log.startOffset) continue
    const isTombstone = cursor.valueStart === -1
    if (isTombstone && forgetTombstones) continue
    if (latest.get(cursor.buffer.toString('latin1', cursor.keyStart, cursor.keyEnd)) !== offset) continue
    kept.push(record)
    hasTombstones ||= isTombstone
    maxTimestamp = Math.max(maxTimestamp, cursor.timestamp)
  }
  if (!hasTombstones) log.tombstonesUntilMs.delete(baseOffset)
  else if (!log.tombstonesUntilMs.has(baseOffset)) {
    log.tombstonesUntilMs.set(baseOffset, nowMs + deleteRetentionMs)
  }
  if (kept.length === 0) return undefined
  if (kept.length === view.recordCount) return bytes
  const records = Buffer.concat(kept)
  const smaller = codecByName(view.compression).compress(records, undefined, offload)
  const finish = (section: Buffer) => rewritten(bytes, section, kept.length, maxTimestamp)
  return Buffer.isBuffer(smaller) ? finish(smaller) : smaller.then(finish)
}

/** The batch with other records. Its base and its last offset stay, so that readers know how far they have come. */
function rewritten(original: Buffer, records: Buffer, recordCount: number, maxTimestamp: number): Buffer {
  const bytes = Buffer.concat([original.subarray(0, at.BATCH_OVERHEAD_BYTES), records])
  bytes.writeInt32BE(bytes.length - at.LENGTH_OVERHEAD_BYTES, at.LENGTH_AT)
  bytes.writeBigInt64BE(BigInt(maxTimestamp), at.MAX_TIMESTAMP_AT)
  bytes.writeInt32BE(recordCount, at.RECORD_COUNT_AT)
  bytes.writeUInt32BE(crc32c(bytes, at.ATTRIBUTES_AT, bytes.length), at.CRC_AT)
  return bytes
}
