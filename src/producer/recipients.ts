import type { KafkaError } from '../errors.ts'
import { RecordMetadata } from './record-metadata.ts'

export type Outcome = RecordMetadata | KafkaError

/** Called once with the outcome of a posted record: an error, or where it was written. */
export type OnAck = (error: KafkaError | null, metadata: RecordMetadata | null) => void

/** Settles the promise of a record; given a rejected promise, it rejects. */
export type Resolve = (outcome: RecordMetadata | Promise<never>) => void

/** Gathers the outcomes of the records of one `sendBatch`. */
export interface Collector {
  settle(index: number, outcome: Outcome): void
}

/** Who is told of a record's outcome; undefined for nobody. */
export type Recipient = Resolve | OnAck | Collector | undefined

/** Says what a recipient is: one of these, or from 0 on the record's index in its `Collector`. */
export type Role = number
export const PROMISE: Role = -1
export const CALLBACK: Role = -2

/**
 * Who is told of the records of a batch, in their order.
 *
 * Of a promise only `resolve` is kept, and called with a rejected promise to reject it: with 20,000 records
 * outstanding most of a send's cost is the collector moving what is alive, and `reject` would be a sixth of that.
 */
export class Recipients {
  #recipients: Recipient[] = []
  #roles: Role[] = []
  #timestamps: number[] = []

  add(recipient: Recipient, role: Role, timestamp: number): void {
    this.#recipients.push(recipient)
    this.#roles.push(role)
    this.#timestamps.push(timestamp)
  }

  /** Tells everyone where their record was written; `baseOffset` -1n and `appendTimeMs` -1 say that it is not known. */
  acknowledge(
    topic: string,
    partition: number,
    baseOffset: bigint,
    appendTimeMs: number,
    onThrow: (error: unknown) => void,
  ): void {
    const recipients = this.#recipients
    for (let i = 0; i < recipients.length; i++) {
      const recipient = recipients[i]
      if (recipient === undefined) continue
      const offset = baseOffset < 0n ? -1n : baseOffset + BigInt(i)
      const timestamp = appendTimeMs >= 0 ? appendTimeMs : this.#timestamps[i]
      const metadata = new RecordMetadata(topic, partition, offset, timestamp)
      const role = this.#roles[i]
      if (role === PROMISE) (recipient as Resolve)(metadata)
      else tell(recipient, role, metadata, onThrow)
    }
    this.#clear()
  }

  /** Tells everyone that their record failed. */
  fail(errorOf: (index: number) => KafkaError, onThrow: (error: unknown) => void): void {
    const recipients = this.#recipients
    for (let i = 0; i < recipients.length; i++) tell(recipients[i], this.#roles[i], errorOf(i), onThrow)
    this.#clear()
  }

  #clear(): void {
    this.#recipients = []
    this.#roles = []
    this.#timestamps = []
  }
}

/** Tells one recipient; what a callback throws goes to `onThrow`. */
export function tell(
  recipient: Recipient,
  role: Role,
  outcome: Outcome,
  onThrow: (error: unknown) => void,
): void {
  if (recipient === undefined) return
  if (role >= 0) {
    const collector = recipient as Collector
    collector.settle(role, outcome)
  } else if (role === PROMISE) {
    const resolve = recipient as Resolve
    resolve(outcome instanceof RecordMetadata ? outcome : Promise.reject(outcome))
  } else {
    try {
      const onAck = recipient as OnAck
      if (outcome instanceof RecordMetadata) onAck(null, outcome)
      else onAck(outcome, null)
    } catch (error) {
      onThrow(error)
    }
  }
}
