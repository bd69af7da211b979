import type { Cluster } from '../cluster/index.ts'
import { ClosedError, ConfigurationError, KafkaError } from '../errors.ts'
import type { KafkaRecord } from '../records/index.ts'
import { onAbort } from '../runtime/abort.ts'
import { Deadline } from '../runtime/deadline.ts'
import { DirectSubscription } from './direct-subscription.ts'
import { Fetcher } from './fetch/fetcher.ts'
import { PartitionState, type Whereabouts } from './fetch/partition.ts'
import type { CommittedOffset, OffsetToCommit } from './group/group-offsets.ts'
import { type GroupMetadata, GroupSession, retryPolicyOf } from './group/group-session.ts'
import { Handout } from './handout.ts'
import {
  type ConsumerOptions,
  type ConsumerSettings,
  checkConsumerOptions,
  type StartPosition,
} from './options.ts'
import { BatchStream, RecordStream } from './streams.ts'
import { partitionKey, type TopicPartition } from './topic-partition.ts'

export interface ConsumerCallOptions {
  signal?: AbortSignal
  /** How long the call may take, retries included, in milliseconds. Default: 60,000. */
  timeoutMs?: number
}

/** A place to seek to by name. */
export type SeekTarget = Exclude<StartPosition, 'none' | { readonly offset: bigint }>

const defaultCallMs = 60_000

/**
 * Reads topics: with a `groupId` its share of them, without one all of their partitions.
 *
 * ```ts
 * await using consumer = kafka.consumer({ groupId: 'billing', topics: ['orders'] })
 * for await (const record of consumer) await bill(record)
 * ```
 *
 * Nothing is connected before the first record is asked for. A record counts as processed when the next one is asked
 * for; leaving the loop, with `break` or an error, does not mark the one in hand, and the next loop begins with it.
 * What is processed is committed at intervals, in rebalances and on close.
 *
 * What can be tried again is, without end; `onError` tells. What cannot (authorization, a record batch that is broken,
 * an offset that `autoOffsetReset: 'none'` leaves open) is thrown from the loop. After such an error a new loop may be
 * opened; partitions without trouble go on in it.
 */
export class Consumer<K = Buffer, V = Buffer> implements AsyncIterable<KafkaRecord<K, V>> {
  readonly #cluster: Cluster
  readonly #settings: ConsumerSettings<K, V>
  readonly #fetcher: Fetcher
  readonly #handout: Handout
  readonly #group: GroupSession | undefined
  readonly #direct: DirectSubscription | undefined
  readonly #onClosed: (() => void | Promise<void>) | undefined
  readonly #unsubscribe: () => void
  #started = false
  /** Without a group: every topic was found. */
  #complete = false
  #closing: Promise<void> | undefined

  /**
   * `onClosed` runs when the consumer has closed. Throws `ConfigurationError` for an option that is unknown, of the
   * wrong type, out of range, or at odds with another one.
   */
  constructor(cluster: Cluster, options: ConsumerOptions<K, V>, onClosed?: () => void | Promise<void>) {
    const settings = checkConsumerOptions(options)
    checkResponseLimit(settings, cluster)
    const policy = retryPolicyOf(cluster)
    const onFailure = (error: KafkaError) => this.#onFailure(error)
    this.#cluster = cluster
    this.#settings = settings
    this.#onClosed = onClosed
    this.#fetcher = new Fetcher(cluster, {
      settings,
      retryDelayMs: (attempts) => policy.delayMs(attempts),
      committed: (partitions, signal) => this.#group!.fetchCommitted(partitions, signal),
      onFailure,
      onBroken: (error) => this.#handout.fail(error),
      onProgress: () => this.#handout.wake(),
    })
    this.#handout = new Handout(this.#fetcher.buffer, cluster.runtime, { finished: () => this.#finished() })
    const fetcher = this.#fetcher
    const handout = this.#handout
    const { groupId, topics } = settings
    if (groupId !== null) {
      this.#group = new GroupSession({
        cluster,
        settings,
        groupId,
        fetcher,
        handout,
        makePartition: (partition) => this.#partition(partition, 'committed'),
        onTrouble: (error) => this.#onTrouble(error),
        onFailure,
      })
    } else if (topics.length > 0) {
      this.#direct = new DirectSubscription(cluster, {
        topics,
        fixed: settings.untilEnd,
        onFound: (found, from) => this.#found(found, from),
        onFailure: (error) => this.#topicFailed(error),
      })
    }
    this.#unsubscribe = onAbort(settings.signal, () => this.#handout.end())
  }

  /** Records one by one. Throws when this consumer is being iterated over already, or is closed. */
  [Symbol.asyncIterator](): RecordStream<K, V> {
    return this.records()
  }

  /** The same by name. With `closeWhenLeft` the consumer closes itself when the loop is left or comes to its end. */
  records(options: { closeWhenLeft?: boolean } = {}): RecordStream<K, V> {
    this.#start()
    return new RecordStream<K, V>(this.#handout, this.#onLeft(options))
  }

  /**
   * The records in batches, each of one partition: the fast form, since it takes a promise for thousands of records and
   * not for each. A batch counts as processed when the next one is asked for.
   */
  batches(options: { closeWhenLeft?: boolean } = {}): BatchStream<K, V> {
    this.#start()
    return new BatchStream<K, V>(this.#handout, this.#onLeft(options))
  }

  /**
   * Says that this record, and all before it in its partition, are processed. To be used for the one in hand before
   * leaving the loop, or within a batch. Without effect for a partition that is not this consumer's any more.
   */
  markProcessed(record: KafkaRecord<K, V>): void {
    const partition = this.#fetcher.partitions.get(partitionKey(record.topic, record.partition))
    if (partition !== undefined) this.#handout.markProcessed(partition, record.offset, record.leaderEpoch)
  }

  /**
   * Commits what was processed, or the given offsets, each that of the next record to process. Rejects with the error
   * of the first partition that failed, after retries; the others are committed then.
   */
  commit(offsets?: readonly OffsetToCommit[], options: ConsumerCallOptions = {}): Promise<void> {
    return this.#groupFor('commit').commit(offsets, this.#deadlineOf(options))
  }

  /** What the group has committed of these partitions, by default the assigned ones; nothing for those without. */
  committed(
    partitions: readonly TopicPartition[] = this.assignment(),
    options: ConsumerCallOptions = {},
  ): Promise<CommittedOffset[]> {
    return this.#groupFor('ask for committed offsets').committed(partitions, this.#deadlineOf(options))
  }

  /**
   * Goes on from another offset of an assigned partition. What was fetched of it is dropped; what is in hand of it
   * does not count as processed.
   */
  seek({ topic, partition, offset }: TopicPartition & { offset: bigint | SeekTarget }): void {
    const state = this.#assigned(topic, partition)
    this.#handout.forget(state)
    if (typeof offset === 'bigint') this.#fetcher.seek(state, offset)
    else this.#fetcher.locate(state, offset)
  }

  /** Hands out no more records of these partitions until `resume`. Being assigned anew ends it, too. */
  pause(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      const state = this.#assigned(topic, partition)
      this.#handout.interrupt(state)
      this.#fetcher.pause(state)
    }
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.#fetcher.resume(this.#assigned(topic, partition))
  }

  paused(): TopicPartition[] {
    return [...this.#fetcher.partitions.values()].filter(({ paused }) => paused).map(plain)
  }

  /** The partitions that are read now. */
  assignment(): TopicPartition[] {
    return [...this.#fetcher.partitions.values()].map(plain)
  }

  /** The offset of the next record to be handed out; undefined while it is being looked up. */
  position({ topic, partition }: TopicPartition): bigint | undefined {
    const state = this.#assigned(topic, partition)
    return state.position === -1n ? undefined : this.#handout.positionOf(state)
  }

  /** The end of what can be read of a partition, as of its last fetch; undefined before the first one. */
  highWatermark({ topic, partition }: TopicPartition): bigint | undefined {
    const { highWatermark } = this.#assigned(topic, partition)
    return highWatermark === -1n ? undefined : highWatermark
  }

  /** Who this consumer is in its group, for a transaction that commits its offsets. */
  groupMetadata(): GroupMetadata {
    return this.#groupFor('say who it is in its group').metadata()
  }

  /**
   * Ends the iteration, commits what was processed, leaves the group and closes every connection. What is in hand is
   * not waited for. Idempotent; never rejects.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#unsubscribe()
    this.#handout.close()
    this.#direct?.stop()
    await this.#group?.close()
    await this.#fetcher.close()
    await this.#onClosed?.()
  }

  #start(): void {
    if (this.#closing !== undefined) throw new ClosedError('this consumer was closed; make a new one')
    if (this.#started) return
    this.#started = true
    const { partitions } = this.#settings
    if (partitions.length > 0) {
      const otherwise = this.#group === undefined ? undefined : 'committed'
      this.#fetcher.add(
        partitions.map((partition) => this.#partition(partition, partition.from ?? otherwise)),
      )
      this.#complete = true
    }
    this.#group?.start()
    void this.#direct?.start().then(() => {
      this.#complete = true
      this.#handout.wake()
    })
  }

  #onLeft({ closeWhenLeft = false }: { closeWhenLeft?: boolean }): (() => Promise<void>) | undefined {
    return closeWhenLeft ? () => this.close() : undefined
  }

  #found(partitions: readonly TopicPartition[], from?: StartPosition): void {
    this.#fetcher.add(partitions.map((partition) => this.#partition(partition, from)))
  }

  /** `whereabouts`: where to begin, when that is not where a reset would go. */
  #partition({ topic, partition }: TopicPartition, whereabouts?: Whereabouts): PartitionState {
    const { keyDeserializer, valueDeserializer, autoOffsetReset, untilEnd } = this.#settings
    const source = { topic, partition, keyDeserializer, valueDeserializer }
    const state = new PartitionState(source, autoOffsetReset, whereabouts)
    state.untilEnd = untilEnd
    return state
  }

  #finished(): boolean {
    if (!this.#settings.untilEnd || !this.#complete) return false
    for (const partition of this.#fetcher.partitions.values()) if (!partition.finished) return false
    return true
  }

  /** What cannot be expected to go away is thrown where the application can catch it. */
  #onFailure(error: KafkaError): void {
    if (this.#closing !== undefined) return
    if (error.retriable) this.#onTrouble(error)
    else this.#handout.fail(error)
  }

  #onTrouble(error: KafkaError): void {
    this.#cluster.logger.debug({ error: error.message }, 'the consumer tries again')
    try {
      this.#settings.onError?.(error)
    } catch (cause) {
      this.#handout.fail(cause)
    }
  }

  /** A topic that is missing holds nobody back, unless there is nothing else to read. */
  #topicFailed(error: KafkaError): void {
    if (this.#fetcher.partitions.size === 0) this.#handout.fail(error)
    else this.#onTrouble(error)
  }

  #assigned(topic: string, partition: number): PartitionState {
    const state = this.#fetcher.partitions.get(partitionKey(topic, partition))
    if (state !== undefined) return state
    throw new KafkaError(
      'ILLEGAL_STATE',
      `${topic}[${partition}] is not assigned to this consumer; assignment() says what is, from the first record on`,
      { context: { topic, partition } },
    )
  }

  #groupFor(what: string): GroupSession {
    if (this.#closing !== undefined) throw new ClosedError(`cannot ${what}: this consumer was closed`)
    if (this.#group !== undefined) return this.#group
    throw new KafkaError('ILLEGAL_STATE', `cannot ${what} without a group: give the consumer a groupId`)
  }

  #deadlineOf({ timeoutMs = defaultCallMs, signal }: ConsumerCallOptions): {
    deadline: Deadline
    signal?: AbortSignal
  } {
    return { deadline: Deadline.in(this.#cluster.runtime.clock, timeoutMs), signal }
  }
}

function plain({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition }
}

/** A fetch that may be larger than what a connection takes would be asked for, and refused, for ever. */
function checkResponseLimit({ maxBytes }: ConsumerSettings, cluster: Cluster): void {
  const { maxResponseBytes } = cluster.settings.connection
  if (maxResponseBytes !== undefined && maxBytes > maxResponseBytes)
    throw new ConfigurationError(
      `consumer: maxBytes (${maxBytes}) must not be above the connections' maxResponseBytes (${maxResponseBytes})`,
    )
}
