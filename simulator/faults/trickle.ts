import { drawLink, type FaultKind } from './fault.ts'

/** What is written arrives in many pieces, with pauses between. */
export const trickle: FaultKind<'trickle'> = {
  kind: 'trickle',
  draw(chance, atMs, cast) {
    const link = drawLink(chance, cast)
    const shape = { pieces: chance.int(8, 64), gapMs: chance.int(1, 80), forMs: chance.int(500, 6_000) }
    return link && { kind: 'trickle', atMs, ...link, ...shape }
  },
  apply({ client, broker, pieces, gapMs, forMs }, { world }) {
    const link = world.network.link(client, broker)
    link.pieces = pieces
    link.pieceGapUs = gapMs * 1000
    world.after(forMs * 1000, () => {
      link.pieces = 3
      link.pieceGapUs = 200
    })
  },
}
