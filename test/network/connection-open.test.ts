import { getEventListeners } from 'node:events'
import { Duplex } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import {
  AbortedError,
  BrokerError,
  ClosedError,
  ConnectionError,
  KafkaError,
  ProtocolError,
  TimeoutError,
} from '../../src/errors.ts'
import { BrokerVersions } from '../../src/network/broker-versions.ts'
import { ApiVersions, Metadata, SaslHandshake } from '../../src/protocol/messages/index.ts'
import { connectionIn, openConnection } from './support/connect.ts'
import { offering, ScriptedServer } from './support/scripted-server.ts'
import { VirtualWorld } from './support/virtual-world.ts'

/** Opens and gives the error that came of it, after `ms` of virtual time. */
async function failureOf(world: VirtualWorld, opening: Promise<void>, ms = 0): Promise<KafkaError> {
  const failure = opening.then(
    () => expect.unreachable('it was opened'),
    (error: KafkaError) => error,
  )
  await world.advance(ms)
  return failure
}

describe('versions', () => {
  it('are asked for in the latest version, by name and version of the software', async () => {
    const { server, connection } = await openConnection()
    expect(server.requests).toMatchObject([
      {
        api: 'ApiVersions',
        version: 4,
        clientId: 'test',
        message: { clientSoftwareName: 'odradek', clientSoftwareVersion: '1.2.3' },
      },
    ])
    expect(connection.state).toBe('ready')
    expect(connection.broker.range(ApiVersions.key)).toEqual({ min: 0, max: 4 })
    expect(connection.version(Metadata)).toBe(4)
    expect(connection.version(Metadata, 2)).toBe(2)
  })

  it.each([
    ['the versions that the broker knows', [{ apiKey: 18, minVersion: 0, maxVersion: 3 }], [4, 3]],
    ['version 0 when it does not tell them', [], [4, 0]],
  ])('are asked for again in %s, when ours is unknown', async (_, apiKeys, versions) => {
    const world = new VirtualWorld()
    const server = await ScriptedServer.listen(world, '127.0.0.1', 9092)
    server.offered = undefined
    server.script = (request) => {
      if (request.version === 4) request.answer({ errorCode: 35, apiKeys }, 0)
      else request.answer(offering({ min: 0, max: 2 }))
    }
    const connection = connectionIn(world)
    const opened = connection.open()
    await world.settle()
    await opened
    expect(server.requests.map(({ version }) => version)).toEqual(versions)
    expect(connection.broker.range(Metadata.key)).toEqual({ min: 0, max: 2 })
  })

  it('are not asked for when they are known', async () => {
    const versions = new BrokerVersions(offering({ min: 0, max: 9 }))
    const { server, connection } = await openConnection({ versions })
    expect(server.requests).toEqual([])
    expect(connection.version(Metadata)).toBe(9)
  })

  it('may be refused', async () => {
    const world = new VirtualWorld()
    const server = await ScriptedServer.listen(world, '127.0.0.1', 9092)
    server.offered = { errorCode: 42 }
    const connection = connectionIn(world)
    const error = await failureOf(world, connection.open())
    expect(error).toBeInstanceOf(BrokerError)
    expect(error.code).toBe('INVALID_REQUEST')
    expect(connection.state).toBe('closed')
  })

  it.each([
    ['version 0', [], [4, 0]],
    ['what it says it knows', [{ apiKey: 18, minVersion: 0, maxVersion: 4 }], [4, 3, 2, 1, 0]],
  ])('give up on a broker that answers UNSUPPORTED_VERSION to %s', async (_, apiKeys, versions) => {
    const world = new VirtualWorld()
    const server = await ScriptedServer.listen(world, '127.0.0.1', 9092)
    server.offered = undefined
    server.script = (request) => request.answer({ errorCode: 35, apiKeys }, 0)
    const error = await failureOf(world, connectionIn(world).open())
    expect(error.code).toBe('UNSUPPORTED_VERSION')
    expect(server.requests.map(({ version }) => version)).toEqual(versions)
  })
})

describe('addresses', () => {
  it('are tried in order until one answers', async () => {
    const world = new VirtualWorld()
    world.net.names.set('kafka', ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
    world.net.silent.add('10.0.0.2:9092')
    await ScriptedServer.listen(world, '10.0.0.3', 9092)
    const connection = connectionIn(world, { host: 'kafka', connectTimeoutMs: 9000 })
    const opened = connection.open()
    await world.settle()
    expect(world.net.dialed).toEqual(['10.0.0.1:9092', '10.0.0.2:9092'])
    await world.advance(4499)
    expect(world.net.dialed).toHaveLength(2)
    await world.advance(1)
    await opened
    expect(world.net.dialed.at(-1)).toBe('10.0.0.3:9092')
    expect(world.net.openClients).toBe(1)
    connection.close()
    expect(world.waitingTimers).toBe(0)
  })

  it('are all named when none answers', async () => {
    const world = new VirtualWorld()
    world.net.names.set('kafka', ['10.0.0.1', '10.0.0.2'])
    world.net.silent.add('10.0.0.2:9092')
    const onClose = vi.fn()
    const connection = connectionIn(world, { host: 'kafka', connectTimeoutMs: 1000, onClose })
    const error = await failureOf(world, connection.open(), 1000)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.retriable).toBe(true)
    expect(error.message).toBe(
      'broker 1 (kafka:9092) cannot be reached: tried 10.0.0.1:9092: nothing listens there (ECONNREFUSED); ' +
        '10.0.0.2:9092: no answer within 1000 ms',
    )
    expect(onClose).toHaveBeenCalledExactlyOnceWith(error)
    expect(world.waitingTimers).toBe(0)
  })

  it('are not tried any more after an abort', async () => {
    const world = new VirtualWorld()
    world.net.names.set('kafka', ['10.0.0.1', '10.0.0.2'])
    world.net.silent.add('10.0.0.1:9092')
    const controller = new AbortController()
    const opening = connectionIn(world, { host: 'kafka' }).open(controller.signal)
    const failure = failureOf(world, opening)
    await world.settle()
    controller.abort()
    expect(await failure).toBeInstanceOf(AbortedError)
    await world.settle()
    expect(world.net.dialed).toEqual(['10.0.0.1:9092'])
    expect(world.net.openClients).toBe(0)
  })

  it('need a name that is known', async () => {
    const world = new VirtualWorld()
    const error = await failureOf(world, connectionIn(world, { host: 'nowhere' }).open())
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toBe(
      'broker 1 (nowhere:9092) cannot be reached: its name nowhere was not resolved: the name is not known (ENOTFOUND)',
    )
    world.net.names.set('nothing', [])
    const empty = await failureOf(world, connectionIn(world, { host: 'nothing' }).open())
    expect(empty.message).toContain('its name nothing has no address')
  })

  it('can be mapped', async () => {
    const world = new VirtualWorld()
    await ScriptedServer.listen(world, '127.0.0.1', 19_092)
    const mapAddress = vi.fn(() => ({ host: '127.0.0.1', port: 19_092 }))
    const opened = connectionIn(world, { host: 'inside', mapAddress }).open()
    await world.settle()
    await opened
    expect(mapAddress).toHaveBeenCalledExactlyOnceWith({ host: 'inside', port: 9092 }, 1)
  })

  it('of IPv6 are named in brackets', () => {
    expect(connectionIn(new VirtualWorld(), { host: '::1', brokerId: undefined }).brokerLabel).toBe(
      '[::1]:9092',
    )
  })
})

describe('a dialer', () => {
  it('connects in its own way', async () => {
    const world = new VirtualWorld()
    const written: Buffer[] = []
    const stream = new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        written.push(chunk)
        done()
      },
    })
    const dialer = vi.fn(async () => stream)
    const connection = connectionIn(world, { host: 'inside', dialer })
    connection.open().catch(() => {})
    await world.settle()
    expect(dialer).toHaveBeenCalledOnce()
    expect(dialer.mock.calls[0]).toMatchObject([
      { host: 'inside', port: 9092, brokerId: 1 },
      expect.any(AbortSignal),
    ])
    expect(world.net.dialed).toEqual([])
    expect(Buffer.concat(written).readInt16BE(4)).toBe(ApiVersions.key)
    connection.close()
    expect(stream.destroyed).toBe(true)
  })

  it('may fail', async () => {
    const world = new VirtualWorld()
    const cause = new Error('the proxy said no')
    const dialer = () => Promise.reject(cause)
    const error = await failureOf(world, connectionIn(world, { dialer }).open())
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toContain('its dialer failed: the proxy said no')
    expect(error.cause).toBe(cause)
  })

  it('is told when its time is over, and what it brings then is dropped', async () => {
    const world = new VirtualWorld()
    const stream = new Duplex({ read() {} })
    let bring = (_: Duplex) => {}
    let told: AbortSignal | undefined
    const connection = connectionIn(world, {
      connectTimeoutMs: 500,
      dialer: (_target, signal) => {
        told = signal
        return new Promise((resolve) => {
          bring = resolve
        })
      },
    })
    const error = await failureOf(world, connection.open(), 500)
    expect(error.message).toContain('its dialer failed: no answer within 500 ms')
    expect(told?.aborted).toBe(true)
    bring(stream)
    await world.settle()
    expect(stream.destroyed).toBe(true)
  })
})

describe('setting up', () => {
  it('has connectTimeoutMs for all of it', async () => {
    const world = new VirtualWorld()
    const server = await ScriptedServer.listen(world, '127.0.0.1', 9092)
    server.offered = undefined
    const connection = connectionIn(world, { connectTimeoutMs: 1000 })
    const error = await failureOf(world, connection.open(), 1000)
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error.message).toBe(
      'broker 1 (127.0.0.1:9092) took the connection and did not answer within connectTimeoutMs (1000 ms), ' +
        'while negotiating',
    )
    expect(world.waitingTimers).toBe(0)
  })

  it('ends at once with the signal, at every step', async () => {
    for (const step of ['before', 'connecting', 'negotiating', 'authenticating']) {
      const world = new VirtualWorld()
      const server = await ScriptedServer.listen(world, '127.0.0.1', 9092)
      if (step === 'connecting') world.net.silent.add('127.0.0.1:9092')
      if (step === 'negotiating') server.offered = undefined
      const controller = new AbortController()
      if (step === 'before') controller.abort()
      const connection = connectionIn(world, { authenticator: () => new Promise(() => {}) })
      const opening = connection.open(controller.signal)
      const failure = opening.catch((error) => error)
      if (step !== 'before') {
        await world.settle()
        expect(connection.state).toBe(step)
        controller.abort()
      }
      await world.settle()
      expect(await failure).toBeInstanceOf(AbortedError)
      expect(connection.state).toBe('closed')
      expect(world.waitingTimers).toBe(0)
    }
  })

  it('leaves nothing behind on a signal that lives on', async () => {
    const world = new VirtualWorld()
    await ScriptedServer.listen(world, '127.0.0.1', 9092)
    const { signal } = new AbortController()
    const opened = connectionIn(world).open(signal)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await world.settle()
    await opened
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('ends with close', async () => {
    const world = new VirtualWorld()
    world.net.silent.add('127.0.0.1:9092')
    const onClose = vi.fn()
    const connection = connectionIn(world, { onClose })
    const opening = connection.open()
    await world.settle()
    connection.close()
    expect(await failureOf(world, opening)).toBeInstanceOf(ClosedError)
    expect(onClose).toHaveBeenCalledExactlyOnceWith(undefined)
  })

  it('drops the socket at whatever moment it is closed', async () => {
    for (let microtasks = 0; microtasks < 12; microtasks++) {
      const world = new VirtualWorld()
      const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
      const connection = connectionIn(world, { dialer: async () => stream })
      const failure = connection.open().catch((error) => error)
      for (let i = 0; i < microtasks; i++) await undefined
      connection.close()
      expect(await failure).toBeInstanceOf(ClosedError)
      await world.settle()
      expect(stream.destroyed).toBe(true)
      expect(world.waitingTimers).toBe(0)
    }
  })

  it('says what may be wrong when the broker hangs up', async () => {
    const world = new VirtualWorld()
    const server = await ScriptedServer.listen(world, '127.0.0.1', 9092)
    server.offered = undefined
    server.script = ({ socket }) => socket.destroy()
    const error = await failureOf(world, connectionIn(world).open())
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toBe(
      'broker 1 (127.0.0.1:9092) could not be used: broker 1 (127.0.0.1:9092) closed the connection, ' +
        'while negotiating; a listener that expects TLS or SASL does so, and so does a broker that is shutting down',
    )
  })

  it('says what may be wrong when it is no broker', async () => {
    const world = new VirtualWorld()
    const server = await ScriptedServer.listen(world, '127.0.0.1', 9092)
    server.offered = undefined
    server.script = ({ socket }) => socket.write([Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')])
    const error = await failureOf(world, connectionIn(world).open())
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.message).toContain(
      'the other side speaks HTTP, while negotiating; perhaps this is no Kafka broker',
    )
  })

  it('can be done once', async () => {
    const { connection } = await openConnection()
    expect(() => connection.open()).toThrow(/cannot go from ready to connecting/)
    connection.close()
    expect(() => connection.open()).toThrow(KafkaError)
  })
})

describe('an authenticator', () => {
  it('speaks with the broker before the connection is ready', async () => {
    const world = new VirtualWorld()
    const server = await ScriptedServer.listen(world, '127.0.0.1', 9092)
    server.script = (request) => request.answer({ mechanisms: ['PLAIN'] })
    const connection = connectionIn(world, {
      authenticator: async (exchange) => {
        expect(exchange.version(SaslHandshake)).toBe(1)
        const { mechanisms } = await exchange.send(SaslHandshake, { mechanism: 'PLAIN' })
        expect(mechanisms).toEqual(['PLAIN'])
        await expect(connection.send(Metadata, {})).rejects.toMatchObject({ code: 'ILLEGAL_STATE' })
      },
    })
    const opened = connection.open()
    await world.settle()
    await opened
    expect(connection.state).toBe('ready')
    expect(server.of('SaslHandshake')).toHaveLength(1)
  })

  it('ends the connection when it refuses', async () => {
    const world = new VirtualWorld()
    await ScriptedServer.listen(world, '127.0.0.1', 9092)
    const cause = new Error('no token')
    const connection = connectionIn(world, { authenticator: () => Promise.reject(cause) })
    const error = await failureOf(world, connection.open())
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toContain('could not be set up: no token')
    expect(error.cause).toBe(cause)
    expect(connection.state).toBe('closed')
  })
})

it('tells observers of connecting and of parting', async () => {
  const observer = { onConnect: vi.fn(), onDisconnect: vi.fn() }
  const { connection } = await openConnection({ observer })
  expect(observer.onConnect).toHaveBeenCalledExactlyOnceWith({ broker: '1 (127.0.0.1:9092)', elapsedMs: 0 })
  connection.close()
  connection.close()
  expect(observer.onDisconnect).toHaveBeenCalledExactlyOnceWith({
    broker: '1 (127.0.0.1:9092)',
    error: undefined,
  })
})
