import { drawClient, type FaultKind } from './fault.ts'

const clusterShare = 0.25

/** Somebody sets a machine's wall clock, forwards or back; at times that of the brokers. */
export const clockJump: FaultKind<'clock-jump'> = {
  kind: 'clock-jump',
  draw(chance, atMs, cast) {
    const client = chance.happens(clusterShare) ? 'cluster' : drawClient(chance, cast)
    const byMs = chance.pick([-1, 1]) * chance.pick([chance.int(1, 5_000), chance.int(60_000, 1_800_000)])
    return client === undefined ? undefined : { kind: 'clock-jump', atMs, client, byMs }
  },
  apply({ client, byMs }, { world }) {
    world.host(client).jumpClock(byMs)
  },
}
