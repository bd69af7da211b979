import type { PatternNode } from './node.ts'

/**
 * Whether all of the text matches. Each part is tried at most once at each place of the text, so the time is bounded
 * by the size of the pattern and the square of the length of the text, whatever the pattern is.
 */
export function matches(pattern: PatternNode, text: string): boolean {
  return new Matcher(text).ends(pattern, 0).has(text.length)
}

class Matcher {
  readonly #text: string
  readonly #known = new Map<PatternNode, Map<number, ReadonlySet<number>>>()

  constructor(text: string) {
    this.#text = text
  }

  /** Where a match of this part that begins at `start` may end. */
  ends(node: PatternNode, start: number): ReadonlySet<number> {
    let places = this.#known.get(node)
    if (places === undefined) {
      places = new Map()
      this.#known.set(node, places)
    }
    let ends = places.get(start)
    if (ends === undefined) {
      ends = this.#findEnds(node, start)
      places.set(start, ends)
    }
    return ends
  }

  #findEnds(node: PatternNode, start: number): ReadonlySet<number> {
    switch (node.type) {
      case 'nothing':
        return new Set([start])
      case 'character':
        return start < this.#text.length && node.test(this.#text[start]) ? new Set([start + 1]) : new Set()
      case 'place':
        return node.test(this.#text, start) ? new Set([start]) : new Set()
      case 'choice':
        return this.#any(node.parts, start)
      case 'sequence': {
        let ends: ReadonlySet<number> = new Set([start])
        for (const part of node.parts) {
          const after = new Set<number>()
          for (const end of ends) for (const next of this.ends(part, end)) after.add(next)
          ends = after
        }
        return ends
      }
      case 'star': {
        const ends = new Set([start])
        // A set is walked in the order of its growth: what is added on the way is walked too.
        for (const end of ends) for (const next of this.ends(node.part, end)) ends.add(next)
        return ends
      }
    }
  }

  #any(parts: readonly PatternNode[], start: number): ReadonlySet<number> {
    const ends = new Set<number>()
    for (const part of parts) for (const end of this.ends(part, start)) ends.add(end)
    return ends
  }
}
