import type { RecordOrigin } from './record-origin.ts'
import { corrupt } from './source.ts'

/** A header's value as it was received: bytes, or null. */
export type ReceivedHeader = readonly [name: string, value: Buffer | null]

/**
 * The headers of a record, in their order; names may be repeated. They are read when they are first asked for:
 * names become strings, values stay views of the bytes that the record came in.
 */
export class RecordHeaders implements Iterable<ReceivedHeader> {
  readonly #headers: readonly ReceivedHeader[]

  constructor(headers: readonly ReceivedHeader[]) {
    this.#headers = headers
  }

  get length(): number {
    return this.#headers.length
  }

  /** The value of the last header of that name, as it overrides those before it; undefined when there is none. */
  get(name: string): Buffer | null | undefined {
    for (let index = this.#headers.length - 1; index >= 0; index -= 1) {
      if (this.#headers[index][0] === name) return this.#headers[index][1]
    }
    return undefined
  }

  /** The values of every header of that name, in order. */
  all(name: string): (Buffer | null)[] {
    return this.#headers.filter((header) => header[0] === name).map((header) => header[1])
  }

  [Symbol.iterator](): Iterator<ReceivedHeader> {
    return this.#headers[Symbol.iterator]()
  }
}

const noHeaders = new RecordHeaders([])

/**
 * Reads headers that start with their count at `start` and must end at `end`.
 *
 * @throws CorruptRecordsError
 */
export function readHeaders(
  origin: RecordOrigin<unknown, unknown>,
  start: number,
  end: number,
): RecordHeaders {
  if (start === end || (start + 1 === end && origin.buffer[start] === 0)) return noHeaders
  return new RecordHeaders(new HeaderReader(origin, start, end).read())
}

class HeaderReader {
  readonly #origin: RecordOrigin<unknown, unknown>
  readonly #end: number
  #position: number

  constructor(origin: RecordOrigin<unknown, unknown>, start: number, end: number) {
    this.#origin = origin
    this.#position = start
    this.#end = end
  }

  read(): ReceivedHeader[] {
    const { buffer } = this.#origin
    const count = this.#int()
    // A header takes two bytes at least, so a count is never believed beyond what is there.
    if (count < 0 || count * 2 > this.#end - this.#position) throw this.#corrupt(`it has ${count} headers`)
    const headers: ReceivedHeader[] = []
    for (let index = 0; index < count; index += 1) {
      const nameLength = this.#length(0)
      const name = buffer.toString('utf8', this.#position, this.#position + nameLength)
      this.#position += nameLength
      const length = this.#length(-1)
      if (length === -1) {
        headers.push([name, null])
      } else {
        headers.push([name, buffer.subarray(this.#position, this.#position + length)])
        this.#position += length
      }
    }
    if (this.#position !== this.#end) throw this.#corrupt('its headers do not end where it ends')
    return headers
  }

  #length(least: number): number {
    const length = this.#int()
    if (length < least || length > this.#end - this.#position) {
      throw this.#corrupt(`a header has a length of ${length}`)
    }
    return length
  }

  /** A zigzag varint of up to five bytes. */
  #int(): number {
    const { buffer } = this.#origin
    let raw = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.#position >= this.#end) break
      const byte = buffer[this.#position]
      this.#position += 1
      raw |= (byte & 0x7f) << shift
      if (byte < 0x80) return (raw >>> 1) ^ -(raw & 1)
    }
    throw this.#corrupt('a header has no proper length')
  }

  #corrupt(what: string): Error {
    const { source, baseOffset } = this.#origin
    return corrupt(source, baseOffset, `a record's headers cannot be read: ${what}`)
  }
}
