import { type Invariant, placeKey } from './invariant.ts'

/**
 * From the record at which an assignment begins, a consumer is handed every offset of a partition, in order, once. (No
 * topic of ours is compacted, and none has transactions, so there are no gaps.) And nothing is handed of a partition
 * that is not assigned.
 */
export const handedInOrder: Invariant = {
  name: 'handed-in-order',
  begin() {
    /** By consumer and place: the offset that comes next; undefined before the first one. */
    const next = new Map<string, bigint | undefined>()
    return {
      fact(fact) {
        if (fact.kind === 'assigned' || fact.kind === 'revoked') {
          for (const place of fact.partitions) {
            const key = `${fact.consumer} ${placeKey(place)}`
            if (fact.kind === 'assigned') next.set(key, undefined)
            else next.delete(key)
          }
        }
        // A loop that was left with an error begins again with the record that was in hand.
        if (fact.kind === 'trouble' && fact.thrown) {
          for (const key of next.keys()) if (key.startsWith(`${fact.client} `)) next.set(key, undefined)
        }
        if (fact.kind !== 'handed') return undefined
        const key = `${fact.consumer} ${placeKey(fact)}`
        if (!next.has(key)) return `${key}: offset ${fact.offset} was handed out without being assigned`
        const expected = next.get(key)
        next.set(key, fact.offset + 1n)
        if (expected === undefined || expected === fact.offset) return undefined
        return `${key}: offset ${fact.offset} was handed out where ${expected} comes next`
      },
    }
  },
}
