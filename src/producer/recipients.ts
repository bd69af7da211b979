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
  #openGate: () => void = nothing
  #gate: Promise<void> | undefined
  #promises = 0
  /** The record of each promise; undefined while the first record has the first promise, and so on. */
  #promiseIndexes: number[] | undefined
  #nextPromise = 0
  readonly #others: Recipient[] = []
  /** The index that a collector knows the record by, or `CALLBACK`. */
  readonly #roles: number[] = []
  readonly #otherIndexes: number[] = []
  #outcomeOf: (index: number) => Outcome = unsettled

  /** Counts a record in; who is told of it may follow, before the next record. */
  add(timestamp: number): void {
    this.#timestamps.push(timestamp)
  }

  /** A promise for the record that was counted in last. */
  promise(): Promise<RecordMetadata> {
    const index = this.#timestamps.length - 1
    if (this.#promiseIndexes !== undefined) this.#promiseIndexes.push(index)
    else if (index !== this.#promises) {
      this.#promiseIndexes = Array.from({ length: this.#promises }, (_, each) => each)
      this.#promiseIndexes.push(index)
    }
    this.#promises++
    this.#gate ??= new Promise((resolve) => {
      this.#openGate = resolve
    })
    return this.#gate.then(this.#next)
  }

  /** Will tell `recipient` of the record that was counted in last. */
  tell(recipient: Recipient, role: number): void {
    if (recipient === undefined) return
    this.#others.push(recipient)
    this.#roles.push(role)
    this.#otherIndexes.push(this.#timestamps.length - 1)
  }

  /** Tells everyone where their record was written; `baseOffset` -1n and `appendTimeMs` -1 say that it is not known. */
  acknowledge(
    topic: string,
    partition: number,
    baseOffset: bigint,
    appendTimeMs: number,
    onThrow: (error: unknown) => void,
  ): void {
    this.#settle((index) => {
      const offset = baseOffset < 0n ? -1n : baseOffset + BigInt(index)
      const timestamp = appendTimeMs >= 0 ? appendTimeMs : this.#timestamps[index]
      return new RecordMetadata(topic, partition, offset, timestamp)
    }, onThrow)
  }

  /** Tells everyone that their record failed. */
  fail(errorOf: (index: number) => KafkaError, onThrow: (error: unknown) => void): void {
    this.#settle(errorOf, onThrow)
  }

  #settle(outcomeOf: (index: number) => Outcome, onThrow: (error: unknown) => void): void {
    this.#outcomeOf = outcomeOf
    const others = this.#others
    for (let i = 0; i < others.length; i++) {
      tell(others[i], this.#roles[i], outcomeOf(this.#otherIndexes[i]), onThrow)
    }
    this.#openGate()
  }

  readonly #next = (): RecordMetadata => {
    const ordinal = this.#nextPromise++
    const outcome = this.#outcomeOf(
      this.#promiseIndexes === undefined ? ordinal : this.#promiseIndexes[ordinal],
    )
    if (outcome instanceof RecordMetadata) return outcome
    throw outcome
  }
}

function nothing(): void {}

function unsettled(): never {
  throw new Error('the gate of a batch opened before the batch was settled')
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
