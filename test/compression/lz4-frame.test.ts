import { describe, expect, test } from 'vitest'
import { codecByName, withStandardHeaderChecksum } from '../../src/compression/index.ts'
import { lz4AtMostBytes, lz4ExactBytes, lz4Frames } from '../../src/compression/lz4-frame.ts'
import { headerChecksum } from '../../src/compression/lz4-legacy-header.ts'
import { CompressionError } from '../../src/errors.ts'
import { sampleText, uint32 } from './support.ts'

const lz4 = codecByName('lz4')

const INDEPENDENT = 0x60
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const BLOCKS_64_KIB = 0x40

interface FrameParts {
  flags?: number
  blockSize?: number
  size?: number[]
  blocks: number[][]
  tail?: number[]
}

function frame({ flags = 0, blockSize = BLOCKS_64_KIB, size = [], blocks, tail = [] }: FrameParts): Buffer {
  const descriptor = Buffer.from([INDEPENDENT | flags, blockSize, ...size])
  const checksum = headerChecksum(descriptor, 0, descriptor.length)
  return Buffer.from([0x04, 0x22, 0x4d, 0x18, ...descriptor, checksum, ...blocks.flat(), 0, 0, 0, 0, ...tail])
}

function stored(text: string): number[] {
  return [...uint32((0x8000_0000 | text.length) >>> 0), ...Buffer.from(text)]
}

/** One literal and a match of it: `count` times the same character. */
function run(character: string, count: number): number[] {
  const rest = count - 1 - 4 - 15 - 1
  const lengths = [...Array(Math.floor(rest / 255)).fill(255), rest % 255]
  const literal = character.charCodeAt(0)
  // a sequence, then the last one with a literal only
  const block = [0x1f, literal, 1, 0, ...lengths, 0x10, literal]
  return [...uint32(block.length), ...block]
}

describe('frames made by hand', () => {
  test('stored and compressed blocks', async () => {
    const data = frame({ blocks: [stored('abc'), run('x', 1000)] })
    const frames = lz4Frames(data)
    expect(frames).toHaveLength(1)
    expect(frames[0].blocks.map((block) => block.stored)).toEqual([true, false])
    expect(lz4ExactBytes(data, frames, 1e9)).toBe(1003)
    expect(lz4AtMostBytes(frames)).toBeGreaterThanOrEqual(1003)
    expect((await lz4.decompress(data, 1003)).toString()).toBe(`abc${'x'.repeat(1000)}`)
    expect(() => lz4.decompress(data, 1002)).toThrow(/past the limit/)
  })

  test('checksums of blocks and a content size are passed over, and the decoder holds them to it', async () => {
    const withSize = frame({ flags: CONTENT_SIZE, size: [3, 0, 0, 0, 0, 0, 0, 0], blocks: [stored('abc')] })
    expect((await lz4.decompress(withSize, 3)).toString()).toBe('abc')
    const wrongSize = frame({ flags: CONTENT_SIZE, size: [4, 0, 0, 0, 0, 0, 0, 0], blocks: [stored('abc')] })
    expect(() => lz4.decompress(wrongSize, 10)).toThrow(CompressionError)
    const wrongChecksum = frame({ flags: BLOCK_CHECKSUM, blocks: [[...stored('abc'), 1, 2, 3, 4]] })
    expect(lz4Frames(wrongChecksum)[0].end).toBe(wrongChecksum.length)
    expect(() => lz4.decompress(wrongChecksum, 10)).toThrow(CompressionError)
  })

  test('several frames are read one after the other', async () => {
    const data = Buffer.concat([
      frame({ blocks: [stored('abc')] }),
      frame({ blocks: [] }),
      frame({ blocks: [stored('de')] }),
    ])
    expect((await lz4.decompress(data, 5)).toString()).toBe('abcde')
    expect((await lz4.decompress(data, 5, (job) => job())).toString()).toBe('abcde')
    expect(() => lz4.decompress(data, 4)).toThrow(/past the limit/)
  })

  test.each([
    ['an unknown version', Buffer.from('04224d18a04082', 'hex'), 'frame version 2 is unknown'],
    ['a dictionary', frame({ flags: 1, blocks: [] }), 'it needs a dictionary'],
    ['an unknown block size', frame({ blockSize: 0x30, blocks: [] }), 'block size code 3 is unknown'],
    [
      'a block past its size',
      frame({ blocks: [[...uint32(65_537), ...Array(65_537).fill(0)]] }),
      'a block of 65537 bytes',
    ],
    [
      'a block past the end',
      Buffer.concat([frame({ blocks: [] }).subarray(0, 7), Buffer.from(uint32(9))]),
      'a block of 9',
    ],
    ['another magic', Buffer.from('02214c1800000000', 'hex'), 'does not start with the magic of a frame'],
    ['nothing', Buffer.alloc(0), 'too short for a frame header'],
    [
      'a cut content checksum',
      frame({ flags: 4, blocks: [], tail: [1, 2] }),
      'it ends inside the content checksum',
    ],
  ])('%s is refused', (_, data, message) => {
    expect(() => lz4.decompress(data, 1000)).toThrow(CompressionError)
    expect(() => lz4.decompress(data, 1000)).toThrow(message)
  })

  test('so many frames are an attack', () => {
    const data = Buffer.concat(Array(1025).fill(frame({ blocks: [] })))
    expect(() => lz4.decompress(data, 1000)).toThrow('more than 1024 frames')
  })
})

test('the exact size agrees with the decoder on what the library writes', async () => {
  for (const size of [0, 1, 11, 12, 13, 300, 65_536, 1_000_000]) {
    for (const data of [
      sampleText(size),
      Buffer.alloc(size),
      Buffer.from(sampleText(size).map((byte, at) => byte ^ (at * 31))),
    ]) {
      const compressed = await lz4.compress(data)
      const frames = lz4Frames(compressed)
      expect(lz4ExactBytes(compressed, frames, 1e9)).toBe(size)
      expect(lz4AtMostBytes(frames)).toBeGreaterThanOrEqual(size)
    }
  }
})

test('the historic header checksum is put right on a copy', async () => {
  const good = await lz4.compress(sampleText(1000))
  // over the magic as well, as old clients had it: another value in nearly every frame
  const old = Buffer.from(good)
  old[6] = headerChecksum(good, 0, 6)
  expect(old[6]).not.toBe(good[6])
  expect(() => lz4.decompress(old, 1000)).toThrow(CompressionError)
  const before = Buffer.from(old)
  expect(withStandardHeaderChecksum(old).equals(good)).toBe(true)
  expect(old.equals(before)).toBe(true)
})

test("xxHash32 of short input: the format's own test values", () => {
  // second bytes of XXH32("", 0) = 02cc5d05, of XXH32("a", 0) = 550d7456, of XXH32("abc", 0) = 32d153ff
  expect(headerChecksum(Buffer.from(''), 0, 0)).toBe(0x5d)
  expect(headerChecksum(Buffer.from('a'), 0, 1)).toBe(0x74)
  expect(headerChecksum(Buffer.from('xabc'), 1, 4)).toBe(0x53)
})
