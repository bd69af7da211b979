import type { Cluster } from '../cluster/index.ts'
import type { KafkaError } from '../errors.ts'
import { ErrorCodes } from '../protocol/error-codes.ts'
import { Alarm } from '../runtime/alarm.ts'
import { Deadline } from '../runtime/deadline.ts'
import { sleep } from '../runtime/sleep.ts'
import { BufferFullError, notThere, topicNotFound } from './errors.ts'
import { Fifo } from './fifo.ts'
import type { ProducerSettings } from './options.ts'
import { tell } from './recipients.ts'
import type { Sender } from './sender.ts'
import type { TopicState } from './topic-state.ts'
import type { WaitingRecord } from './waiting-record.ts'

/** What the room needs of the one who put records there. */
export interface Host {
  /** Puts a record whose topic is known into its batch; false when there is no memory. Throws when it cannot be sent. */
  append(waiting: WaitingRecord): boolean
  /** A topic was not found, and nobody waits for it any more. */
  forget(topic: TopicState): void
}

/**
 * Where records wait that cannot go into a batch yet: in a line of their topic, for its metadata, which holds
 * back that topic alone; or in one line for memory, first come, first served. Both end after `maxBlockMs`.
 */
export class WaitingRoom {
  readonly #cluster: Cluster
  readonly #settings: ProducerSettings
  readonly #sender: Sender
  readonly #host: Host
  /** Records that wait for memory. */
  readonly #line = new Fifo<WaitingRecord>()
  readonly #lineAlarm: Alarm
  /** What the records in all lines hold, in bytes. */
  #waitingBytes = 0
  /** Somebody was told that there is no room, and nothing has changed since. */
  #full = false
  #roomListeners: (() => void)[] = []
  #pumpComing = false
  readonly #closing = new AbortController()

  constructor(cluster: Cluster, settings: ProducerSettings, sender: Sender, host: Host) {
    this.#cluster = cluster
    this.#settings = settings
    this.#sender = sender
    this.#host = host
    this.#lineAlarm = new Alarm(cluster.runtime, () => this.#endWaits())
  }

  /** Records wait for memory, so whoever comes now has to wait behind them. */
  get hasLine(): boolean {
    return this.#line.length > 0
  }

  /** The waiting records hold as much as the buffer may; records that nobody waits for are not taken on top. */
  get isFull(): boolean {
    return this.#waitingBytes > this.#settings.bufferMemoryBytes
  }

  /** In the line of its topic, which is asked for. */
  waitForTopic(waiting: WaitingRecord): void {
    this.#waitingBytes += waiting.sizeBytes
    waiting.topic.waiting.push(waiting)
    if (!waiting.topic.asking) this.#ask(waiting.topic)
  }

  /** In the line for memory. */
  waitForMemory(waiting: WaitingRecord): void {
    this.#waitingBytes += waiting.sizeBytes
    this.#lineUp(waiting)
    this.#sender.hurry()
  }

  /** Somebody found no room, and is going to ask for it. */
  turnedAway(): void {
    this.#full = true
    this.#sender.hurry()
  }

  /** Resolves when there may be room for whoever was turned away. */
  room(): Promise<void> {
    if (!this.#full) return Promise.resolve()
    return new Promise((resolve) => this.#roomListeners.push(resolve))
  }

  /** Memory is free again, or a line has become shorter. */
  pumpSoon(): void {
    if (this.#pumpComing || (this.#line.length === 0 && !this.#full)) return
    this.#pumpComing = true
    queueMicrotask(this.#pump)
  }

  /** Resolves when all that waits now has left. */
  async emptied(topics: Iterable<TopicState>): Promise<void> {
    const last = [this.#line.last()]
    for (const topic of topics) last.push(topic.waiting.last())
    await Promise.all(
      last.map((waiting) => waiting && new Promise<void>((resolve) => waiting.onPlaced(resolve))),
    )
  }

  /** Refuses all that waits. */
  close(topics: Iterable<TopicState>, errorOf: (waiting: WaitingRecord) => KafkaError): void {
    this.#closing.abort()
    this.#lineAlarm.cancel()
    for (const topic of topics) {
      for (const waiting of topic.waiting.takeAll()) this.#refuse(waiting, errorOf(waiting))
    }
    for (const waiting of this.#line.takeAll()) this.#refuse(waiting, errorOf(waiting))
    this.#tellRoom()
  }

  // -- the lines of topics

  async #ask(topic: TopicState): Promise<void> {
    topic.asking = true
    try {
      await this.#find(topic.name, this.#deadlineOf(topic))
      topic.asking = false
      this.#sender.use(topic)
      for (const waiting of topic.waiting.takeAll()) {
        // Behind whoever waits for memory; and when there is none, at the head of a new line.
        if (this.#line.length > 0 || !this.#append(waiting)) this.#lineUp(waiting)
      }
      this.pumpSoon()
    } catch (error) {
      topic.asking = false
      this.#notFound(topic, error as KafkaError)
    }
  }

  /**
   * Waits until the cluster knows a topic. One that may be made by being asked for is waited for up to
   * `maxBlockMs`, any other has a second chance, since brokers hear of a new topic one after the other.
   */
  async #find(name: string, deadline: Deadline): Promise<void> {
    const { allowAutoTopicCreation, retryBackoffMs } = this.#settings
    const { runtime } = this.#cluster
    const signal = this.#closing.signal
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

  /** Until when the record at the head of a topic's line may wait. */
  #deadlineOf(topic: TopicState): Deadline {
    const { clock } = this.#cluster.runtime
    const waitedMs = clock.monotonicMs() - (topic.waiting.peek()?.sinceMs ?? clock.monotonicMs())
    return Deadline.in(clock, this.#settings.maxBlockMs - waitedMs)
  }

  /**
   * Refuses the records that have waited long enough, all of them when waiting does not help. The topic was asked for
   * until the deadline of the first one, less up to one pause between attempts: who has waited as long as that one,
   * but for a tenth, has waited long enough.
   */
  #notFound(topic: TopicState, error: KafkaError): void {
    const nowMs = this.#cluster.runtime.clock.monotonicMs()
    const firstWaitedMs = nowMs - (topic.waiting.peek()?.sinceMs ?? nowMs)
    const enoughMs = Math.min(firstWaitedMs, this.#settings.maxBlockMs) * 0.9
    for (let next = topic.waiting.peek(); next !== undefined; next = topic.waiting.peek()) {
      const waitedMs = nowMs - next.sinceMs
      if (error.retriable && waitedMs < enoughMs) break
      topic.waiting.shift()
      this.#refuse(next, topicNotFound(topic.name, waitedMs, error))
    }
    if (topic.waiting.length > 0) this.#ask(topic)
    else this.#host.forget(topic)
    this.pumpSoon()
  }

  // -- the line for memory

  #lineUp(waiting: WaitingRecord): void {
    this.#line.push(waiting)
    this.#lineAlarm.ringBy(waiting.sinceMs + this.#settings.maxBlockMs)
  }

  readonly #pump = (): void => {
    this.#pumpComing = false
    for (let next = this.#line.peek(); next !== undefined; next = this.#line.peek()) {
      if (!this.#append(next)) {
        this.#sender.hurry()
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

  // -- out of either

  /** False when there is no memory; a record that cannot be sent is refused. */
  #append(waiting: WaitingRecord): boolean {
    if (!waiting.withdrawn) {
      try {
        if (!this.#host.append(waiting)) return false
      } catch (error) {
        this.#refuse(waiting, error as KafkaError)
        return true
      }
    }
    this.#leave(waiting)
    return true
  }

  #refuse(waiting: WaitingRecord, error: KafkaError): void {
    if (!waiting.withdrawn) tell(waiting.recipient, waiting.role, error, this.#callbackThrew)
    this.#leave(waiting)
  }

  #leave(waiting: WaitingRecord): void {
    this.#waitingBytes -= waiting.sizeBytes
    waiting.place()
  }

  readonly #callbackThrew = (error: unknown): void => {
    this.#cluster.logger.error({ error }, 'a callback given to post() threw')
  }
}
