import * as at from './layout.ts'
import { corrupt, type RecordSource } from './source.ts'

/** The least that follows the length of a message: checksum, magic, attributes, and the lengths of key and value. */
const SMALLEST_LEGACY_BYTES: readonly number[] = [14, 22]

export function smallestLegacyLength(magic: number): number {
  return SMALLEST_LEGACY_BYTES[magic]
}

export interface InnerMessages {
  readonly count: number
  /** As the messages say it: distances in magic 1, offsets in magic 0. */
  readonly firstOffset: bigint
  readonly lastOffset: bigint
}

/** The wrapper that the messages were compressed in. */
interface Wrapper {
  readonly source: Pick<RecordSource, 'topic' | 'partition'>
  readonly magic: number
  readonly baseOffset: bigint
}

/**
 * Walks over the messages that were compressed in another one. They are of the wrapper's magic, whole, not
 * compressed themselves, and fill the buffer; the wrapper's checksum covers them.
 *
 * @throws CorruptRecordsError
 */
export function walkLegacyMessages(wrapper: Wrapper, buffer: Buffer): InnerMessages {
  const { magic } = wrapper
  let count = 0
  let firstOffset = 0n
  let lastOffset = 0n
  for (let position = 0; position < buffer.length; count += 1) {
    const left = buffer.length - position
    if (left < at.LENGTH_OVERHEAD_BYTES + smallestLegacyLength(magic))
      fail(wrapper, 'a message in it is cut off')
    const length = buffer.readInt32BE(position + at.LENGTH_AT)
    if (length < smallestLegacyLength(magic) || length > left - at.LENGTH_OVERHEAD_BYTES) {
      fail(wrapper, `a message of ${length} bytes in it where ${left - at.LENGTH_OVERHEAD_BYTES} are left`)
    }
    if (buffer[position + at.MAGIC_AT] !== magic) {
      fail(wrapper, `a message of magic ${buffer[position + at.MAGIC_AT]} in one of magic ${magic}`)
    }
    if ((buffer[position + at.LEGACY_ATTRIBUTES_AT] & at.COMPRESSION_MASK) !== 0) {
      fail(wrapper, 'a compressed message in a compressed one')
    }
    const offset = buffer.readBigInt64BE(position + at.BASE_OFFSET_AT)
    if (count === 0) firstOffset = offset
    else if (offset < lastOffset) fail(wrapper, 'the messages in it are out of order')
    lastOffset = offset
    position += at.LENGTH_OVERHEAD_BYTES + length
  }
  if (count === 0) fail(wrapper, 'there is no message in it')
  if (lastOffset - firstOffset > BigInt(at.INT32_MAX)) fail(wrapper, 'the offsets in it are too far apart')
  return { count, firstOffset, lastOffset }
}

function fail(wrapper: Wrapper, what: string): never {
  throw corrupt(wrapper.source, wrapper.baseOffset, what)
}
