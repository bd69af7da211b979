import type { Invariant } from './invariant.ts'

/** No error goes past everybody, and nobody reaches for real time or chance. */
export const nothingIsUncaught: Invariant = {
  name: 'nothing-is-uncaught',
  begin: () => ({
    fact: (fact) => (fact.kind === 'uncaught' ? fact.message : undefined),
  }),
}
