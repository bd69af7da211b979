import { malformed } from './failures.ts'

/**
 * The framing that snappy-java gave to Kafka's snappy data: a header of 16 bytes (magic, version 1, lowest
 * compatible version 1), then blocks, each behind its length as an int32. A whole stream may be followed by
 * another one, header included.
 */
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const HEADER_BYTES = 16
const FIRST_MAGIC_WORD = MAGIC.readInt32BE(0)

/**
 * What snappy can reach at most: a copy of three bytes makes 64. A block that claims more is broken, so
 * memory is never taken on the word of a few bytes.
 */
const MAX_RATIO = 22

export interface SnappyBlock {
  readonly data: Buffer
  /** The size that the block's own preamble gives. */
  readonly sizeBytes: number
}

export function isXerial(data: Buffer): boolean {
  return data.length >= HEADER_BYTES && data.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) === 0
}

/** One raw block as a framed stream. */
export function frameXerial(block: Buffer): Buffer {
  const framed = Buffer.allocUnsafeSlow(HEADER_BYTES + 4 + block.length)
  framed.set(MAGIC, 0)
  framed.writeInt32BE(1, 8)
  framed.writeInt32BE(1, 12)
  framed.writeInt32BE(block.length, HEADER_BYTES)
  framed.set(block, HEADER_BYTES + 4)
  return framed
}

/** The blocks of a framed stream, their sizes read and none of them decompressed. */
export function snappyBlocks(data: Buffer): SnappyBlock[] {
  const blocks: SnappyBlock[] = []
  let position = HEADER_BYTES
  while (position < data.length) {
    if (data.length - position < 4) throw malformed('snappy', 'it ends inside the length of a block')
    const length = data.readInt32BE(position)
    if (length === FIRST_MAGIC_WORD && isXerial(data.subarray(position))) {
      position += HEADER_BYTES
      continue
    }
    position += 4
    if (length <= 0 || length > data.length - position) {
      throw malformed('snappy', `a block of ${length} bytes where ${data.length - position} are left`)
    }
    blocks.push(wholeAsBlock(data.subarray(position, position + length)))
    position += length
  }
  return blocks
}

/** Raw data as a block of its own. */
export function wholeAsBlock(data: Buffer): SnappyBlock {
  let sizeBytes = 0
  for (let index = 0; index < 5; index += 1) {
    if (index >= data.length) break
    const byte = data[index]
    sizeBytes += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) {
      if (sizeBytes > data.length * MAX_RATIO) {
        throw malformed('snappy', `a block of ${data.length} bytes claims to hold ${sizeBytes}`)
      }
      return { data, sizeBytes }
    }
  }
  throw malformed('snappy', 'a block does not start with its size')
}
