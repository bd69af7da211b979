import type { WireRequest } from '../world/wire-tap.ts'
import { type Invariant, placeKey } from './invariant.ts'

/**
 * Answers after which the batch may be in the log and is sent again. A leader that is another by the time the followers
 * have the batch says that it is none; the batch stays where the new one has it.
 */
const written: ReadonlySet<string> = new Set([
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_LEADER_OR_FOLLOWER',
])

/**
 * A producer without idempotence writes a record twice only when it had to send it again: when a Produce request of its
 * was left without an answer, or with one that says that the batch may be written nevertheless.
 */
export const noDuplicateWithoutCause: Invariant = {
  name: 'no-duplicate-without-cause',
  begin() {
    const excused = new Set<string>()
    const stored = new Map<string, string>()
    const isProduce = ({ api }: WireRequest) => api === 'Produce'
    return {
      fact(fact) {
        if (fact.kind === 'disconnected' && fact.unanswered.some(isProduce)) excused.add(fact.client)
        if (
          fact.kind === 'answered' &&
          isProduce(fact.request) &&
          fact.errors.some((name) => written.has(name))
        )
          excused.add(fact.request.client)
        if (fact.kind !== 'stored') return undefined
        const where = `${placeKey(fact)}@${fact.offset}`
        const before = stored.get(fact.id)
        stored.set(fact.id, where)
        if (before === undefined || excused.has(fact.id.split(':')[0])) return undefined
        return `${fact.id} is at ${before} and at ${where}, though every Produce of its producer was answered`
      },
    }
  },
}
