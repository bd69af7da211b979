import { drawLink, type FaultKind } from './fault.ts'

/** Packets between a client and a broker are lost, in one direction or both, and nobody is told. */
export const cut: FaultKind<'cut'> = {
  kind: 'cut',
  draw(chance, atMs, cast) {
    const link = drawLink(chance, cast)
    const which = chance.pick(['both', 'both', 'out', 'in'])
    const forMs = chance.pick([chance.int(100, 2_000), chance.int(2_000, 12_000)])
    return link && { kind: 'cut', atMs, ...link, out: which !== 'in', in: which !== 'out', forMs }
  },
  apply({ client, broker, forMs, ...ways }, { world }) {
    const link = world.network.link(client, broker)
    link.cut.out ||= ways.out
    link.cut.in ||= ways.in
    world.after(forMs * 1000, () => world.network.mend(link))
  },
}
