import { ErrorCodes } from '../../protocol/error-codes.ts'

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
}

/** What is known of the idempotent producers that wrote to one partition. */
export class ProducerStates {
  /** In the order of their last appends. */
  readonly #states = new Map<bigint, ProducerState>()

  /** The batch of which this one is a repetition, if it is one of those remembered. */
  duplicateOf(batch: ProducerBatch): AppendedBatch | undefined {
    const state = this.#states.get(batch.producerId)
    if (state === undefined || state.epoch !== batch.epoch) return undefined
    const lastSequence = lastSequenceOf(batch)
    return state.batches.find(
      (known) => known.baseSequence === batch.baseSequence && known.lastSequence === lastSequence,
    )
  }

  /** The error that a batch meets: a stale epoch, or a sequence that does not follow. `NONE` when it may be appended. */
  check(batch: ProducerBatch): number {
    const state = this.#states.get(batch.producerId)
    // A producer that is not known, or no longer, may begin anywhere.
    if (state === undefined) return ErrorCodes.NONE
    if (batch.epoch < state.epoch) return ErrorCodes.INVALID_PRODUCER_EPOCH
    const last = state.batches.at(-1)
    const expected = batch.epoch > state.epoch || last === undefined ? 0 : following(last.lastSequence)
    return batch.baseSequence === expected ? ErrorCodes.NONE : ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER
  }

  [Symbol.iterator](): IterableIterator<ProducerState> {
    return this.#states.values()
  }

  /** Remembers an appended batch. */
  appended(batch: ProducerBatch, baseOffset: number, timestamp: number, nowMs: number): void {
    let state = this.#states.get(batch.producerId)
    if (state === undefined)
      state = { producerId: batch.producerId, epoch: batch.epoch, batches: [], lastAppendMs: 0 }
    else this.#states.delete(batch.producerId)
    if (state.epoch !== batch.epoch) {
      state.epoch = batch.epoch
      state.batches = []
    }
    const { baseSequence } = batch
    state.batches.push({ baseSequence, lastSequence: lastSequenceOf(batch), baseOffset, timestamp })
    if (state.batches.length > rememberedBatches) state.batches.shift()
    state.lastAppendMs = nowMs
    this.#states.set(batch.producerId, state)
    if (this.#states.size > maxProducers) this.#states.delete(this.#states.keys().next().value!)
  }

  clear(): void {
    this.#states.clear()
  }

  /** Forgets the producers that have appended nothing since `sinceMs`. */
  expire(sinceMs: number): void {
    for (const state of this.#states.values()) {
      if (state.lastAppendMs >= sinceMs) return
      this.#states.delete(state.producerId)
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
