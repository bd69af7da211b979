import type { Invariant } from './invariant.ts'

/** What is sent when all faults are over, and all before it had its outcome, is written. */
export const worksAgain: Invariant = {
  name: 'works-again',
  begin() {
    const probes = new Set<string>()
    return {
      fact(fact) {
        if (fact.kind === 'probed') probes.add(fact.id)
        if (fact.kind !== 'refused' || !probes.has(fact.id)) return undefined
        return `${fact.id} was sent after all faults and failed with ${fact.code}`
      },
    }
  },
}
