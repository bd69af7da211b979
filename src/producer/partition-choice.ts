import type { Clock } from '../runtime/runtime.ts'
import { InvalidRecordError } from './errors.ts'
import { type Partitioner, partitionOfKey } from './partitioner.ts'
import type { ProducerRecord } from './record.ts'
import type { TopicState } from './topic-state.ts'

/**
 * Chooses a record's partition: the one that it names; else the partitioner's, when there is one; else by the
 * hash of its key; else the topic's sticky one.
 */
export class PartitionChoice {
  readonly #clock: Clock
  readonly #partitioner: Partitioner | undefined

  constructor(clock: Clock, partitioner: Partitioner | undefined) {
    this.#clock = clock
    this.#partitioner = partitioner
  }

  /** Throws `InvalidRecordError` for a partition that the topic does not have. */
  of(topic: TopicState, record: ProducerRecord): number {
    const { partition, key } = record
    if (partition !== undefined) return existing(topic, partition, 'is not one of')
    if (this.#partitioner !== undefined) return chosen(topic, record, this.#partitioner)
    if (key !== undefined && key !== null) return partitionOfKey(key, topic.partitionCount)
    return this.#sticky(topic, record)
  }

  #sticky(topic: TopicState, { value }: ProducerRecord): number {
    const { sticky, queues, partitionCount } = topic
    let partition = sticky.partition
    const exists = partition >= 0 && partition < partitionCount
    if (!exists || queues[partition].next === undefined || queues[partition].leader === undefined) {
      const nowMs = this.#clock.monotonicMs()
      if (!exists || sticky.isOver(nowMs)) {
        partition = sticky.begin(nowMs, partitionCount, topic.availablePartitions)
      }
    }
    sticky.took(16 + (value === null ? 0 : value.length))
    return partition
  }
}

function chosen(topic: TopicState, record: ProducerRecord, partitioner: Partitioner): number {
  let partition: number
  try {
    partition = partitioner(record, topic)
  } catch (cause) {
    const problem = `could not be chosen: the partitioner threw ${String(cause)}`
    throw new InvalidRecordError(topic.name, 'partition', problem, {}, cause)
  }
  return existing(topic, partition, 'was chosen by the partitioner and is not one of')
}

function existing(topic: TopicState, partition: number, problem: string): number {
  if (Number.isInteger(partition) && partition >= 0 && partition < topic.partitionCount) return partition
  throw new InvalidRecordError(
    topic.name,
    'partition',
    `${String(partition)} ${problem} the topic's ${topic.partitionCount} partitions`,
    { partition },
  )
}
