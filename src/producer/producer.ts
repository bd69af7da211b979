import type { Cluster } from '../cluster/index.ts'
import { ClosedError, type KafkaError, TimeoutError } from '../errors.ts'
import { abortedError, onAbort } from '../runtime/abort.ts'
import type { Topic } from '../serde/index.ts'
import { duration, SendBatchError } from './errors.ts'
import { Intake } from './intake.ts'
import { checkProducerOptions, type ProducerOptions, type ProducerSettings } from './options.ts'
import type { OnAck, Outcome } from './recipients.ts'
import type { ProducerRecord } from './record.ts'
import { RecordMetadata } from './record-metadata.ts'
import { aborted, SendBatch, withdraw } from './send-batch.ts'
import { SendLines } from './send-lines.ts'
import { TopicProducer } from './topic-producer.ts'
import type { WaitingRecord } from './waiting-record.ts'

export interface SendOptions {
  /**
   * Gives the record up. While it waits for room or metadata it is withdrawn; once it is in a batch only the
   * promise rejects, with `context.mayBeWritten` true.
   */
  signal?: AbortSignal
}

/**
 * Sends records to topics. Make it with `kafka.producer(options)`; it connects when it is first used.
 *
 * Records are gathered into batches, one for each partition. A batch leaves as soon as its partition's broker
 * has a free place in flight, so one record alone leaves at once, and under load batches grow by themselves.
 *
 * With acks all the producer is idempotent: the records of one partition are written once, in the order in which they
 * were sent, however often their batches have to be sent. Without it a batch that fails while later ones of its
 * partition are on their way is written after those (`maxInFlightRequests: 1` excludes that), and one whose answer is lost may
 * be written twice.
 */
export class Producer implements AsyncDisposable {
  readonly #cluster: Cluster
  readonly #settings: ProducerSettings
  readonly #intake: Intake
  readonly #lines: SendLines
  readonly #onClosed: (() => Promise<void>) | undefined
  #state: 'open' | 'closing' | 'closed' = 'open'
  #closed: Promise<void> | undefined

  /**
   * `onClosed` runs when the producer has closed, and is waited for. Throws `ConfigurationError` for options that are
   * unknown, out of range or at odds.
   */
  constructor(cluster: Cluster, options?: ProducerOptions, onClosed?: () => Promise<void>) {
    this.#cluster = cluster
    this.#settings = checkProducerOptions(options)
    this.#intake = new Intake(cluster, this.#settings)
    this.#lines = new SendLines(cluster.runtime, this.#intake, this.#settings.maxBlockMs)
    this.#onClosed = onClosed
  }

  /**
   * Sends a record; resolves when the brokers have it as `acks` asks. Waits, up to `maxBlockMs`, while the buffer
   * is full. The record's bytes must not change until then.
   *
   * Rejects with `InvalidRecordError`, `RecordTooLargeError`, `BufferFullError`, `ClosedError`, `AbortedError`, a
   * `TimeoutError` after `deliveryTimeoutMs`, or the broker's own error.
   */
  send(record: ProducerRecord, options?: SendOptions): Promise<RecordMetadata> {
    if (options?.signal !== undefined) return this.#sendAbortable(record, options)
    try {
      this.#refuseUnlessOpen(record)
      return this.#intake.take(record)?.recipients.promise() ?? this.#sendLater(record)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Sends records, to any topics, and resolves with their metadata in the same order. Not atomic: every record
   * stands for itself. When any of them fails, rejects, once all have their outcome, with a `SendBatchError` that
   * holds the outcome of each.
   */
  sendBatch(records: readonly ProducerRecord[], options?: SendOptions): Promise<RecordMetadata[]> {
    const batch = new SendBatch(records.length)
    const signal = options?.signal
    if (signal?.aborted) {
      batch.settleRest(() => aborted(signal, false))
      return batch.promise
    }
    const waiting: (WaitingRecord | undefined)[] = []
    for (let index = 0; index < records.length; index++) {
      try {
        this.#refuseUnlessOpen(records[index])
        const placed = this.#intake.take(records[index])
        if (placed !== undefined) placed.recipients.tell(batch, index)
        else waiting[index] = this.#intake.wait(records[index], batch, index)
      } catch (error) {
        batch.settle(index, error as KafkaError)
      }
    }
    if (signal !== undefined) {
      const unsubscribe = onAbort(signal, () => batch.settleRest((index) => withdraw(waiting[index], signal)))
      batch.onDone(unsubscribe)
    }
    return batch.promise
  }

  /**
   * Sends a record without a promise; `onAck` is told of its outcome. False when there is no room now, and then
   * the record was not taken: wait for `ready()` and post it again. Throws for a record that cannot be sent.
   */
  post(record: ProducerRecord, onAck?: OnAck): boolean {
    this.#refuseUnlessOpen(record)
    return this.#intake.offer(record, onAck)
  }

  /** Resolves when there may be room for a record that `post` did not take. */
  ready(): Promise<void> {
    return this.#intake.room()
  }

  /**
   * Sends to one topic, keys and values typed as `topic('orders', { key: string, value: json<Order>() })` says. It is a
   * view of this producer, made at no cost, and needs no closing.
   */
  topic<K, V>(definition: Topic<K, V, unknown, unknown>): TopicProducer<K, V> {
    return new TopicProducer(definition, {
      producer: this,
      lines: this.#lines,
      refuseUnlessOpen: (topic) => this.#refuseUnlessOpen({ topic }),
    })
  }

  /**
   * Sends all that was taken so far without further delay, and resolves when each of those records is
   * acknowledged or has failed; failures are told to whoever sent the record.
   *
   * Rejects with `TimeoutError` after `timeoutMs` (default: no end of its own) or `AbortedError`; the
   * records go on their way all the same.
   */
  async flush(options: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<void> {
    await this.#within(this.#settled(), 'flush', options.timeoutMs, options.signal)
  }

  /**
   * Takes no more records, flushes for up to `timeoutMs` (default: as long as a record may take), and closes the
   * connections. What has no outcome by then fails with `ClosedError`. Idempotent.
   */
  close(options: { timeoutMs?: number } = {}): Promise<void> {
    this.#closed ??= this.#close(
      options.timeoutMs ?? this.#settings.maxBlockMs + this.#settings.deliveryTimeoutMs,
    )
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#state = 'closing'
    try {
      await this.#within(this.#settled(), 'close', timeoutMs, undefined)
    } catch (error) {
      this.#cluster.logger.warn({ error }, 'the producer is closed with records that have no outcome')
    }
    const errorOf = (topic: string, partition: number, mayBeWritten: boolean) => {
      const where = partition < 0 ? topic : `${topic}[${partition}]`
      const context = { topic, ...(partition < 0 ? {} : { partition }), mayBeWritten }
      return new ClosedError(`send to ${where} had no outcome when the producer was closed`, { context })
    }
    this.#lines.close((topic) => errorOf(topic, -1, false))
    await this.#intake.close(errorOf)
    this.#state = 'closed'
    await this.#onClosed?.()
  }

  /** Resolves when all that was taken so far has its outcome, what is still being serialized included. */
  async #settled(): Promise<void> {
    if (this.#lines.busy) {
      this.#intake.sender.hurry()
      await this.#lines.emptied()
    }
    await this.#intake.settled()
  }

  /** The send of a record that has to wait for its batch. */
  #sendLater(record: ProducerRecord): Promise<RecordMetadata> {
    return new Promise((resolve, reject) => {
      const settle = (_: number, outcome: Outcome) =>
        outcome instanceof RecordMetadata ? resolve(outcome) : reject(outcome)
      this.#intake.wait(record, { settle }, 0)
    })
  }

  /** One record as a batch of one, which knows how to be aborted. */
  async #sendAbortable(record: ProducerRecord, options: SendOptions): Promise<RecordMetadata> {
    try {
      const [metadata] = await this.sendBatch([record], options)
      return metadata
    } catch (error) {
      throw error instanceof SendBatchError ? error.results[0] : error
    }
  }

  #refuseUnlessOpen(record: Pick<ProducerRecord, 'topic'>): void {
    if (this.#state === 'open') return
    const topic = record?.topic
    throw new ClosedError(`send to ${topic}: the producer is ${this.#state}`, { context: { topic } })
  }

  #within(promise: Promise<void>, what: string, timeoutMs?: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        timer?.cancel()
        unsubscribe()
        settle()
      }
      const timer =
        timeoutMs === undefined
          ? undefined
          : this.#cluster.runtime.timers.after(timeoutMs, () =>
              finish(() =>
                reject(new TimeoutError(`${what} of the producer took longer than ${duration(timeoutMs)}`)),
              ),
            )
      const unsubscribe = onAbort(signal, () =>
        queueMicrotask(() => finish(() => reject(abortedError(signal!, what)))),
      )
      promise.then(
        () => finish(resolve),
        (error) => finish(() => reject(error)),
      )
    })
  }
}
