import { CompressionError } from '../errors.ts'
import type { CompressionName } from './codec.ts'

/** Data that would decompress to more than the caller allows; `atLeastBytes` is what is known of its size. */
export function tooLarge(codec: CompressionName, maxBytes: number, atLeastBytes?: number): CompressionError {
  const size = atLeastBytes === undefined ? `more than ${maxBytes}` : `up to ${atLeastBytes}`
  return new CompressionError(
    `${codec} data decompresses to ${size} bytes, past the limit of ${maxBytes}: raise the limit on decompressed size if the data is to be trusted`,
    { context: { codec, maxBytes, ...(atLeastBytes === undefined ? {} : { sizeBytes: atLeastBytes }) } },
  )
}

/** Data that does not follow the codec's format. */
export function malformed(codec: CompressionName, what: string, cause?: unknown): CompressionError {
  return new CompressionError(`${codec} data is broken: ${what}`, { context: { codec }, cause })
}

/** Whatever a codec's library threw, as one of ours. */
export function decompressionFailed(codec: CompressionName, cause: unknown): CompressionError {
  return cause instanceof CompressionError ? cause : malformed(codec, reason(cause), cause)
}

export function compressionFailed(
  codec: CompressionName,
  sizeBytes: number,
  cause: unknown,
): CompressionError {
  return new CompressionError(`${codec} could not compress ${sizeBytes} bytes: ${reason(cause)}`, {
    context: { codec, sizeBytes },
    cause,
  })
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
