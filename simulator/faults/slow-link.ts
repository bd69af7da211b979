import { drawLink, type FaultKind } from './fault.ts'

/** Everything between a client and a broker takes longer for a while. */
export const slowLink: FaultKind<'slow-link'> = {
  kind: 'slow-link',
  draw(chance, atMs, cast) {
    const link = drawLink(chance, cast)
    return (
      link && {
        kind: 'slow-link',
        atMs,
        ...link,
        extraMs: chance.int(50, 3_000),
        forMs: chance.int(500, 8_000),
      }
    )
  },
  apply({ client, broker, extraMs, forMs }, { world }) {
    const link = world.network.link(client, broker)
    link.extraUs += extraMs * 1000
    world.after(forMs * 1000, () => {
      link.extraUs = Math.max(0, link.extraUs - extraMs * 1000)
    })
  },
}
