import { type Invariant, placeKey } from './invariant.ts'

/** An idempotent producer writes every record once, however often it has to send it. */
export const writtenOnce: Invariant = {
  name: 'written-once',
  begin() {
    const idempotent = new Set<string>()
    const stored = new Map<string, string>()
    return {
      fact(fact) {
        if (fact.kind === 'sent' && fact.once) idempotent.add(fact.producer)
        if (fact.kind !== 'stored' || !idempotent.has(fact.id.split(':')[0])) return undefined
        const where = `${placeKey(fact)}@${fact.offset}`
        const before = stored.get(fact.id)
        stored.set(fact.id, where)
        return before === undefined ? undefined : `${fact.id} is at ${before} and at ${where}`
      },
    }
  },
}
