import { describe, expect, test } from 'vitest'
import { zstdFrames } from '../../src/compression/zstd-frame.ts'
import { CompressionError } from '../../src/errors.ts'
import { compressingCodecs, sampleText, uint24, uint32 } from './support.ts'

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd]
const WINDOW_1_MIB = 10 << 3
const RAW = 0
const RLE = 1
const COMPRESSED = 2

function block(type: number, size: number, content: number[], last = false): number[] {
  return [...uint24((size << 3) | (type << 1) | (last ? 1 : 0)), ...content]
}

function raw(text: string, last = false): number[] {
  return block(RAW, text.length, [...Buffer.from(text)], last)
}

function frame(header: number[], ...blocks: number[][]): Buffer {
  return Buffer.from([...MAGIC, ...header, ...blocks.flat()])
}

const plain = frame([0, WINDOW_1_MIB], raw('abc'), block(RLE, 5, [120]), raw('d', true))
const skippable = Buffer.from([0x5f, 0x2a, 0x4d, 0x18, ...uint32(3), 1, 2, 3])
const zstdCodecs = compressingCodecs.filter(({ codec }) => codec.name === 'zstd')

describe.each(zstdCodecs)('$name', ({ codec }) => {
  const decompress = async (data: Buffer, maxBytes: number) => codec.decompress(data, maxBytes)

  test('reads raw and run-length blocks', async () => {
    expect((await decompress(plain, 9)).toString()).toBe('abcxxxxxd')
    await expect(decompress(plain, 8)).rejects.toThrow(/past the limit/)
  })

  test('reads several frames, skippable ones between them', async () => {
    const data = Buffer.concat([skippable, plain, skippable, plain])
    expect((await decompress(data, 18)).toString()).toBe('abcxxxxxdabcxxxxxd')
    expect((await codec.decompress(data, 18, (job) => job())).toString()).toBe('abcxxxxxdabcxxxxxd')
    await expect(decompress(data, 17)).rejects.toThrow(/past the limit/)
  })

  test('a skippable frame alone holds nothing', async () => {
    expect(await decompress(skippable, 0)).toHaveLength(0)
  })

  test('a content checksum is held to', async () => {
    const wrong = frame([0x04, WINDOW_1_MIB], [...raw('abc', true), 1, 2, 3, 4])
    expect(zstdFrames(wrong)[0].end).toBe(wrong.length)
    await expect(decompress(wrong, 10)).rejects.toThrow(CompressionError)
  })

  test('a frame that says it is larger than the limit is refused for what it says', async () => {
    const large = frame([0x20 | 0x80, ...uint32(50_000_000)], raw('abc', true))
    await expect(decompress(large, 1_000_000)).rejects.toThrow(
      'up to 50000000 bytes, past the limit of 1000000',
    )
  })

  test('what the library writes is within its bounds', async () => {
    for (const size of [0, 1, 200, 131_072, 131_073, 1_000_000]) {
      const frames = zstdFrames(await codec.compress(sampleText(size)))
      expect(frames).toHaveLength(1)
      expect(frames[0].atMostBytes).toBeGreaterThanOrEqual(size)
      expect([-1, size]).toContain(frames[0].contentBytes)
    }
  })

  test.each([
    ['another magic', Buffer.from('abcdefgh'), 'does not start with the magic of a frame'],
    ['nothing', Buffer.alloc(0), 'too short for a frame'],
    ['a header that is cut off', plain.subarray(0, 5), 'it ends inside a frame header'],
    ['a block that is cut off', plain.subarray(0, 10), 'it ends inside a frame'],
    ['no last block', frame([0, WINDOW_1_MIB], raw('abc')), 'it ends inside a frame'],
    ['a reserved bit', frame([0x08, WINDOW_1_MIB], raw('a', true)), 'a reserved bit'],
    [
      'a reserved block type',
      frame([0, WINDOW_1_MIB], block(3, 0, [], true)),
      'a block is of the reserved type',
    ],
    ['a dictionary', frame([0x01, WINDOW_1_MIB, 7], raw('a', true)), 'it needs a dictionary'],
    ['a window of 2 GiB', frame([0, 21 << 3], raw('a', true)), 'it needs a window of 2147483648 bytes'],
    [
      'a block past the window',
      frame([0, 0], block(RLE, 1025, [1], true)),
      'a block of 1025 bytes where 1024 are',
    ],
    ['a cut skippable frame', skippable.subarray(0, 9), 'it ends inside a skippable frame'],
    ['a cut skippable header', skippable.subarray(0, 6), 'it ends inside a skippable frame'],
    [
      'rubbish in a block',
      frame([0, WINDOW_1_MIB], block(COMPRESSED, 4, [255, 255, 255, 255], true)),
      'is broken',
    ],
    ['so many frames', Buffer.concat(Array(1025).fill(skippable)), 'more than 1024 frames'],
  ])('%s is refused', async (_, data, message) => {
    await expect(decompress(data, 1000)).rejects.toThrow(CompressionError)
    await expect(decompress(data, 1000)).rejects.toThrow(message)
  })
})

test('content sizes are read in each of their widths', () => {
  const last = raw('', true)
  const sizes = [
    [0x20, 200],
    [0x60, 0, 1],
    [0xa0, 4, 3, 2, 1],
    [0xe0, 0, 0, 0, 1, 0, 0, 0, 0],
    [0x80, WINDOW_1_MIB, 1, 0, 0, 0],
    [0xc0, WINDOW_1_MIB, 0, 0, 0, 0, 1, 0, 0, 0],
    [0x02, WINDOW_1_MIB, 0, 0],
  ].map((header) => zstdFrames(frame(header, last))[0].contentBytes)
  expect(sizes).toEqual([200, 512, 0x01020304, 0x01000000, 1, 2 ** 32, -1])
})
