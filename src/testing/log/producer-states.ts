import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { EndMarker } from '../../records/index.ts'
import { PartitionTransactions } from './partition-transactions.ts'
import { Verifications } from './verifications.ts'

/** How many batches of a producer are remembered, so that a retry of one is known (KIP-98). */
const rememberedBatches = 5
/** The most producers that a partition remembers; beyond it the one that was silent for longest is forgotten. */
const maxProducers = 10_000
const maxSequence = 2 ** 31 - 1

/** The producer's fields of one batch. */
export interface ProducerBatch {
  readonly producerId: bigint
  readonly epoch: number
  readonly baseSequence: number
  readonly recordCount: number
  readonly isTransactional: boolean
}

/** What a marker says that ends a transaction. */
export interface ProducerMarker {
  readonly producerId: bigint
  readonly epoch: number
  readonly coordinatorEpoch: number
  readonly type: EndMarker
}

/** Where a batch was put. */
export interface AppendedBatch {
  readonly baseSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
  readonly timestamp: number
}

export interface ProducerState {
  readonly producerId: bigint
  epoch: number
  /** Oldest first; all of the current epoch. */
  batches: AppendedBatch[]
  lastAppendMs: number
  /** Of its last batch or marker. */
  lastTimestamp: number
  /** Of the last marker; -1 when there was none. */
  coordinatorEpoch: number
}

/** What is known of the producers that wrote to one partition. All but the verifications can be made again from its batches. */
export class ProducerStates {
  readonly transactions = new PartitionTransactions()
  readonly verifications = new Verifications()
  /** In the order of their last appends. */
  readonly #states = new Map<bigint, ProducerState>()

  /** Whether a transaction of this producer and epoch has records here and has not ended. */
  hasOpenTransaction({ producerId, epoch }: Pick<ProducerBatch, 'producerId' | 'epoch'>): boolean {
    return this.transactions.firstOffsetOf(producerId) >= 0 && this.#states.get(producerId)?.epoch === epoch
  }

  [Symbol.iterator](): IterableIterator<ProducerState> {
    return this.#states.values()
  }

  /** The batch of which this one is a repetition, if it is one of those remembered. */
  duplicateOf(batch: ProducerBatch): AppendedBatch | undefined {
    const state = this.#states.get(batch.producerId)
    if (state === undefined || state.epoch !== batch.epoch) return undefined
    const lastSequence = lastSequenceOf(batch)
    return state.batches.find(
      (known) => known.baseSequence === batch.baseSequence && known.lastSequence === lastSequence,
    )
  }

  /**
   * The error that a batch meets: a stale epoch, a sequence that does not follow, or a plain batch in the middle of a
   * transaction. `NONE` when it may be appended.
   */
  check(batch: ProducerBatch): number {
    const state = this.#states.get(batch.producerId)
    if (state !== undefined && batch.epoch < state.epoch) return ErrorCodes.INVALID_PRODUCER_EPOCH
    if (!this.verifications.allow(batch, state === undefined)) return ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER
    // A producer that is not known, or no longer, may begin anywhere.
    if (state === undefined) return ErrorCodes.NONE
    const last = state.batches.at(-1)
    const expected = batch.epoch > state.epoch || last === undefined ? 0 : following(last.lastSequence)
    if (batch.baseSequence !== expected) return ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER
    return !batch.isTransactional && this.transactions.firstOffsetOf(batch.producerId) >= 0
      ? ErrorCodes.INVALID_TXN_STATE
      : ErrorCodes.NONE
  }

  /** Remembers an appended batch. */
  appended(batch: ProducerBatch, baseOffset: number, timestamp: number, nowMs: number): void {
    const { producerId, epoch, baseSequence } = batch
    const state = this.#touch(producerId, epoch, timestamp, nowMs)
    state.batches.push({ baseSequence, lastSequence: lastSequenceOf(batch), baseOffset, timestamp })
    if (state.batches.length > rememberedBatches) state.batches.shift()
    if (!batch.isTransactional) return
    this.transactions.wrote(producerId, baseOffset)
    this.verifications.end(producerId)
  }

  /**
   * The error that a marker meets.
   *
   * @param isNewEpoch each transaction has an epoch of its own (KIP-890), so one that was seen already is stale
   */
  checkMarker({ producerId, epoch, coordinatorEpoch }: ProducerMarker, isNewEpoch: boolean): number {
    const state = this.#states.get(producerId)
    if (state === undefined) return ErrorCodes.NONE
    if (epoch < state.epoch || (isNewEpoch && epoch === state.epoch)) return ErrorCodes.INVALID_PRODUCER_EPOCH
    return coordinatorEpoch < state.coordinatorEpoch
      ? ErrorCodes.TRANSACTION_COORDINATOR_FENCED
      : ErrorCodes.NONE
  }

  /** Remembers an appended marker. */
  ended(marker: ProducerMarker, offset: number, timestamp: number, nowMs: number): void {
    const { producerId, epoch, coordinatorEpoch, type } = marker
    this.#touch(producerId, epoch, timestamp, nowMs).coordinatorEpoch = coordinatorEpoch
    this.transactions.ended(producerId, offset, type === 'abort')
    this.verifications.end(producerId)
  }

  #touch(producerId: bigint, epoch: number, lastTimestamp: number, nowMs: number): ProducerState {
    let state = this.#states.get(producerId)
    if (state === undefined) {
      state = { producerId, epoch, batches: [], lastAppendMs: 0, lastTimestamp, coordinatorEpoch: -1 }
    } else this.#states.delete(producerId)
    if (state.epoch !== epoch) {
      state.epoch = epoch
      state.batches = []
    }
    state.lastAppendMs = nowMs
    state.lastTimestamp = lastTimestamp
    this.#states.set(producerId, state)
    if (this.#states.size > maxProducers) this.#states.delete(this.#states.keys().next().value!)
    return state
  }

  /** The batches are gone, and all that they told. */
  clear(): void {
    this.#states.clear()
    this.transactions.clear()
  }

  /** Forgets the producers that have appended nothing since `sinceMs` and have no transaction open. */
  expire(sinceMs: number): void {
    for (const { producerId, lastAppendMs } of this.#states.values()) {
      if (lastAppendMs >= sinceMs) return
      if (this.transactions.firstOffsetOf(producerId) < 0) this.#states.delete(producerId)
    }
  }
}

function lastSequenceOf(batch: ProducerBatch): number {
  const last = batch.baseSequence + batch.recordCount - 1
  return last > maxSequence ? last - maxSequence - 1 : last
}

function following(sequence: number): number {
  return sequence === maxSequence ? 0 : sequence + 1
}
