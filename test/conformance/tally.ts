import { generatedMessages, parseVector, verifyVector } from './vector.ts'

/** How many mismatches are described; the others are counted. */
const mostShown = 20

/** Checks vectors line by line and keeps count of them. */
export class Tally {
  vectors = 0
  notGenerated = 0
  mismatches = 0
  /** The first mismatches, described. */
  readonly shown: string[] = []
  readonly #visited = new Set<string>()

  check(line: string): void {
    this.vectors += 1
    let where = `line ${this.vectors}`
    try {
      const vector = parseVector(line)
      where = `${vector.message} v${vector.version} (${where})`
      if (!generatedMessages.has(vector.message)) {
        this.notGenerated += 1
        return
      }
      this.#visited.add(`${vector.message} v${vector.version}`)
      const mismatch = verifyVector(vector)
      if (mismatch !== null) this.#note(`${where}: ${mismatch}`)
    } catch (error) {
      this.#note(`${where}: ${error}`)
    }
  }

  #note(mismatch: string): void {
    this.mismatches += 1
    if (this.shown.length < mostShown) this.shown.push(mismatch)
  }

  /** The vectors that were checked, those of messages that are not generated left out. */
  get checked(): number {
    return this.vectors - this.notGenerated
  }

  /** The versions of generated messages that no vector was about. */
  notVisited(): string[] {
    const missing: string[] = []
    for (const { name, versions } of generatedMessages.values()) {
      for (let version = versions[0]; version <= versions[1]; version++) {
        if (!this.#visited.has(`${name} v${version}`)) missing.push(`${name} v${version}`)
      }
    }
    return missing
  }

  /** The last line of every run. */
  summary(): string {
    return `${this.vectors} vectors, ${this.notGenerated} of messages not generated, ${this.mismatches} mismatches`
  }
}
