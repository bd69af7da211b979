import { PartitionLog } from '../log/partition-log.ts'
import type { StorageBudget } from '../log/storage-budget.ts'
import type { Topic } from './topic.ts'

/** Somebody who waits for records: told of each append, and when the partition is gone or led by another. */
export interface PartitionWatcher {
  changed(): void
}

/** One partition: who leads it, and its log. */
export class Partition {
  readonly topic: Topic
  readonly index: number
  leaderId: number
  leaderEpoch = 0
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly log: PartitionLog
  #watchers: Set<PartitionWatcher> | undefined

  constructor(topic: Topic, index: number, replicas: readonly number[], budget: StorageBudget) {
    this.topic = topic
    this.index = index
    this.leaderId = replicas[0]
    this.replicas = replicas
    this.isr = replicas
    this.log = new PartitionLog(budget)
    this.log.epochs.began(this.leaderEpoch, 0)
  }

  /** What consumers may read up to. With one replica every record is committed once it is written. */
  get highWatermark(): number {
    return this.log.endOffset
  }

  watch(watcher: PartitionWatcher): void {
    this.#watchers ??= new Set()
    this.#watchers.add(watcher)
  }

  unwatch(watcher: PartitionWatcher): void {
    this.#watchers?.delete(watcher)
  }

  /** Tells the watchers to look again. A watcher may stop watching meanwhile. */
  notify(): void {
    if (this.#watchers === undefined) return
    for (const watcher of [...this.#watchers]) watcher.changed()
  }

  /** The topic is deleted: memory is given back, and who waits is told. */
  discard(): void {
    this.leaderId = -1
    this.log.discard()
    this.notify()
  }
}
