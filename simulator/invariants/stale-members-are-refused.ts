import type { Invariant } from './invariant.ts'

/** Two answers of a broker may leave in another order than they were made in, by less than this. */
const answersCrossMs = 1

/** Once a generation has members, no commit and no heartbeat of an older one is taken. */
export const staleMembersAreRefused: Invariant = {
  name: 'stale-members-are-refused',
  begin() {
    /** By group: the latest generation, and since when it has a member. */
    const latest = new Map<string, { generation: number; sinceMs: number }>()
    return {
      fact(fact, nowMs) {
        if (fact.kind === 'joined' && (latest.get(fact.group)?.generation ?? -1) < fact.generation)
          latest.set(fact.group, { generation: fact.generation, sinceMs: nowMs })
        if (fact.kind !== 'committed' && fact.kind !== 'heard') return undefined
        const now = latest.get(fact.group)
        if (now === undefined || fact.generation >= now.generation) return undefined
        if (nowMs - now.sinceMs < answersCrossMs) return undefined
        const what = fact.kind === 'committed' ? 'commit' : 'heartbeat'
        return `a ${what} of ${fact.client} was taken with generation ${fact.generation} of ${fact.group}, which is at ${now.generation}`
      },
    }
  },
}
