import { drawLink, type FaultKind } from './fault.ts'

/** A broker's connections to a client break, and for a while it takes no new ones. */
export const refuse: FaultKind<'refuse'> = {
  kind: 'refuse',
  draw(chance, atMs, cast) {
    const link = drawLink(chance, cast)
    return link && { kind: 'refuse', atMs, ...link, forMs: chance.int(200, 8_000) }
  },
  apply({ client, broker, forMs }, { world }) {
    const link = world.network.link(client, broker)
    link.refusing = true
    world.network.reset(link)
    world.after(forMs * 1000, () => {
      link.refusing = false
    })
  },
}
