import { malformed } from './failures.ts'

/**
 * The LZ4 frame format, as far as it takes to know how much a frame holds before it is decompressed
 * (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md).
 *
 * `lz4-napi` takes no limit and grows its output until the frame ends, stops silently at a frame that is cut
 * off, and reads the first of several frames only. So frames are walked here first.
 */
export interface Lz4Frame {
  readonly start: number
  readonly end: number
  readonly blocks: readonly Lz4Block[]
}

export interface Lz4Block {
  readonly start: number
  readonly end: number
  /** Stored as it is. */
  readonly stored: boolean
  /** The most that the block can hold: the frame's block size, or what the format's best ratio allows. */
  readonly atMostBytes: number
}

const MAGIC = 0x184d2204
const STORED = 0x8000_0000
/** A length byte of 255 stands for 255 bytes of output: no input byte makes more. */
const MAX_RATIO = 255
const MAX_FRAMES = 1024

const FLAG_BLOCK_CHECKSUM = 0x10
const FLAG_CONTENT_SIZE = 0x08
const FLAG_CONTENT_CHECKSUM = 0x04
const FLAG_DICTIONARY = 0x01

/** The frames of `data`, which must be whole and fill it to the end. */
export function lz4Frames(data: Buffer): Lz4Frame[] {
  const frames: Lz4Frame[] = []
  let position = 0
  do {
    if (frames.length === MAX_FRAMES) throw malformed('lz4', `more than ${MAX_FRAMES} frames`)
    const frame = walkFrame(data, position)
    frames.push(frame)
    position = frame.end
  } while (position < data.length)
  return frames
}

/** Bytes of the descriptor of the frame at `start`, magic and header checksum excluded. */
export function lz4DescriptorBytes(data: Buffer, start: number): number {
  if (data.length - start < 7) throw malformed('lz4', 'it is too short for a frame header')
  if (data.readUInt32LE(start) !== MAGIC)
    throw malformed('lz4', 'it does not start with the magic of a frame')
  const flags = data[start + 4]
  if (flags >> 6 !== 1) throw malformed('lz4', `frame version ${flags >> 6} is unknown`)
  if ((flags & FLAG_DICTIONARY) !== 0) throw malformed('lz4', 'it needs a dictionary')
  return (flags & FLAG_CONTENT_SIZE) === 0 ? 2 : 10
}

function walkFrame(data: Buffer, start: number): Lz4Frame {
  const descriptorBytes = lz4DescriptorBytes(data, start)
  const flags = data[start + 4]
  const sizeCode = (data[start + 5] >> 4) & 7
  if (sizeCode < 4) throw malformed('lz4', `block size code ${sizeCode} is unknown`)
  const maxBlockBytes = 1 << (8 + 2 * sizeCode)
  const blockTrailer = (flags & FLAG_BLOCK_CHECKSUM) === 0 ? 0 : 4

  const blocks: Lz4Block[] = []
  let position = start + 4 + descriptorBytes + 1
  for (;;) {
    if (data.length - position < 4) throw malformed('lz4', 'it ends before the end mark')
    const word = data.readUInt32LE(position)
    position += 4
    if (word === 0) break
    const stored = word >= STORED
    const length = stored ? word - STORED : word
    if (length > maxBlockBytes || length + blockTrailer > data.length - position) {
      throw malformed('lz4', `a block of ${length} bytes where ${data.length - position} are left`)
    }
    const atMostBytes = stored ? length : Math.min(maxBlockBytes, length * MAX_RATIO)
    blocks.push({ start: position, end: position + length, stored, atMostBytes })
    position += length + blockTrailer
  }
  if ((flags & FLAG_CONTENT_CHECKSUM) !== 0) position += 4
  if (position > data.length) throw malformed('lz4', 'it ends inside the content checksum')
  return { start, end: position, blocks }
}

/** The most that the frames can hold together, from their blocks' sizes alone. */
export function lz4AtMostBytes(frames: readonly Lz4Frame[]): number {
  let sum = 0
  for (const frame of frames) for (const block of frame.blocks) sum += block.atMostBytes
  return sum
}

/** What the frames hold exactly, from the lengths of all sequences; stops above `maxBytes`. */
export function lz4ExactBytes(data: Buffer, frames: readonly Lz4Frame[], maxBytes: number): number {
  let sum = 0
  for (const frame of frames) {
    for (const block of frame.blocks) {
      sum += block.stored ? block.end - block.start : blockBytes(data, block.start, block.end)
      if (sum > maxBytes) return sum
    }
  }
  return sum
}

/** The size of one compressed block: each sequence is a token, literals, and a match of at least 4 bytes. */
function blockBytes(data: Buffer, start: number, end: number): number {
  let size = 0
  let position = start
  while (position < end) {
    const token = data[position]
    position += 1
    let literals = token >> 4
    if (literals === 15) {
      let more = 255
      while (more === 255 && position < end) {
        more = data[position]
        position += 1
        literals += more
      }
    }
    size += literals
    position += literals
    if (position >= end) break // the last sequence has literals only
    position += 2 // the match's distance
    let match = token & 15
    if (match === 15) {
      let more = 255
      while (more === 255 && position < end) {
        more = data[position]
        position += 1
        match += more
      }
    }
    size += match + 4
  }
  return size
}
