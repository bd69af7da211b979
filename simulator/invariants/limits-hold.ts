import type { ClientLimits } from '../facts.ts'
import type { Invariant } from './invariant.ts'

/** More than any client needs: one that goes on growing is found. */
const mostTimers = 100
const mostSockets = 24
/** One that is waited for, and those that were given up with their partitions and have no answer yet. */
const mostFetches = 4

/**
 * No queue passes its limit: a producer has no more requests on their way to a broker than `maxInFlightRequests`, a
 * consumer few Fetches, and nobody collects timers or sockets.
 */
export const limitsHold: Invariant = {
  name: 'limits-hold',
  begin() {
    const limits = new Map<string, ClientLimits>()
    /** By connection, since a connection that is given up takes its requests with it. */
    const inFlight = new Map<string, Map<number, number>>()
    const move = (key: string, connection: number, by: number) => {
      const counts = inFlight.get(key) ?? new Map<number, number>()
      inFlight.set(key, counts)
      counts.set(connection, (counts.get(connection) ?? 0) + by)
      let sum = 0
      for (const count of counts.values()) sum += count
      return sum
    }
    return {
      fact(fact) {
        if (fact.kind === 'client-opened') limits.set(fact.client, fact.limits)
        if (fact.kind === 'disconnected')
          for (const counts of inFlight.values()) counts.delete(fact.connection)
        if (fact.kind === 'vitals') {
          if (fact.timers > mostTimers) return `${fact.client} has ${fact.timers} timers set`
          if (fact.sockets > mostSockets) return `${fact.client} has ${fact.sockets} sockets open`
        }
        if (fact.kind !== 'requested' && fact.kind !== 'arrived') return undefined
        const { api, client, broker, connection, message } = fact.request
        if (api !== 'Produce' && api !== 'Fetch') return undefined
        if (api === 'Produce' && (message as { acks: number }).acks === 0) return undefined
        const limit = api === 'Fetch' ? mostFetches : limits.get(client)?.maxInFlightRequests
        const count = move(`${client} ${api} ${broker}`, connection, fact.kind === 'requested' ? 1 : -1)
        if (limit === undefined || count <= limit) return undefined
        return `${client} has ${count} ${api} requests on their way to ${broker}; the limit is ${limit}`
      },
    }
  },
}
