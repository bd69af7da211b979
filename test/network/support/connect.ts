import { Connection, type ConnectionOptions } from '../../../src/network/connection.ts'
import type { Logger } from '../../../src/runtime/runtime.ts'
import { ScriptedServer } from './scripted-server.ts'
import { VirtualWorld } from './virtual-world.ts'

const nothing = () => {}
export const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** A connection to `127.0.0.1:9092`, not opened. */
export function connectionIn(world: VirtualWorld, options: Partial<ConnectionOptions> = {}): Connection {
  return new Connection({
    runtime: world,
    logger: silent,
    host: '127.0.0.1',
    port: 9092,
    brokerId: 1,
    clientId: 'test',
    softwareName: 'odradek',
    softwareVersion: '1.2.3',
    ...options,
  })
}

/** A world with a server on `127.0.0.1:9092` and a connection to it that is ready. */
export async function openConnection(options: Partial<ConnectionOptions> = {}) {
  const world = new VirtualWorld()
  const server = await ScriptedServer.listen(world, '127.0.0.1', 9092)
  const connection = connectionIn(world, options)
  const opened = connection.open()
  await world.settle()
  await opened
  world.net.writes.length = 0
  return { world, server, connection }
}

/** What a promise came to by now. */
export async function outcomeOf<T>(promise: Promise<T>): Promise<T | Error | 'pending'> {
  return Promise.race([promise.catch((error: Error) => error), Promise.resolve('pending' as const)])
}
