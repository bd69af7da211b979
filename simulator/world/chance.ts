import type { Random } from '../../src/runtime/runtime.ts'

/**
 * One stream of chance. Streams are told apart by name, so that a draw more in one place shifts nothing elsewhere:
 * `chance.stream('faults')` is the same whatever was drawn before. Only whole-number arithmetic and divisions by
 * powers of two are used, which every machine does alike.
 */
export class Chance implements Random {
  readonly #name: string
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(name: string) {
    this.#name = name
    ;[this.#a, this.#b, this.#c, this.#d] = mix(name)
    for (let i = 0; i < 12; i++) this.#next()
  }

  /** Another stream, which depends on this one's name alone. */
  stream(name: string): Chance {
    return new Chance(`${this.#name}/${name}`)
  }

  unit(): number {
    return this.#next() / 2 ** 32
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length)
    for (let i = 0; i < length; i++) bytes[i] = this.#next() >>> 24
    return bytes
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1))
  }

  happens(probability: number): boolean {
    return this.unit() < probability
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.int(0, choices.length - 1)]
  }

  /** One of the names, each as often as its weight says. */
  weighted(weights: Readonly<Record<string, number>>): string {
    const entries = Object.entries(weights)
    let left = this.unit() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) {
      left -= weight
      if (left < 0) return name
    }
    return entries[entries.length - 1][0]
  }

  /** The generator sfc32 of PractRand: 128 bits of state, of which one is a counter. */
  #next(): number {
    const sum = (this.#a + this.#b + this.#d) | 0
    this.#d = (this.#d + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    this.#c |= 0
    return sum >>> 0
  }
}

/** Four numbers out of a name, by FNV-1a with four offsets and a final stir. */
function mix(name: string): [number, number, number, number] {
  const lanes = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35]
  for (let i = 0; i < name.length; i++) {
    for (let lane = 0; lane < 4; lane++) {
      lanes[lane] = Math.imul(lanes[lane] ^ (name.charCodeAt(i) + lane), 0x01000193)
      lanes[lane] ^= lanes[lane] >>> (11 + lane)
    }
  }
  return lanes as [number, number, number, number]
}
