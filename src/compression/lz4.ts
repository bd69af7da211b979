import { asBuffer, type Codec, offThread } from './codec.ts'
import { compressionFailed, decompressionFailed, tooLarge } from './failures.ts'
import { checkCompressionLevel } from './levels.ts'
import { type Lz4Frame, lz4AtMostBytes, lz4ExactBytes, lz4Frames } from './lz4-frame.ts'
import { type LoadPackage, optionalPackage } from './optional-package.ts'

interface Lz4Package {
  compressFrame(data: Buffer): Promise<Buffer>
  compressFrameSync(data: Buffer): Buffer
  decompressFrame(data: Buffer): Promise<Buffer>
  decompressFrameSync(data: Buffer): Buffer
}

/**
 * Measured on JSON, in place against the thread pool: compressing 128 KiB 122 us against 157,
 * decompressing to 256 KiB 80 us against 108 (20 to 25 us of this thread's time). Below, the way
 * there and back costs more than the work; above, it costs less than holding up everything else would.
 */
const COMPRESS_OFFLOAD_ABOVE_BYTES = 128 * 1024
const DECOMPRESS_OFFLOAD_ABOVE_BYTES = 256 * 1024

/**
 * lz4 frames with independent blocks, by `lz4-napi`. It has one level, the fast one: levels 1 to 17 are taken
 * and change nothing. A block's size limits what it can hold; where the sum of those would pass the limit, the
 * lengths of all sequences are added up before anything is decompressed.
 */
export function lz4Codec(loadPackage?: LoadPackage): Codec {
  const library = optionalPackage<Lz4Package>('lz4-napi', 'lz4', loadPackage)
  return {
    name: 'lz4',
    id: 3,
    offloadAboveBytes: COMPRESS_OFFLOAD_ABOVE_BYTES,

    compress(data, level, offload) {
      checkCompressionLevel('lz4', level)
      const lz4 = library()
      const bytes = asBuffer(data)
      const failed = (cause: unknown) => compressionFailed('lz4', bytes.length, cause)
      if (offload !== undefined && bytes.length > COMPRESS_OFFLOAD_ABOVE_BYTES) {
        return offThread(offload, () => lz4.compressFrame(bytes)).catch((cause) => {
          throw failed(cause)
        })
      }
      try {
        return lz4.compressFrameSync(bytes)
      } catch (cause) {
        throw failed(cause)
      }
    },

    decompress(data, maxBytes, offload) {
      const lz4 = library()
      const bytes = asBuffer(data)
      const frames = lz4Frames(bytes)
      const atMostBytes = lz4AtMostBytes(frames)
      if (atMostBytes > maxBytes && lz4ExactBytes(bytes, frames, maxBytes) > maxBytes) {
        throw tooLarge('lz4', maxBytes)
      }
      if (offload !== undefined && atMostBytes > DECOMPRESS_OFFLOAD_ABOVE_BYTES) {
        return offThread(offload, () => decompressAsync(lz4, bytes, frames))
      }
      try {
        return joined(frames.map((frame) => lz4.decompressFrameSync(bytes.subarray(frame.start, frame.end))))
      } catch (cause) {
        throw decompressionFailed('lz4', cause)
      }
    },
  }
}

async function decompressAsync(lz4: Lz4Package, data: Buffer, frames: readonly Lz4Frame[]): Promise<Buffer> {
  const pieces: Buffer[] = []
  try {
    for (const frame of frames) pieces.push(await lz4.decompressFrame(data.subarray(frame.start, frame.end)))
    return joined(pieces)
  } catch (cause) {
    throw decompressionFailed('lz4', cause)
  }
}

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
}
