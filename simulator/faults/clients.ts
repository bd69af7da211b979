import { drawClient, type FaultKind } from './fault.ts'

/** More clients than these do not come: a run has to stay short. */
const mostClients = 8

/** A new client starts. */
export const clientComes: FaultKind<'client-comes'> = {
  kind: 'client-comes',
  draw(chance, atMs, cast) {
    const sort = chance.happens(0.3) ? 'producer' : 'consumer'
    if (cast.clients.size >= mostClients) return undefined
    cast.made[sort] += 1
    const client = `${sort}-${cast.made[sort]}`
    cast.clients.add(client)
    return { kind: 'client-comes', atMs, client }
  },
  apply({ client }, stage) {
    stage.startClient(client)
  },
}

/** A client closes, as a service does that is told to end. */
export const clientGoes: FaultKind<'client-goes'> = {
  kind: 'client-goes',
  draw(chance, atMs, cast) {
    const client = drawClient(chance, cast)
    if (client === undefined || isLastOfItsSort(client, cast.clients)) return undefined
    cast.clients.delete(client)
    return { kind: 'client-goes', atMs, client }
  },
  apply({ client }, stage) {
    stage.closeClient(client)
  },
}

/** A client's machine is gone from one moment to the next, and nobody is told. */
export const clientDies: FaultKind<'client-dies'> = {
  kind: 'client-dies',
  draw(chance, atMs, cast) {
    const client = drawClient(chance, cast)
    if (client === undefined || isLastOfItsSort(client, cast.clients)) return undefined
    cast.clients.delete(client)
    return { kind: 'client-dies', atMs, client }
  },
  apply({ client }, stage) {
    stage.killClient(client)
  },
}

function isLastOfItsSort(client: string, clients: ReadonlySet<string>): boolean {
  const sort = client.slice(0, client.indexOf('-'))
  return [...clients].filter((name) => name.startsWith(sort)).length === 1
}
