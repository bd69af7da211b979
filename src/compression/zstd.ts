import * as zlib from 'node:zlib'
import { asBuffer, type Codec, offThread } from './codec.ts'
import { compressionFailed, decompressionFailed, tooLarge } from './failures.ts'
import { checkCompressionLevel } from './levels.ts'
import { type LoadPackage, optionalPackage } from './optional-package.ts'
import { MAX_BLOCK_BYTES, type ZstdFrame, zstdFrames } from './zstd-frame.ts'

interface ZstdPackage {
  compress(data: Buffer, level?: number): Promise<Buffer>
  decompress(data: Buffer): Promise<Buffer>
}

type Callback = (error: Error | null, result: Buffer) => void

/** The part of node:zlib that came with Node 22.15 and 23.8. */
export interface ZstdOfNode {
  constants: { ZSTD_c_compressionLevel: number }
  zstdCompress(data: Buffer, options: object, callback: Callback): void
  zstdCompressSync(data: Buffer, options: object): Buffer
  zstdDecompress(data: Buffer, options: object, callback: Callback): void
  zstdDecompressSync(data: Buffer, options: object): Buffer
}

/**
 * Measured on JSON with Node 24, in place against the thread pool: compressing 128 KiB 246 us against 392,
 * decompressing to 256 KiB 190 us against 305 (about 100 us of this thread's time). Below, the way there and
 * back costs more than the work; above, it costs less than holding up everything else would.
 */
const COMPRESS_OFFLOAD_ABOVE_BYTES = 128 * 1024
const DECOMPRESS_OFFLOAD_ABOVE_BYTES = 256 * 1024
const SMALLEST_CHUNK_BYTES = 64
const LARGEST_CHUNK_BYTES = 1024 * 1024
const DEFAULT_LEVEL = 3

/** zstd by node:zlib where Node has it (22.15 and later), else by `@mongodb-js/zstd`. Level: -131072 to 22, 3 by default. */
export function zstdCodec(loadPackage?: LoadPackage): Codec {
  return 'zstdCompressSync' in zlib
    ? zstdCodecOfNode(zlib as unknown as ZstdOfNode)
    : zstdCodecOfPackage(loadPackage)
}

export function zstdCodecOfNode(node: ZstdOfNode): Codec {
  // zlib comes back to this thread for each piece that is full, so pieces are made large enough for most results.
  const compressOptions = (data: Buffer, level: number) => ({
    params: { [node.constants.ZSTD_c_compressionLevel]: level },
    chunkSize: Math.max(SMALLEST_CHUNK_BYTES, Math.min(data.length >> 1, LARGEST_CHUNK_BYTES)),
  })

  function decompressFrame(data: Buffer, frame: ZstdFrame, maxBytes: number): Buffer {
    const { start, end } = frame
    try {
      return node.zstdDecompressSync(data.subarray(start, end), decompressOptions(frame, maxBytes))
    } catch (cause) {
      throw failure(maxBytes, cause)
    }
  }

  function decompressFrameAsync(data: Buffer, frame: ZstdFrame, maxBytes: number): Promise<Buffer> {
    const { start, end } = frame
    return new Promise((resolve, reject) => {
      node.zstdDecompress(data.subarray(start, end), decompressOptions(frame, maxBytes), (error, result) =>
        error ? reject(failure(maxBytes, error)) : resolve(result),
      )
    })
  }

  return {
    name: 'zstd',
    id: 4,
    offloadAboveBytes: COMPRESS_OFFLOAD_ABOVE_BYTES,

    compress(data, level = DEFAULT_LEVEL, offload) {
      checkCompressionLevel('zstd', level)
      const bytes = asBuffer(data)
      const failed = (cause: unknown) => compressionFailed('zstd', bytes.length, cause)
      if (offload !== undefined && bytes.length > COMPRESS_OFFLOAD_ABOVE_BYTES) {
        return offThread(
          offload,
          () =>
            new Promise((resolve, reject) => {
              node.zstdCompress(bytes, compressOptions(bytes, level), (error, result) =>
                error ? reject(failed(error)) : resolve(result),
              )
            }),
        )
      }
      try {
        return node.zstdCompressSync(bytes, compressOptions(bytes, level))
      } catch (cause) {
        throw failed(cause)
      }
    },

    // Each frame is given what the ones before it have left of the limit.
    decompress(data, maxBytes, offload) {
      const bytes = asBuffer(data)
      const frames = checkedFrames(bytes, maxBytes)
      if (offload !== undefined && atMostBytes(frames) > DECOMPRESS_OFFLOAD_ABOVE_BYTES) {
        return offThread(offload, async () => {
          const pieces: Buffer[] = []
          let left = maxBytes
          for (const frame of frames) {
            const piece = await decompressFrameAsync(bytes, frame, left)
            left = remaining(left, piece, maxBytes)
            pieces.push(piece)
          }
          return joined(pieces)
        })
      }
      const pieces: Buffer[] = []
      let left = maxBytes
      for (const frame of frames) {
        const piece = decompressFrame(bytes, frame, left)
        left = remaining(left, piece, maxBytes)
        pieces.push(piece)
      }
      return joined(pieces)
    },
  }
}

/**
 * `@mongodb-js/zstd` 1.2.2 has no form that runs in place, so the answer is always a promise. It takes no limit
 * either: what the blocks can hold at most is what counts, less one block, as the last one is seldom full. So at
 * most 128 KiB more than the limit are ever taken; and content below the limit that was cut into many short blocks
 * may be refused.
 *
 * Its bindings are loaded directly, because the main module of that version drops the level.
 */
export function zstdCodecOfPackage(loadPackage?: LoadPackage): Codec {
  const library = optionalPackage<ZstdPackage>(
    '@mongodb-js/zstd',
    'zstd',
    loadPackage,
    '@mongodb-js/zstd/bindings',
  )
  return {
    name: 'zstd',
    id: 4,
    offloadAboveBytes: 0,

    compress(data, level = DEFAULT_LEVEL, offload) {
      checkCompressionLevel('zstd', level)
      const zstd = library()
      const bytes = asBuffer(data)
      return offThread(offload, () => zstd.compress(bytes, level)).catch((cause) => {
        throw compressionFailed('zstd', bytes.length, cause)
      })
    },

    decompress(data, maxBytes, offload) {
      const zstd = library()
      const bytes = asBuffer(data)
      const sizeBytes = atMostBytes(checkedFrames(bytes, maxBytes))
      if (sizeBytes - MAX_BLOCK_BYTES > maxBytes) throw tooLarge('zstd', maxBytes, sizeBytes)
      return offThread(offload, () => zstd.decompress(bytes)).then(
        (result) => {
          if (result.length > maxBytes) throw tooLarge('zstd', maxBytes, result.length)
          return result
        },
        (cause) => {
          throw decompressionFailed('zstd', cause)
        },
      )
    },
  }
}

/** The frames, unless what they say of their content is past the limit. */
function checkedFrames(data: Buffer, maxBytes: number): ZstdFrame[] {
  const frames = zstdFrames(data)
  let contentBytes = 0
  for (const frame of frames) contentBytes += Math.max(0, frame.contentBytes)
  if (contentBytes > maxBytes) throw tooLarge('zstd', maxBytes, contentBytes)
  return frames
}

function atMostBytes(frames: readonly ZstdFrame[]): number {
  let sum = 0
  for (const frame of frames) sum += frame.atMostBytes
  return sum
}

/** Output in one piece is not copied together; one byte more tells zlib that there is room left. */
function decompressOptions(frame: ZstdFrame, maxBytes: number): object {
  const fitting = Math.min(frame.contentBytes < 0 ? frame.atMostBytes : frame.contentBytes, maxBytes) + 1
  const chunkSize = Math.max(SMALLEST_CHUNK_BYTES, Math.min(LARGEST_CHUNK_BYTES, fitting))
  return { maxOutputLength: Math.max(1, maxBytes), chunkSize }
}

/** zlib's own limit cannot be 0. */
function remaining(left: number, piece: Buffer, maxBytes: number): number {
  if (piece.length > left) throw tooLarge('zstd', maxBytes)
  return left - piece.length
}

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
}

function failure(maxBytes: number, cause: unknown): Error {
  const code = (cause as NodeJS.ErrnoException).code
  return code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge('zstd', maxBytes) : decompressionFailed('zstd', cause)
}
