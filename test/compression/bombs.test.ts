/** Small data that would fill memory: refused before it does. */
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { codecByName } from '../../src/compression/index.ts'
import { CompressionError } from '../../src/errors.ts'
import { compressingCodecs, uint24 } from './support.ts'

const MIB = 1024 * 1024
const LIMIT_BYTES = MIB
/** Far less than any of the bombs would take, far more than a test run needs. */
const ALLOWED_GROWTH_BYTES = 64 * MIB

function repeated(part: Buffer, times: number): Buffer {
  const whole = Buffer.alloc(part.length * times)
  for (let index = 0; index < times; index += 1) whole.set(part, index * part.length)
  return whole
}

/** 1 GiB in 1 MB: members one behind the other. */
function gzipBomb(): Buffer {
  return repeated(gzipSync(Buffer.alloc(16 * MIB)), 64)
}

/** 170 MiB in 8 MiB, the most that snappy's format can: copies of 64 bytes. */
function snappyBomb(): Buffer {
  const copies = (8 * MIB) / 3
  const size = 1 + Math.floor(copies) * 64
  const preamble = [size | 0x80, (size >> 7) | 0x80, (size >> 14) | 0x80, size >> 21].map(
    (byte) => byte & 0xff,
  )
  const copy = Buffer.from([(63 << 2) | 2, 1, 0])
  return Buffer.concat([Buffer.from(preamble), Buffer.from([0, 65]), repeated(copy, Math.floor(copies))])
}

/** 1 GiB in 4 MiB: full blocks of one byte repeated. */
function lz4Bomb(): Buffer {
  const frame = codecByName('lz4').compress(Buffer.alloc(4 * MIB)) as Buffer
  expect(frame[5] >> 4, 'blocks of 4 MiB').toBe(7)
  const block = frame.subarray(7, 11 + frame.readUInt32LE(7))
  return Buffer.concat([frame.subarray(0, 7), repeated(block, 256), Buffer.alloc(4)])
}

/** 2.4 GiB in 80 KB: run-length blocks. */
function zstdBomb(contentSize = ''): Buffer {
  const header =
    contentSize === '' ? Buffer.from('28b52ffd0058', 'hex') : Buffer.from(`28b52ffd8058${contentSize}`, 'hex')
  const block = Buffer.from([...uint24(((128 * 1024) << 3) | (1 << 1)), 65])
  const last = Buffer.from([...uint24((1 << 3) | (1 << 1) | 1), 65])
  return Buffer.concat([header, repeated(block, 20_000), last])
}

const bombs: Record<string, () => Buffer> = {
  gzip: gzipBomb,
  snappy: snappyBomb,
  lz4: lz4Bomb,
  zstd: zstdBomb,
}

describe.each(compressingCodecs)('$name', ({ codec }) => {
  test.each([
    ['in place', undefined],
    ['off the thread', <T>(job: () => Promise<T>) => job()],
  ])('a bomb is refused before memory is taken, %s', async (_, offload) => {
    const bomb = bombs[codec.name]()
    const before = process.resourceUsage().maxRSS
    const result = (async () => codec.decompress(bomb, LIMIT_BYTES, offload))()
    await expect(result).rejects.toThrow(CompressionError)
    await expect(result).rejects.toThrow(/past the limit/)
    const grownBytes = (process.resourceUsage().maxRSS - before) * 1024
    expect(grownBytes).toBeLessThan(ALLOWED_GROWTH_BYTES)
  })

  test('the bombs are no duds: they hold more than the limit', async () => {
    if (codec.name === 'snappy')
      expect(await codec.decompress(snappyBomb(), 256 * MIB)).toHaveLength(178_956_929)
    else
      await expect((async () => codec.decompress(bombs[codec.name](), 128 * MIB))()).rejects.toThrow(
        /past the limit/,
      )
  })
})

test('a zstd frame that lies about its size is measured by its blocks', async () => {
  for (const { codec } of compressingCodecs.filter((one) => one.codec.name === 'zstd')) {
    const before = process.resourceUsage().maxRSS
    const lying = zstdBomb('0a000000') // ten bytes, it says
    await expect((async () => codec.decompress(lying, LIMIT_BYTES))()).rejects.toThrow(CompressionError)
    expect((process.resourceUsage().maxRSS - before) * 1024).toBeLessThan(ALLOWED_GROWTH_BYTES)
  }
})
