import type { Recipient } from './recipients.ts'
import type { ProducerRecord } from './record.ts'
import type { TopicState } from './topic-state.ts'

/** A record that waits for its topic's metadata or for memory. */
export class WaitingRecord {
  readonly topic: TopicState
  readonly record: ProducerRecord
  readonly recipient: Recipient
  /** The index that a collector knows the record by, or `CALLBACK`. */
  readonly role: number
  /** The record's own, or the time of the send; milliseconds since the epoch. */
  readonly timestamp: number
  /** When it was sent, by the monotonic clock. */
  readonly sinceMs: number
  /** Bounds what it holds, in bytes. */
  readonly sizeBytes: number
  /** The partition, when it was chosen already; else -1. */
  partition = -1
  /** Withdrawn by its signal: whoever waits for it knows, and it is skipped when its turn comes. */
  withdrawn = false
  /** It has left its line: it is in a batch, or was refused. */
  placed = false
  #placedListeners: (() => void)[] = []

  constructor(
    topic: TopicState,
    record: ProducerRecord,
    recipient: Recipient,
    role: number,
    timestamp: number,
    sinceMs: number,
    sizeBytes: number,
  ) {
    this.topic = topic
    // The caller may use its object again.
    this.record = { ...record }
    this.recipient = recipient
    this.role = role
    this.timestamp = timestamp
    this.sinceMs = sinceMs
    this.sizeBytes = sizeBytes
  }

  place(): void {
    this.placed = true
    for (const listener of this.#placedListeners) listener()
    this.#placedListeners = []
  }

  /** Calls `listener` once the record has left its line; at once when it has. */
  onPlaced(listener: () => void): void {
    if (this.placed) listener()
    else this.#placedListeners.push(listener)
  }
}
