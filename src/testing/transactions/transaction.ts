import type { EndMarker } from '../../records/index.ts'
import { Participants } from './participants.ts'

export const transactionStates = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'PrepareEpochFence',
  'Dead',
] as const

export type TransactionState = (typeof transactionStates)[number]

const allowedMoves: Record<TransactionState, readonly TransactionState[]> = {
  Empty: ['Empty', 'Ongoing', 'PrepareAbort', 'Dead'],
  Ongoing: ['Ongoing', 'PrepareCommit', 'PrepareAbort', 'PrepareEpochFence'],
  PrepareCommit: ['CompleteCommit'],
  PrepareAbort: ['CompleteAbort'],
  CompleteCommit: ['Empty', 'Ongoing', 'PrepareAbort', 'Dead'],
  CompleteAbort: ['Empty', 'Ongoing', 'PrepareAbort', 'Dead'],
  PrepareEpochFence: ['PrepareAbort'],
  Dead: [],
}

/** The last epoch that an int16 has is for fencing alone, so a producer id is used up one before it. */
const lastEpoch = 2 ** 15 - 2
const noEpoch = -1

/** Who a producer says to be. */
export interface ProducerIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
}

/**
 * What the coordinator knows of one transactional id: the producer that may use it, and its transaction.
 *
 *   Empty --partitions--> Ongoing --commit--> PrepareCommit --all markers written--> CompleteCommit
 *     ^                    |   ^ |                                                         |
 *     |                    |   | +--abort--> PrepareAbort --all markers written--> CompleteAbort
 *     |                    |   |                  ^                                        |
 *     |     fenced or timed out|                  |                                        |
 *     |                    +---|--> PrepareEpochFence                                      |
 *     |                        +------------------- partitions ----------------------------+
 *     +------------------------------------------ InitProducerId --------------------------+
 *
 *   Empty, CompleteCommit, CompleteAbort --abort of nothing (KIP-890)--> PrepareAbort
 *   Empty, CompleteCommit, CompleteAbort --expired--> Dead
 */
export class Transaction {
  readonly transactionalId: string
  readonly participants = new Participants()
  readonly #nowMs: () => number
  #state: TransactionState = 'Empty'
  #producerId: bigint
  #producerEpoch = noEpoch
  #lastProducerEpoch = noEpoch
  #previousProducerId = -1n
  /** The id that takes over when the markers of an id that is used up are written; -1: the id stays. */
  #nextProducerId = -1n
  #timeoutMs = 0
  #startedAtMs = -1
  #updatedAtMs: number
  #isVersion2 = false

  constructor(transactionalId: string, producerId: bigint, nowMs: () => number) {
    this.transactionalId = transactionalId
    this.#producerId = producerId
    this.#nowMs = nowMs
    this.#updatedAtMs = nowMs()
  }

  get state(): TransactionState {
    return this.#state
  }

  get producerId(): bigint {
    return this.#producerId
  }

  /** -1 until the first InitProducerId has been answered. */
  get producerEpoch(): number {
    return this.#producerEpoch
  }

  get timeoutMs(): number {
    return this.#timeoutMs
  }

  /** When the transaction began that is open or was the last; -1: there was none. */
  get startedAtMs(): number {
    return this.#startedAtMs
  }

  get updatedAtMs(): number {
    return this.#updatedAtMs
  }

  /** The markers are of a newer epoch than the records (KIP-890). */
  get isVersion2(): boolean {
    return this.#isVersion2
  }

  /** Nothing is open, and nothing is being ended. */
  get isAtRest(): boolean {
    return ['Empty', 'CompleteCommit', 'CompleteAbort'].includes(this.#state)
  }

  get isEnding(): boolean {
    return this.#state === 'PrepareCommit' || this.#state === 'PrepareAbort'
  }

  get isEpochUsedUp(): boolean {
    return this.#producerEpoch >= lastEpoch
  }

  /** Who the producer is when the markers are written. */
  get successor(): ProducerIdentity {
    return this.#nextProducerId === -1n
      ? { producerId: this.#producerId, producerEpoch: this.#producerEpoch }
      : { producerId: this.#nextProducerId, producerEpoch: 0 }
  }

  /** The only writer of the state. */
  #move(to: TransactionState): void {
    if (!allowedMoves[this.#state].includes(to)) {
      throw new Error(`the transaction of ${this.transactionalId} cannot go from ${this.#state} to ${to}`)
    }
    this.#state = to
    this.#updatedAtMs = this.#nowMs()
  }

  // --- who the producer is ---

  /** The producer's request was answered already, with the epoch that it has now, and the answer was lost. */
  isRetryOfInit({ producerEpoch }: ProducerIdentity): boolean {
    return producerEpoch === this.#lastProducerEpoch && producerEpoch !== this.#producerEpoch
  }

  /** The producer, or who it was before its id was used up. */
  isKnown({ producerId, producerEpoch }: ProducerIdentity): boolean {
    return (
      this.#producerEpoch === noEpoch ||
      producerId === this.#producerId ||
      (producerId === this.#previousProducerId && producerEpoch >= lastEpoch)
    )
  }

  /** The end of a transaction of version 2 was asked for already, and the answer was lost. */
  isRetryOfEnd({ producerId, producerEpoch }: ProducerIdentity): boolean {
    return producerId === this.#producerId
      ? this.#producerEpoch === producerEpoch + 1
      : this.isRetryOverIds({ producerId, producerEpoch })
  }

  /** As `isRetryOfEnd`, where that end has used up the producer's id. */
  isRetryOverIds({ producerId, producerEpoch }: ProducerIdentity): boolean {
    return producerId === this.#previousProducerId && producerEpoch === lastEpoch && this.#producerEpoch === 0
  }

  /** A producer begins, or begins anew: who had the id before is fenced. */
  bumpEpoch(timeoutMs: number, isSameProducer: boolean): void {
    this.#move('Empty')
    this.#lastProducerEpoch = isSameProducer ? this.#producerEpoch : noEpoch
    this.#producerEpoch += 1
    this.#reset(timeoutMs)
  }

  /** A producer asks once more for what it was given already. */
  repeatEpoch(timeoutMs: number): void {
    this.#move('Empty')
    this.#reset(timeoutMs)
  }

  /** A producer begins, and the epochs of its id are used up. */
  changeProducerId(producerId: bigint, timeoutMs: number, isSameProducer: boolean): void {
    this.#move('Empty')
    this.#previousProducerId = this.#producerId
    this.#lastProducerEpoch = isSameProducer ? this.#producerEpoch : noEpoch
    this.#producerId = producerId
    this.#producerEpoch = 0
    this.#reset(timeoutMs)
  }

  #reset(timeoutMs: number): void {
    this.#timeoutMs = timeoutMs
    this.#startedAtMs = -1
    this.participants.clear()
  }

  // --- the transaction ---

  /** It has partitions or groups from now on; a first one begins it. */
  begin(): void {
    const isNew = this.#state !== 'Ongoing'
    this.#move('Ongoing')
    if (isNew) this.#startedAtMs = this.#nowMs()
  }

  /**
   * The end is decided, and cannot be changed any more.
   *
   * @param isVersion2 the producer goes on with a new epoch
   * @param nextProducerId the id that it goes on with, when the epochs of its own are used up
   */
  prepare(type: EndMarker, isVersion2: boolean, nextProducerId = -1n): void {
    const isOpen = this.#state === 'Ongoing'
    this.#move(type === 'commit' ? 'PrepareCommit' : 'PrepareAbort')
    if (!isOpen) this.#startedAtMs = this.#nowMs()
    this.#isVersion2 = isVersion2
    if (!isVersion2) return
    this.#nextProducerId = nextProducerId
    this.#lastProducerEpoch = this.#producerEpoch
    this.#producerEpoch += 1
  }

  /** It is aborted against its producer's will, which is fenced. */
  fence(): void {
    this.#move('PrepareEpochFence')
    this.#lastProducerEpoch = this.#producerEpoch
    this.#producerEpoch += 1
    this.#move('PrepareAbort')
    this.#isVersion2 = false
  }

  /** All markers are written. */
  complete(): void {
    this.#move(this.#state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort')
    if (this.#nextProducerId === -1n) return
    this.#previousProducerId = this.#producerId
    this.#producerId = this.#nextProducerId
    this.#producerEpoch = 0
    this.#nextProducerId = -1n
  }

  /** It was not used for too long, or the cluster ends. */
  expire(): void {
    this.#move('Dead')
  }
}
