import { type Invariant, placeKey } from './invariant.ts'

/** A send that failed with `mayBeWritten: false` left nothing in the log, and every failure is one of ours. */
export const refusedIsNotWritten: Invariant = {
  name: 'refused-is-not-written',
  begin() {
    const refused = new Map<string, string>()
    return {
      fact(fact) {
        if (fact.kind === 'refused') {
          if (!fact.ours) return `${fact.id} failed with ${fact.code}, which is no KafkaError`
          if (!fact.mayBeWritten) refused.set(fact.id, fact.code)
        }
        if (fact.kind !== 'stored') return undefined
        const code = refused.get(fact.id)
        if (code === undefined) return undefined
        return `${fact.id} failed with ${code} as not written, and stands in ${placeKey(fact)} at offset ${fact.offset}`
      },
    }
  },
}
