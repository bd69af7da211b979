/** Whatever the bytes, a codec gives a result within the limit or a CompressionError. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CompressionError } from '../../src/errors.ts'
import { compressingCodecs, sampleText } from './support.ts'

const LIMIT_BYTES = 100_000

describe.each(compressingCodecs)('$name', ({ codec }) => {
  async function survives(data: Buffer): Promise<void> {
    let result: Buffer
    try {
      result = await codec.decompress(data, LIMIT_BYTES)
    } catch (error) {
      expect(error).toBeInstanceOf(CompressionError)
      return
    }
    expect(result.length).toBeLessThanOrEqual(LIMIT_BYTES)
  }

  test('random bytes, with and without the right beginning', async () => {
    const beginning = (await codec.compress(Buffer.alloc(0))).subarray(0, codec.name === 'snappy' ? 16 : 6)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, begun) => {
        await survives(begun ? Buffer.concat([beginning, bytes]) : Buffer.from(bytes))
      }),
      { numRuns: 500 },
    )
  })

  test('bits flipped, bytes cut out, bytes doubled', async () => {
    const originals = await Promise.all(
      [sampleText(40), sampleText(5000), Buffer.alloc(90_000)].map((data) => codec.compress(data)),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...originals),
        fc.array(
          fc.tuple(
            fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
            fc.integer({ min: 0, max: 255 }),
          ),
          {
            minLength: 1,
            maxLength: 5,
          },
        ),
        fc.constantFrom('flip', 'cut', 'double'),
        async (original, places, what) => {
          let data = Buffer.from(original)
          for (const [place, mask] of places) {
            const at = Math.floor(place * data.length)
            if (what === 'flip') data[at] ^= mask
            else if (what === 'cut') data = Buffer.concat([data.subarray(0, at), data.subarray(at + mask)])
            else data = Buffer.concat([data.subarray(0, at + mask), data.subarray(at)])
          }
          await survives(data)
        },
      ),
      { numRuns: 500 },
    )
  })
})
