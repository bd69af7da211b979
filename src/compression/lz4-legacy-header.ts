import { lz4DescriptorBytes } from './lz4-frame.ts'

/**
 * Clients before 0.10 wrote the header checksum of an LZ4 frame over the magic as well (KAFKA-3160), and
 * brokers keep that form for messages of magic 0. Gives a copy with the checksum that the format asks for.
 */
export function withStandardHeaderChecksum(data: Buffer): Buffer {
  const descriptorBytes = lz4DescriptorBytes(data, 0)
  const fixed = Buffer.from(data)
  fixed[4 + descriptorBytes] = headerChecksum(data, 4, 4 + descriptorBytes)
  return fixed
}

/** The second byte of xxHash32 with seed 0. */
export function headerChecksum(data: Buffer, start: number, end: number): number {
  return (xxHash32Short(data, start, end) >>> 8) & 0xff
}

const PRIME_1 = 0x9e3779b1
const PRIME_2 = 0x85ebca77
const PRIME_3 = 0xc2b2ae3d
const PRIME_4 = 0x27d4eb2f
const PRIME_5 = 0x165667b1

/** xxHash32 with seed 0 of fewer than 16 bytes, which is all that a frame header has. */
function xxHash32Short(data: Buffer, start: number, end: number): number {
  let hash = (PRIME_5 + (end - start)) | 0
  let position = start
  for (; position + 4 <= end; position += 4) {
    hash = (hash + Math.imul(data.readInt32LE(position), PRIME_3)) | 0
    hash = Math.imul(rotateLeft(hash, 17), PRIME_4)
  }
  for (; position < end; position += 1) {
    hash = (hash + Math.imul(data[position], PRIME_5)) | 0
    hash = Math.imul(rotateLeft(hash, 11), PRIME_1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2)
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3)
  return (hash ^ (hash >>> 16)) >>> 0
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
