import { drawClient, type FaultKind } from './fault.ts'

/** A client's process stands still, as under SIGSTOP or a long collection of garbage, and goes on. */
export const pauseClient: FaultKind<'pause-client'> = {
  kind: 'pause-client',
  draw(chance, atMs, cast) {
    const client = drawClient(chance, cast)
    const forMs = chance.pick([chance.int(50, 1_000), chance.int(1_000, 12_000)])
    return client === undefined ? undefined : { kind: 'pause-client', atMs, client, forMs }
  },
  apply({ client, forMs }, { world }) {
    const host = world.host(client)
    host.pause()
    world.after(forMs * 1000, () => host.resume())
  },
}
