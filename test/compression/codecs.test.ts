import { describe, expect, test } from 'vitest'
import {
  type CompressionName,
  codecById,
  codecByName,
  compressionNames,
  type Offload,
} from '../../src/compression/index.ts'
import { CompressionError, ConfigurationError } from '../../src/errors.ts'
import { compressingCodecs, sampleText } from './support.ts'

const MAX_BYTES = 16 * 1024 * 1024
const direct: Offload = (job) => job()

describe.each(compressingCodecs)('$name', ({ codec }) => {
  test.each([0, 1, 100, 16 * 1024, 64 * 1024 + 1, 300_000, 5_000_000])(
    'takes %i bytes there and back',
    async (size) => {
      const data = sampleText(size)
      const compressed = await codec.compress(data)
      if (size >= 16 * 1024) expect(compressed.length).toBeLessThan(size / 2)
      expect(data.equals(await codec.decompress(compressed, MAX_BYTES))).toBe(true)
      expect(data.equals(await codec.decompress(compressed, MAX_BYTES, direct))).toBe(true)
      const offThread = await codec.compress(data, undefined, direct)
      expect(data.equals(await codec.decompress(offThread, MAX_BYTES))).toBe(true)
    },
  )

  test('takes bytes that are no Buffer, from the middle of their memory', async () => {
    const data = new Uint8Array(sampleText(1000).buffer.slice(0, 1000)).subarray(100, 900)
    const compressed = new Uint8Array(await codec.compress(data))
    expect(new Uint8Array(await codec.decompress(compressed, 800))).toEqual(new Uint8Array(data))
  })

  test('works in place up to its border, and through the offload above it', async () => {
    let offloaded = 0
    const offload: Offload = (job) => {
      offloaded += 1
      return job()
    }
    const small = codec.compress(Buffer.alloc(Math.max(1, codec.offloadAboveBytes)), undefined, offload)
    if (codec.offloadAboveBytes > 0) {
      expect(small).toBeInstanceOf(Buffer)
      expect(offloaded).toBe(0)
    }
    const large = codec.compress(sampleText(codec.offloadAboveBytes + 1), undefined, offload)
    expect(large).toBeInstanceOf(Promise)
    await Promise.all([small, large])
    expect(offloaded).toBeGreaterThan(0)

    offloaded = 0
    const result = codec.decompress(await codec.compress(sampleText(2_000_000)), MAX_BYTES, offload)
    expect(result).toBeInstanceOf(Promise)
    await result
    expect(offloaded).toBe(1)
  })

  test.each([1000, 700_000])('holds the limit to the byte, for %i bytes', async (size) => {
    const compressed = await codec.compress(sampleText(size))
    for (const offload of [undefined, direct]) {
      expect(await codec.decompress(compressed, size, offload)).toHaveLength(size)
      const tooSmall = (async () => codec.decompress(compressed, size - 1, offload))()
      await expect(tooSmall).rejects.toThrow(CompressionError)
      await expect(tooSmall).rejects.toThrow(/past the limit of/)
    }
  })

  test('a limit of nothing lets nothing through', async () => {
    expect(await codec.decompress(await codec.compress(Buffer.alloc(0)), 0)).toHaveLength(0)
    const one = codec.compress(Buffer.alloc(1))
    await expect((async () => codec.decompress(await one, 0))()).rejects.toThrow(CompressionError)
  })

  test('refuses data that is cut off anywhere, and data with a tail', async () => {
    const data = sampleText(3000)
    const compressed = await codec.compress(data)
    const lengths = Array.from({ length: compressed.length }, (_, index) => index)
    for (const length of lengths) {
      const cut = (async () => codec.decompress(compressed.subarray(0, length), MAX_BYTES))()
      // A snappy stream without its only block is an empty one.
      if (codec.name === 'snappy' && length === 16) expect(await cut).toHaveLength(0)
      else await expect(cut, `cut to ${length}`).rejects.toThrow(CompressionError)
    }
    const withTail = Buffer.concat([compressed, Buffer.from('tail')])
    await expect((async () => codec.decompress(withTail, MAX_BYTES))()).rejects.toThrow(CompressionError)
  })
})

test('none gives the same bytes by reference, up to the limit', () => {
  const data = Buffer.from('as it is')
  expect(codecByName('none').compress(data)).toBe(data)
  expect(codecByName('none').decompress(data, 8)).toBe(data)
  expect(() => codecByName('none').decompress(data, 7)).toThrow(CompressionError)
})

test("the table has Kafka's numbers", () => {
  for (const [id, name] of compressionNames.entries()) {
    expect(codecById(id)).toBe(codecByName(name))
    expect(codecById(id)).toMatchObject({ id, name })
  }
  expect(() => codecById(5)).toThrow(CompressionError)
  expect(() => codecByName('brotli' as CompressionName)).toThrow(
    new ConfigurationError('there is no compression brotli: take one of none, gzip, snappy, lz4, zstd'),
  )
})

describe('levels', () => {
  test.each([
    ['gzip', [-1, 1, 9], [0, 10, -2, 1.5, Number.NaN]],
    ['lz4', [1, 17], [0, 18]],
    ['zstd', [-131_072, 0, 22], [-131_073, 23]],
    ['snappy', [], [1]],
    ['none', [], [1]],
  ] as const)('%s', async (name, good, bad) => {
    const codec = codecByName(name)
    const data = sampleText(500)
    for (const level of good) {
      expect(await codec.decompress(await codec.compress(data, level), 500)).toEqual(data)
    }
    for (const level of bad)
      expect(() => codec.compress(data, level), String(level)).toThrow(ConfigurationError)
  })

  test.each(['gzip', 'zstd'] as const)('a high level of %s makes less than a low one', async (name) => {
    const data = sampleText(200_000)
    const low = await codecByName(name).compress(data, 1)
    const high = await codecByName(name).compress(data, 9)
    expect(high.length).toBeLessThan(low.length)
  })
})
