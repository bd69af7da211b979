import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { codecByName } from '../../src/compression/index.ts'
import { CompressionError } from '../../src/errors.ts'
import { sampleText } from './support.ts'

const snappy = codecByName('snappy')
const library: { compressSync(data: Buffer): Buffer } = createRequire(import.meta.url)('snappy')
const direct = <T>(job: () => Promise<T>) => job()

const HEADER = Buffer.from('82534e41505059000000000100000001', 'hex')

function block(data: Buffer): Buffer {
  const compressed = library.compressSync(data)
  const length = Buffer.alloc(4)
  length.writeInt32BE(compressed.length)
  return Buffer.concat([length, compressed])
}

test('is written with the framing and read with and without it', async () => {
  const data = sampleText(100_000)
  const framed = await snappy.compress(data)
  expect(framed.subarray(0, 16).equals(HEADER)).toBe(true)
  expect(framed.readInt32BE(16)).toBe(framed.length - 20)
  expect(data.equals(await snappy.decompress(framed, 100_000))).toBe(true)
  expect(data.equals(await snappy.decompress(library.compressSync(data), 100_000))).toBe(true)
})

test('blocks of 32 KiB, as snappy-java writes them, are joined; so are streams one after the other', async () => {
  const parts = [sampleText(32_768), Buffer.alloc(32_768, 7), sampleText(10)]
  const stream = Buffer.concat([HEADER, ...parts.map(block)])
  const twice = Buffer.concat([stream, stream])
  const whole = Buffer.concat([...parts, ...parts])
  expect(whole.equals(await snappy.decompress(twice, whole.length))).toBe(true)
  expect(whole.equals(await snappy.decompress(twice, whole.length, direct))).toBe(true)
  expect(() => snappy.decompress(twice, whole.length - 1)).toThrow(/past the limit/)
})

test('the thread pool takes large streams of several blocks', async () => {
  const part = sampleText(200_000)
  const stream = Buffer.concat([HEADER, block(part), block(part)])
  const result = snappy.decompress(stream, 400_000, direct)
  expect(result).toBeInstanceOf(Promise)
  expect(Buffer.concat([part, part]).equals(await result)).toBe(true)
})

describe('refused:', () => {
  test.each([
    ['nothing at all', Buffer.alloc(0), 'a block does not start with its size'],
    ['a size without an end', Buffer.alloc(6, 0xff), 'a block does not start with its size'],
    ['a block that claims a gigabyte', Buffer.from('8080808004004141', 'hex'), 'claims to hold 1073741824'],
    ['a block that is shorter than it says', Buffer.from('0a0041', 'hex'), 'is broken'],
    ['half a length', Buffer.concat([HEADER, Buffer.alloc(3)]), 'it ends inside the length of a block'],
    ['a negative length', Buffer.concat([HEADER, Buffer.from('fffffff0', 'hex')]), 'a block of -16 bytes'],
    [
      'a length past the end',
      Buffer.concat([HEADER, Buffer.from('00000005aabb', 'hex')]),
      'a block of 5 bytes',
    ],
    ['rubbish', Buffer.concat([HEADER, Buffer.from('0000000305ffff', 'hex')]), 'is broken'],
  ])('%s', (_, data, message) => {
    expect(() => snappy.decompress(data, 2 ** 31)).toThrow(CompressionError)
    expect(() => snappy.decompress(data, 2 ** 31)).toThrow(message)
  })
})
