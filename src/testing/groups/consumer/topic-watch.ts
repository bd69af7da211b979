import type { TopicDirectory } from './topic-directory.ts'

/** The topics that a group wants, as they were when it last looked. */
export class TopicWatch {
  #seen = new Map<string, string>()
  #directory: TopicDirectory | undefined

  /** The topics of the last look. */
  get directory(): TopicDirectory | undefined {
    return this.#directory
  }

  /** Whether topics of these names came, went or grew since the last look. */
  seesChanges(wanted: ReadonlySet<string>, directory: TopicDirectory): boolean {
    this.#directory = directory
    const before = this.#seen
    this.#seen = new Map()
    for (const name of wanted) {
      const topic = directory.byName(name)
      if (topic !== undefined) this.#seen.set(name, `${topic.id}:${topic.partitions.length}`)
    }
    if (this.#seen.size !== before.size) return true
    return [...this.#seen].some(([name, text]) => before.get(name) !== text)
  }

  /** What nobody wants any more is no change of topics. */
  keepOnly(wanted: ReadonlySet<string>): void {
    for (const name of this.#seen.keys()) if (!wanted.has(name)) this.#seen.delete(name)
  }
}
