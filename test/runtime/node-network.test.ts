import { once } from 'node:events'
import { createServer, type Socket as NetSocket, type Server } from 'node:net'
import { Duplex, PassThrough } from 'node:stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { nodeRuntime } from '../../src/runtime/node.ts'
import type { Listener, Socket, SocketHandler } from '../../src/runtime/runtime.ts'
import { StreamSocket } from '../../src/runtime/stream-socket.ts'

const { network } = nodeRuntime()
const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

/** An owner of a socket that keeps what comes and can be waited for. */
class Owner implements SocketHandler {
  readonly events: string[] = []
  readonly reads: Buffer[] = []
  readonly error: Error | undefined
  readBytes = 1024
  #target = Buffer.alloc(0)
  #awaited: { done: () => boolean; resolve: () => void }[] = []

  get bytes(): Buffer {
    return Buffer.concat(this.reads)
  }

  until(done: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#awaited.push({ done, resolve })
      this.#look()
    })
  }

  event(name: string): Promise<void> {
    return this.until(() => this.events.includes(name))
  }

  connected(): void {
    this.#note('connected')
  }

  readBuffer(): Uint8Array {
    this.#target = Buffer.alloc(this.readBytes)
    return this.#target
  }

  received(length: number): void {
    this.reads.push(this.#target.subarray(0, length))
    this.#look()
  }

  drained(): void {
    this.#note('drained')
  }

  closed(error?: Error): void {
    Object.assign(this, { error })
    this.#note('closed')
  }

  #note(event: string): void {
    this.events.push(event)
    this.#look()
  }

  #look(): void {
    this.#awaited = this.#awaited.filter(({ done, resolve }) => {
      if (!done()) return true
      resolve()
      return false
    })
  }
}

/** A plain server of Node's, which is none of ours. */
async function serve(onSocket: (socket: NetSocket) => void): Promise<{ server: Server; port: number }> {
  const sockets = new Set<NetSocket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { server, port: (server.address() as { port: number }).port }
}

function connect(port: number, owner: Owner, host = '127.0.0.1'): Socket {
  const socket = network.connect({ host, port }, owner)
  cleanups.push(() => socket.destroy())
  return socket
}

async function listen(accept: (socket: Socket) => SocketHandler): Promise<Listener> {
  const listener = await network.listen({ host: '127.0.0.1', port: 0 }, accept)
  cleanups.push(() => listener.close())
  return listener
}

describe('lookup', () => {
  it('gives all addresses of a name, and a literal itself', async () => {
    expect(await network.lookup('127.0.0.1')).toEqual(['127.0.0.1'])
    expect(await network.lookup('::1')).toEqual(['::1'])
    expect(await network.lookup('localhost')).toContain('127.0.0.1')
  })
})

describe('a socket that connects', () => {
  it('reads into the memory of its owner, and writes', async () => {
    const { port } = await serve((socket) => socket.pipe(socket))
    const owner = new Owner()
    owner.readBytes = 7
    const socket = connect(port, owner)
    expect(owner.events).toEqual([])
    await owner.event('connected')
    socket.write([Buffer.from('one '), Buffer.from('two '), Buffer.from('three')])
    await owner.until(() => owner.bytes.length === 13)
    expect(owner.bytes.toString()).toBe('one two three')
    expect(owner.reads.length).toBeGreaterThan(1)
    expect(socket.remote).toEqual({ host: '127.0.0.1', port })
  })

  it('keeps what is written before it is connected', async () => {
    const { port } = await serve((socket) => socket.pipe(socket))
    const owner = new Owner()
    const onFlushed = vi.fn()
    connect(port, owner).write([Buffer.from('early'), Buffer.from('bird')], onFlushed)
    await owner.until(() => owner.bytes.length === 9)
    expect(onFlushed).toHaveBeenCalledExactlyOnceWith(true)
  })

  it('tells of a refusal once, and of nothing else', async () => {
    const { server, port } = await serve(() => {})
    server.close()
    await once(server, 'close')
    const owner = new Owner()
    connect(port, owner)
    await owner.event('closed')
    expect(owner.events).toEqual(['closed'])
    expect(owner.error).toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('tells of a port that is none as of every other failure', async () => {
    const owner = new Owner()
    const socket = connect(70_000, owner)
    expect(owner.events).toEqual([])
    await owner.event('closed')
    expect(owner.error).toMatchObject({ code: 'ERR_SOCKET_BAD_PORT' })
    socket.destroy()
  })

  it('takes the end of the other side as the end', async () => {
    const { port } = await serve((socket) => socket.end('bye'))
    const owner = new Owner()
    connect(port, owner)
    await owner.event('closed')
    expect(owner.events).toEqual(['connected', 'closed'])
    expect(owner.bytes.toString()).toBe('bye')
    expect(owner.error).toBeUndefined()
  })

  it('tells of a reset with its error', async () => {
    const { port } = await serve((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const owner = new Owner()
    const socket = connect(port, owner)
    await owner.event('connected')
    socket.write([Buffer.from('x')])
    await owner.event('closed')
    expect(owner.error).toMatchObject({ code: 'ECONNRESET' })
  })

  it('asks for patience when the other side reads nothing, and says when it is over', async () => {
    let reader: NetSocket | undefined
    const { port } = await serve((socket) => {
      reader = socket.pause()
    })
    const owner = new Owner()
    const socket = connect(port, owner)
    await owner.event('connected')
    const block = Buffer.alloc(1 << 20)
    let written = 0
    const onFlushed = vi.fn()
    do written += 1
    while (socket.write([block], onFlushed))
    expect(onFlushed.mock.calls.length).toBeLessThan(written)
    expect(owner.events).toEqual(['connected'])
    let read = 0
    reader?.on('data', (chunk) => {
      read += chunk.length
    })
    reader?.resume()
    await owner.event('drained')
    expect(socket.write([Buffer.from('last')])).toBe(true)
    await vi.waitUntil(() => read === written * block.length + 4)
    expect(onFlushed.mock.calls).toEqual(Array.from({ length: written }, () => [true]))
    expect(owner.events).toEqual(['connected', 'drained'])
  })

  it('takes a large write that leaves at once for done', async () => {
    const { port } = await serve((socket) => socket.resume())
    const owner = new Owner()
    const socket = connect(port, owner)
    await owner.event('connected')
    // Above the mark of Node's stream, below what the kernel takes at once.
    expect(socket.write([Buffer.alloc(40_000), Buffer.alloc(40_000)])).toBe(true)
    await new Promise(setImmediate)
    expect(owner.events).toEqual(['connected'])
  })

  it('flushes everything once when it is destroyed', async () => {
    const { port } = await serve((socket) => socket.pause())
    const owner = new Owner()
    const socket = connect(port, owner)
    await owner.event('connected')
    const flushed: string[] = []
    const block = Buffer.alloc(1 << 20)
    let n = 0
    while (socket.write([block], (sent) => flushed.push(`${n} ${sent}`))) n += 1
    for (let i = 0; i < 3; i++) socket.write([block, block], (sent) => flushed.push(`stuck ${sent}`))
    socket.destroy()
    socket.destroy()
    socket.write([block], (sent) => flushed.push(`after ${sent}`))
    await owner.event('closed')
    expect(flushed.filter((line) => line === 'stuck false')).toHaveLength(3)
    expect(flushed.filter((line) => line === 'after false')).toHaveLength(1)
    expect(flushed).toHaveLength(n + 1 + 3 + 1)
    expect(owner.error).toBeUndefined()
  })

  it('can be destroyed before it is connected', async () => {
    const { port } = await serve(() => {})
    const owner = new Owner()
    connect(port, owner).destroy()
    await owner.event('closed')
    expect(owner.events).toEqual(['closed'])
  })

  it('reads nothing while it is paused', async () => {
    let other: NetSocket | undefined
    const { port } = await serve((socket) => {
      other = socket
    })
    const owner = new Owner()
    const socket = connect(port, owner)
    await owner.event('connected')
    await vi.waitUntil(() => other !== undefined)
    socket.pause()
    await new Promise<void>((resolve) => other?.write('held', () => resolve()))
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    expect(owner.bytes.length).toBe(0)
    socket.resume()
    await owner.until(() => owner.bytes.toString() === 'held')
  })

  it('may be destroyed by its owner in the middle of reading', async () => {
    const { port } = await serve((socket) => socket.write(Buffer.alloc(100_000)))
    const owner = new Owner()
    owner.readBytes = 10
    const socket = connect(port, owner)
    owner.received = () => socket.destroy()
    await owner.event('closed')
    expect(owner.events).toEqual(['connected', 'closed'])
  })
})

describe('a listener', () => {
  it('hands each socket to an owner of its own', async () => {
    const accepted: Owner[] = []
    const listener = await listen((socket) => {
      const owner = new Owner()
      owner.readBytes = 3
      accepted.push(owner)
      socket.write([Buffer.from('hello')])
      return owner
    })
    const clients = [new Owner(), new Owner()]
    const sockets = clients.map((client) => connect(listener.address.port, client))
    for (const client of clients) await client.until(() => client.bytes.toString() === 'hello')
    sockets[0].write([Buffer.from('from the first')])
    await vi.waitUntil(() => accepted.some((owner) => owner.bytes.toString() === 'from the first'))
    expect(accepted).toHaveLength(2)
    expect(accepted.flatMap(({ events }) => events)).toEqual([])
  })

  it('drops what it accepted when it closes', async () => {
    const accepted: Owner[] = []
    const listener = await listen(() => {
      const owner = new Owner()
      accepted.push(owner)
      return owner
    })
    const client = new Owner()
    connect(listener.address.port, client)
    await client.event('connected')
    await vi.waitUntil(() => accepted.length === 1)
    await listener.close()
    await client.event('closed')
    await accepted[0].event('closed')
    const late = new Owner()
    connect(listener.address.port, late)
    await late.event('closed')
    expect(late.error).toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('does not share an address', async () => {
    const listener = await listen(() => new Owner())
    await expect(network.listen(listener.address, () => new Owner())).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
  })
})

describe('a socket over any stream', () => {
  it('copies what comes into the memory of its owner', async () => {
    const stream = new PassThrough()
    const owner = new Owner()
    owner.readBytes = 4
    const socket = new StreamSocket(stream, { host: 'tunnel', port: 1 }, 'copied', () => owner)
    socket.write([Buffer.from('there and '), Buffer.from('back')])
    await owner.until(() => owner.bytes.toString() === 'there and back')
    expect(owner.reads.every((read) => read.length <= 4)).toBe(true)
    socket.destroy()
    await owner.event('closed')
  })

  it('takes its end as the end', async () => {
    const stream = new Duplex({ read() {}, write() {} })
    const owner = new Owner()
    new StreamSocket(stream, { host: 'tunnel', port: 1 }, 'copied', () => owner)
    stream.push('bye')
    stream.push(null)
    await owner.event('closed')
    expect(owner.bytes.toString()).toBe('bye')
  })

  it('lets go of what it was writing, whether the stream tells or not', async () => {
    const owner = new Owner()
    const stream = new Duplex({ read() {}, write() {} })
    const socket = new StreamSocket(stream, { host: 'tunnel', port: 1 }, 'copied', () => owner)
    const onFlushed = vi.fn()
    socket.write([Buffer.from('being written')], onFlushed)
    socket.destroy()
    await owner.event('closed')
    expect(onFlushed).toHaveBeenCalledExactlyOnceWith(false)
  })

  it('hands nothing over after it was destroyed', async () => {
    const owner = new Owner()
    owner.readBytes = 4
    const stream = new Duplex({ read() {}, write() {} })
    const socket = new StreamSocket(stream, { host: 'tunnel', port: 1 }, 'copied', () => owner)
    const received = vi.fn(() => socket.destroy())
    owner.received = received
    stream.push('far more than fits into one read')
    await owner.event('closed')
    expect(received).toHaveBeenCalledOnce()
  })
})
