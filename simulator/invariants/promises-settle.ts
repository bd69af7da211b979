import type { FactOf } from '../facts.ts'
import type { Invariant } from './invariant.ts'

/** Every promise that a client gave is settled in the end, one way or the other; but for those of clients that died. */
export const promisesSettle: Invariant = {
  name: 'promises-settle',
  begin() {
    const open = new Map<number, FactOf<'called'>>()
    return {
      fact(fact) {
        if (fact.kind === 'called') open.set(fact.call, fact)
        if (fact.kind === 'settled' && !open.delete(fact.call))
          return `a call of ${fact.client} settled twice`
        if (fact.kind === 'client-died') {
          for (const [call, { client }] of open) if (client === fact.client) open.delete(call)
        }
        return undefined
      },
      end() {
        const [first] = open.values()
        if (first === undefined) return undefined
        return `${open.size} calls were never settled, the first: ${first.what} of ${first.client}`
      },
    }
  },
}
