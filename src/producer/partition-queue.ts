import type { ProducerBatch } from './batch.ts'
import type { BrokerSender } from './broker-sender.ts'
import { Sequences } from './sequences.ts'
import type { TopicState } from './topic-state.ts'

/** The batches of one partition that wait or are on their way. */
export class PartitionQueue {
  readonly state: TopicState
  readonly topic: string
  readonly partition: number
  /** Waiting, oldest first. Only the last may be open, and only the first ones may be waiting for a retry. */
  readonly batches: ProducerBatch[] = []
  /** On their way, in the order in which they left. */
  readonly inFlight: ProducerBatch[] = []
  /** The broker that the batches in flight went to. */
  inFlightAt: BrokerSender | undefined
  /** Sends to the partition's leader; undefined while none is known. */
  leader: BrokerSender | undefined
  /** After a failure nothing leaves before this time of the monotonic clock; 0 when there is nothing to wait for. */
  notBeforeMs = 0
  /** How large the last batch became: the next one starts in a buffer of that size. */
  lastBatchBytes = 0
  /** Undefined without idempotence. */
  readonly sequences: Sequences | undefined

  constructor(state: TopicState, partition: number, isIdempotent: boolean) {
    this.state = state
    this.topic = state.name
    this.partition = partition
    this.sequences = isIdempotent ? new Sequences() : undefined
  }

  /** The batch that takes records, if there is one. */
  get open(): ProducerBatch | undefined {
    const { batches } = this
    const last = batches.length === 0 ? undefined : batches[batches.length - 1]
    return last !== undefined && last.state === 'open' ? last : undefined
  }

  /** The batch that leaves next. */
  get next(): ProducerBatch | undefined {
    return this.batches.length === 0 ? undefined : this.batches[0]
  }

  /** The leader has a place in flight for one batch more than wait here. */
  get hasFreePlace(): boolean {
    return this.leader !== undefined && this.leader.freePlaces > this.batches.length
  }

  /**
   * Whether the order within the partition holds `next` back: a batch that is tried again leaves alone, once
   * all that left before it has its outcome; and nothing leaves for a new leader while something is on its way
   * to the one before.
   */
  isHeldBack(to: BrokerSender): boolean {
    if (this.inFlight.length === 0) return false
    if (this.inFlightAt !== to || this.inFlight[0].attempts > 1) return true
    return this.batches.length > 0 && this.batches[0].attempts > 0
  }

  /** `next` is on its way. */
  depart(to: BrokerSender): ProducerBatch {
    const batch = this.batches.shift()!
    if (batch.state === 'open') {
      this.lastBatchBytes = batch.sizeBytes
      batch.seal()
    }
    this.sequences?.number(batch)
    batch.depart()
    this.inFlight.push(batch)
    this.inFlightAt = to
    return batch
  }

  /** A batch in flight has its outcome. */
  land(batch: ProducerBatch): void {
    const at = this.inFlight.indexOf(batch)
    if (at >= 0) this.inFlight.splice(at, 1)
  }

  /** Puts a batch that has to be tried again back to where it was in the order. */
  putBack(batch: ProducerBatch): void {
    let at = 0
    while (at < this.batches.length && this.batches[at].number < batch.number) at++
    this.batches.splice(at, 0, batch)
  }

  /** Takes a waiting batch out. */
  remove(batch: ProducerBatch): void {
    const at = this.batches.indexOf(batch)
    if (at >= 0) this.batches.splice(at, 1)
  }
}
