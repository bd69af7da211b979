import { type RecordHeaders, readHeaders } from './record-headers.ts'
import { RecordOrigin, type TimestampType } from './record-origin.ts'
import { type Inspect, inspectRecord, recordToJson } from './record-print.ts'

/**
 * A record as it was received: a view of the bytes that it came in. Fields are made when they are read, key, value
 * and headers once: the same object is given each time. As long as a record is held it keeps the whole response
 * alive; `copy` lets go of it.
 *
 * @typeParam K what the source's key deserializer makes
 * @typeParam V what its value deserializer makes
 */
export class KafkaRecord<K = Buffer, V = Buffer> {
  readonly #origin: RecordOrigin<K, V>
  /**
   * The offset less that of the batch's first record, for bookkeeping without bigints.
   */
  readonly offsetDelta: number
  /** Milliseconds since the epoch; -1 in messages of magic 0, which have none. */
  readonly timestamp: number
  readonly #keyStart: number
  readonly #keyEnd: number
  readonly #valueStart: number
  readonly #valueEnd: number
  readonly #headersStart: number
  readonly #end: number
  // Kept, although making them anew is cheaper than it looks (a string of 100 bytes 60 ns): a value that a program
  // changes must be the one that it finds again. The room for them costs nothing that can be measured.
  #key: K | null | undefined = undefined
  #value: V | null | undefined = undefined
  #headers: RecordHeaders | undefined = undefined

  /** Positions are places in the origin's buffer, and were checked; a start of -1 stands for null. */
  constructor(
    origin: RecordOrigin<K, V>,
    offsetDelta: number,
    timestamp: number,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    headersStart: number,
    end: number,
  ) {
    this.#origin = origin
    this.offsetDelta = offsetDelta
    this.timestamp = timestamp
    this.#keyStart = keyStart
    this.#keyEnd = keyEnd
    this.#valueStart = valueStart
    this.#valueEnd = valueEnd
    this.#headersStart = headersStart
    this.#end = end
  }

  get topic(): string {
    return this.#origin.source.topic
  }

  get partition(): number {
    return this.#origin.source.partition
  }

  get offset(): bigint {
    return this.#origin.baseOffset + BigInt(this.offsetDelta)
  }

  get timestampType(): TimestampType {
    return this.#origin.timestampType
  }

  /** The epoch of the leader that took the record; -1 when the format does not tell. */
  get leaderEpoch(): number {
    return this.#origin.leaderEpoch
  }

  /** @throws whatever the key deserializer throws, each time */
  get key(): K | null {
    if (this.#keyStart === -1) return null
    if (this.#key === undefined) {
      this.#key = this.#origin.source.keyDeserializer(this.#origin.buffer, this.#keyStart, this.#keyEnd)
    }
    return this.#key
  }

  /** @throws whatever the value deserializer throws, each time */
  get value(): V | null {
    if (this.#valueStart === -1) return null
    if (this.#value === undefined) {
      this.#value = this.#origin.source.valueDeserializer(
        this.#origin.buffer,
        this.#valueStart,
        this.#valueEnd,
      )
    }
    return this.#value
  }

  /** @throws CorruptRecordsError when they cannot be read */
  get headers(): RecordHeaders {
    if (this.#headers === undefined) this.#headers = readHeaders(this.#origin, this.#headersStart, this.#end)
    return this.#headers
  }

  /** Key and value as they were received: views, whatever the deserializers make of them. */
  get raw(): { readonly key: Buffer | null; readonly value: Buffer | null } {
    const { buffer } = this.#origin
    return {
      key: this.#keyStart === -1 ? null : buffer.subarray(this.#keyStart, this.#keyEnd),
      value: this.#valueStart === -1 ? null : buffer.subarray(this.#valueStart, this.#valueEnd),
    }
  }

  /** Bytes of key and value together. */
  get sizeBytes(): number {
    return this.#keyEnd - this.#keyStart + this.#valueEnd - this.#valueStart
  }

  /** The same record over bytes of its own, which keep nothing else alive. Its fields are made again when read. */
  copy(): KafkaRecord<K, V> {
    const { source, buffer, baseOffset, timestampType, leaderEpoch } = this.#origin
    const start =
      this.#keyStart !== -1 ? this.#keyStart : this.#valueStart !== -1 ? this.#valueStart : this.#headersStart
    const own = Buffer.allocUnsafeSlow(this.#end - start)
    buffer.copy(own, 0, start, this.#end)
    const moved = (position: number) => (position === -1 ? -1 : position - start)
    return new KafkaRecord(
      new RecordOrigin(source, own, baseOffset, timestampType, leaderEpoch),
      this.offsetDelta,
      this.timestamp,
      moved(this.#keyStart),
      moved(this.#keyEnd),
      moved(this.#valueStart),
      moved(this.#valueEnd),
      this.#headersStart - start,
      this.#end - start,
    )
  }

  /** Plain values: the offset as a string, bytes as text, or as `{ base64 }` where they are not UTF-8. */
  toJSON(): Record<string, unknown> {
    return recordToJson(this)
  }

  [Symbol.for('nodejs.util.inspect.custom')](_depth: number, options: object, inspect: Inspect): string {
    return inspectRecord(this, options, inspect)
  }
}
