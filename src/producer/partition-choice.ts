import type { Clock } from '../runtime/runtime.ts'
import { InvalidRecordError } from './errors.ts'
import { EAGER_FILL_BYTES, type ProducerSettings } from './options.ts'
import { type Partitioner, partitionOfKey } from './partitioner.ts'
import type { ProducerRecord } from './record.ts'
import type { TurnRules } from './sticky-choice.ts'
import type { TopicState } from './topic-state.ts'

/**
 * Chooses a record's partition: the one that it names; else the partitioner's, when there is one; else by the
 * hash of its key; else the topic's sticky one.
 */
export class PartitionChoice {
  readonly #clock: Clock
  readonly #partitioner: Partitioner | undefined
  readonly #ignoreKeys: boolean
  readonly #turns: TurnRules

  constructor(clock: Clock, settings: ProducerSettings) {
    this.#clock = clock
    this.#partitioner = settings.partitioner
    this.#ignoreKeys = settings.ignoreKeys
    this.#turns = {
      // Batches of more than that come about under load, over several turns: longer ones would leave brokers idle.
      turnBytes: Math.min(settings.batchSizeBytes, EAGER_FILL_BYTES),
      lingerMs: settings.lingerMs,
      adaptive: settings.adaptivePartitioning,
      availabilityTimeoutMs: settings.partitionerAvailabilityTimeoutMs,
    }
  }

  /** Throws `InvalidRecordError` for a partition that the topic does not have. */
  of(topic: TopicState, record: ProducerRecord): number {
    const { partition, key } = record
    if (partition !== undefined) return existing(topic, partition, 'is not one of')
    if (this.#partitioner !== undefined) return this.#chosen(topic, record, this.#partitioner)
    if (key !== undefined && key !== null && !this.#ignoreKeys)
      return partitionOfKey(key, topic.partitionCount)
    return this.#sticky(topic, record)
  }

  #chosen(topic: TopicState, record: ProducerRecord, partitioner: Partitioner): number {
    let partition: number | null
    try {
      partition = partitioner(record, topic)
    } catch (cause) {
      const problem = `could not be chosen: the partitioner threw ${String(cause)}`
      throw new InvalidRecordError(topic.name, 'partition', problem, {}, cause)
    }
    if (partition === null) return this.#sticky(topic, record)
    return existing(topic, partition, 'was chosen by the partitioner and is not one of')
  }

  #sticky(topic: TopicState, { key, value }: ProducerRecord): number {
    const { sticky, queues, partitionCount } = topic
    let partition = sticky.partition
    const exists = partition >= 0 && partition < partitionCount
    if (!exists || queues[partition].next === undefined || queues[partition].leader === undefined) {
      const nowMs = this.#clock.monotonicMs()
      if (!exists || sticky.isOver(nowMs)) partition = sticky.begin(nowMs, topic, this.#turns)
    }
    const keyLength = key === undefined || key === null ? 0 : key.length
    sticky.took(16 + keyLength + (value === null ? 0 : value.length))
    return partition
  }
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
