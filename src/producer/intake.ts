import type { Cluster } from '../cluster/index.ts'
import type { KafkaError } from '../errors.ts'
import { recordSizeUpperBound } from '../records/index.ts'
import type { ProducerBatch } from './batch.ts'
import { InvalidRecordError } from './errors.ts'
import type { ProducerSettings } from './options.ts'
import { PartitionChoice } from './partition-choice.ts'
import { CALLBACK, type OnAck, type Recipient } from './recipients.ts'
import { type ProducerRecord, recordProblem, topicProblem } from './record.ts'
import { Sender } from './sender.ts'
import { TopicState } from './topic-state.ts'
import { TurnClock } from './turn-clock.ts'
import { WaitingRecord } from './waiting-record.ts'
import { WaitingRoom } from './waiting-room.ts'

/**
 * Takes records in: checks them, chooses their partition, and puts them into its batch, or into the waiting room
 * when there is no batch for them yet.
 */
export class Intake {
  readonly sender: Sender
  readonly #cluster: Cluster
  readonly #turnClock: TurnClock
  readonly #choice: PartitionChoice
  readonly #room: WaitingRoom
  readonly #topics = new Map<string, TopicState>()
  /** Most sends go to the topic of the one before. */
  #lastTopic: TopicState | undefined
  /** The record that `take` had no memory for, and its partition: a partitioner is asked once for a record. */
  #refused: ProducerRecord | undefined
  #refusedPartition = -1
  readonly #isIdempotent: boolean

  constructor(cluster: Cluster, settings: ProducerSettings) {
    const { clock } = cluster.runtime
    this.#cluster = cluster
    this.#isIdempotent = settings.idempotent
    this.#turnClock = new TurnClock(clock)
    this.#choice = new PartitionChoice(clock, settings)
    this.sender = new Sender(cluster, settings, this.#topics, () => this.#room.pumpSoon())
    this.#room = new WaitingRoom(cluster, settings, this.sender, {
      append: (waiting) => this.#appendWaiting(waiting),
      forget: (topic) => this.#forget(topic),
    })
  }

  /**
   * Puts a record into its batch, which it returns; undefined when it has to `wait`. Throws when the record cannot
   * be sent as it is.
   */
  take(record: ProducerRecord): ProducerBatch | undefined {
    const topic = this.#check(record)
    if (!topic.known || topic.waiting.length > 0 || this.#room.hasLine) return undefined
    const partition = this.#choice.of(topic, record)
    const batch = this.#append(topic, partition, record, record.timestamp ?? this.#turnClock.now())
    if (batch === undefined) {
      this.#refused = record
      this.#refusedPartition = partition
    }
    return batch
  }

  /** Lets a record wait that `take` has just found no batch for; `recipient` hears what becomes of it. */
  wait(record: ProducerRecord, recipient: Recipient, role: number): WaitingRecord {
    const topic = this.#topics.get(record.topic)!
    const timestamp = record.timestamp ?? this.#turnClock.now()
    const sinceMs = this.#cluster.runtime.clock.monotonicMs()
    const sizeBytes = recordSizeUpperBound(record.key ?? null, record.value, record.headers ?? null)
    const waiting = new WaitingRecord(topic, record, recipient, role, timestamp, sinceMs, sizeBytes)
    if (this.#refused === record) waiting.partition = this.#refusedPartition
    this.#refused = undefined
    if (!topic.known || topic.waiting.length > 0) this.#room.waitForTopic(waiting)
    else this.#room.waitForMemory(waiting)
    return waiting
  }

  /** Takes a record unless it would have to wait for memory: then false, and nothing was taken. */
  offer(record: ProducerRecord, onAck: OnAck | undefined): boolean {
    const batch = this.take(record)
    if (batch !== undefined) {
      batch.recipients.tell(onAck, CALLBACK)
      return true
    }
    const topic = this.#topics.get(record.topic)!
    if ((!topic.known || topic.waiting.length > 0) && !this.#room.isFull) {
      this.wait(record, onAck, CALLBACK)
      return true
    }
    this.#room.turnedAway()
    return false
  }

  /** Resolves when `offer` may say yes again. */
  room(): Promise<void> {
    return this.#room.room()
  }

  /** Resolves when all that was taken so far has its outcome. */
  async settled(): Promise<void> {
    this.sender.hurry()
    await this.#room.emptied(this.#topics.values())
    this.sender.hurry()
    const batches = [...this.sender.unsettled()]
    await Promise.all(batches.map((batch) => new Promise<void>((resolve) => batch.onSettled(resolve))))
  }

  /** Refuses all that waits or is on its way, and closes the sender. */
  async close(
    errorOf: (topic: string, partition: number, mayBeWritten: boolean) => KafkaError,
  ): Promise<void> {
    this.#room.close(this.#topics.values(), ({ topic, partition }) => errorOf(topic.name, partition, false))
    await this.sender.close(({ queue, attempts }) => errorOf(queue.topic, queue.partition, attempts > 0))
  }

  /** The topic of a record that is in order. */
  #check(record: ProducerRecord): TopicState {
    if (record === null || typeof record !== 'object') {
      throw new InvalidRecordError(undefined, 'record', 'must be an object with topic and value')
    }
    let topic = this.#lastTopic
    if (topic === undefined || topic.name !== record.topic) {
      topic = this.#topics.get(record.topic) ?? this.#newTopic(record.topic)
      this.#lastTopic = topic
    }
    const problem = recordProblem(record)
    if (problem !== undefined) throw problem
    if (!topic.used) this.sender.use(topic)
    return topic
  }

  #newTopic(name: string): TopicState {
    const problem = topicProblem(name)
    if (problem !== undefined) throw problem
    const topic = new TopicState(name, this.#cluster.runtime.random, this.#isIdempotent)
    this.#topics.set(name, topic)
    return topic
  }

  #forget(topic: TopicState): void {
    this.#topics.delete(topic.name)
    if (this.#lastTopic === topic) this.#lastTopic = undefined
  }

  #append(
    topic: TopicState,
    partition: number,
    record: ProducerRecord,
    timestamp: number,
  ): ProducerBatch | undefined {
    const { key = null, value, headers = null } = record
    return this.sender.accumulator.append(topic.queues[partition], timestamp, key, value, headers)
  }

  #appendWaiting(waiting: WaitingRecord): boolean {
    const { topic, record, timestamp, recipient, role } = waiting
    if (waiting.partition < 0) waiting.partition = this.#choice.of(topic, record)
    const batch = this.#append(topic, waiting.partition, record, timestamp)
    batch?.recipients.tell(recipient, role)
    return batch !== undefined
  }
}
