import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Timer, Timers } from '../../runtime/runtime.ts'
import { type Acknowledgement, acknowledgeTypes, piecesOf } from './acknowledgement.ts'
import { type AcquiredRecords, joined } from './acquired-records.ts'
import { InFlightBatch } from './in-flight-batch.ts'
import { type AcquireWish, type LogBatch, newBatches, type OffsetRange } from './new-batches.ts'
import type { RecordRange } from './record-range.ts'
import { recordsOfADelivery } from './throttled-delivery.ts'

/** What a group's configs say; looked up at each use, since they can change. */
export interface ShareLimits {
  /** How often a record is delivered at most. */
  readonly deliveryCountLimit: number
  /** So many records may be in flight, counted from the first that is not done with. */
  readonly maxRecordLocks: number
  readonly lockDurationMs: number
  readonly allowsRenewal: boolean
}

/** What is known of the partition to who only looks: as of the last change by an acknowledgement. */
export interface ShareSummary {
  /** -1: nothing was acknowledged or set yet. */
  readonly startOffset: number
  /** Records at and after the start that are done with. */
  readonly finishedCount: number
  readonly leaderEpoch: number
}

export interface SharePartitionOptions {
  readonly timers: Timers
  /** Of the monotonic clock. */
  readonly nowMs: () => number
  readonly limits: () => ShareLimits
  /** There may be something to acquire that there was not before. */
  readonly onAvailable: () => void
}

const nothingDone: ShareSummary = { startOffset: -1, finishedCount: 0, leaderEpoch: 0 }

/**
 * One partition as one share group reads it (KIP-932): which records are with whom, from the first that is not done
 * with (the start offset) to the last that was ever given out. What becomes of a record is in record-range.ts.
 */
export class SharePartition {
  readonly #options: SharePartitionOptions
  /** In order. Offsets between two of them are not in the log any more. */
  #batches: InFlightBatch[] = []
  #startOffset: number | undefined
  /** The offset after the last that was given out. */
  #endOffset = 0
  #summary = nothingDone
  #lockTimer: Timer | undefined
  #lockTimerAtMs = Number.POSITIVE_INFINITY

  constructor(options: SharePartitionOptions) {
    this.#options = options
  }

  /** Undefined until `beginAt`. */
  get startOffset(): number | undefined {
    return this.#startOffset
  }

  get summary(): ShareSummary {
    return this.#summary
  }

  /** How many records there are from the first that is not done with to the last that was given out. */
  get inFlightCount(): number {
    return this.#endOffset - (this.#startOffset ?? 0)
  }

  /** Where the next record to be acquired is, or will be. */
  get nextOffset(): number {
    for (const range of this.#ranges()) if (range.state === 'Available') return range.firstOffset
    return this.#endOffset
  }

  /** False while as many records are in flight as may be and none of them is free. */
  get hasRoom(): boolean {
    return this.inFlightCount < this.#options.limits().maxRecordLocks || this.nextOffset < this.#endOffset
  }

  /** The records in flight, for tests. */
  get ranges(): readonly RecordRange[] {
    return [...this.#ranges()]
  }

  /** Sets the start, when the group reads the partition for the first time. */
  beginAt(offset: number): void {
    this.#startOffset = offset
    this.#endOffset = offset
  }

  /** An administrator sets the start; whatever was in flight is forgotten. */
  resetTo(offset: number, leaderEpoch: number): void {
    this.stop()
    this.#batches = []
    this.beginAt(offset)
    this.#summary = { startOffset: offset, finishedCount: 0, leaderEpoch }
    this.#options.onAvailable()
  }

  /** The log begins at `offset` now: nobody can read what is before. */
  logBeginsAt(offset: number): void {
    if (this.#startOffset === undefined || offset <= this.#startOffset) return
    for (const batch of this.#batches) {
      for (const range of batch.cutOut(Number.NEGATIVE_INFINITY, offset - 1))
        if (!range.isFinal) range.archive()
    }
    this.#startOffset = offset
    this.#endOffset = Math.max(this.#endOffset, offset)
    this.#advance()
  }

  /**
   * Gives records to a member.
   *
   * @param log batches as they follow each other in the log, from the one that holds `nextOffset` on
   */
  acquire(memberId: string, log: readonly LogBatch[], wish: AcquireWish): AcquiredRecords[] {
    if (log.length === 0 || this.#startOffset === undefined) return []
    this.#archiveGone(log[0].baseOffset)
    const { maxRecordLocks, lockDurationMs } = this.#options.limits()
    let maxRecords = Math.min(wish.maxRecords, maxRecordLocks - this.inFlightCount)
    let lastOffset = log[log.length - 1].lastOffset
    if (maxRecords <= 0) {
      // Nothing new may be given out, but what is free among the records in flight may.
      maxRecords = Math.min(wish.maxRecords, this.#endOffset - this.nextOffset)
      lastOffset = Math.min(lastOffset, this.#endOffset - 1)
      if (maxRecords <= 0) return []
    }
    const lockedUntilMs = this.#options.nowMs() + lockDurationMs
    const acquired: AcquiredRecords[] = []
    const firstOffset = Math.max(log[0].baseOffset, this.#startOffset)
    let left = maxRecords
    let isThrottled = false
    const inFlight = this.#batches.filter(
      (batch) => batch.lastOffset >= firstOffset && batch.firstOffset <= lastOffset,
    )
    for (const batch of inFlight) {
      if (left <= 0) break
      const most = this.#mostOf(batch, firstOffset, lastOffset)
      isThrottled = most !== undefined
      if (isThrottled && acquired.length > 0) break
      const limit = Math.min(
        most ?? Number.POSITIVE_INFINITY,
        wish.isRecordLimit ? left : Number.POSITIVE_INFINITY,
      )
      const ranges = batch.takeAvailable(firstOffset, lastOffset, limit)
      for (const range of ranges) {
        range.acquire(memberId, lockedUntilMs)
        left -= range.count
      }
      acquired.push(...joined(ranges))
      if (isThrottled) break
    }
    const newFirst = Math.max(firstOffset, this.#endOffset)
    if (left > 0 && !isThrottled && newFirst <= lastOffset) {
      const wanted = { ...wish, maxRecords: left }
      const range = { firstOffset: newFirst, lastOffset }
      for (const { firstOffset: first, lastOffset: last } of newBatches(
        log,
        range,
        wanted,
        inFlight.length > 0,
      )) {
        const batch = new InFlightBatch(first, last)
        batch.ranges[0].acquire(memberId, lockedUntilMs)
        this.#batches.push(batch)
        this.#endOffset = last + 1
        acquired.push(...joined(batch.ranges))
      }
    }
    if (acquired.length > 0) this.#watchLocks(lockedUntilMs)
    return acquired
  }

  /**
   * Takes what a member says of records that it has. All is done or nothing.
   *
   * @returns `NONE`; `INVALID_RECORD_STATE` when the member does not have one of the records; `INVALID_REQUEST` for
   * records that were never given out
   */
  acknowledge(memberId: string, acknowledgements: readonly Acknowledgement[], leaderEpoch: number): number {
    for (const [index, acknowledgement] of acknowledgements.entries()) {
      const error = this.#problemOf(memberId, acknowledgement, acknowledgements[index - 1])
      if (error !== ErrorCodes.NONE) return error
    }
    const { deliveryCountLimit, lockDurationMs } = this.#options.limits()
    const lockedUntilMs = this.#options.nowMs() + lockDurationMs
    let isChanged = false
    for (const acknowledgement of acknowledgements) {
      for (const { firstOffset, lastOffset, type } of piecesOf(acknowledgement)) {
        for (const range of this.#cutOut(firstOffset, lastOffset)) {
          isChanged = true
          if (type === acknowledgeTypes.accept) range.accept()
          else if (type === acknowledgeTypes.release) range.release(deliveryCountLimit)
          else if (type === acknowledgeTypes.renew) range.renew(lockedUntilMs)
          else range.archive()
        }
      }
    }
    if (isChanged) this.#changed(leaderEpoch)
    return ErrorCodes.NONE
  }

  /**
   * Archives what a member was just given and should not see.
   *
   * @returns what it was given, without that
   */
  withhold(acquired: readonly AcquiredRecords[], hidden: readonly OffsetRange[]): AcquiredRecords[] {
    if (hidden.length === 0) return [...acquired]
    for (const { firstOffset, lastOffset } of hidden) {
      for (const range of this.#cutOut(firstOffset, lastOffset))
        if (range.state === 'Acquired') range.archive()
    }
    const left = acquired.flatMap(({ firstOffset, lastOffset }) =>
      joined(this.#cutOut(firstOffset, lastOffset).filter(({ state }) => state === 'Acquired')),
    )
    this.#advance()
    return left
  }

  /** The member is gone: what it has is free again. */
  releaseAllOf(memberId: string, leaderEpoch: number): void {
    this.#release((range) => range.memberId === memberId, leaderEpoch)
  }

  /** Waits for no lock any more. */
  stop(): void {
    this.#lockTimer?.cancel()
    this.#lockTimer = undefined
    this.#lockTimerAtMs = Number.POSITIVE_INFINITY
  }

  *#ranges(): Generator<RecordRange> {
    for (const batch of this.#batches) yield* batch.ranges
  }

  /** The ranges that make up these offsets, those before the start left out. */
  #cutOut(firstOffset: number, lastOffset: number): RecordRange[] {
    const first = Math.max(firstOffset, this.#startOffset ?? 0)
    return this.#batches.flatMap((batch) => batch.cutOut(first, lastOffset))
  }

  /** How many records of a batch may be delivered at once; undefined: as many as are wanted. */
  #mostOf(batch: InFlightBatch, firstOffset: number, lastOffset: number): number | undefined {
    const free = batch.overlapping(firstOffset, lastOffset).find((range) => range.state === 'Available')
    if (free === undefined) return undefined
    return recordsOfADelivery(batch.count, free.deliveryCount, this.#options.limits().deliveryCountLimit)
  }

  /** What was free before `offset` is not in the log any more, if the log was asked for it and began there. */
  #archiveGone(offset: number): void {
    let isGone = false
    for (const range of this.#cutOut(this.#startOffset ?? 0, offset - 1)) {
      if (range.state !== 'Available') continue
      range.archive()
      isGone = true
    }
    if (isGone) this.#advance()
    if (this.#batches.length === 0 && offset > this.#endOffset) this.beginAt(offset)
  }

  #problemOf(memberId: string, wanted: Acknowledgement, previous: Acknowledgement | undefined): number {
    const { firstOffset, lastOffset, types } = wanted
    const start = this.#startOffset ?? 0
    if (lastOffset < start) return ErrorCodes.NONE
    if (types.includes(acknowledgeTypes.renew) && !this.#options.limits().allowsRenewal) {
      return ErrorCodes.INVALID_RECORD_STATE
    }
    const isKnown = this.#batches.some((batch) => batch.firstOffset <= Math.max(firstOffset, start))
    if (!isKnown) return ErrorCodes.INVALID_RECORD_STATE
    if (lastOffset >= this.#endOffset) return ErrorCodes.INVALID_REQUEST
    for (const range of this.#ranges()) {
      if (range.lastOffset < Math.max(firstOffset, start) || range.firstOffset > lastOffset) continue
      if (range.state !== 'Acquired' || range.memberId !== memberId) return ErrorCodes.INVALID_RECORD_STATE
    }
    // The one offset that may be named twice: then it is no longer the member's the second time.
    const isNamedTwice = previous !== undefined && previous.lastOffset === firstOffset && firstOffset >= start
    if (isNamedTwice && previous.types.at(-1) !== acknowledgeTypes.renew)
      return ErrorCodes.INVALID_RECORD_STATE
    return ErrorCodes.NONE
  }

  #release(isOver: (range: RecordRange) => boolean, leaderEpoch: number): void {
    const { deliveryCountLimit } = this.#options.limits()
    let isChanged = false
    for (const range of this.#ranges()) {
      if (range.state !== 'Acquired' || !isOver(range)) continue
      range.release(deliveryCountLimit)
      isChanged = true
    }
    if (isChanged) this.#changed(leaderEpoch)
  }

  #changed(leaderEpoch: number): void {
    let finishedCount = 0
    for (const range of this.#ranges()) if (range.isFinal) finishedCount += range.count
    // Who looks sees the start as it was before this change, as Kafka tells it.
    this.#summary = { startOffset: this.#startOffset ?? -1, finishedCount, leaderEpoch }
    this.#advance()
    this.#options.onAvailable()
  }

  /** Forgets what is done with at the beginning, and moves the start behind it. */
  #advance(): void {
    for (;;) {
      const [batch] = this.#batches
      if (batch === undefined) {
        this.#startOffset = this.#endOffset
        return
      }
      while (batch.ranges[0]?.isFinal === true) batch.ranges.shift()
      const [range] = batch.ranges
      if (range !== undefined) {
        this.#startOffset = Math.max(this.#startOffset ?? 0, range.firstOffset)
        return
      }
      this.#batches.shift()
    }
  }

  #watchLocks(untilMs: number): void {
    if (untilMs >= this.#lockTimerAtMs) return
    this.#lockTimer?.cancel()
    this.#lockTimerAtMs = untilMs
    this.#lockTimer = this.#options.timers.after(untilMs - this.#options.nowMs(), () => {
      this.stop()
      const nowMs = this.#options.nowMs()
      this.#release((range) => range.lockedUntilMs <= nowMs, this.#summary.leaderEpoch)
      let nextMs = Number.POSITIVE_INFINITY
      for (const { lockedUntilMs } of this.#ranges()) nextMs = Math.min(nextMs, lockedUntilMs)
      this.#watchLocks(nextMs)
    })
  }
}
