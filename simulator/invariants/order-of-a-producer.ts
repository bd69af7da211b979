import type { FactOf } from '../facts.ts'
import type { WireRequest } from '../world/wire-tap.ts'
import { type Invariant, placeKey } from './invariant.ts'

/**
 * Within a partition the acknowledged records of one producer stand in the order in which they were sent. Without
 * idempotence that is promised with `maxInFlightRequests: 1`; and with more, as long as no Produce request of the
 * producer failed. With acks 1 nothing is promised where brokers fail: what one leader took with it stood where the next
 * one writes.
 */
export const orderOfAProducer: Invariant = {
  name: 'order-of-a-producer',
  begin() {
    const ordered = new Set<string>()
    const disturbed = new Set<string>()
    const acknowledged = new Map<string, FactOf<'acknowledged'>[]>()
    let brokersFailed = false
    const isProduce = ({ api }: WireRequest) => api === 'Produce'
    return {
      fact(fact) {
        if (fact.kind === 'sent' && fact.ordered) ordered.add(fact.producer)
        if (fact.kind === 'disconnected' && fact.unanswered.some(isProduce)) disturbed.add(fact.client)
        if (fact.kind === 'answered' && isProduce(fact.request) && fact.errors.length > 0)
          disturbed.add(fact.request.client)
        if (fact.kind === 'fault' && 'node' in fact.fault) brokersFailed = true
        if (fact.kind === 'acknowledged' && fact.acks !== 0) {
          const key = `${fact.producer} in ${placeKey(fact)}`
          const list = acknowledged.get(key)
          if (list === undefined) acknowledged.set(key, [fact])
          else list.push(fact)
        }
        return undefined
      },
      end() {
        for (const [key, facts] of acknowledged) {
          const { producer, acks } = facts[0]
          if (acks === 1 && brokersFailed) continue
          if (disturbed.has(producer) && !ordered.has(producer)) continue
          facts.sort((a, b) => numberOf(a.id) - numberOf(b.id))
          for (let i = 1; i < facts.length; i++) {
            const [a, b] = [facts[i - 1], facts[i]]
            if (a.offset < b.offset) continue
            return `${key}: ${a.id} was sent before ${b.id} and is at offset ${a.offset}, behind ${b.offset}`
          }
        }
        return undefined
      },
    }
  },
}

function numberOf(id: string): number {
  return Number(id.slice(id.indexOf(':') + 1))
}
