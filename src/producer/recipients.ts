import type { KafkaError } from '../errors.ts'
import { RecordMetadata } from './record-metadata.ts'

export type Outcome = RecordMetadata | KafkaError

/** Called once with the outcome of a posted record: an error, or where it was written. */
export type OnAck = (error: KafkaError | null, metadata: RecordMetadata | null) => void

/** Gathers outcomes of records, each under the index that it was given. */
export interface Collector {
  settle(index: number, outcome: Outcome): void
}

/** Who is told of a record's outcome, if not a promise; undefined for nobody. */
export type Recipient = OnAck | Collector | undefined

/** In place of an index says that the recipient is an `OnAck`. */
export const CALLBACK = -1

/**
 * Who is told of the records of a batch.
 *
 * The promises of a batch all hang on one, its gate: they are what `gate.then(next)` gives, and when the gate opens
 * their reactions run in the order in which they were made, so `next` only has to count. A promise with
 * an executor comes with two functions and a context of its own, which the garbage collector has to move for as
 * long as the record is on its way: with 20,000 records outstanding 385 ns a record against 210, with 1,000
 * outstanding 110 against 90.
 */
export class Recipients {
  readonly #timestamps: number[] = []
  #gate: Gate | undefined
  /** Who is told without a promise, in the order of their records. */
  #others: Other[] | undefined

  /** Counts a record in; who is told of it may follow, before the next record. */
  add(timestamp: number): void {
    this.#timestamps.push(timestamp)
  }

  /** A promise for the record that was counted in last. */
  promise(): Promise<RecordMetadata> {
    this.#gate ??= new Gate()
    return this.#gate.promise(this.#timestamps.length - 1)
  }

  /** Will tell `recipient` of the record that was counted in last. */
  tell(recipient: Recipient, role: number): void {
    if (recipient === undefined) return
    this.#others ??= []
    this.#others.push({ recipient, role, index: this.#timestamps.length - 1 })
  }

  /** Tells everyone where their record was written; `baseOffset` -1n and `appendTimeMs` -1 say that it is not known. */
  acknowledge(
    topic: string,
    partition: number,
    baseOffset: bigint,
    appendTimeMs: number,
    onThrow: (error: unknown) => void,
  ): void {
    const timestamps = this.#timestamps
    this.#settle((index) => {
      const offset = baseOffset < 0n ? -1n : baseOffset + BigInt(index)
      return new RecordMetadata(
        topic,
        partition,
        offset,
        appendTimeMs >= 0 ? appendTimeMs : timestamps[index],
      )
    }, onThrow)
  }

  /** Tells everyone that their record failed. */
  fail(errorOf: (index: number) => KafkaError, onThrow: (error: unknown) => void): void {
    this.#settle(errorOf, onThrow)
  }

  #settle(outcomeOf: OutcomeOf, onThrow: (error: unknown) => void): void {
    if (this.#others !== undefined) {
      for (const { recipient, role, index } of this.#others) tell(recipient, role, outcomeOf(index), onThrow)
    }
    this.#gate?.open(outcomeOf)
  }
}

type OutcomeOf = (index: number) => Outcome

interface Other {
  readonly recipient: Recipient
  readonly role: number
  readonly index: number
}

/** The promises of a batch. */
class Gate {
  readonly #promise: Promise<void>
  #open!: () => void
  #count = 0
  /** The record of each promise; undefined while the first record has the first promise, and so on. */
  #indexes: number[] | undefined
  #nextPromise = 0
  #outcomeOf: OutcomeOf | undefined

  constructor() {
    this.#promise = new Promise((resolve) => {
      this.#open = resolve
    })
  }

  /** The promise for the record at `index`; indexes come in ascending order. */
  promise(index: number): Promise<RecordMetadata> {
    if (this.#indexes !== undefined) this.#indexes.push(index)
    else if (index !== this.#count) {
      this.#indexes = Array.from({ length: this.#count }, (_, each) => each)
      this.#indexes.push(index)
    }
    this.#count++
    return this.#promise.then(this.#next)
  }

  open(outcomeOf: OutcomeOf): void {
    this.#outcomeOf = outcomeOf
    this.#open()
  }

  readonly #next = (): RecordMetadata => {
    const ordinal = this.#nextPromise++
    const outcome = this.#outcomeOf!(this.#indexes === undefined ? ordinal : this.#indexes[ordinal])
    if (outcome instanceof RecordMetadata) return outcome
    throw outcome
  }
}

/** Tells one recipient; what a callback throws goes to `onThrow`. */
export function tell(
  recipient: Recipient,
  role: number,
  outcome: Outcome,
  onThrow: (error: unknown) => void,
): void {
  if (recipient === undefined) return
  if (role !== CALLBACK) {
    const collector = recipient as Collector
    collector.settle(role, outcome)
    return
  }
  try {
    const onAck = recipient as OnAck
    if (outcome instanceof RecordMetadata) onAck(null, outcome)
    else onAck(outcome, null)
  } catch (error) {
    onThrow(error)
  }
}
