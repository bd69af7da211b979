import type { PartitionLog } from '../log/partition-log.ts'
import type { Replica } from '../replication/replica.ts'
import type { PartitionRegistration } from './registration.ts'
import type { Topic } from './topic.ts'

/** Whether a client sees only what is committed, or also what belongs to open and aborted transactions. */
export type Isolation = 'committed' | 'uncommitted'

/** By the number in Fetch and ListOffsets. */
export function isolationOf(level: number): Isolation {
  return level === 1 ? 'committed' : 'uncommitted'
}

/** Somebody who waits for records: told of each append, and when the partition is gone or led by another. */
export interface PartitionWatcher {
  changed(): void
}

/** One partition as one broker, or the controller, knows it: what was decided about it, and the broker's own replica. */
export class Partition {
  readonly topic: Topic
  readonly index: number
  /** What this broker has of the partition's records; the controller has none. */
  replica: Replica | undefined
  #registration: PartitionRegistration
  #watchers: Set<PartitionWatcher> | undefined

  constructor(topic: Topic, index: number, registration: PartitionRegistration) {
    this.topic = topic
    this.index = index
    this.#registration = registration
  }

  get registration(): PartitionRegistration {
    return this.#registration
  }

  set registration(registration: PartitionRegistration) {
    this.#registration = registration
    this.notify()
  }

  /** -1: there is none. */
  get leaderId(): number {
    return this.#registration.leaderId
  }

  get leaderEpoch(): number {
    return this.#registration.leaderEpoch
  }

  get replicas(): readonly number[] {
    return this.#registration.replicas
  }

  get isr(): readonly number[] {
    return this.#registration.isr
  }

  /** @throws Error on a broker that has no replica; whoever asks has found out before that there is one */
  get log(): PartitionLog {
    if (this.replica === undefined) {
      throw new Error(`this broker has no replica of ${this.topic.name}[${this.index}]`)
    }
    return this.replica.log
  }

  /** What consumers may read up to, as this broker knows it. */
  get highWatermark(): number {
    return this.replica?.highWatermark ?? -1
  }

  /** Below it no transaction can end otherwise any more. */
  get lastStableOffset(): number {
    return this.replica?.log.lastStableOffset(this.replica.highWatermark) ?? -1
  }

  /** What a client that reads like this may read up to. */
  readableUpTo(isolation: Isolation): number {
    return isolation === 'committed' ? this.lastStableOffset : this.highWatermark
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

  /** The topic is deleted: who waits is told. */
  discard(): void {
    this.registration = { ...this.#registration, leaderId: -1 }
  }
}
