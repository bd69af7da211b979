import { type Invariant, placeKey } from './invariant.ts'

/** What is processed of one partition, by one group: all below `below`, and some beyond. */
interface Progress {
  below: bigint
  beyond: Set<bigint>
}

/** A group never commits an offset that has a record before it which nobody of the group has processed. */
export const committedWasProcessed: Invariant = {
  name: 'committed-was-processed',
  begin() {
    const progress = new Map<string, Progress>()
    const of = (key: string) => {
      let state = progress.get(key)
      if (state === undefined) {
        state = { below: 0n, beyond: new Set() }
        progress.set(key, state)
      }
      return state
    }
    return {
      fact(fact) {
        if (fact.kind === 'processed') {
          const state = of(`${fact.group} ${placeKey(fact)}`)
          if (fact.offset >= state.below) state.beyond.add(fact.offset)
          while (state.beyond.delete(state.below)) state.below += 1n
        }
        if (fact.kind !== 'committed') return undefined
        const { below } = of(`${fact.group} ${placeKey(fact)}`)
        if (fact.offset <= below) return undefined
        return `${fact.client} committed offset ${fact.offset} of ${placeKey(fact)} for ${fact.group}, where offset ${below} was not processed`
      },
    }
  },
}
