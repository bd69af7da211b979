import { connect as connectPlain } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { Metadata } from '../../../src/protocol/messages/index.ts'
import { nodeRuntime } from '../../../src/runtime/node.ts'
import { type Broker, type BrokerOptions, startBroker } from '../../../src/testing/index.ts'
import { adjustable } from '../../../src/testing/time/adjustable-runtime.ts'
import { makeCertificate } from '../support/certificates.ts'
import { RawClient } from '../support/raw-client.ts'
import { SeededWorld } from '../support/seeded-world.ts'

const own = makeCertificate('/O=odradek/CN=broker')
const alice = makeCertificate('/O=odradek/OU=tests/CN=alice')

let broker: Broker | undefined
const sockets: { destroy(): void }[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await broker?.close()
})

async function start(options: BrokerOptions): Promise<void> {
  broker = await startBroker({ topics: { orders: 1 }, ...options })
}

function dial(options: { key?: string; cert?: string; ca?: string } = {}): Promise<RawClient> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host: broker!.host, port: broker!.port, ca: own.cert, ...options })
    sockets.push(socket)
    socket.once('secureConnect', () => resolve(new RawClient(socket, 'tls')))
    socket.once('error', reject)
  })
}

test.each([
  ['of Node', undefined],
  ['whose time can be moved', adjustable(nodeRuntime())],
])('a client that trusts the broker is answered, in a runtime %s', async (_, runtime) => {
  await start({ tls: own, ...(runtime !== undefined && { runtime }) })
  const client = await dial()
  const { topics } = await client.call(Metadata, 9, { topics: null })
  expect(topics.map(({ name }) => name)).toEqual(['orders'])
})

test('a client that does not trust the broker does not come in', async () => {
  await start({ tls: own })
  await expect(dial({ ca: alice.cert })).rejects.toThrow(/self-signed/)
})

test('a client without TLS is hung up on', async () => {
  await start({ tls: own })
  const socket = connectPlain({ host: broker!.host, port: broker!.port })
  sockets.push(socket)
  socket.write(Buffer.from('000000170003000000000001000372617700000000', 'hex'))
  await new Promise((resolve) => socket.once('close', resolve).resume())
})

test('our own client comes in by itself', async () => {
  await start({ tls: own })
  const kafka = broker!.kafka({ clientId: 'own' })
  const producer = kafka.producer()
  await producer.send({ topic: 'orders', value: 'hello' })
  const values: string[] = []
  for await (const { value } of kafka.read('orders', { from: 'earliest', until: 'end' })) {
    values.push(value!.toString())
  }
  expect(values).toEqual(['hello'])
})

test('a certificate that is asked for makes the principal', async () => {
  const superUsers = ['User:CN=alice,OU=tests,O=odradek']
  await start({ tls: { ...own, ca: alice.cert, requestCert: true }, authorizer: { superUsers } })
  const client = await dial(alice)
  expect((await client.call(Metadata, 9, { topics: null })).topics).toHaveLength(1)
})

test('who has no certificate where one is asked for does not come in', async () => {
  await start({ tls: { ...own, ca: alice.cert, requestCert: true } })
  const client = await dial().catch(() => undefined)
  await client?.closed
  const stranger = await dial(makeCertificate('/CN=mallory')).catch(() => undefined)
  await stranger?.closed
})

test('large answers come through whole', async () => {
  await start({
    tls: own,
    topics: Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`topic-${i}`, 3])),
  })
  const { topics } = await (await dial()).call(Metadata, 9, { topics: null })
  expect(topics).toHaveLength(2000)
})

test('closing ends connections and those that are in their handshake', async () => {
  await start({ tls: own })
  const client = await dial()
  const socket = connectPlain({ host: broker!.host, port: broker!.port })
  await new Promise((resolve) => socket.once('connect', resolve))
  const closed = new Promise((resolve) => socket.once('close', resolve).resume())
  await broker!.close()
  await Promise.all([client.closed, closed])
})

test('a key that is none, and a network without TLS', async () => {
  await expect(startBroker({ tls: { key: 'x', cert: 'y' } })).rejects.toThrow()
  await expect(startBroker({ tls: own, runtime: new SeededWorld() })).rejects.toThrow(/no TLS/)
})
