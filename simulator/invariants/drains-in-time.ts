import type { Invariant } from './invariant.ts'

/** After the last fault all that was sent gets its outcome, and every group comes to the end, within the stated time. */
export const drainsInTime: Invariant = {
  name: 'drains-in-time',
  begin() {
    let withinMs: number | undefined
    const unsettled = new Map<string, string>()
    return {
      fact(fact) {
        if (fact.kind === 'sent') unsettled.set(fact.id, fact.producer)
        if (fact.kind === 'acknowledged' || fact.kind === 'refused') unsettled.delete(fact.id)
        if (fact.kind === 'client-died')
          for (const [id, producer] of unsettled) if (producer === fact.client) unsettled.delete(id)
        if (fact.kind === 'calm') withinMs = fact.withinMs
        if (fact.kind === 'drained') withinMs = undefined
        return undefined
      },
      end() {
        if (withinMs === undefined) return undefined
        const sends =
          unsettled.size === 0 ? 'the groups are not at the end' : `${unsettled.size} sends have no outcome`
        return `${withinMs / 1000} s after the last fault ${sends}`
      },
    }
  },
}
