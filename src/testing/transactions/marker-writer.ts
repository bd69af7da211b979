import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Timer, Timers } from '../../runtime/runtime.ts'
import { appendMarker } from '../log/append-marker.ts'
import type { Partition } from '../state/partition.ts'
import type { TopicPartition } from './participants.ts'
import type { Transaction } from './transaction.ts'

/** EndTxn is answered before the first marker is written, as in Kafka. */
const firstDelayMs = 1
/**
 * Until it is tried again where a partition has no leader, or its followers do not have the marker yet: longer each time,
 * up to the last.
 */
const leastRetryDelayMs = 5
const mostRetryDelayMs = 100

export interface MarkerPorts {
  readonly timers: Timers
  nowMs(): number
  /** Who looks after the transactional id; undefined while nobody does. */
  coordinatorOf(transactionalId: string): MarkerSender | undefined
  /**
   * The partition at its leader; undefined while it has none that `from` reaches, `gone` when there is no such partition
   * any more.
   */
  leaderOf(partition: TopicPartition, from: MarkerSender): Partition | undefined | 'gone'
  /** A marker was appended to the partition of a leader. */
  appended(partition: Partition): void
  /**
   * Makes the offsets that were committed in a transaction count, or drops them. False while nobody looks after the group
   * that `from` reaches.
   */
  endOffsets(groupId: string, from: MarkerSender, producerId: bigint, isCommit: boolean): boolean
}

export interface MarkerSender {
  readonly nodeId: number
  readonly coordinatorEpoch: number
}

/** A marker that its followers may not have yet. */
interface WrittenMarker {
  readonly leaderEpoch: number
  readonly offset: number
}

/** Tells the partitions and groups of transactions how these ended, as often as it takes. */
export class MarkerWriter {
  readonly #ports: MarkerPorts
  readonly #timers = new Set<Timer>()

  constructor(ports: MarkerPorts) {
    this.#ports = ports
  }

  write(transaction: Transaction): void {
    this.#later(transaction, new Map(), firstDelayMs)
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  #later(transaction: Transaction, written: Map<string, WrittenMarker>, delayMs: number): void {
    const timer = this.#ports.timers.after(delayMs, () => {
      this.#timers.delete(timer)
      this.#attempt(transaction, written, delayMs)
    })
    this.#timers.add(timer)
  }

  #attempt(transaction: Transaction, written: Map<string, WrittenMarker>, waitedMs: number): void {
    const { transactionalId, participants, producerId } = transaction
    const sender = this.#ports.coordinatorOf(transactionalId)
    if (sender !== undefined) {
      for (const partition of [...participants.partitions()]) {
        if (this.#isWritten(transaction, partition, sender, written)) participants.remove(partition)
      }
      const isCommit = transaction.state === 'PrepareCommit'
      for (const groupId of [...participants.groups]) {
        if (this.#ports.endOffsets(groupId, sender, producerId, isCommit)) participants.removeGroup(groupId)
      }
    }
    if (participants.isEmpty) transaction.complete()
    else {
      const delayMs = Math.min(mostRetryDelayMs, Math.max(leastRetryDelayMs, 2 * waitedMs))
      this.#later(transaction, written, delayMs)
    }
  }

  /** Whether nothing is left to do for the partition: its marker is committed, or there is nothing to write it to. */
  #isWritten(
    transaction: Transaction,
    { topic, partition: index }: TopicPartition,
    sender: MarkerSender,
    written: Map<string, WrittenMarker>,
  ): boolean {
    const partition = this.#ports.leaderOf({ topic, partition: index }, sender)
    if (partition === 'gone') return true
    if (partition === undefined) return false
    const key = `${topic}/${index}`
    let marker = written.get(key)
    // Another leader may not have the marker that the one before it took.
    if (marker?.leaderEpoch !== partition.leaderEpoch) {
      const { errorCode, offset } = this.#append(transaction, partition, sender.coordinatorEpoch)
      // The partition has seen a newer epoch, whose coming has ended the transaction there.
      if (errorCode === ErrorCodes.INVALID_PRODUCER_EPOCH) return true
      if (errorCode !== ErrorCodes.NONE) return false
      marker = { leaderEpoch: partition.leaderEpoch, offset }
      written.set(key, marker)
    }
    return partition.highWatermark > marker.offset
  }

  #append(transaction: Transaction, partition: Partition, coordinatorEpoch: number) {
    const { producerId, producerEpoch: epoch, state, isVersion2 } = transaction
    const type = state === 'PrepareCommit' ? 'commit' : 'abort'
    const marker = { producerId, epoch, coordinatorEpoch, type } as const
    const result = appendMarker(partition, marker, isVersion2, this.#ports.nowMs())
    if (result.errorCode === ErrorCodes.NONE) this.#ports.appended(partition)
    return result
  }
}
