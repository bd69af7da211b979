import { drawLink, type FaultKind } from './fault.ts'

/** What is between the two has forgotten their connections: nothing passes any more, and new connections work. */
export const halfOpen: FaultKind<'half-open'> = {
  kind: 'half-open',
  draw(chance, atMs, cast) {
    const link = drawLink(chance, cast)
    return link && { kind: 'half-open', atMs, ...link }
  },
  apply({ client, broker }, { world }) {
    world.network.forget(world.network.link(client, broker))
  },
}
