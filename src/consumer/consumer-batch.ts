import type { BatchView, KafkaRecord, RecordCursor } from '../records/index.ts'
import type { PartitionState } from './fetch/partition.ts'

/**
 * Records of one partition, in order: as many as were at hand when they were asked for. Iterate over it as often as
 * you like; each record is made when the iteration comes to it.
 */
export class ConsumerBatch<K = Buffer, V = Buffer> implements Iterable<KafkaRecord<K, V>> {
  readonly topic: string
  readonly partition: number
  /** The end of what consumers could see of the partition when this was fetched. */
  readonly highWatermark: bigint
  /** Where the partition goes on after this batch. Offsets that a log has lost to compaction count as passed. */
  readonly nextOffset: bigint
  /** As it came over the wire. */
  readonly sizeBytes: number
  readonly #views: readonly BatchView<K, V>[]
  readonly #fromOffset: bigint
  readonly #source: PartitionState

  constructor(
    source: PartitionState,
    views: readonly BatchView<K, V>[],
    fromOffset: bigint,
    nextOffset: bigint,
    sizeBytes: number,
  ) {
    this.topic = source.topic
    this.partition = source.partition
    this.highWatermark = source.highWatermark
    this.#source = source
    this.#views = views
    this.#fromOffset = fromOffset
    this.nextOffset = nextOffset
    this.sizeBytes = sizeBytes
  }

  [Symbol.iterator](): RecordWalk<K, V> {
    return new RecordWalk(this.#views, this.#fromOffset, this.#source.stopBefore)
  }

  /** The part of it from `offset` on. */
  from(offset: bigint): ConsumerBatch<K, V> {
    if (offset <= this.#fromOffset) return this
    return new ConsumerBatch(this.#source, this.#views, offset, this.nextOffset, this.sizeBytes)
  }

  /** The epoch of the leader that took its last record, -1 when that is not known. */
  get leaderEpoch(): number {
    return this.#views.at(-1)?.leaderEpoch ?? -1
  }
}

/** Goes over the records of several batches in a row: those from one offset on, up to another. */
export class RecordWalk<K, V> implements IterableIterator<KafkaRecord<K, V>> {
  readonly #views: readonly BatchView<K, V>[]
  readonly #fromOffset: bigint
  #next = 0
  #ended = false
  #cursor: RecordCursor<K, V> | undefined
  readonly #stopBefore: bigint
  /** Of the batch in hand: the distances from its base offset between which records are wanted. */
  #leastDelta = 0
  #mostDelta = Number.POSITIVE_INFINITY

  constructor(views: readonly BatchView<K, V>[], fromOffset: bigint, stopBefore: bigint) {
    this.#views = views
    this.#fromOffset = fromOffset
    this.#stopBefore = stopBefore
  }

  /** It stands at a record, or did before it ended. */
  get started(): boolean {
    return this.#cursor !== undefined
  }

  /** Every record was passed. */
  get ended(): boolean {
    return this.#ended
  }

  /** Goes to the next record; false when there is none. Throws `CorruptRecordsError`. */
  advance(): boolean {
    while (true) {
      const cursor = this.#cursor
      if (cursor?.next()) {
        if (cursor.offsetDelta >= this.#leastDelta && cursor.offsetDelta <= this.#mostDelta) return true
      } else if (!this.#nextView()) {
        this.#ended = true
        return false
      }
    }
  }

  /** The record that `advance` went to. */
  record(): KafkaRecord<K, V> {
    return this.#cursor!.record()
  }

  /** Its offset. */
  get offset(): bigint {
    return this.#views[this.#next - 1].baseOffset + BigInt(this.#cursor!.offsetDelta)
  }

  get leaderEpoch(): number {
    return this.#views[this.#next - 1].leaderEpoch
  }

  next(): IteratorResult<KafkaRecord<K, V>> {
    return this.advance() ? { value: this.#cursor!.record(), done: false } : { value: undefined, done: true }
  }

  [Symbol.iterator](): this {
    return this
  }

  #nextView(): boolean {
    if (this.#next === this.#views.length) return false
    const view = this.#views[this.#next++]
    this.#cursor = view.cursor()
    this.#leastDelta = view.baseOffset < this.#fromOffset ? Number(this.#fromOffset - view.baseOffset) : 0
    if (this.#stopBefore !== -1n) this.#mostDelta = Number(this.#stopBefore - view.baseOffset) - 1
    return true
  }
}
