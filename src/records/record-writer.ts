import { type Data, dataSize, dataSizeIfAscii, type HeadersInput, writeData } from './data.ts'
import {
  headersLowerBound,
  headersSize,
  headersUpperBound,
  measureHeaders,
  writeHeaders,
} from './header-writer.ts'
import { lengthWidth, varlongWidth, writeLength, writeVarlong } from './varint.ts'

/** The fields of a record that are neither key, value nor headers, and the lengths of key and value, at their widest. */
const FIELDS_BYTES = 5 + 1 + 10 + 5 + 5 + 5

/**
 * The most bytes that a record can take in a batch. Cheap: it counts no UTF-8, text is taken at three bytes a
 * character.
 */
export function recordSizeUpperBound(key: Data, value: Data, headers: HeadersInput): number {
  if (headers === null) return FIELDS_BYTES + dataUpperBound(key) + dataUpperBound(value) + 1
  const { count, units } = measureHeaders(headers)
  return FIELDS_BYTES + dataUpperBound(key) + dataUpperBound(value) + headersUpperBound(count, units)
}

function dataUpperBound(data: Data): number {
  return data === null ? 0 : typeof data === 'string' ? data.length * 3 : data.length
}

/** What a record takes exactly, its length included; the UTF-8 is counted. */
export function recordSize(
  timestampDelta: number,
  offsetDelta: number,
  key: Data,
  value: Data,
  headers: HeadersInput,
): number {
  const headersBytes = headers === null ? 1 : headersSize(headers, measureHeaders(headers).count)
  const body =
    1 +
    varlongWidth(timestampDelta) +
    lengthWidth(offsetDelta) +
    dataSize(key) +
    dataSize(value) +
    headersBytes
  return lengthWidth(body) + body
}

/**
 * Writes one record and gives the place after it. The caller has made sure that it fits.
 *
 * Its length comes first and is known last. It gets the room that it takes if all text is ASCII, and the record
 * moves up by a byte when that was too little: so text is written once, in place, and never counted beforehand
 * (counting 100 characters first takes 50 ns more on Node 20, where the whole record takes 105).
 */
export function writeRecord(
  buffer: Buffer,
  start: number,
  timestampDelta: number,
  offsetDelta: number,
  key: Data,
  value: Data,
  headers: HeadersInput,
): number {
  let headerCount = 0
  let atLeast =
    1 +
    varlongWidth(timestampDelta) +
    lengthWidth(offsetDelta) +
    dataSizeIfAscii(key) +
    dataSizeIfAscii(value)
  if (headers === null) {
    atLeast += 1
  } else {
    const { count, units } = measureHeaders(headers)
    headerCount = count
    atLeast += headersLowerBound(count, units)
  }

  const guess = lengthWidth(atLeast)
  const body = start + guess
  buffer[body] = 0 // attributes, of which records have none
  let end = writeVarlong(buffer, body + 1, timestampDelta)
  end = writeLength(buffer, end, offsetDelta)
  end = writeData(buffer, end, key)
  end = writeData(buffer, end, value)
  if (headers === null) {
    buffer[end] = 0
    end += 1
  } else {
    end = writeHeaders(buffer, end, headers, headerCount)
  }

  const size = end - body
  const width = lengthWidth(size)
  if (width !== guess) {
    buffer.copyWithin(start + width, body, end)
    end += width - guess
  }
  writeLength(buffer, start, size)
  return end
}
