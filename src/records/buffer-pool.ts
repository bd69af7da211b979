import { KafkaError } from '../errors.ts'

export interface BufferPoolOptions {
  /** The most that may be handed out and kept together. */
  maxBytes: number
  /** The size that most requests fit in: such buffers are kept for the next one. At most `maxBytes`. */
  bufferBytes: number
}

/**
 * Memory for batches, with a bound. Buffers have one size, that of a producer's batches, and are used again, the
 * last one first while it is still in the processor's cache. What does not fit in that gets a buffer of its own
 * size, which is not kept.
 *
 * One size and not a range of classes: all batches of a producer have the same limit, so classes would only keep
 * buffers that the next request cannot use.
 *
 * Nobody waits here. When the bound is reached `acquire` says so, and the caller decides whether to wait for a
 * `release`.
 */
export class BufferPool {
  readonly maxBytes: number
  readonly bufferBytes: number
  readonly #idle: Buffer[] = []
  readonly #used = new Set<Buffer>()
  #usedBytes = 0

  constructor(options: BufferPoolOptions) {
    this.maxBytes = options.maxBytes
    this.bufferBytes = Math.min(options.bufferBytes, options.maxBytes)
  }

  /** Bytes in buffers that are handed out. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Bytes in buffers that are kept for the next request. */
  get idleBytes(): number {
    return this.#idle.length * this.bufferBytes
  }

  /**
   * A buffer of `minBytes` or more, with anything in it; undefined when that would pass the bound now. What is
   * larger than the bound itself can never be had: see `fits`.
   */
  acquire(minBytes: number): Buffer | undefined {
    const size = Math.max(minBytes, this.bufferBytes)
    let buffer = size === this.bufferBytes ? this.#idle.pop() : undefined
    if (buffer === undefined) {
      if (this.#usedBytes + size > this.maxBytes) return undefined
      while (this.#usedBytes + this.idleBytes + size > this.maxBytes) this.#idle.pop()
      buffer = Buffer.allocUnsafeSlow(size)
    }
    this.#used.add(buffer)
    this.#usedBytes += size
    return buffer
  }

  /** Whether `acquire(minBytes)` can succeed when everything else has been released. */
  fits(minBytes: number): boolean {
    return minBytes <= this.maxBytes
  }

  /**
   * Takes back a buffer that `acquire` gave; nobody may touch it afterwards.
   *
   * @throws KafkaError for one that is not handed out, as it would be given to two owners
   */
  release(buffer: Buffer): void {
    if (!this.#used.delete(buffer)) {
      throw new KafkaError('ILLEGAL_STATE', 'a buffer was released that the pool has not handed out')
    }
    this.#usedBytes -= buffer.length
    if (buffer.length === this.bufferBytes) this.#idle.push(buffer)
  }

  /** Lets go of the buffers that are kept. */
  clear(): void {
    this.#idle.length = 0
  }
}
