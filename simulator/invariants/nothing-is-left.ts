import type { Invariant } from './invariant.ts'

/** A client that is closed has no timer and no socket any more. */
export const nothingIsLeft: Invariant = {
  name: 'nothing-is-left',
  begin: () => ({
    fact(fact) {
      if (fact.kind !== 'client-closed' || (fact.timers === 0 && fact.sockets === 0)) return undefined
      return `${fact.client} was closed and has ${fact.timers} timers and ${fact.sockets} sockets left`
    },
  }),
}
