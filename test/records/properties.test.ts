import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CompressionName, codecByName, compressionNames } from '../../src/compression/index.ts'
import { CompressionError, CorruptRecordsError } from '../../src/errors.ts'
import { BatchBuilder, crc32c, type Data, type HeadersInput, readBatches } from '../../src/records/index.ts'
import { legacyMessage, readAll, source } from './support.ts'

const MAX_BYTES = 1_000_000

const text = fc.oneof(
  fc.string({ maxLength: 100 }),
  fc.string({ unit: 'binary', maxLength: 100 }),
  // lone halves of surrogate pairs among them
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 50 })
    .map((codes) => String.fromCharCode(...codes)),
)
const data: fc.Arbitrary<Data> = fc.oneof(text, fc.uint8Array({ maxLength: 200 }), fc.constant(null))
const headers: fc.Arbitrary<HeadersInput> = fc.oneof(
  fc.constant(null),
  fc.array(fc.tuple(text, data), { maxLength: 80 }),
  fc.dictionary(text, fc.oneof(data, fc.array(data, { maxLength: 3 })), { maxKeys: 5 }),
)
const record = fc.record({
  timestampMs: fc.oneof(
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_010_000 }),
    fc.maxSafeInteger().filter((value) => Math.abs(value) < 2 ** 52),
  ),
  key: data,
  value: data,
  headers,
})

/** Headers as they must come out. */
function pairs(input: HeadersInput): [string, Buffer | null][] {
  const list: readonly (readonly [string, Data])[] = Array.isArray(input)
    ? input
    : Object.entries(input ?? {}).flatMap(([name, value]) =>
        (Array.isArray(value) ? value : [value]).map((one): [string, Data] => [name, one]),
      )
  return list.map(([name, value]) => [Buffer.from(name).toString(), bytes(value)])
}

function bytes(value: Data): Buffer | null {
  return value === null ? null : Buffer.from(value as string)
}

async function closed(builder: BatchBuilder, compression: CompressionName, baseOffset = 0n): Promise<Buffer> {
  const compressed =
    compression === 'none'
      ? undefined
      : await codecByName(compression).compress(builder.uncompressedRecords())
  return Buffer.concat(builder.close({ compression, compressed, baseOffset }))
}

test('what a builder takes, a reader gives: any records, any codec, any room', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { maxLength: 20 }),
      fc.integer({ min: 61, max: 5000 }),
      fc.constantFrom(...compressionNames),
      fc.bigInt({ min: 0n, max: 2n ** 62n }),
      async (records, room, compression, baseOffset) => {
        const builder = new BatchBuilder(Buffer.alloc(room, 0xaa))
        const taken: typeof records = []
        for (const one of records) {
          const before = builder.sizeBytes
          if (builder.append(one.timestampMs, one.key, one.value, one.headers)) taken.push(one)
          else expect(builder.sizeBytes).toBe(before)
          expect(builder.sizeBytes).toBeLessThanOrEqual(room)
        }
        if (taken.length === 0) return
        const read = await readAll(await closed(builder, compression, baseOffset))
        expect(
          read.map(({ offset, timestamp, key, value, headers }) => ({
            offset,
            timestamp,
            key,
            value,
            headers: [...headers],
          })),
        ).toEqual(
          taken.map((one, index) => ({
            offset: baseOffset + BigInt(index),
            timestamp: one.timestampMs,
            key: bytes(one.key),
            value: bytes(one.value),
            headers: pairs(one.headers),
          })),
        )
        expect(builder.maxTimestampMs).toBe(Math.max(...taken.map((one) => one.timestampMs)))
      },
    ),
    { numRuns: 300 },
  )
})

/** Reads everything there is, every field of it; errors may only be the two kinds. */
async function survives(records: Buffer, checkCrc: boolean): Promise<void> {
  try {
    for (const batch of readBatches(records, source, { checkCrc })) {
      for (const one of await batch.uncompressed(MAX_BYTES)) {
        expect(typeof one.offset).toBe('bigint')
        one.toJSON()
        one.copy()
      }
    }
  } catch (error) {
    if (!(error instanceof CorruptRecordsError || error instanceof CompressionError)) throw error
    expect(error.context).toMatchObject({ topic: 'orders', partition: 3 })
  }
}

async function originals(): Promise<Buffer[]> {
  const batches: Buffer[] = []
  for (const compression of compressionNames) {
    const builder = new BatchBuilder(Buffer.alloc(10_000))
    for (let index = 0; index < 20; index += 1) {
      builder.append(1000 + index, `key-${index}`, 'value '.repeat(index), {
        a: 'b',
        n: null,
        list: ['1', '2'],
      })
    }
    batches.push(await closed(builder, compression))
  }
  for (const magic of [0, 1] as const) {
    const value = Buffer.from('value'.repeat(10))
    const messages = Buffer.concat(
      [0n, 1n, 2n].map((offset) => legacyMessage({ offset, magic, key: Buffer.from('k'), value })),
    )
    batches.push(messages)
    for (const [id, compression] of (['gzip', 'snappy', 'lz4'] as const).entries()) {
      const wrapped = Buffer.from(await codecByName(compression).compress(messages))
      batches.push(legacyMessage({ offset: 2n, magic, attributes: id + 1, value: wrapped }))
    }
  }
  return batches
}

test('bits flipped, bytes cut, huge numbers: only our errors, with the checksum and without', async () => {
  const wholes = await originals()
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...wholes),
      fc.array(fc.tuple(place, fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 6 }),
      fc.constantFrom('flip', 'cut', 'huge', 'repair'),
      fc.boolean(),
      async (original, changes, what, checkCrc) => {
        let broken = Buffer.from(original)
        for (const [where, mask] of changes) {
          const at = Math.floor(where * broken.length)
          if (what === 'cut')
            broken = Buffer.concat([broken.subarray(0, at), broken.subarray(at + (mask % 8))])
          else if (what === 'huge') broken.fill(mask < 128 ? 0x7f : 0xff, at, Math.min(broken.length, at + 4))
          else broken[at] ^= mask
        }
        // With the checksum put right, the flips get past it.
        if (what === 'repair' && broken.length > 61)
          broken.writeUInt32BE(crc32c(broken, 21, broken.length), 17)
        await survives(broken, checkCrc)
      },
    ),
    { numRuns: 2000 },
  )
})

test('random bytes: only our errors', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(0, 1, 2),
      fc.boolean(),
      async (noise, magic, sized) => {
        const records = Buffer.from(noise)
        if (records.length > 17) {
          records[16] = magic
          if (sized) records.writeInt32BE(records.length - 12, 8)
        }
        await survives(records, false)
      },
    ),
    { numRuns: 2000 },
  )
})
