import { type Invariant, placeKey } from './invariant.ts'

/** Every record of the log was processed by every group that reads its topic, at least once. */
export const everythingIsProcessed: Invariant = {
  name: 'everything-is-processed',
  begin() {
    const groups = new Map<string, Set<string>>()
    const processed = new Set<string>()
    let drained = false
    return {
      fact(fact) {
        if (fact.kind === 'drained') drained = true
        if (fact.kind === 'assigned') {
          const topics = groups.get(fact.group) ?? new Set<string>()
          for (const { topic } of fact.partitions) topics.add(topic)
          groups.set(fact.group, topics)
        }
        if (fact.kind === 'processed') processed.add(`${fact.group} ${placeKey(fact)}@${fact.offset}`)
        if (fact.kind !== 'stored' || !drained) return undefined
        for (const [group, topics] of groups) {
          const where = `${placeKey(fact)}@${fact.offset}`
          if (topics.has(fact.topic) && !processed.has(`${group} ${where}`))
            return `${fact.id} at ${where} was never processed by ${group}`
        }
        return undefined
      },
    }
  },
}
