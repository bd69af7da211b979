import { KafkaError } from '../errors.ts'
import { BATCH_OVERHEAD_BYTES, type Data, type HeadersInput, recordSize } from '../records/index.ts'
import type { Clock } from '../runtime/runtime.ts'
import { ProducerBatch } from './batch.ts'
import { BufferMemory } from './buffer-memory.ts'
import { RecordTooLargeError } from './errors.ts'
import { EAGER_FILL_BYTES, type ProducerSettings } from './options.ts'
import type { PartitionQueue } from './partition-queue.ts'

/** What the distances in time and place to a batch's first record can add to the size of one that is the first. */
const WIDEST_DELTAS_BYTES = 9 + 4 + 1

/** What has to know of batches that begin and end. */
export interface BatchListener {
  /** A batch has its first record. */
  opened(batch: ProducerBatch): void
  /** A batch takes no more: it is full, or there is no memory for it to grow. */
  filled(batch: ProducerBatch): void
  /** Memory is free again. */
  freed(): void
}

/**
 * Puts records into the open batch of their partition, and keeps the memory of all batches within its bound.
 *
 * A batch starts in a buffer as large as its partition's last batch needed, 4 KiB at first, and moves to one
 * four times as large when it is full, up to `batchSizeBytes`: thousands of quiet partitions take little, and a
 * busy one gets large batches at the price of copying a third of its bytes once, and mostly not even that.
 */
export class RecordAccumulator {
  readonly memory: BufferMemory
  readonly #settings: ProducerSettings
  readonly #clock: Clock
  readonly #listener: BatchListener
  #batches = 0

  constructor(settings: ProducerSettings, clock: Clock, listener: BatchListener) {
    this.#settings = settings
    this.#clock = clock
    this.#listener = listener
    this.memory = new BufferMemory(settings.bufferMemoryBytes, settings.batchSizeBytes)
  }

  /**
   * Puts a record into a batch, which it returns; undefined when there is no memory for it now, and then nothing
   * has changed. Throws `RecordTooLargeError` when there never will be.
   */
  append(
    queue: PartitionQueue,
    timestamp: number,
    key: Data,
    value: Data,
    headers: HeadersInput,
  ): ProducerBatch | undefined {
    let batch = queue.open
    if (batch?.append(timestamp, key, value, headers)) return batch
    batch = this.#withRoom(queue, batch, recordSize(0, 0, key, value, headers) + WIDEST_DELTAS_BYTES)
    if (batch?.append(timestamp, key, value, headers) === false) {
      throw new KafkaError('ILLEGAL_STATE', 'a record did not fit into the room that was made for it', {
        fatal: true,
      })
    }
    return batch
  }

  /**
   * Frees what a batch needs no more: its buffer once it is compressed, all of its memory once it is settled; in
   * both cases not before codec and socket have let go of it.
   */
  release(batch: ProducerBatch): void {
    const settled = batch.state === 'settled'
    if (batch.holds > 0 || !(settled || batch.compressedBytes > 0)) return
    const memory = batch.takeMemory()
    if (memory !== undefined) this.memory.give(memory)
    if (settled) {
      this.memory.discharge(batch.chargedBytes)
      batch.chargedBytes = 0
    } else if (memory !== undefined) {
      batch.chargedBytes = batch.compressedBytes
      this.memory.charge(batch.chargedBytes)
    }
    if (memory !== undefined || settled) this.#listener.freed()
  }

  /** The open batch made larger, or a new one; undefined when there is no memory for it. */
  #withRoom(
    queue: PartitionQueue,
    open: ProducerBatch | undefined,
    recordBytes: number,
  ): ProducerBatch | undefined {
    const { batchSizeBytes } = this.#settings
    const aloneBytes = BATCH_OVERHEAD_BYTES + recordBytes
    this.#refuseTooLarge(queue, aloneBytes)
    if (open !== undefined) {
      const withRecordBytes = open.sizeBytes + recordBytes
      const mayGrow = open.capacityBytes < EAGER_FILL_BYTES || !queue.hasFreePlace
      if (mayGrow && withRecordBytes <= batchSizeBytes) {
        const memory = this.memory.take(
          Math.min(Math.max(withRecordBytes, open.capacityBytes + 1), batchSizeBytes),
        )
        if (memory !== undefined) {
          this.memory.give(open.moveTo(memory, batchSizeBytes))
          return open
        }
      }
      queue.lastBatchBytes = open.sizeBytes
      open.seal()
      this.#listener.filled(open)
    }
    const firstBytes = queue.hasFreePlace ? Math.min(EAGER_FILL_BYTES, batchSizeBytes) : batchSizeBytes
    const likelyBytes = Math.max(aloneBytes, Math.min(queue.lastBatchBytes, firstBytes))
    const memory = this.memory.take(likelyBytes) ?? this.memory.take(aloneBytes)
    if (memory === undefined) return undefined
    const limitBytes = Math.max(aloneBytes, batchSizeBytes)
    const batch = new ProducerBatch(queue, this.#batches++, this.#clock.monotonicMs(), memory, limitBytes)
    queue.batches.push(batch)
    this.#listener.opened(batch)
    return batch
  }

  #refuseTooLarge(queue: PartitionQueue, bytes: number): void {
    const { maxRequestSizeBytes, bufferMemoryBytes } = this.#settings
    if (bytes <= maxRequestSizeBytes && bytes <= bufferMemoryBytes) return
    const [limitBytes, option] =
      maxRequestSizeBytes <= bufferMemoryBytes
        ? ([maxRequestSizeBytes, 'maxRequestSizeBytes'] as const)
        : ([bufferMemoryBytes, 'bufferMemoryBytes'] as const)
    throw new RecordTooLargeError(queue.topic, queue.partition, bytes, limitBytes, option)
  }
}
