/**
 * The memory of a producer's batches: buffers in a few sizes, kept for the next batch, and never more of them
 * than the bound, in use and kept together.
 *
 * Sizes grow by four, so a batch that grows from the smallest to the largest copies a third of its bytes once
 * more, which is less than 1 % of what encoding them cost. Larger buffers than the largest size are made to
 * measure and not kept.
 */
export class BufferMemory {
  readonly limitBytes: number
  /** Buffers handed out, in bytes. */
  #usedBytes = 0
  /** Buffers handed out and kept, in bytes. */
  #heldBytes = 0
  readonly #free: Buffer[][] = SIZES.map(() => [])

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
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
    const size = sizeFor(minBytes)
    const kept = size < SIZES.length ? this.#free[size].pop() : undefined
    if (kept !== undefined) {
      this.#usedBytes += kept.length
      return kept
    }
    const bytes = size < SIZES.length ? SIZES[size] : minBytes
    if (this.#heldBytes + bytes > this.limitBytes) {
      if (this.#usedBytes + bytes > this.limitBytes) return undefined
      this.#forget(this.#heldBytes + bytes - this.limitBytes)
    }
    this.#usedBytes += bytes
    this.#heldBytes += bytes
    return Buffer.allocUnsafeSlow(bytes)
  }

  /** Takes back a buffer that `take` gave and that nobody looks at any more. */
  give(buffer: Buffer): void {
    this.#usedBytes -= buffer.length
    const size = SIZES.indexOf(buffer.length)
    if (size === -1) this.#heldBytes -= buffer.length
    else this.#free[size].push(buffer)
  }

  /** Counts memory that came from elsewhere, as a codec's output, and cannot be refused any more. */
  charge(bytes: number): void {
    this.#usedBytes += bytes
    this.#heldBytes += bytes
    if (this.#heldBytes > this.limitBytes) this.#forget(this.#heldBytes - this.limitBytes)
  }

  discharge(bytes: number): void {
    this.#usedBytes -= bytes
    this.#heldBytes -= bytes
  }

  /** Lets go of kept buffers, the largest first, until `bytes` are free. */
  #forget(bytes: number): void {
    let left = bytes
    for (let size = SIZES.length - 1; size >= 0 && left > 0; size--) {
      const free = this.#free[size]
      while (free.length > 0 && left > 0) {
        free.pop()
        left -= SIZES[size]
        this.#heldBytes -= SIZES[size]
      }
    }
  }
}

const SIZES: readonly number[] = [4_096, 16_384, 65_536, 262_144, 1_048_576]

function sizeFor(bytes: number): number {
  let size = 0
  while (size < SIZES.length && SIZES[size] < bytes) size++
  return size
}
