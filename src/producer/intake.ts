import type { Cluster } from '../cluster/index.ts'
import type { KafkaError } from '../errors.ts'
import { ErrorCodes } from '../protocol/error-codes.ts'
import { recordSizeUpperBound } from '../records/index.ts'
import { Alarm } from '../runtime/alarm.ts'
import { Deadline } from '../runtime/deadline.ts'
import { sleep } from '../runtime/sleep.ts'
import { BufferFullError, InvalidRecordError, notThere, topicNotFound } from './errors.ts'
import { Fifo } from './fifo.ts'
import type { ProducerSettings } from './options.ts'
import { type Partitioner, partitionOfKey } from './partitioner.ts'
import { CALLBACK, type Recipient, type Role, tell } from './recipients.ts'
import { type ProducerRecord, recordProblem, topicProblem } from './record.ts'
import { Sender } from './sender.ts'
import { TopicState } from './topic-state.ts'
import { WaitingRecord } from './waiting-record.ts'

/**
 * Takes records in: checks them, chooses their partition, and puts them into its batch. What cannot go into a
 * batch yet waits in a line, in order: for its topic's metadata, which holds back that topic alone, or for memory,
 * which holds back everybody, first come, first served.
 */
export class Intake {
  readonly sender: Sender
  readonly #cluster: Cluster
  readonly #settings: ProducerSettings
  readonly #onCallbackThrew: (error: unknown) => void
  readonly #topics = new Map<string, TopicState>()
  /** Most sends go to the topic of the one before. */
  #lastTopic: TopicState | undefined
  /** Records that wait for memory. */
  readonly #line = new Fifo<WaitingRecord>()
  readonly #lineAlarm: Alarm
  /** What the records in all lines hold, in bytes. */
  #waitingBytes = 0
  /** `offer` said no, and nothing has changed since. */
  #full = false
  #roomListeners: (() => void)[] = []
  #pumpComing = false
  readonly #closing = new AbortController()

  constructor(cluster: Cluster, settings: ProducerSettings) {
    this.#cluster = cluster
    this.#settings = settings
    this.sender = new Sender(cluster, settings, this.#topics, () => this.#pumpSoon())
    this.#lineAlarm = new Alarm(cluster.runtime, () => this.#endWaits())
    this.#onCallbackThrew = (error) => cluster.logger.error({ error }, 'a callback given to post() threw')
  }

  /**
   * Takes a record; when it has to wait for metadata or memory, gives it as the one that waits. Throws when the
   * record cannot be sent as it is; then `recipient` hears nothing.
   */
  take(record: ProducerRecord, recipient: Recipient, role: Role): WaitingRecord | undefined {
    const topic = this.#check(record)
    const timestamp = record.timestamp ?? this.#cluster.runtime.clock.now()
    if (!topic.known || topic.waiting.length > 0) {
      return this.#waitForTopic(topic, record, recipient, role, timestamp)
    }
    if (this.#line.length > 0) return this.#waitForMemory(topic, record, recipient, role, timestamp, -1)
    const partition = this.#partitionOf(topic, record)
    const { key = null, value, headers = null } = record
    const queue = topic.queues[partition]
    if (this.sender.accumulator.append(queue, timestamp, key, value, headers, recipient, role))
      return undefined
    return this.#waitForMemory(topic, record, recipient, role, timestamp, partition)
  }

  /** Takes a record unless it would have to wait for memory: then false, and nothing was taken. */
  offer(record: ProducerRecord, recipient: Recipient): boolean {
    const topic = this.#check(record)
    const timestamp = record.timestamp ?? this.#cluster.runtime.clock.now()
    if (!topic.known || topic.waiting.length > 0) {
      this.#full = this.#waitingBytes > this.#settings.bufferMemoryBytes
      if (!this.#full) this.#waitForTopic(topic, record, recipient, CALLBACK, timestamp)
      return !this.#full
    }
    if (this.#line.length === 0) {
      const { key = null, value, headers = null } = record
      const queue = topic.queues[this.#partitionOf(topic, record)]
      if (this.sender.accumulator.append(queue, timestamp, key, value, headers, recipient, CALLBACK))
        return true
      this.sender.hurry()
    }
    this.#full = true
    return false
  }

  /** Resolves when `offer` may say yes again. */
  room(): Promise<void> {
    if (!this.#full) return Promise.resolve()
    return new Promise((resolve) => this.#roomListeners.push(resolve))
  }

  /** Resolves when all that was taken so far has its outcome. */
  async settled(): Promise<void> {
    this.sender.hurry()
    const lines = [this.#line, ...[...this.#topics.values()].map((topic) => topic.waiting)]
    const last = lines.map((line) => line.last()).filter((waiting) => waiting !== undefined)
    await Promise.all(last.map((waiting) => new Promise<void>((resolve) => waiting.onPlaced(resolve))))
    this.sender.hurry()
    const batches = [...this.sender.unsettled()]
    await Promise.all(batches.map((batch) => new Promise<void>((resolve) => batch.onSettled(resolve))))
  }

  /** Refuses all that waits, and closes the sender. */
  async close(
    errorOf: (topic: string, partition: number, mayBeWritten: boolean) => KafkaError,
  ): Promise<void> {
    this.#closing.abort()
    this.#lineAlarm.cancel()
    for (const topic of this.#topics.values()) {
      for (const waiting of topic.waiting.takeAll()) this.#refuse(waiting, errorOf(topic.name, -1, false))
    }
    for (const waiting of this.#line.takeAll()) {
      this.#refuse(waiting, errorOf(waiting.topic.name, waiting.partition, false))
    }
    this.#tellRoom()
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
    const topic = new TopicState(name, this.#cluster.runtime.random)
    this.#topics.set(name, topic)
    return topic
  }

  #partitionOf(topic: TopicState, record: ProducerRecord): number {
    const { partition, key } = record
    if (partition !== undefined) return this.#existing(topic, partition, 'is not one of')
    if (this.#settings.partitioner !== undefined)
      return this.#chosen(topic, record, this.#settings.partitioner)
    if (key !== undefined && key !== null) return partitionOfKey(key, topic.partitionCount)
    return this.#stickyPartition(topic, record)
  }

  #chosen(topic: TopicState, record: ProducerRecord, partitioner: Partitioner): number {
    let partition: number
    try {
      partition = partitioner(record, topic)
    } catch (cause) {
      const problem = `could not be chosen: the partitioner threw ${String(cause)}`
      throw new InvalidRecordError(topic.name, 'partition', problem, {}, cause)
    }
    return this.#existing(topic, partition, 'was chosen by the partitioner and is not one of')
  }

  #existing(topic: TopicState, partition: number, problem: string): number {
    if (Number.isInteger(partition) && partition >= 0 && partition < topic.partitionCount) return partition
    throw new InvalidRecordError(
      topic.name,
      'partition',
      `${String(partition)} ${problem} the topic's ${topic.partitionCount} partitions`,
      { partition },
    )
  }

  #stickyPartition(topic: TopicState, { value }: ProducerRecord): number {
    const { sticky, queues, partitionCount } = topic
    let partition = sticky.partition
    if (partition < 0 || partition >= partitionCount || queues[partition].next === undefined) {
      const nowMs = this.#cluster.runtime.clock.monotonicMs()
      if (partition < 0 || partition >= partitionCount || sticky.isOver(nowMs)) {
        partition = sticky.begin(nowMs, partitionCount, topic.availablePartitions)
      }
    }
    sticky.took(16 + (value === null ? 0 : value.length))
    return partition
  }

  // -- waiting for metadata

  #waitForTopic(
    topic: TopicState,
    record: ProducerRecord,
    recipient: Recipient,
    role: Role,
    timestamp: number,
  ): WaitingRecord {
    const waiting = this.#waitingRecord(topic, record, recipient, role, timestamp)
    topic.waiting.push(waiting)
    if (!topic.asking) this.#ask(topic)
    return waiting
  }

  async #ask(topic: TopicState): Promise<void> {
    topic.asking = true
    try {
      await this.#find(topic.name)
      topic.asking = false
      this.sender.use(topic)
      for (const waiting of topic.waiting.takeAll()) this.#place(waiting)
      this.#pumpSoon()
    } catch (error) {
      topic.asking = false
      this.#notFound(topic, error as KafkaError)
    }
  }

  /**
   * Waits until the cluster knows a topic. One that may be made by being asked for is waited for up to `maxBlockMs`,
   * any other has a second chance, since brokers hear of a new topic one after the other.
   */
  async #find(name: string): Promise<void> {
    const { maxBlockMs, allowAutoTopicCreation, retryBackoffMs } = this.#settings
    const { runtime } = this.#cluster
    const signal = this.#closing.signal
    const deadline = Deadline.in(runtime.clock, maxBlockMs)
    if (!allowAutoTopicCreation) {
      for (let chance = 1; chance <= 2; chance++) {
        await this.#cluster.refresh({ topics: [name], deadline, signal })
        const errorCode = this.#cluster.topic(name)?.errorCode ?? ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
        if (errorCode !== ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION) break
        if (chance === 2) throw notThere(name)
        await sleep(runtime.timers, retryBackoffMs, signal)
      }
    }
    await this.#cluster.topics([name], { deadline, signal, allowAutoTopicCreation })
  }

  /** Refuses the records that have waited long enough, all of them when waiting does not help. */
  #notFound(topic: TopicState, error: KafkaError): void {
    const nowMs = this.#cluster.runtime.clock.monotonicMs()
    const { maxBlockMs } = this.#settings
    for (let next = topic.waiting.peek(); next !== undefined; next = topic.waiting.peek()) {
      const waitedMs = nowMs - next.sinceMs
      if (error.retriable && waitedMs < maxBlockMs) break
      topic.waiting.shift()
      this.#refuse(next, topicNotFound(topic.name, waitedMs, error))
    }
    if (topic.waiting.length > 0) {
      this.#ask(topic)
      return
    }
    this.#topics.delete(topic.name)
    if (this.#lastTopic === topic) this.#lastTopic = undefined
    this.#pumpSoon()
  }

  // -- waiting for memory

  #waitForMemory(
    topic: TopicState,
    record: ProducerRecord,
    recipient: Recipient,
    role: Role,
    timestamp: number,
    partition: number,
  ): WaitingRecord {
    const waiting = this.#waitingRecord(topic, record, recipient, role, timestamp)
    waiting.partition = partition
    this.#line.push(waiting)
    this.#lineAlarm.ringBy(waiting.sinceMs + this.#settings.maxBlockMs)
    this.sender.hurry()
    return waiting
  }

  /** Puts a record whose topic is known into its batch, or in the line for memory. */
  #place(waiting: WaitingRecord): void {
    if (this.#line.length === 0 && this.#placeNow(waiting)) return
    this.#line.push(waiting)
    this.#lineAlarm.ringBy(waiting.sinceMs + this.#settings.maxBlockMs)
  }

  /** False when there is no memory. */
  #placeNow(waiting: WaitingRecord): boolean {
    const { topic, record, recipient, role, timestamp } = waiting
    if (!waiting.withdrawn) {
      try {
        if (waiting.partition < 0) waiting.partition = this.#partitionOf(topic, record)
        const queue = topic.queues[waiting.partition]
        const { key = null, value, headers = null } = record
        if (!this.sender.accumulator.append(queue, timestamp, key, value, headers, recipient, role))
          return false
      } catch (error) {
        tell(recipient, role, error as KafkaError, this.#onCallbackThrew)
      }
    }
    this.#waitingBytes -= waiting.sizeBytes
    waiting.place()
    return true
  }

  #pumpSoon(): void {
    if (this.#pumpComing || (this.#line.length === 0 && !this.#full)) return
    this.#pumpComing = true
    queueMicrotask(() => {
      this.#pumpComing = false
      this.#pump()
    })
  }

  #pump(): void {
    for (let next = this.#line.peek(); next !== undefined; next = this.#line.peek()) {
      if (!this.#placeNow(next)) {
        this.sender.hurry()
        return
      }
      this.#line.shift()
    }
    this.#tellRoom()
  }

  #tellRoom(): void {
    this.#full = false
    const listeners = this.#roomListeners
    this.#roomListeners = []
    for (const listener of listeners) listener()
  }

  #endWaits(): void {
    const nowMs = this.#cluster.runtime.clock.monotonicMs()
    const { maxBlockMs, bufferMemoryBytes } = this.#settings
    for (let next = this.#line.peek(); next !== undefined; next = this.#line.peek()) {
      const waitedMs = nowMs - next.sinceMs
      if (waitedMs < maxBlockMs) {
        this.#lineAlarm.ringBy(next.sinceMs + maxBlockMs)
        return
      }
      this.#line.shift()
      this.#refuse(next, new BufferFullError(next.topic.name, waitedMs, bufferMemoryBytes))
    }
  }

  #refuse(waiting: WaitingRecord, error: KafkaError): void {
    this.#waitingBytes -= waiting.sizeBytes
    if (!waiting.withdrawn) tell(waiting.recipient, waiting.role, error, this.#onCallbackThrew)
    waiting.place()
  }

  #waitingRecord(
    topic: TopicState,
    record: ProducerRecord,
    recipient: Recipient,
    role: Role,
    timestamp: number,
  ): WaitingRecord {
    const sizeBytes = recordSizeUpperBound(record.key ?? null, record.value, record.headers ?? null)
    this.#waitingBytes += sizeBytes
    const sinceMs = this.#cluster.runtime.clock.monotonicMs()
    return new WaitingRecord(topic, record, recipient, role, timestamp, sinceMs, sizeBytes)
  }
}
