import { malformed } from './failures.ts'

/**
 * The frames and blocks of zstd data (RFC 8878), as far as it takes to know how much they can hold before any
 * is decompressed. `@mongodb-js/zstd` 1.2.2 takes no limit; Node's zlib takes one, but reads the first frame
 * only, and on Node 22 it gives half the content of a frame that is cut off without a word.
 */
export interface ZstdFrame {
  readonly start: number
  readonly end: number
  /** What the frame says that it holds; -1 when it does not say. */
  readonly contentBytes: number
  /** The most that its blocks can hold, whatever the frame says. */
  readonly atMostBytes: number
}

const MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
/** The most that one block holds. */
export const MAX_BLOCK_BYTES = 128 * 1024
/** Decoders refuse larger windows by default; a frame that asks for one is refused here already. */
const MAX_WINDOW_BYTES = 2 ** 27
const MAX_FRAMES = 1024

const BLOCK_RAW = 0
const BLOCK_RLE = 1
const BLOCK_COMPRESSED = 2

const contentSizeBytes = [0, 2, 4, 8]
const dictionaryIdBytes = [0, 1, 2, 4]

/** The frames of `data` that hold content; they must be whole and, with skippable ones, fill it to the end. */
export function zstdFrames(data: Buffer): ZstdFrame[] {
  const frames: ZstdFrame[] = []
  let position = 0
  let count = 0
  do {
    count += 1
    if (count > MAX_FRAMES) throw malformed('zstd', `more than ${MAX_FRAMES} frames`)
    if (data.length - position < 4) throw malformed('zstd', 'it is too short for a frame')
    const magic = data.readUInt32LE(position)
    if (magic === MAGIC) {
      const frame = walkFrame(data, position)
      frames.push(frame)
      position = frame.end
    } else if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE_MAGIC) {
      if (data.length - position < 8) throw malformed('zstd', 'it ends inside a skippable frame')
      position += 8 + data.readUInt32LE(position + 4)
      if (position > data.length) throw malformed('zstd', 'it ends inside a skippable frame')
    } else {
      throw malformed('zstd', 'it does not start with the magic of a frame')
    }
  } while (position < data.length)
  return frames
}

function walkFrame(data: Buffer, start: number): ZstdFrame {
  const left = data.length - start
  if (left < 6) throw malformed('zstd', 'it ends inside a frame header')
  const descriptor = data[start + 4]
  const singleSegment = (descriptor & 0x20) !== 0
  const checksumBytes = (descriptor & 0x04) === 0 ? 0 : 4
  if ((descriptor & 0x08) !== 0) throw malformed('zstd', 'a reserved bit of the frame header is set')
  const sizeBytes = descriptor < 0x40 ? (singleSegment ? 1 : 0) : contentSizeBytes[descriptor >> 6]
  const windowBytes = singleSegment ? 0 : 1
  const dictionaryBytes = dictionaryIdBytes[descriptor & 3]
  const headerBytes = 5 + windowBytes + dictionaryBytes + sizeBytes
  if (left < headerBytes) throw malformed('zstd', 'it ends inside a frame header')
  if (dictionaryBytes !== 0 && data.readUIntLE(start + 5 + windowBytes, dictionaryBytes) !== 0) {
    throw malformed('zstd', 'it needs a dictionary')
  }

  const contentBytes = readContentSize(data, start + headerBytes - sizeBytes, sizeBytes)
  const window = singleSegment ? contentBytes : windowSize(data[start + 5])
  if (window > MAX_WINDOW_BYTES) {
    throw malformed('zstd', `it needs a window of ${window} bytes, more than the ${MAX_WINDOW_BYTES} allowed`)
  }
  return walkBlocks(
    data,
    start,
    start + headerBytes,
    Math.min(window, MAX_BLOCK_BYTES),
    checksumBytes,
    contentBytes,
  )
}

function readContentSize(data: Buffer, position: number, bytes: number): number {
  if (bytes === 0) return -1
  if (bytes === 8) return data.readUInt32LE(position + 4) * 2 ** 32 + data.readUInt32LE(position)
  return data.readUIntLE(position, bytes) + (bytes === 2 ? 256 : 0)
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

function walkBlocks(
  data: Buffer,
  start: number,
  firstBlock: number,
  maxBlockBytes: number,
  checksumBytes: number,
  contentBytes: number,
): ZstdFrame {
  let position = firstBlock
  let atMostBytes = 0
  let last = false
  while (!last) {
    if (data.length - position < 3) throw malformed('zstd', 'it ends inside a frame')
    const header = data.readUIntLE(position, 3)
    position += 3
    last = (header & 1) === 1
    const type = (header >> 1) & 3
    const size = header >> 3
    if (type > BLOCK_COMPRESSED) throw malformed('zstd', 'a block is of the reserved type')
    if (size > maxBlockBytes) {
      throw malformed('zstd', `a block of ${size} bytes where ${maxBlockBytes} are the most`)
    }
    position += type === BLOCK_RLE ? 1 : size
    atMostBytes += type === BLOCK_RAW || type === BLOCK_RLE ? size : maxBlockBytes
  }
  position += checksumBytes
  if (position > data.length) throw malformed('zstd', 'it ends inside a frame')
  return { start, end: position, contentBytes, atMostBytes }
}
