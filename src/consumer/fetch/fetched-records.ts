import { type BatchReader, type BatchView, readBatches } from '../../records/index.ts'
import * as layout from '../../records/layout.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { ConsumerBatch } from '../consumer-batch.ts'
import type { ConsumerSettings } from '../options.ts'
import { type AbortedTransaction, AbortedTransactions } from './aborted-transactions.ts'
import type { PartitionState } from './partition.ts'

type View = BatchView<unknown, unknown>

/** About how much is decoded and handed out in one go, uncompressed. */
const pieceBytes = 1024 * 1024
/** Batches of one piece that are uncompressed off this thread side by side: as many as libuv's pool has threads. */
const maxOffloaded = 4

export type DecodeSettings = Pick<
  ConsumerSettings,
  'isolationLevel' | 'checkCrcs' | 'maxDecompressedBatchBytes'
>

/**
 * What one fetch brought of one partition. It is kept as it came and decoded piece by piece when it is about to be
 * handed out: checksums compared, batches uncompressed, and left out what consumers must not see.
 */
export class FetchedRecords {
  /** Where the next fetch of the partition starts. */
  readonly nextOffset: bigint
  /** False when there is not even one batch, not even a broken one. */
  readonly hasBatches: boolean
  /** As it came over the wire. */
  readonly sizeBytes: number
  readonly #partition: PartitionState
  readonly #fromOffset: bigint
  readonly #reader: BatchReader<unknown, unknown>
  readonly #aborted: AbortedTransactions | undefined
  readonly #settings: DecodeSettings
  readonly #offload: Runtime['offload']
  /** Thrown by the next `next`: what comes before a broken batch is handed out first. */
  #failure: unknown

  constructor(
    partition: PartitionState,
    records: Buffer,
    aborted: readonly AbortedTransaction[] | null,
    settings: DecodeSettings,
    runtime: Runtime,
  ) {
    this.#partition = partition
    this.#fromOffset = partition.fetchOffset
    this.sizeBytes = records.length
    const end = endOf(records, partition.fetchOffset)
    this.nextOffset = end.offset
    this.hasBatches = end.hasBatches
    this.#reader = readBatches(records, partition.source, { checkCrc: settings.checkCrcs })
    if (settings.isolationLevel === 'read_committed' && aborted !== null && aborted.length > 0)
      this.#aborted = new AbortedTransactions(aborted)
    this.#settings = settings
    this.#offload = runtime.offload.bind(runtime)
  }

  /** What is left when `next` has given undefined: a batch that is cut off. */
  get undecodedBytes(): number {
    return this.#reader.remainingBytes
  }

  /**
   * The next piece, undefined when all were given. A piece may have no records, and brings the position forward all
   * the same. Throws, or rejects with, `CorruptRecordsError` or `CompressionError`.
   */
  next(): ConsumerBatch<unknown, unknown> | Promise<ConsumerBatch<unknown, unknown>> | undefined {
    if (this.#failure !== undefined) throw this.#failure
    const views: (View | Promise<View>)[] = []
    const batches: View[] = []
    let nextOffset = -1n
    let wireBytes = 0
    let bytes = 0
    let offloaded = 0
    try {
      while (bytes < pieceBytes && offloaded < maxOffloaded) {
        const batch = this.#reader.next()
        if (batch === undefined) break
        if (this.#isSeen(batch)) {
          const view = batch.uncompressed(this.#settings.maxDecompressedBatchBytes, this.#offload)
          if (view instanceof Promise) {
            offloaded += 1
            // Whoever reads the piece hears of it, in order; until then it must not count as unhandled.
            view.catch(() => {})
          } else bytes += view.recordsEnd - view.recordsStart
          views.push(view)
          batches.push(batch)
        }
        nextOffset = batch.nextOffset
        wireBytes += batch.sizeBytes
      }
    } catch (error) {
      if (nextOffset === -1n) throw error
      this.#failure = error
    }
    if (nextOffset === -1n) return undefined
    if (offloaded === 0) return this.#piece(views as View[], nextOffset, wireBytes)
    return this.#whenUncompressed(views, batches, nextOffset, wireBytes)
  }

  #isSeen(batch: View): boolean {
    const aborted = this.#aborted?.covers(batch) ?? false
    return !aborted && !batch.isControl && batch.lastOffset >= this.#fromOffset
  }

  #piece(views: View[], nextOffset: bigint, wireBytes: number): ConsumerBatch<unknown, unknown> {
    return new ConsumerBatch(this.#partition, views, this.#fromOffset, nextOffset, wireBytes)
  }

  async #whenUncompressed(
    pending: (View | Promise<View>)[],
    batches: View[],
    nextOffset: bigint,
    wireBytes: number,
  ): Promise<ConsumerBatch<unknown, unknown>> {
    const views: View[] = []
    for (let index = 0; index < pending.length; index++) {
      try {
        views.push(await pending[index])
      } catch (error) {
        this.#failure = error
        if (views.length === 0) throw error
        return this.#piece(views, batches[index - 1].nextOffset, wireBytes)
      }
    }
    return this.#piece(views, nextOffset, wireBytes)
  }
}

/**
 * Where a reader goes on behind these batches, by their headers alone: the next fetch can be on its way before
 * anything is decoded. It ends at what is cut off or broken.
 */
function endOf(records: Buffer, fetchOffset: bigint): { offset: bigint; hasBatches: boolean } {
  let lastAt = -1
  let position = 0
  let broken = false
  while (records.length - position >= layout.MAGIC_END) {
    const length = records.readInt32BE(position + layout.LENGTH_AT)
    const magic = records[position + layout.MAGIC_AT]
    const headerBytes = magic === 2 ? layout.BATCH_OVERHEAD_BYTES : layout.MAGIC_END
    broken = magic > 2 || length < headerBytes - layout.LENGTH_OVERHEAD_BYTES
    if (broken || length > records.length - position - layout.LENGTH_OVERHEAD_BYTES) break
    lastAt = position
    position += layout.LENGTH_OVERHEAD_BYTES + length
  }
  if (lastAt === -1) return { offset: fetchOffset, hasBatches: broken }
  const magic = records[lastAt + layout.MAGIC_AT]
  const baseOffset = records.readBigInt64BE(lastAt + layout.BASE_OFFSET_AT)
  // A message of magic 0 or 1 has the offset of the last one in it.
  const lastDelta = magic === 2 ? records.readInt32BE(lastAt + layout.LAST_OFFSET_DELTA_AT) : 0
  return { offset: baseOffset + BigInt(lastDelta) + 1n, hasBatches: true }
}
