import { describe, expect, it } from 'vitest'
import { World } from '../../../simulator/world/world.ts'
import type { Socket, SocketHandler } from '../../../src/runtime/runtime.ts'

/** An owner of a socket that writes down what it is told. */
class Owner implements SocketHandler {
  readonly told: string[] = []
  text = ''
  bytes = 0
  readonly #memory = Buffer.alloc(1_000)
  connected(): void {
    this.told.push('connected')
  }
  readBuffer(): Uint8Array {
    return this.#memory
  }
  received(length: number): void {
    this.bytes += length
    if (this.bytes < 10_000) this.text += this.#memory.toString('latin1', 0, length)
  }
  drained(): void {
    this.told.push('drained')
  }
  closed(error?: Error & { code?: string }): void {
    this.told.push(error === undefined ? 'closed' : `closed: ${error.code}`)
  }
}

async function setUp(seed = 'network') {
  const world = new World(seed)
  const problems: unknown[] = []
  world.onUncaught = (error) => problems.push(error)
  const accepted: { owner: Owner; socket: Socket }[] = []
  world.network.label(9092, 'broker-1')
  const server = world.host('server').network
  const listener = await server.listen({ host: 'kafka.sim', port: 9092 }, (socket) => {
    const owner = new Owner()
    accepted.push({ owner, socket })
    return owner
  })
  const link = world.network.link('client', 'broker-1')
  const open = () => {
    const owner = new Owner()
    const socket = world.host('client').network.connect({ host: 'kafka.sim', port: 9092 }, owner)
    return { owner, socket }
  }
  const pass = async (ms: number) => {
    await world.run(world.nowMs + ms)
    expect(problems).toEqual([])
  }
  return { world, listener, accepted, link, open, pass }
}

const bytes = (text: string) => [Buffer.from(text, 'latin1')]

describe('the simulated network', () => {
  it('brings bytes both ways, in order, in pieces, after some time', async () => {
    const { accepted, open, pass } = await setUp()
    const { owner, socket } = open()
    expect(owner.told).toEqual([])
    await pass(1_000)
    expect(owner.told).toEqual(['connected'])
    const sent = Array.from({ length: 200 }, (_, i) => `message ${i};`)
    for (const text of sent) socket.write(bytes(text))
    expect(accepted[0].owner.text).toBe('')
    await pass(1_000)
    expect(accepted[0].owner.text).toBe(sent.join(''))
    accepted[0].socket.write(bytes('answer'))
    await pass(1_000)
    expect(owner.text).toBe('answer')
  })

  it('tells both sides of an end, and whoever wrote meanwhile that it was not sent', async () => {
    const { accepted, open, pass } = await setUp()
    const { owner, socket } = open()
    await pass(1_000)
    let sent: boolean | undefined
    socket.write(bytes('never'), (really) => {
      sent = really
    })
    socket.destroy()
    await pass(1_000)
    expect(sent).toBe(false)
    expect(owner.told).toEqual(['connected', 'closed'])
    expect(accepted[0].owner.told).toEqual(['closed'])
  })

  it('reads the bytes when they leave, not when they are written', async () => {
    const { accepted, open, pass } = await setUp()
    const { socket } = open()
    await pass(1_000)
    const memory = Buffer.from('before')
    socket.write([memory])
    memory.write('behind')
    await pass(1_000)
    expect(accepted[0].owner.text).toBe('behind')
  })

  it('refuses where nobody listens, and finds no unknown name', async () => {
    const { world, listener, open, pass } = await setUp()
    await listener.close()
    const { owner } = open()
    await pass(1_000)
    expect(owner.told).toEqual(['closed: ECONNREFUSED'])
    let failure: unknown
    world
      .host('client')
      .network.lookup('nowhere.sim')
      .catch((error) => {
        failure = error.code
      })
    await pass(1_000)
    expect(failure).toBe('ENOTFOUND')
  })

  it('loses nothing in a cut, and brings it late', async () => {
    const { world, accepted, link, open, pass } = await setUp()
    const { socket } = open()
    await pass(1_000)
    link.cut.out = true
    socket.write(bytes('late'))
    await pass(5_000)
    expect(accepted[0].owner.text).toBe('')
    accepted[0].socket.write(bytes('the other way works'))
    world.network.mend(link)
    socket.write(bytes('r'))
    await pass(5_000)
    expect(accepted[0].owner.text).toBe('later')
  })

  it('keeps the order of what was on its way when a cut began and when it ended', async () => {
    const { world, accepted, link, open, pass } = await setUp()
    const { socket } = open()
    await pass(1_000)
    link.extraUs = 1_000_000
    const sent = Array.from({ length: 30 }, (_, i) => `message ${i};`)
    for (const [i, text] of sent.entries()) {
      socket.write(bytes(text))
      if (i === 10) link.cut.out = true
      if (i === 20) world.network.mend(link)
      await pass(100)
    }
    await pass(20_000)
    expect(accepted[0].owner.text).toBe(sent.join(''))
  })

  it('knocks again when a cut swallowed the first time', async () => {
    const { world, link, open, pass } = await setUp()
    link.cut.in = true
    const { owner } = open()
    await pass(500)
    world.network.mend(link)
    await pass(400)
    expect(owner.told).toEqual([])
    await pass(1_000)
    expect(owner.told).toEqual(['connected'])
  })

  it('tells nobody of a connection that is forgotten, and both sides of a reset', async () => {
    const { world, accepted, link, open, pass } = await setUp()
    const first = open()
    await pass(1_000)
    world.network.forget(link)
    first.socket.write(bytes('void'))
    await pass(60_000)
    expect([first.owner.told, accepted[0].owner.told, accepted[0].owner.text]).toEqual([
      ['connected'],
      [],
      '',
    ])
    const second = open()
    await pass(1_000)
    expect(world.network.reset(link)).toBe(4)
    await pass(1_000)
    expect(second.owner.told).toEqual(['connected', 'closed: ECONNRESET'])
    expect(accepted[1].owner.told).toEqual(['closed: ECONNRESET'])
  })

  it('asks a writer to wait when the other side does not read', async () => {
    const { accepted, open, pass } = await setUp()
    const { owner, socket } = open()
    await pass(1_000)
    accepted[0].socket.pause()
    let more = true
    let written = 0
    while (more && written < 10_000_000) {
      more = socket.write([Buffer.alloc(50_000)])
      written += 50_000
      await pass(10)
    }
    expect(more).toBe(false)
    await pass(10_000)
    expect(owner.told).toEqual(['connected'])
    accepted[0].socket.resume()
    await pass(10_000)
    expect(owner.told).toEqual(['connected', 'drained'])
    expect(accepted[0].owner.bytes).toBe(written)
  })

  it('lets a machine die unnoticed, until its peers find out', async () => {
    const { world, accepted, open, pass } = await setUp()
    open()
    await pass(1_000)
    world.network.bury(world.host('client'))
    await pass(50_000)
    expect(accepted[0].owner.told).toEqual([])
    await pass(200_000)
    expect(accepted[0].owner.told).toEqual(['closed: ETIMEDOUT'])
  })

  it('keeps what comes to a machine that stands still until it goes on', async () => {
    const { world, accepted, open, pass } = await setUp()
    const { owner } = open()
    await pass(1_000)
    world.host('client').pause()
    let rang = false
    world.host('client').timers.after(100, () => {
      rang = true
    })
    accepted[0].socket.write(bytes('hello'))
    await pass(10_000)
    expect([owner.text, rang]).toEqual(['', false])
    world.host('client').resume()
    await pass(1)
    expect([owner.text, rang]).toEqual(['hello', true])
  })
})
