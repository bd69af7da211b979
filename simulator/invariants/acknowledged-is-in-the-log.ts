import type { FactOf } from '../facts.ts'
import { type Invariant, placeKey } from './invariant.ts'

/**
 * What was acknowledged is in the log at the end, where the acknowledgement said. With acks 1 only while no broker failed:
 * a leader may then take its unreplicated tail with it. With acks 0 nothing is promised.
 */
export const acknowledgedIsInTheLog: Invariant = {
  name: 'acknowledged-is-in-the-log',
  begin() {
    const acknowledged: FactOf<'acknowledged'>[] = []
    const stored = new Map<string, string>()
    let brokersFailed = false
    return {
      fact(fact) {
        if (fact.kind === 'acknowledged' && fact.acks !== 0) acknowledged.push(fact)
        if (fact.kind === 'stored') stored.set(`${placeKey(fact)}@${fact.offset}`, fact.id)
        if (fact.kind === 'fault' && 'node' in fact.fault) brokersFailed = true
        return undefined
      },
      end() {
        for (const ack of acknowledged) {
          if (ack.acks === 1 && brokersFailed) continue
          const found = stored.get(`${placeKey(ack)}@${ack.offset}`)
          if (found === ack.id) continue
          const instead = found === undefined ? 'nothing' : found
          return `${ack.id} was acknowledged as ${placeKey(ack)} offset ${ack.offset}, where there is ${instead}`
        }
        return undefined
      },
    }
  },
}
