import { afterEach, expect, it } from 'vitest'
import { ConnectionError } from '../../src/errors.ts'
import { Connection, type ConnectionOptions } from '../../src/network/connection.ts'
import { Fetch, FindCoordinator, Produce } from '../../src/protocol/messages/index.ts'
import { nodeRuntime } from '../../src/runtime/node.ts'
import { silent } from './support/connect.ts'
import { ScriptedServer } from './support/scripted-server.ts'

const runtime = nodeRuntime()
const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function open(options: Partial<ConnectionOptions> = {}) {
  const server = await ScriptedServer.listen(runtime)
  const connection = new Connection({
    runtime,
    logger: silent,
    host: 'localhost',
    port: server.port,
    clientId: 'test',
    softwareName: 'odradek',
    softwareVersion: '1.2.3',
    ...options,
  })
  cleanups.push(
    () => connection.close(),
    () => server.listener.close(),
  )
  await connection.open()
  return { server, connection }
}

it('carries small and large responses in a row', async () => {
  const { server, connection } = await open()
  // The length of each response is what its request asks for.
  server.script = ({ message, answer }) => {
    const records = Buffer.alloc(message.maxBytes, message.maxBytes % 251)
    answer({ responses: [{ topic: 'topic', partitions: [{ records }] }] })
  }
  const lengths = Array.from({ length: 60 }, (_, i) => [10, 3000, 70_000, 1_500_000][i % 4] + i)
  const responses = await Promise.all(lengths.map((maxBytes) => connection.send(Fetch, { maxBytes })))
  responses.forEach(({ responses: [{ partitions }] }, i) => {
    expect(partitions[0].records?.equals(Buffer.alloc(lengths[i], lengths[i] % 251))).toBe(true)
  })
})

it('carries large requests to a server, and lets go of their memory', async () => {
  const { server, connection } = await open()
  server.script = ({ answer }) => answer({})
  let flushed = 0
  const onFlushed = () => {
    flushed += 1
  }
  const blocks = Array.from({ length: 20 }, (_, i) => Buffer.alloc(1_000_000, i))
  await Promise.all(
    blocks.map((block) => {
      const records = [block.subarray(0, 10), block.subarray(10)]
      const topicData = [{ name: 'topic', partitionData: [{ index: 0, records }] }]
      return connection.send(Produce, { acks: 1, topicData }, { onFlushed })
    }),
  )
  expect(flushed).toBe(20)
  server.of('Produce').forEach(({ message }, i) => {
    expect(message.topicData[0].partitionData[0].records.equals(blocks[i])).toBe(true)
  })
})

it('rejects what is outstanding when the server goes away', async () => {
  const { server, connection } = await open()
  server.script = ({ socket }) => socket.destroy()
  const outcomes = await Promise.allSettled(
    [1, 2, 3].map((n) => connection.send(FindCoordinator, { key: String(n) }, { version: 3 })),
  )
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: { retriable: true, context: { sent: true } },
    })
  }
  expect(connection.state).toBe('closed')
})

it('says where nothing listens', async () => {
  const { server, connection } = await open()
  connection.close()
  await server.listener.close()
  const again = new Connection({
    runtime,
    logger: silent,
    host: '127.0.0.1',
    port: server.port,
    clientId: 'test',
    softwareName: 'odradek',
    softwareVersion: '1.2.3',
  })
  const failure = again.open()
  await expect(failure).rejects.toBeInstanceOf(ConnectionError)
  await expect(failure).rejects.toThrow(
    `tried 127.0.0.1:${server.port}: nothing listens there (ECONNREFUSED)`,
  )
})
