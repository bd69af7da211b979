import type { TopicView } from '../cluster/index.ts'
import type { Random } from '../runtime/runtime.ts'
import { Fifo } from './fifo.ts'
import { PartitionQueue } from './partition-queue.ts'
import type { PartitionerTopic } from './partitioner.ts'
import { StickyChoice } from './sticky-choice.ts'
import type { WaitingRecord } from './waiting-record.ts'

/** What a producer knows and holds of one topic. */
export class TopicState implements PartitionerTopic {
  readonly name: string
  /** By partition. There may be more than `partitionCount` of them when the topic was made again with fewer. */
  readonly queues: PartitionQueue[] = []
  readonly sticky: StickyChoice
  /** Records that came before the topic's metadata, in their order. */
  readonly waiting = new Fifo<WaitingRecord>()
  /** Somebody asks the cluster for this topic. */
  asking = false
  /** A record was sent to it since metadata last changed. */
  used = false
  topicId = ''
  partitionCount = 0
  availablePartitions: readonly number[] = []
  #view: TopicView | undefined
  readonly #isIdempotent: boolean

  constructor(name: string, random: Random, isIdempotent: boolean) {
    this.name = name
    this.#isIdempotent = isIdempotent
    this.sticky = new StickyChoice(random)
  }

  /** Nobody used it lately, and it holds nothing. */
  get isIdle(): boolean {
    if (this.used || this.asking || this.waiting.length > 0) return false
    return this.queues.every((queue) => queue.batches.length === 0 && queue.inFlight.length === 0)
  }

  /** Whether the number of its partitions is known. */
  get known(): boolean {
    return this.partitionCount > 0
  }

  /** Takes in what the cluster knows now; true when it is something new. */
  update(view: TopicView): boolean {
    if (view === this.#view || view.partitions.length === 0) return false
    this.#view = view
    this.topicId = view.topicId
    this.partitionCount = view.partitions.length
    for (let index = this.queues.length; index < this.partitionCount; index++) {
      this.queues.push(new PartitionQueue(this, index, this.#isIdempotent))
    }
    const available: number[] = []
    for (const partition of view.partitions) if (partition.leaderId >= 0) available.push(partition.index)
    this.availablePartitions = available
    return true
  }

  /** The broker that leads a partition now; -1 when none is known. */
  leaderOf(partition: number): number {
    return this.#view?.partitions[partition]?.leaderId ?? -1
  }
}
