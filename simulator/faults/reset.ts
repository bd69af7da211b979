import { drawLink, type FaultKind } from './fault.ts'

/** All connections between a client and a broker break at once. */
export const reset: FaultKind<'reset'> = {
  kind: 'reset',
  draw(chance, atMs, cast) {
    const link = drawLink(chance, cast)
    return link && { kind: 'reset', atMs, ...link }
  },
  apply({ client, broker }, { world }) {
    world.network.reset(world.network.link(client, broker))
  },
}
