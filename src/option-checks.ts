import { ConfigurationError } from './errors.ts'

/** Reads options one by one, checks each, and in the end refuses names that nobody asked for. */
export class OptionChecks {
  readonly #owner: string
  readonly #options: Record<string, unknown>
  readonly #known = new Set<string>()

  /** `owner` says in errors whose options they are, as `consumer`. */
  constructor(owner: string, options: object) {
    this.#owner = owner
    this.#options = options as Record<string, unknown>
  }

  /** The value as it was given; marks the name as known. */
  value(name: string): unknown {
    this.#known.add(name)
    return this.#options[name]
  }

  integer(name: string, fallback: number, lowest: number, highest = 2 ** 31 - 1): number {
    const value = this.value(name) ?? fallback
    if (Number.isInteger(value) && (value as number) >= lowest && (value as number) <= highest)
      return value as number
    return this.refuse(name, `must be an integer from ${lowest} to ${highest}`)
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.value(name) ?? fallback
    return typeof value === 'boolean' ? value : this.refuse(name, 'must be true or false')
  }

  oneOf<const T extends string>(name: string, fallback: T, choices: readonly T[]): T {
    const value = this.value(name) ?? fallback
    if (choices.includes(value as T)) return value as T
    return this.refuse(name, `must be one of ${choices.map((choice) => `'${choice}'`).join(', ')}`)
  }

  /** A string that is not empty, or null when the option is absent. */
  name(name: string): string | null {
    const value = this.value(name) ?? null
    if (value === null || (typeof value === 'string' && value !== '')) return value
    return this.refuse(name, 'must be a string that is not empty')
  }

  function<T>(name: string): T | undefined {
    const value = this.value(name) ?? undefined
    return value === undefined || typeof value === 'function'
      ? (value as T)
      : this.refuse(name, 'must be a function')
  }

  refuse(name: string, rule: string): never {
    throw new ConfigurationError(`${this.#owner}: ${name} ${rule}, not ${describe(this.#options[name])}`)
  }

  /** Refuses every option that was not read. Call it last. */
  finish(): void {
    for (const name of Object.keys(this.#options)) {
      if (this.#known.has(name)) continue
      const nearest = nearestName(name, this.#known)
      throw new ConfigurationError(
        `${this.#owner}: there is no option '${name}'${nearest === undefined ? '' : `; did you mean '${nearest}'?`}`,
      )
    }
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'a function'
  return value !== null && typeof value === 'object' ? JSON.stringify(value, bigintAsString) : String(value)
}

function bigintAsString(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

/** The known name that takes the fewest edits, when that is less than half of it. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined
  let fewest = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (edits < fewest && edits * 2 < candidate.length) {
      nearest = candidate
      fewest = edits
    }
  }
  return nearest
}

/** Insertions, deletions and replacements that turn one string into the other. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(replaced, above[j] + 1, row[j - 1] + 1))
    }
    above = row
  }
  return above[b.length]
}
