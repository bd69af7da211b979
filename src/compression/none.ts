import { asBuffer, type Codec } from './codec.ts'
import { tooLarge } from './failures.ts'
import { checkCompressionLevel } from './levels.ts'

/** No compression: the same bytes, by reference. */
export const none: Codec = {
  name: 'none',
  id: 0,
  offloadAboveBytes: Number.POSITIVE_INFINITY,

  compress(data, level) {
    checkCompressionLevel('none', level)
    return asBuffer(data)
  },

  decompress(data, maxBytes) {
    if (data.length > maxBytes) throw tooLarge('none', maxBytes, data.length)
    return asBuffer(data)
  },
}
