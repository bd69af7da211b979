/** The smallest buffers: thousands of partitions may have one of them each. */
const SMALLEST_BYTES = 4_096
/** Each size is so many times the one below it. */
const GROWTH = 4

/**
 * The memory of a producer's batches: buffers in a few sizes, kept for the next batch, and never more of them
 * than the bound, in use and kept together.
 *
 * Sizes grow by four up to that of a full batch, so a batch that grows from the smallest to the largest copies a
 * third of its bytes once more, which is less than 1 % of what encoding them cost. A larger buffer than the largest
 * size is made to measure and not kept.
 */
export class BufferMemory {
  readonly limitBytes: number
  /** Ascending. */
  readonly #sizes: readonly number[]
  /** Kept buffers, by size. */
  readonly #free: Buffer[][]
  /** Buffers handed out, in bytes. */
  #usedBytes = 0
  /** Buffers handed out and kept, in bytes. */
  #heldBytes = 0

  constructor(limitBytes: number, batchSizeBytes: number) {
    this.limitBytes = limitBytes
    const sizes: number[] = []
    for (let size = SMALLEST_BYTES; size < batchSizeBytes; size *= GROWTH) sizes.push(size)
    sizes.push(Math.max(SMALLEST_BYTES, batchSizeBytes))
    this.#sizes = sizes
    this.#free = sizes.map(() => [])
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /**
   * A buffer of at least `minBytes`, or undefined when the bound leaves no room for one. Its contents are
   * whatever they were.
   */
  take(minBytes: number): Buffer | undefined {
    const sizes = this.#sizes
    let size = 0
    while (size < sizes.length && sizes[size] < minBytes) size++
    const kept = size < sizes.length ? this.#free[size].pop() : undefined
    if (kept !== undefined) {
      this.#usedBytes += kept.length
      return kept
    }
    const bytes = size < sizes.length ? sizes[size] : minBytes
    if (this.#usedBytes + bytes > this.limitBytes) return undefined
    this.#usedBytes += bytes
    this.#hold(bytes)
    return Buffer.allocUnsafeSlow(bytes)
  }

  /** Takes back a buffer that `take` gave and that nobody looks at any more. */
  give(buffer: Buffer): void {
    this.#usedBytes -= buffer.length
    const size = this.#sizes.indexOf(buffer.length)
    if (size === -1) this.#heldBytes -= buffer.length
    else this.#free[size].push(buffer)
  }

  /** Counts memory that came from elsewhere, as a codec's output, and cannot be refused any more. */
  charge(bytes: number): void {
    this.#usedBytes += bytes
    this.#hold(bytes)
  }

  discharge(bytes: number): void {
    this.#usedBytes -= bytes
    this.#heldBytes -= bytes
  }

  /** Lets go of kept buffers, the largest first, where the bound has no room for them beside `bytes` more. */
  #hold(bytes: number): void {
    this.#heldBytes += bytes
    for (let size = this.#sizes.length - 1; size >= 0; size--) {
      while (this.#heldBytes > this.limitBytes && this.#free[size].pop() !== undefined) {
        this.#heldBytes -= this.#sizes[size]
      }
    }
  }
}
