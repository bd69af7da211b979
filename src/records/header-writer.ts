import { dataSize, type HeadersInput, type HeaderValue, writeData } from './data.ts'
import { lengthWidth, writeLength } from './varint.ts'
import { writeText } from './write-text.ts'

type Headers = NonNullable<HeadersInput>
type Pairs = readonly (readonly [name: string, value: HeaderValue])[]

/**
 * What one walk over headers tells: how many there are, and their names' and values' lengths together, text in
 * characters and bytes in bytes. The same object each time: read it before the next call.
 */
const measured = { count: 0, units: 0 }

// `Object.hasOwn` takes twice as long within `for in` (16 ns against 8 for two headers).
const hasOwn = Object.prototype.hasOwnProperty

export function measureHeaders(headers: Headers): Readonly<typeof measured> {
  let count = 0
  let units = 0
  if (isPairs(headers)) {
    count = headers.length
    for (let index = 0; index < count; index += 1)
      units += headers[index][0].length + unitsOf(headers[index][1])
  } else {
    for (const name in headers) {
      if (!hasOwn.call(headers, name)) continue
      const value = headers[name]
      if (isList(value)) {
        count += value.length
        for (let index = 0; index < value.length; index += 1) units += name.length + unitsOf(value[index])
      } else {
        count += 1
        units += name.length + unitsOf(value)
      }
    }
  }
  measured.count = count
  measured.units = units
  return measured
}

function unitsOf(value: HeaderValue): number {
  return value === null ? 0 : value.length
}

/** The most that headers of these measures can take, their count included. */
export function headersUpperBound(count: number, units: number): number {
  return 5 + units * 3 + count * 10
}

/** The least: text all ASCII, and every length in one byte. */
export function headersLowerBound(count: number, units: number): number {
  return lengthWidth(count) + units + count * 2
}

/** What headers take exactly, their count included; the UTF-8 is counted. */
export function headersSize(headers: Headers, count: number): number {
  let size = lengthWidth(count)
  if (isPairs(headers)) {
    for (let index = 0; index < count; index += 1) {
      size += dataSize(headers[index][0]) + dataSize(headers[index][1])
    }
    return size
  }
  for (const name in headers) {
    if (!hasOwn.call(headers, name)) continue
    const value = headers[name]
    const values = isList(value) ? value : [value]
    for (const one of values) size += dataSize(name) + dataSize(one)
  }
  return size
}

/** Writes the count and the headers, and gives the place after them. */
export function writeHeaders(buffer: Buffer, position: number, headers: Headers, count: number): number {
  let end = writeLength(buffer, position, count)
  if (isPairs(headers)) {
    for (let index = 0; index < count; index += 1) {
      end = writeData(buffer, writeText(buffer, end, headers[index][0]), headers[index][1])
    }
    return end
  }
  for (const name in headers) {
    if (!hasOwn.call(headers, name)) continue
    const value = headers[name]
    if (isList(value)) {
      for (let index = 0; index < value.length; index += 1) {
        end = writeData(buffer, writeText(buffer, end, name), value[index])
      }
    } else {
      end = writeData(buffer, writeText(buffer, end, name), value)
    }
  }
  return end
}

function isPairs(headers: Headers): headers is Pairs {
  return Array.isArray(headers)
}

function isList(value: HeaderValue | readonly HeaderValue[]): value is readonly HeaderValue[] {
  return Array.isArray(value)
}
