import type { KafkaRecord } from '../records/index.ts'
import type { ConsumerBatch } from './consumer-batch.ts'
import type { DeliveryForm, Handout } from './handout.ts'

/**
 * What `for await` iterates over. Written by hand: a record takes 80 ns of the loop this way, 180 through an async
 * generator, and 290 through one that delegates to another. (To give the same promise of the same result each time would
 * take 68, and be wrong for whoever asks twice before he looks.)
 */
abstract class DeliveryStream<T> implements AsyncIterableIterator<T> {
  protected readonly handout: Handout
  /** Set while an item is waited for. Asked again meanwhile, we wait for it first. */
  protected waiting: Promise<unknown> | undefined
  protected left = false

  readonly #onLeft: (() => Promise<void>) | undefined

  /** `onLeft` runs when the loop is left, or has come to its end, before that is answered. */
  constructor(handout: Handout, form: DeliveryForm, onLeft?: () => Promise<void>) {
    this.handout = handout
    this.#onLeft = onLeft
    handout.open(form)
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.waiting !== undefined) return this.waiting.then(() => this.next())
    const result = this.#wait()
    // A failure ends the iteration, and whoever waits behind it finds that.
    this.waiting = result.catch(() => {})
    return result
  }

  /** Leaves the loop, as `break` does. What is in hand is not processed. */
  async return(): Promise<IteratorResult<T, undefined>> {
    await this.leave()
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** The next item; undefined when there will be none. */
  protected abstract ask(): Promise<T | undefined>

  async #wait(): Promise<IteratorResult<T, undefined>> {
    try {
      const item = this.left ? undefined : await this.ask()
      if (item !== undefined) return { value: item, done: false }
      await this.leave()
      return { value: undefined, done: true }
    } catch (error) {
      await this.leave()
      throw error
    } finally {
      this.waiting = undefined
    }
  }

  protected async leave(): Promise<void> {
    if (this.left) return
    this.left = true
    this.handout.shut()
    await this.#onLeft?.()
  }
}

/** Records one by one. */
export class RecordStream<K, V> extends DeliveryStream<KafkaRecord<K, V>> {
  constructor(handout: Handout, onLeft?: () => Promise<void>) {
    super(handout, 'records', onLeft)
  }

  override next(): Promise<IteratorResult<KafkaRecord<K, V>, undefined>> {
    if (this.waiting === undefined && !this.left) {
      try {
        const record = this.handout.nextInHand() as KafkaRecord<K, V> | undefined
        if (record !== undefined) return Promise.resolve({ value: record, done: false })
      } catch (error) {
        return this.leave().then(() => Promise.reject(error))
      }
    }
    return super.next()
  }

  protected override ask(): Promise<KafkaRecord<K, V> | undefined> {
    return this.handout.askRecord() as Promise<KafkaRecord<K, V> | undefined>
  }
}

/** Batches of records of one partition. */
export class BatchStream<K, V> extends DeliveryStream<ConsumerBatch<K, V>> {
  constructor(handout: Handout, onLeft?: () => Promise<void>) {
    super(handout, 'batches', onLeft)
  }

  protected override ask(): Promise<ConsumerBatch<K, V> | undefined> {
    return this.handout.askBatch() as Promise<ConsumerBatch<K, V> | undefined>
  }
}
