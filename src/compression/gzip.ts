import { gunzip, gunzipSync, gzip as gzipAsync, gzipSync } from 'node:zlib'
import { asBuffer, type Codec, offThread } from './codec.ts'
import { compressionFailed, decompressionFailed, tooLarge } from './failures.ts'
import { checkCompressionLevel } from './levels.ts'

/**
 * Measured on JSON, in place against the thread pool: compressing 16 KiB 118 us against 141,
 * decompressing to 64 KiB 76 us against 96 (30 to 70 us of this thread's time). Below, the way
 * there and back costs more than the work; above, it costs less than holding up everything else would.
 */
const COMPRESS_OFFLOAD_ABOVE_BYTES = 16 * 1024
const DECOMPRESS_OFFLOAD_ABOVE_BYTES = 64 * 1024

const SMALLEST_CHUNK_BYTES = 64
const LARGEST_CHUNK_BYTES = 1024 * 1024

/** gzip (RFC 1952) by Node's own zlib; several members in a row read as one. Level: 1 to 9, or -1 for zlib's default. */
export const gzip: Codec = {
  name: 'gzip',
  id: 1,
  offloadAboveBytes: COMPRESS_OFFLOAD_ABOVE_BYTES,

  compress(data, level = -1, offload) {
    checkCompressionLevel('gzip', level)
    if (offload !== undefined && data.length > COMPRESS_OFFLOAD_ABOVE_BYTES) {
      return offThread(offload, () => compressAsync(data, level))
    }
    try {
      return gzipSync(data, deflateOptions(data, level))
    } catch (cause) {
      throw compressionFailed('gzip', data.length, cause)
    }
  },

  decompress(data, maxBytes, offload) {
    const bytes = asBuffer(data)
    const hint = announcedSize(bytes)
    if (offload !== undefined && Math.max(hint, bytes.length) > DECOMPRESS_OFFLOAD_ABOVE_BYTES) {
      return offThread(offload, () => decompressAsync(bytes, maxBytes, hint))
    }
    try {
      return within(maxBytes, gunzipSync(bytes, inflateOptions(maxBytes, hint)))
    } catch (cause) {
      throw failure(maxBytes, cause)
    }
  },
}

function compressAsync(data: Uint8Array, level: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gzipAsync(data, deflateOptions(data, level), (error, result) => {
      if (error) reject(compressionFailed('gzip', data.length, error))
      else resolve(result)
    })
  })
}

function decompressAsync(data: Buffer, maxBytes: number, hint: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gunzip(data, inflateOptions(maxBytes, hint), (error, result) => {
      if (error) reject(failure(maxBytes, error))
      else if (result.length > maxBytes) reject(tooLarge('gzip', maxBytes, result.length))
      else resolve(result)
    })
  })
}

/**
 * The size of the last member as its trailer tells it, modulo 2^32. Only a hint: it sizes the pieces that zlib
 * fills, and output in one piece is not copied together (10 to 15 % faster from 16 KiB on).
 */
function announcedSize(data: Buffer): number {
  return data.length < 18 ? 0 : data.readUInt32LE(data.length - 4)
}

/** zlib comes back to this thread for each piece that is full, so pieces are made large enough for most results. */
function deflateOptions(data: Uint8Array, level: number): { level: number; chunkSize: number } {
  return { level, chunkSize: Math.max(SMALLEST_CHUNK_BYTES, Math.min(data.length >> 1, LARGEST_CHUNK_BYTES)) }
}

function inflateOptions(maxBytes: number, hint: number): { maxOutputLength: number; chunkSize: number } {
  // One byte more than the content, or zlib would ask for another piece to learn that there is nothing left.
  const fitting = Math.min(hint, maxBytes, LARGEST_CHUNK_BYTES) + 1
  return { maxOutputLength: Math.max(1, maxBytes), chunkSize: Math.max(SMALLEST_CHUNK_BYTES, fitting) }
}

/** zlib's own limit cannot be 0. */
function within(maxBytes: number, result: Buffer): Buffer {
  if (result.length > maxBytes) throw tooLarge('gzip', maxBytes, result.length)
  return result
}

function failure(maxBytes: number, cause: unknown): Error {
  const code = (cause as NodeJS.ErrnoException).code
  return code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge('gzip', maxBytes) : decompressionFailed('gzip', cause)
}
