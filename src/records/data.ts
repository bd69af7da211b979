import { lengthWidth, writeLength } from './varint.ts'
import { writeText } from './write-text.ts'

/** A key or a value as it is sent: text goes as UTF-8. */
export type Data = string | Uint8Array | null

/** A header's value; null is a value of its own. */
export type HeaderValue = string | Uint8Array | null

/** Headers by name, several values of one name as an array; or name and value in order, names repeated at will. */
export type HeadersInput =
  | null
  | { readonly [name: string]: HeaderValue | readonly HeaderValue[] }
  | readonly (readonly [name: string, value: HeaderValue])[]

/** What data takes behind its length; the UTF-8 is counted. */
export function dataSize(data: Data): number {
  if (data === null) return 1
  const length = typeof data === 'string' ? Buffer.byteLength(data) : data.length
  return lengthWidth(length) + length
}

/** The same if all text is ASCII, which is the least that it can be. */
export function dataSizeIfAscii(data: Data): number {
  return data === null ? 1 : lengthWidth(data.length) + data.length
}

/** Writes data behind its length, and gives the place after it. */
export function writeData(buffer: Buffer, position: number, data: Data): number {
  if (data === null) {
    buffer[position] = 1 // -1
    return position + 1
  }
  if (typeof data === 'string') return writeText(buffer, position, data)
  const start = writeLength(buffer, position, data.length)
  buffer.set(data, start)
  return start + data.length
}
