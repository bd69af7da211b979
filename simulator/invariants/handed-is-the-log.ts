import { type Invariant, placeKey } from './invariant.ts'

/** Whoever is handed an offset is handed the same record, the one that is in the log at the end. */
export const handedIsTheLog: Invariant = {
  name: 'handed-is-the-log',
  begin() {
    const handed = new Map<string, string>()
    return {
      fact(fact) {
        if (fact.kind !== 'handed' && fact.kind !== 'stored') return undefined
        const where = `${placeKey(fact)}@${fact.offset}`
        const before = handed.get(where)
        if (fact.kind === 'handed') handed.set(where, fact.id)
        if (before === undefined || before === fact.id) return undefined
        return fact.kind === 'handed'
          ? `${fact.consumer} was handed ${fact.id} as ${where}, which was ${before} before`
          : `${before} was handed out as ${where}, where the log has ${fact.id}`
      },
    }
  },
}
