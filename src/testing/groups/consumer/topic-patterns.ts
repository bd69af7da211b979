import { matches } from '../patterns/match.ts'
import type { PatternNode } from '../patterns/node.ts'
import { parsePattern } from '../patterns/parse.ts'
import type { TopicDirectory } from './topic-directory.ts'

/** How soon after a look at the topics there may be another; Kafka's, which cannot be configured. */
const minRefreshMs = 10_000

interface TopicPattern {
  readonly node: PatternNode
  /** Undefined until the topics were looked through. */
  topics: ReadonlySet<string> | undefined
}

/** The patterns that members of a group subscribe to, and the topics that matched them at the last look. */
export class TopicPatterns {
  readonly #patterns = new Map<string, TopicPattern>()
  #refreshedAtMs = Number.NEGATIVE_INFINITY

  has(pattern: string): boolean {
    return this.#patterns.has(pattern)
  }

  /** @throws PatternError for what is none */
  add(pattern: string): void {
    if (!this.has(pattern)) this.#patterns.set(pattern, { node: parsePattern(pattern), topics: undefined })
  }

  /** Forgets those that are not `used` any more. */
  keepOnly(used: ReadonlySet<string>): void {
    for (const pattern of this.#patterns.keys()) if (!used.has(pattern)) this.#patterns.delete(pattern)
  }

  topicsOf(pattern: string): ReadonlySet<string> {
    return this.#patterns.get(pattern)?.topics ?? new Set()
  }

  /** Looks for topics of new patterns, and from time to time for new topics. True when there are others than before. */
  refresh(topics: TopicDirectory, nowMs: number): boolean {
    const isNew = [...this.#patterns.values()].some((pattern) => pattern.topics === undefined)
    const isDue = this.#patterns.size > 0 && nowMs - this.#refreshedAtMs >= minRefreshMs
    if (!isNew && !isDue) return false
    this.#refreshedAtMs = nowMs
    let changed = false
    for (const pattern of this.#patterns.values()) {
      const matching = new Set<string>()
      for (const { name } of topics) if (matches(pattern.node, name)) matching.add(name)
      if (!isSame(matching, pattern.topics ?? new Set())) changed = true
      pattern.topics = matching
    }
    return changed
  }
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((name) => other.has(name))
}
