import { createHash } from 'node:crypto'

/** How many of the last lines are kept when nobody wants all of them. */
const keptLines = 400

/**
 * What happened, as lines of `time who what`: times in virtual seconds, to the microsecond. It is made of what is the
 * same on every machine and in every version of Node; the sizes of batches, which depend on zlib, are not in it.
 */
export class Trace {
  readonly #nowUs: () => number
  readonly #keepAll: boolean
  readonly #hash = createHash('sha256')
  #lines: string[] = []
  #count = 0

  constructor(nowUs: () => number, keepAll: boolean) {
    this.#nowUs = nowUs
    this.#keepAll = keepAll
  }

  get count(): number {
    return this.#count
  }

  add(who: string, what: string): void {
    const line = `${timeOf(this.#nowUs())} ${who.padEnd(12)} ${what}`
    this.#count += 1
    this.#hash.update(line).update('\n')
    this.#lines.push(line)
    if (!this.#keepAll && this.#lines.length > 2 * keptLines) this.#lines = this.#lines.slice(-keptLines)
  }

  /** The lines that were kept, or the last `most` of them. */
  lines(most = this.#lines.length): string[] {
    return this.#lines.slice(-most)
  }

  /** Of all lines. To be asked for once, at the end. */
  digest(): string {
    return this.#hash.digest('hex')
  }
}

function timeOf(us: number): string {
  const seconds = Math.floor(us / 1_000_000)
  return `${String(seconds).padStart(4)}.${String(us % 1_000_000).padStart(6, '0')}`
}
