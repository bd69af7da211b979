import { drawClient, type FaultKind } from './fault.ts'

/** A consumer's application takes long for each record, for a while. */
export const slowHandler: FaultKind<'slow-handler'> = {
  kind: 'slow-handler',
  draw(chance, atMs, cast) {
    const client = drawClient(chance, cast, 'consumer')
    const delayMs = chance.pick([chance.int(20, 300), chance.int(1_000, 15_000)])
    return client === undefined
      ? undefined
      : { kind: 'slow-handler', atMs, client, delayMs, forMs: chance.int(500, 5_000) }
  },
  apply({ client, delayMs, forMs }, { world, consumers }) {
    const consumer = consumers.get(client)
    if (consumer === undefined) return
    consumer.delayMs = delayMs
    world.after(forMs * 1000, () => {
      consumer.delayMs = 0
    })
  },
}
