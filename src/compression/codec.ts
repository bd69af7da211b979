/** The codecs of record batches; their numbers on the wire are their places in this list. */
export const compressionNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export type CompressionName = (typeof compressionNames)[number]

/** `Runtime['offload']`: runs a job that leaves this thread. */
export type Offload = <T>(job: () => Promise<T>) => Promise<T>

/**
 * One way to make the records of a batch smaller.
 *
 * Given an `offload`, work on more than `offloadAboveBytes` goes to the thread pool through it and the answer
 * is a promise. Without one everything happens in place, save for a codec that has no form for that (zstd
 * before Node 22.15).
 *
 * What fails before work starts (a package that is missing, a level out of range, a size past the limit) is
 * thrown; what fails off the thread rejects. `await` takes both.
 *
 * Input is read where it is, so it must stay as it is until the answer is there. Output may be the input (none).
 */
export interface Codec {
  readonly name: CompressionName
  /** The lowest three bits of a batch's attributes: 0 to 4. */
  readonly id: number
  /** The measured border: smaller input is faster done in place than handed to the thread pool. */
  readonly offloadAboveBytes: number
  /**
   * @param level see `compressionLevels`; left out, the codec's own default
   * @throws ConfigurationError for a level that the codec does not have
   * @throws CompressionError when the codec's package is missing or fails
   */
  compress(data: Uint8Array, level?: number, offload?: Offload): Buffer | Promise<Buffer>
  /**
   * @param maxBytes the most that the data may decompress to; past it the call fails before that memory is taken
   * @throws CompressionError when the data is broken or too large, or the codec's package is missing
   */
  decompress(data: Uint8Array, maxBytes: number, offload?: Offload): Buffer | Promise<Buffer>
}

/** The same bytes as a Buffer, without a copy. */
export function asBuffer(data: Uint8Array): Buffer {
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}

/** Runs `job` through the runtime's offload where there is one. */
export function offThread<T>(offload: Offload | undefined, job: () => Promise<T>): Promise<T> {
  return offload === undefined ? job() : offload(job)
}
