import * as zlib from 'node:zlib'
import { type Codec, codecByName } from '../../src/compression/index.ts'
import { type ZstdOfNode, zstdCodecOfNode, zstdCodecOfPackage } from '../../src/compression/zstd.ts'

export interface NamedCodec {
  name: string
  codec: Codec
}

/** Every codec, and both of zstd's ways where this Node has both. */
export const compressingCodecs: readonly NamedCodec[] = [
  { name: 'gzip', codec: codecByName('gzip') },
  { name: 'snappy', codec: codecByName('snappy') },
  { name: 'lz4', codec: codecByName('lz4') },
  { name: 'zstd of its package', codec: zstdCodecOfPackage() },
  ...('zstdCompressSync' in zlib
    ? [{ name: 'zstd of Node', codec: zstdCodecOfNode(zlib as unknown as ZstdOfNode) }]
    : []),
]

/** Text that compresses about as JSON records do. */
export function sampleText(bytes: number): Buffer {
  let text = ''
  for (let index = 0; text.length < bytes; index += 1) {
    text += JSON.stringify({
      id: index,
      user: `user-${(index * 7919) % 100_003}`,
      total: (index * 37) % 10_007,
    })
  }
  return Buffer.from(text.slice(0, bytes))
}

/** The format's own arithmetic, for frames made by hand. */
export function uint24(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff]
}

export function uint32(value: number): number[] {
  return [...uint24(value), (value >>> 24) & 0xff]
}
