import { expect, test, vi } from 'vitest'
import { lz4Codec } from '../../src/compression/lz4.ts'
import { snappyCodec } from '../../src/compression/snappy.ts'
import { zstdCodecOfPackage } from '../../src/compression/zstd.ts'
import { CompressionError } from '../../src/errors.ts'

const codecs = [
  { name: 'snappy', make: snappyCodec },
  { name: 'lz4-napi', make: lz4Codec },
  { name: '@mongodb-js/zstd', make: zstdCodecOfPackage },
]

/** As `require` does it. */
function notFound(name: string): never {
  throw Object.assign(new Error(`Cannot find module '${name}'\nRequire stack: ...`), {
    code: 'MODULE_NOT_FOUND',
  })
}

test.each(codecs)('a missing $name is an error when it is used, not before', ({ name, make }) => {
  const load = vi.fn(notFound)
  const codec = make(load)
  expect(load).not.toHaveBeenCalled()
  for (const use of [() => codec.compress(Buffer.alloc(1)), () => codec.decompress(Buffer.alloc(1), 10)]) {
    expect(use).toThrow(CompressionError)
    expect(use).toThrow(`needs the package ${name}, which is not installed: run "npm install ${name}"`)
  }
})

test.each(codecs)('a $name whose binary does not load says so', ({ name, make }) => {
  const cause = new Error('Cannot find native binding')
  const codec = make(() => {
    throw cause
  })
  let error: unknown
  try {
    codec.compress(Buffer.alloc(1))
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(CompressionError)
  expect(error).toMatchObject({ cause, context: { package: name } })
  expect((error as Error).message).toContain('is installed but did not load on')
})

test.each(codecs)("$name without its platform's package is not called missing", ({ name, make }) => {
  const codec = make(() => notFound(`${name}-linux-x64-gnu`))
  expect(() => codec.compress(Buffer.alloc(1))).toThrow('is installed but did not load on')
})

test('a package is loaded once', () => {
  const load = vi.fn(() => ({ compressSync: (data: Buffer) => data }))
  const codec = snappyCodec(load)
  codec.compress(Buffer.alloc(1))
  codec.compress(Buffer.alloc(1))
  expect(load).toHaveBeenCalledOnce()
})

test('what a library throws is wrapped, with the library own words and its error as the cause', async () => {
  const cause = new Error('out of luck')
  const fails = () => {
    throw cause
  }
  const snappy = snappyCodec(() => ({ compressSync: fails, compress: async () => fails() }))
  expect(() => snappy.compress(Buffer.alloc(10))).toThrow('snappy could not compress 10 bytes: out of luck')
  const large = Buffer.alloc(snappy.offloadAboveBytes + 1)
  await expect(snappy.compress(large, undefined, (job) => job())).rejects.toMatchObject({
    code: 'COMPRESSION',
    cause,
  })
})
