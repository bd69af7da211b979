import { stampBatch } from '../../records/stamp-batch.ts'
import { EpochHistory } from './epoch-history.ts'
import { packed } from './pack-segments.ts'
import type { EndedTransaction } from './partition-transactions.ts'
import { ProducerStates } from './producer-states.ts'
import { Segment } from './segment.ts'
import type { StorageBudget } from './storage-budget.ts'
import { type StoredHeader, storedBatch } from './stored-header.ts'
import type { ValidBatch } from './validate-batch.ts'

const smallestSegmentBytes = 16 * 1024
const largestSegmentBytes = 1024 * 1024
const indexIntervalBytes = 4096

/** A stored batch. The bytes are the log's own and never change. */
export interface StoredBatch {
  readonly bytes: Buffer
  readonly baseOffset: number
}

export interface LogSlice {
  /** In order; a last batch may be cut off. */
  readonly buffers: Buffer[]
  readonly sizeBytes: number
}

const emptySlice: LogSlice = { buffers: [], sizeBytes: 0 }

/**
 * The log of one partition: stored batches in segments that grow from 16 KiB to 1 MiB, the history of leader epochs
 * and the state of idempotent producers. Retention drops whole segments, oldest first.
 */
export class PartitionLog {
  readonly epochs = new EpochHistory()
  readonly producers = new ProducerStates()
  readonly #budget: StorageBudget
  /** Oldest first; the last one is written to. */
  readonly #segments: Segment[] = []
  #startOffset = 0
  #endOffset = 0
  #endPosition = 0
  #nextCapacityBytes = smallestSegmentBytes
  #compactedUpTo = 0
  #generation = 0
  /** Until when batches keep their tombstones, by base offset. */
  readonly tombstonesUntilMs = new Map<number, number>()

  constructor(budget: StorageBudget) {
    this.#budget = budget
  }

  /** The first offset that can be read. */
  get startOffset(): number {
    return this.#startOffset
  }

  /** The offset that the next record gets. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** How many bytes were ever appended. */
  get endPosition(): number {
    return this.#endPosition
  }

  /** Of the records below, there is one for each key. */
  get compactedUpTo(): number {
    return this.#compactedUpTo
  }

  /** Another one whenever batches that were there are there no more. */
  get generation(): number {
    return this.#generation
  }

  get sizeBytes(): number {
    return this.#segments.length === 0 ? 0 : this.#endPosition - this.#segments[0].startPosition
  }

  /** Makes room for a batch. False when the cluster's memory for logs is used up. */
  reserve(bytes: number): boolean {
    if (this.#segments.at(-1)?.hasRoomFor(bytes) === true) return true
    const capacity = Math.max(this.#nextCapacityBytes, bytes)
    if (!this.#budget.take(capacity)) return false
    this.#segments.push(new Segment(this.#endOffset, this.#endPosition, capacity))
    this.#nextCapacityBytes = Math.min(largestSegmentBytes, this.#nextCapacityBytes * 2)
    return true
  }

  /** Appends a batch that `reserve` has made room for, and answers the offset of its first record. */
  append(batch: ValidBatch, leaderEpoch: number, logAppendTimeMs?: number): number {
    const baseOffset = this.#endOffset
    const segment = this.#segments.at(-1)!
    const nextOffset = baseOffset + batch.recordCount
    const stored = segment.append(batch.bytes, baseOffset, nextOffset, logAppendTimeMs ?? batch.maxTimestamp)
    stampBatch(stored, {
      baseOffset: BigInt(baseOffset),
      partitionLeaderEpoch: leaderEpoch,
      logAppendTime: logAppendTimeMs,
    })
    this.epochs.began(leaderEpoch, baseOffset)
    this.#endOffset = nextOffset
    this.#endPosition += batch.bytes.length
    return baseOffset
  }

  /**
   * Takes over a batch of another replica as it is: offsets, leader epoch and all. False when the cluster's memory for
   * logs is used up.
   */
  appendStored(bytes: Buffer, nowMs: number): boolean {
    if (!this.reserve(bytes.length)) return false
    const stored = storedBatch(bytes)
    this.#segments.at(-1)!.append(bytes, stored.baseOffset, stored.nextOffset, stored.maxTimestamp)
    this.epochs.began(stored.leaderEpoch, stored.baseOffset)
    this.#endOffset = stored.nextOffset
    this.#endPosition += bytes.length
    this.#learn(stored, nowMs)
    return true
  }

  /** Drops every batch that has a record of `offset` or later. What was derived from them is forgotten with them. */
  truncateTo(offset: number, nowMs: number): void {
    if (offset >= this.#endOffset) return
    this.#generation += 1
    for (let segment = this.#segments.at(-1); segment !== undefined; segment = this.#segments.at(-1)) {
      while (segment.batchCount > 0 && segment.nextOffset > offset) {
        this.#endPosition -= segment.batchAt(segment.batchCount - 1).length
        segment.dropLast()
      }
      if (segment.batchCount > 0) break
      this.#segments.pop()
      this.#budget.give(segment.capacityBytes)
    }
    this.#endOffset = this.#segments.at(-1)?.nextOffset ?? Math.min(this.#startOffset, offset)
    this.#startOffset = Math.min(this.#startOffset, this.#endOffset)
    this.#compactedUpTo = Math.min(this.#compactedUpTo, this.#endOffset)
    this.epochs.forgetFrom(this.#endOffset)
    this.producers.clear()
    for (const { bytes } of this.batches()) this.#learn(storedBatch(bytes), nowMs)
  }

  /** Drops everything, and begins anew at `offset`: what a follower does that is behind all that its leader has. */
  restartAt(offset: number): void {
    this.discard()
    this.epochs.clear()
    this.producers.clear()
    this.#startOffset = offset
    this.#endOffset = offset
    this.#compactedUpTo = offset
    this.tombstonesUntilMs.clear()
  }

  /** Brings what is derived from batches up to date with one more. */
  #learn(stored: StoredHeader, nowMs: number): void {
    const { producer, marker, baseOffset, maxTimestamp } = stored
    if (producer !== null) this.producers.appended(producer, baseOffset, maxTimestamp, nowMs)
    if (marker !== null) this.producers.ended(marker, baseOffset, maxTimestamp, nowMs)
  }

  /**
   * Reads from the batch that holds `offset`, which lies between `startOffset` and `endOffset`. The answer has at
   * most `maxBytes` and may end within a batch; when not even the first batch fits, it is empty, or that batch
   * whole if `atLeastOne`. Nothing is read that begins at `endOffset` or later.
   */
  read(offset: number, maxBytes: number, atLeastOne: boolean, endOffset = this.#endOffset): LogSlice {
    let index = this.#segmentIndexOf(offset)
    if (index === this.#segments.length) return emptySlice
    const first = this.#segments[index]
    const batch = first.indexOf(offset)
    const firstBytes = first.positionOf(batch + 1) - first.positionOf(batch)
    if (firstBytes > maxBytes && !atLeastOne) return emptySlice
    const startPosition = first.startPosition + first.positionOf(batch)
    const limit = Math.min(Math.max(maxBytes, firstBytes), this.positionOf(endOffset) - startPosition)
    const buffers: Buffer[] = []
    let sizeBytes = 0
    let position = first.positionOf(batch)
    for (; index < this.#segments.length && sizeBytes < limit; index++) {
      const segment = this.#segments[index]
      const end = Math.min(segment.sizeBytes, position + limit - sizeBytes)
      if (end > position) buffers.push(segment.memory.subarray(position, end))
      sizeBytes += end - position
      position = 0
    }
    return { buffers, sizeBytes }
  }

  /**
   * Up to where nothing can be undone any more: the first record of the first transaction that has not ended, or
   * else the high watermark. Where records of that transaction were deleted it is the batch that the log begins in.
   */
  lastStableOffset(highWatermark: number): number {
    const firstUnstable = this.producers.transactions.firstUnstableOffset(highWatermark)
    if (firstUnstable >= this.#startOffset) return Math.min(highWatermark, firstUnstable)
    return Math.min(highWatermark, this.#batchStartOf(this.#startOffset))
  }

  /**
   * The aborted transactions of what a read of `sizeBytes` from `offset` on has given. As Kafka, whose index of offsets
   * has an entry every 4 KiB, it may name some that begin a little later.
   */
  abortedWithin(offset: number, sizeBytes: number): EndedTransaction[] {
    const endPosition = this.positionOf(offset) + sizeBytes + indexIntervalBytes
    return this.producers.transactions.abortedWithin(offset, this.#offsetAt(endPosition))
  }

  /** The first offset of the first batch that begins at `position` or later; the log's end when there is none. */
  #offsetAt(position: number): number {
    for (const segment of this.#segments) {
      if (segment.startPosition + segment.sizeBytes <= position) continue
      return segment.baseOffsetAt(segment.firstFrom(position - segment.startPosition)) ?? segment.nextOffset
    }
    return this.#endOffset
  }

  /** The offset of the first record of the batch that holds `offset`; itself at the log's end. */
  #batchStartOf(offset: number): number {
    const segment = this.#segments[this.#segmentIndexOf(offset)]
    return segment === undefined ? offset : segment.baseOffsetAt(segment.indexOf(offset))
  }

  /** How many bytes a read from `offset` could give. */
  bytesFrom(offset: number): number {
    return this.#endPosition - this.positionOf(offset)
  }

  /** How many bytes were ever appended before the batch that holds `offset`. */
  positionOf(offset: number): number {
    if (offset >= this.#endOffset) return this.#endPosition
    const segment = this.#segments[this.#segmentIndexOf(offset)]
    return segment.startPosition + segment.positionOf(segment.indexOf(offset))
  }

  /** All batches from the one on that holds `offset`. */
  *batches(offset = this.#startOffset): Generator<StoredBatch> {
    for (const segment of this.#segments) {
      if (segment.nextOffset <= offset) continue
      for (let index = segment.indexOf(offset); index < segment.batchCount; index++) {
        yield { bytes: segment.batchAt(index), baseOffset: segment.baseOffsetAt(index) }
      }
    }
  }

  /** The batches from the first one on whose largest timestamp is `timestampMs` or later. */
  *batchesSince(timestampMs: number): Generator<StoredBatch> {
    for (const segment of this.#segments) {
      if (segment.maxTimestamp < timestampMs) continue
      for (let index = 0; index < segment.batchCount; index++) {
        if (segment.maxTimestampAt(index) < timestampMs) continue
        yield { bytes: segment.batchAt(index), baseOffset: segment.baseOffsetAt(index) }
      }
    }
  }

  /** The first of the batches with the largest timestamp, or undefined when the log is empty. */
  latestBatch(): StoredBatch | undefined {
    const maxTimestamp = Math.max(-1, ...this.#segments.map((segment) => segment.maxTimestamp))
    return this.batchesSince(maxTimestamp).next().value ?? undefined
  }

  /** Nothing below `offset` can be read from now on; memory that holds nothing else is given back. */
  deleteBefore(offset: number): void {
    this.#startOffset = Math.max(this.#startOffset, offset)
    while (this.#segments.length > 0 && this.#segments[0].nextOffset <= this.#startOffset) this.#dropOldest()
    this.epochs.forgetBefore(this.#startOffset)
    this.producers.transactions.forgetBefore(this.#startOffset)
  }

  /** Drops the oldest segments while the rest has `bytes` or more, as Kafka's `retention.bytes`. */
  retainBytes(bytes: number): void {
    while (this.#segments.length > 1 && this.sizeBytes - this.#segments[0].sizeBytes >= bytes) {
      this.deleteBefore(this.#segments[0].nextOffset)
    }
  }

  /** Drops the oldest segments that have no record of `timestampMs` or later, as Kafka's `retention.ms`. */
  retainSince(timestampMs: number): void {
    while (this.#segments.length > 0 && this.#segments[0].maxTimestamp < timestampMs) {
      this.deleteBefore(this.#segments[0].nextOffset)
    }
  }

  /**
   * Puts what compaction has left of the batches below `endOffset`, where a batch begins, into their place. What comes
   * behind keeps its position.
   *
   * @param generation the one that was compacted; false, and nothing is done, when it is over
   */
  replaceBefore(endOffset: number, batches: readonly Buffer[], generation: number): boolean {
    if (generation !== this.#generation) return false
    this.#generation += 1
    const endPosition = this.positionOf(endOffset)
    const replaced = this.#segments.splice(
      0,
      this.#segments.findLastIndex(({ baseOffset }) => baseOffset < endOffset) + 1,
    )
    const rest = replaced.flatMap((segment) =>
      Array.from({ length: segment.batchCount }, (_, index) => segment.batchAt(index)).filter(
        (bytes) => storedBatch(bytes).baseOffset >= endOffset,
      ),
    )
    for (const { capacityBytes } of replaced) this.#budget.give(capacityBytes)
    const sizeBytes = batches.reduce((sum, { length }) => sum + length, 0)
    const made = [
      ...packed(batches, endPosition - sizeBytes, largestSegmentBytes),
      ...packed(rest, endPosition, largestSegmentBytes),
    ]
    // They are no larger than what was given back.
    for (const { capacityBytes } of made) this.#budget.take(capacityBytes)
    this.#segments.unshift(...made)
    this.#compactedUpTo = endOffset
    return true
  }

  /** Gives all memory back: the partition is deleted. */
  discard(): void {
    while (this.#segments.length > 0) this.#dropOldest()
  }

  #dropOldest(): void {
    this.#generation += 1
    const segment = this.#segments.shift()!
    this.#budget.give(segment.capacityBytes)
  }

  /** The number of the segment that holds `offset`; the count of segments for the log's end. */
  #segmentIndexOf(offset: number): number {
    let low = 0
    let high = this.#segments.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#segments[middle].nextOffset <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
