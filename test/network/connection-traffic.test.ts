import { describe, expect, it, vi } from 'vitest'
import {
  AbortedError,
  ClosedError,
  ConnectionError,
  type KafkaError,
  ProtocolError,
  TimeoutError,
  UnsupportedVersionError,
} from '../../src/errors.ts'
import {
  Fetch,
  FindCoordinator,
  Heartbeat,
  ListGroups,
  Metadata,
  Produce,
} from '../../src/protocol/messages/index.ts'
import { connectionIn, openConnection, outcomeOf } from './support/connect.ts'
import { resetSocket } from './support/memory-network.ts'
import { offering } from './support/scripted-server.ts'
import { VirtualWorld } from './support/virtual-world.ts'

const broker = '1 (127.0.0.1:9092)'

/** A Heartbeat that is known again by its member. */
function heartbeat(n: number) {
  return { groupId: 'group', generationId: 1, memberId: String(n) }
}

function membersOf(requests: readonly { message: { memberId: string } }[]): number[] {
  return requests.map(({ message }) => Number(message.memberId))
}

describe('requests', () => {
  it('of one turn leave in one write and are answered in their order', async () => {
    const { world, server, connection } = await openConnection()
    server.script = (request) => request.answer({ errorCode: Number(request.message.memberId) })
    const responses = Promise.all([0, 1, 2, 3].map((n) => connection.send(Heartbeat, heartbeat(n))))
    expect(connection.inFlight).toBe(0)
    await world.settle()
    expect((await responses).map(({ errorCode }) => errorCode)).toEqual([0, 1, 2, 3])
    expect(world.net.writes).toHaveLength(1)
    expect(connection.inFlight).toBe(0)
  })

  it('wait for a place in flight, and then for one to be free', async () => {
    const { world, server, connection } = await openConnection({
      maxInFlightRequests: 2,
      maxQueuedRequests: 3,
    })
    const responses = [0, 1, 2, 3, 4].map((n) => connection.send(Heartbeat, heartbeat(n)))
    const refused = (await connection.send(Heartbeat, heartbeat(5)).catch((error) => error)) as KafkaError
    expect(refused).toMatchObject({ code: 'BUFFER_FULL', retriable: true })
    expect(refused.message).toContain('maxQueuedRequests (3)')
    await world.settle()
    expect(membersOf(server.requests.slice(1))).toEqual([0, 1])
    expect(connection.inFlight).toBe(2)
    server.requests[1].answer({})
    await world.settle()
    expect(membersOf(server.requests.slice(1))).toEqual([0, 1, 2])
    server.script = (request) => request.answer({})
    for (const request of server.requests.slice(2)) request.answer({})
    await world.settle()
    await Promise.all(responses)
    expect(membersOf(server.requests.slice(1))).toEqual([0, 1, 2, 3, 4])
  })

  it('wait while the socket takes no more', async () => {
    const { world, server, connection } = await openConnection()
    server.script = (request) => request.answer({})
    world.net.stalled = true
    const first = connection.send(Heartbeat, heartbeat(1))
    await world.settle()
    const second = connection.send(Heartbeat, heartbeat(2))
    await world.settle()
    expect(world.net.writes).toHaveLength(1)
    expect(await outcomeOf(first)).toBe('pending')
    world.net.unstall()
    await world.settle()
    await Promise.all([first, second])
    expect(world.net.writes).toHaveLength(2)
  })

  it('that are large are written in several goes', async () => {
    const { world, server, connection } = await openConnection()
    server.script = (request) => request.answer({})
    const records = [Buffer.alloc(700_000)]
    const message = { acks: 1, topicData: [{ name: 'topic', partitionData: [{ records }] }] }
    const responses = [1, 2, 3].map(() => connection.send(Produce, message))
    await world.settle()
    await Promise.all(responses)
    expect(world.net.writes.map((bytes) => Math.round(bytes / 700_000))).toEqual([2, 1])
  })

  it('are told to observers, with their responses', async () => {
    const observer = { onRequest: vi.fn(), onResponse: vi.fn() }
    const { world, server, connection } = await openConnection({ observer })
    server.script = () => {}
    const response = connection.send(Heartbeat, heartbeat(1))
    await world.advance(25)
    server.of('Heartbeat')[0].answer({})
    await world.settle()
    await response
    const event = { broker, api: 'Heartbeat', version: 4, correlationId: 2 }
    expect(observer.onRequest).toHaveBeenLastCalledWith({ ...event, requestBytes: world.net.writes[0] })
    expect(observer.onResponse).toHaveBeenLastCalledWith(
      expect.objectContaining({ ...event, elapsedMs: 25, responseBytes: expect.any(Number) }),
    )
  })

  it('go out in the version that is asked for, if both sides know it', async () => {
    const { world, server, connection } = await openConnection()
    server.script = (request) => request.answer({})
    const responses = [
      connection.send(Heartbeat, heartbeat(1)),
      connection.send(Heartbeat, heartbeat(2), { version: 1 }),
    ]
    await world.settle()
    await Promise.all(responses)
    expect(server.of('Heartbeat').map(({ version }) => version)).toEqual([4, 1])
    const onFlushed = vi.fn()
    await expect(connection.send(Heartbeat, heartbeat(3), { version: 5, onFlushed })).rejects.toBeInstanceOf(
      UnsupportedVersionError,
    )
    expect(onFlushed).toHaveBeenCalledOnce()
  })

  it('that cannot be encoded are rejected and harm nobody', async () => {
    const { world, server, connection } = await openConnection()
    server.script = (request) => request.answer({})
    const onFlushed = vi.fn()
    const bad = connection.send(Heartbeat, { generationId: 2 ** 40 }, { onFlushed })
    await expect(bad).rejects.toBeInstanceOf(ProtocolError)
    expect(onFlushed).toHaveBeenCalledOnce()
    const good = connection.send(Heartbeat, heartbeat(1))
    await world.settle()
    await good
  })

  it('are refused before open and after close', async () => {
    const idle = connectionIn(new VirtualWorld())
    await expect(idle.send(Metadata, {})).rejects.toMatchObject({ code: 'ILLEGAL_STATE' })
    const { connection } = await openConnection()
    connection.close()
    const onFlushed = vi.fn()
    const refused = connection.send(Metadata, {}, { onFlushed })
    await expect(refused).rejects.toBeInstanceOf(ClosedError)
    await expect(refused).rejects.toMatchObject({ context: { broker, api: 'Metadata', sent: false } })
    expect(onFlushed).toHaveBeenCalledOnce()
  })
})

describe('requests without a response', () => {
  it('resolve when they have left, and take no place in flight', async () => {
    const { world, server, connection } = await openConnection({ maxInFlightRequests: 1 })
    server.script = (request) => request.api === 'Heartbeat' && request.answer({})
    world.net.stalled = true
    const sent = [1, 2].map(() => connection.send(Produce, { acks: 0 }, { noResponse: true }))
    await world.settle()
    expect(await outcomeOf(sent[0])).toBe('pending')
    expect(connection.inFlight).toBe(0)
    world.net.unstall()
    await world.settle()
    expect(await Promise.all(sent)).toEqual([undefined, undefined])
    const answered = connection.send(Heartbeat, heartbeat(1))
    await world.settle()
    await answered
    expect(server.of('Produce')).toHaveLength(2)
  })

  it('reject when they were dropped with the connection', async () => {
    const { world, connection } = await openConnection()
    world.net.stalled = true
    const onFlushed = vi.fn()
    const sent = connection.send(Produce, { acks: 0 }, { noResponse: true, onFlushed })
    const outcome = sent.catch((error) => error)
    await world.settle()
    connection.close()
    await world.settle()
    expect(await outcome).toBeInstanceOf(ClosedError)
    expect(onFlushed).toHaveBeenCalledOnce()
  })

  it('reject when the broker drops the connection first', async () => {
    const { world, server, connection } = await openConnection()
    world.net.stalled = true
    const sent = connection.send(Produce, { acks: 0 }, { noResponse: true }).catch((error) => error)
    await world.settle()
    resetSocket(server.sockets[0])
    await world.settle()
    expect(await sent).toBeInstanceOf(ConnectionError)
  })

  it('leave as soon as the socket takes them', async () => {
    const { world, server, connection } = await openConnection()
    world.net.stalled = true
    const first = connection.send(Produce, { acks: 0 }, { noResponse: true })
    await world.settle()
    const second = connection.send(Produce, { acks: 0 }, { noResponse: true })
    await world.settle()
    expect(world.net.writes).toHaveLength(1)
    world.net.unstall()
    await world.settle()
    await Promise.all([first, second])
    expect(server.of('Produce')).toHaveLength(2)
  })

  it('time out when the socket takes nothing', async () => {
    const { world, connection } = await openConnection()
    world.net.stalled = true
    const outcome = connection
      .send(Produce, { acks: 0 }, { noResponse: true, timeoutMs: 100 })
      .catch((error: Error) => error)
    await world.advance(100)
    expect(await outcome).toBeInstanceOf(TimeoutError)
    expect(connection.state).toBe('closed')
  })
})

describe('onFlushed', () => {
  it('runs once, when the bytes have left', async () => {
    const { world, server, connection } = await openConnection()
    server.script = (request) => request.answer({})
    world.net.stalled = true
    const onFlushed = vi.fn()
    const response = connection.send(Heartbeat, heartbeat(1), { onFlushed })
    await world.settle()
    expect(onFlushed).not.toHaveBeenCalled()
    world.net.unstall()
    await world.settle()
    await response
    connection.close()
    await world.settle()
    expect(onFlushed).toHaveBeenCalledOnce()
  })

  it('runs once for what never leaves, whatever the reason', async () => {
    const { world, connection } = await openConnection({ maxInFlightRequests: 1 })
    const controller = new AbortController()
    const told: string[] = []
    const send = (name: string, options: object) =>
      outcomeOf(connection.send(Heartbeat, heartbeat(1), { ...options, onFlushed: () => told.push(name) }))
    send('sent', {})
    send('aborted', { signal: controller.signal })
    send('late', { timeoutMs: 50 })
    send('waiting', {})
    await world.settle()
    expect(told).toEqual(['sent'])
    controller.abort()
    expect(told).toEqual(['sent', 'aborted'])
    await world.advance(50)
    expect(told).toEqual(['sent', 'aborted', 'late'])
    connection.close()
    await world.settle()
    expect(told).toEqual(['sent', 'aborted', 'late', 'waiting'])
  })
})

describe('deadlines', () => {
  it('of a request that was sent end the connection, and with it all others', async () => {
    const onClose = vi.fn()
    const { world, server, connection } = await openConnection({ requestTimeoutMs: 1000, onClose })
    server.script = () => {}
    const late = connection.send(Heartbeat, heartbeat(1), { timeoutMs: 300 }).catch((error) => error)
    const other = connection.send(ListGroups, {}).catch((error) => error)
    await world.advance(299)
    expect(connection.state).toBe('ready')
    await world.advance(1)
    expect(await late).toBeInstanceOf(TimeoutError)
    expect(await late).toMatchObject({
      retriable: true,
      context: { broker, api: 'Heartbeat', sent: true, elapsedMs: 300 },
    })
    expect(await other).toBeInstanceOf(ConnectionError)
    expect(((await other) as Error).message).toBe(
      `ListGroups request to broker ${broker} failed: broker ${broker} did not answer Heartbeat within 300 ms; ` +
        'it had been sent, so the broker may have handled it',
    )
    expect(connection.state).toBe('closed')
    expect(onClose).toHaveBeenCalledOnce()
    expect(world.waitingTimers).toBe(0)
  })

  it('of a request that still waits harm nobody else', async () => {
    const { world, server, connection } = await openConnection({ maxInFlightRequests: 1 })
    server.script = () => {}
    const first = connection.send(Heartbeat, heartbeat(1))
    const late = connection.send(ListGroups, {}, { timeoutMs: 300 }).catch((error) => error)
    await world.advance(300)
    expect(await late).toBeInstanceOf(TimeoutError)
    expect(await late).toMatchObject({ context: { sent: false } })
    expect(connection.state).toBe('ready')
    server.of('Heartbeat')[0].answer({})
    await world.settle()
    await first
    expect(server.of('ListGroups')).toEqual([])
  })

  it('hold for each request, whatever the others have', async () => {
    const { world, server, connection } = await openConnection()
    server.script = () => {}
    const long = connection.send(Heartbeat, heartbeat(1), { timeoutMs: 10_000 }).catch((error) => error)
    await world.advance(5000)
    server.of('Heartbeat')[0].answer({})
    await world.settle()
    await long
    const short = connection.send(Heartbeat, heartbeat(2), { timeoutMs: 100 }).catch((error) => error)
    await world.advance(99)
    expect(await outcomeOf(short)).toBe('pending')
    await world.advance(1)
    expect(await short).toBeInstanceOf(TimeoutError)
  })

  it('hold when one that was earlier never passed', async () => {
    const { world, server, connection } = await openConnection()
    server.script = () => {}
    const short = connection.send(Heartbeat, heartbeat(1), { timeoutMs: 100 })
    const long = connection.send(Heartbeat, heartbeat(2), { timeoutMs: 1000 }).catch((error) => error)
    await world.advance(50)
    server.of('Heartbeat')[0].answer({})
    await world.advance(949)
    await short
    expect(await outcomeOf(long)).toBe('pending')
    await world.advance(1)
    expect(await long).toBeInstanceOf(TimeoutError)
  })

  it('hold when one that was earlier did', async () => {
    const { world, connection } = await openConnection({ maxInFlightRequests: 1 })
    const first = connection.send(Heartbeat, heartbeat(1)).catch((error) => error)
    const outcomes = [300, 500].map((timeoutMs) =>
      connection.send(ListGroups, {}, { timeoutMs }).catch((error) => error),
    )
    await world.advance(300)
    expect(await outcomes[0]).toBeInstanceOf(TimeoutError)
    await world.advance(199)
    expect(await outcomeOf(outcomes[1])).toBe('pending')
    await world.advance(1)
    expect(await outcomes[1]).toBeInstanceOf(TimeoutError)
    expect(connection.state).toBe('ready')
    connection.close()
    await first
  })

  it('do not pass while the thread is held up and the answer has come', async () => {
    const { world, server, connection } = await openConnection()
    server.script = (request) => request.answer({})
    const response = connection.send(Heartbeat, heartbeat(1), { timeoutMs: 100 })
    // The request goes out and the answer comes in, and nobody looks.
    await Promise.resolve()
    await world.net.deliver(async () => {})
    world.block(5000)
    await world.settle()
    await response
    expect(connection.state).toBe('ready')
  })
})

describe('a signal', () => {
  it('withdraws a request that waits', async () => {
    const { world, server, connection } = await openConnection()
    server.script = (request) => request.answer({})
    const controller = new AbortController()
    const withdrawn = connection.send(ListGroups, {}, { signal: controller.signal }).catch((error) => error)
    const other = connection.send(Heartbeat, heartbeat(1))
    controller.abort('enough')
    await world.settle()
    expect(await withdrawn).toBeInstanceOf(AbortedError)
    expect(await withdrawn).toMatchObject({ cause: 'enough', context: { api: 'ListGroups', sent: false } })
    await other
    expect(server.of('ListGroups')).toEqual([])
  })

  it('rejects a request in flight, and its response is dropped', async () => {
    const onResponse = vi.fn()
    const { world, server, connection } = await openConnection({ observer: { onResponse } })
    server.script = () => {}
    const controller = new AbortController()
    const left = connection.send(Fetch, {}, { signal: controller.signal, version: 4 }).catch((error) => error)
    const other = connection.send(Heartbeat, heartbeat(1))
    await world.settle()
    controller.abort()
    expect(await left).toMatchObject({ code: 'ABORTED', context: { sent: true } })
    expect(connection.inFlight).toBe(2)
    for (const request of server.requests.slice(1)) request.answer({})
    await world.settle()
    await other
    expect(onResponse.mock.calls.map(([{ api }]) => api)).toEqual(['ApiVersions', 'Heartbeat'])
    expect(connection.inFlight).toBe(0)
    expect(connection.state).toBe('ready')
  })

  it('does not stop the time of a request that the broker has', async () => {
    const { world, server, connection } = await openConnection()
    server.script = () => {}
    const controller = new AbortController()
    const left = connection.send(Fetch, {}, { signal: controller.signal, timeoutMs: 500, version: 4 })
    const outcome = left.catch((error) => error)
    await world.settle()
    controller.abort()
    await world.advance(500)
    expect(await outcome).toBeInstanceOf(AbortedError)
    expect(connection.state).toBe('closed')
  })

  it('that has fired already keeps the request at home', async () => {
    const { world, server, connection } = await openConnection()
    const refused = connection.send(Heartbeat, heartbeat(1), { signal: AbortSignal.abort() })
    await expect(refused).rejects.toBeInstanceOf(AbortedError)
    await world.settle()
    expect(server.of('Heartbeat')).toEqual([])
  })
})

describe('a broken connection', () => {
  it('rejects all that is outstanding and says what was sent', async () => {
    const onClose = vi.fn()
    const { world, server, connection } = await openConnection({ maxInFlightRequests: 1, onClose })
    server.script = () => {}
    const sent = connection.send(Heartbeat, heartbeat(1)).catch((error) => error)
    const waiting = connection.send(ListGroups, {}).catch((error) => error)
    await world.settle()
    resetSocket(server.sockets[0])
    await world.settle()
    expect(await sent).toBeInstanceOf(ConnectionError)
    expect(await sent).toMatchObject({ retriable: true, context: { broker, api: 'Heartbeat', sent: true } })
    expect(((await sent) as Error).message).toBe(
      `Heartbeat request to broker ${broker} failed: the connection to broker ${broker} broke: read ECONNRESET; ` +
        'it had been sent, so the broker may have handled it',
    )
    expect(await waiting).toMatchObject({
      retriable: true,
      context: { broker, api: 'ListGroups', sent: false },
    })
    expect(((await waiting) as Error).message).toMatch(/; it had not been sent$/)
    expect(onClose).toHaveBeenCalledExactlyOnceWith(expect.any(ConnectionError))
    const after = connection.send(Heartbeat, heartbeat(2))
    await expect(after).rejects.toMatchObject({ code: 'CONNECTION_LOST', retriable: true })
  })

  it('may have been closed by the broker', async () => {
    const { world, server, connection } = await openConnection()
    server.script = ({ socket }) => socket.destroy()
    const outcome = connection.send(Heartbeat, heartbeat(1)).catch((error) => error)
    await world.settle()
    expect(((await outcome) as Error).message).toContain(`broker ${broker} closed the connection`)
  })

  it('may have been closed by its owner, in peace or for a reason', async () => {
    const onClose = vi.fn()
    const peaceful = await openConnection({ onClose })
    const outcome = peaceful.connection.send(Heartbeat, heartbeat(1)).catch((error) => error)
    peaceful.connection.close()
    expect(await outcome).toBeInstanceOf(ClosedError)
    expect(onClose).toHaveBeenCalledExactlyOnceWith(undefined)
    await peaceful.world.settle()
    expect(peaceful.world.waitingTimers).toBe(0)

    const failed = await openConnection()
    const other = failed.connection.send(Heartbeat, heartbeat(1)).catch((error) => error)
    const reason = new ConnectionError('the coordinator moved')
    failed.connection.close(reason)
    expect(await other).toBeInstanceOf(ConnectionError)
    expect(await other).toMatchObject({ cause: reason })
  })

  it.each([
    ['out of turn', 5, 'a response has the correlation id 7 where 2 was expected'],
    ['too short for a correlation id', 1, 'a response of 1 bytes has no correlation id'],
  ])('comes of a response that is %s', async (_, length, message) => {
    const { world, server, connection } = await openConnection()
    server.script = ({ socket }) => {
      const bytes = Buffer.alloc(4 + length)
      bytes.writeInt32BE(length)
      if (length > 4) bytes.writeInt32BE(7, 4)
      socket.write([bytes])
    }
    const outcome = connection.send(Heartbeat, heartbeat(1)).catch((error) => error)
    await world.settle()
    expect(await outcome).toBeInstanceOf(ConnectionError)
    expect(await outcome).toMatchObject({ cause: { code: 'PROTOCOL' } })
    expect(((await outcome) as Error).message).toContain(message)
    expect(connection.state).toBe('closed')
  })

  it('comes of a response that cannot be read, which alone rejects with ProtocolError', async () => {
    const { world, server, connection } = await openConnection()
    server.script = (request) => {
      // Version 0 has no throttle time, so the bytes are too few.
      if (request.api === 'Heartbeat') request.answer({}, 0)
    }
    const unreadable = connection.send(Heartbeat, heartbeat(1)).catch((error) => error)
    const other = connection.send(ListGroups, {}).catch((error) => error)
    await world.settle()
    expect(await unreadable).toBeInstanceOf(ProtocolError)
    expect(((await unreadable) as Error).message).toContain(
      `the response of broker ${broker} to Heartbeat version 4 cannot be read: `,
    )
    expect(await other).toBeInstanceOf(ConnectionError)
    expect(connection.state).toBe('closed')
  })

  it('comes of a response above maxResponseBytes', async () => {
    const { world, server, connection } = await openConnection({ maxResponseBytes: 4000 })
    server.script = (request) => request.answer({ errorMessage: 'x'.repeat(5000) })
    const outcome = connection.send(FindCoordinator, { key: 'group' }, { version: 3 }).catch((error) => error)
    await world.settle()
    expect(((await outcome) as Error).message).toContain('is above the limit of 4000 bytes')
  })
})

describe('throttle time', () => {
  it('holds the next requests back, and is told', async () => {
    const onThrottle = vi.fn()
    const { world, server, connection } = await openConnection({ observer: { onThrottle } })
    server.script = (request) =>
      request.answer({ throttleTimeMs: request.message.memberId === '1' ? 400 : 0 })
    const first = connection.send(Heartbeat, heartbeat(1))
    await world.settle()
    await first
    expect(onThrottle).toHaveBeenCalledExactlyOnceWith({ broker, api: 'Heartbeat', throttleTimeMs: 400 })
    const second = connection.send(Heartbeat, heartbeat(2))
    await world.advance(399)
    expect(membersOf(server.of('Heartbeat'))).toEqual([1])
    await world.advance(1)
    expect(membersOf(server.of('Heartbeat'))).toEqual([1, 2])
    await second
  })

  it('lasts as long as the longest of those that are told', async () => {
    const { world, server, connection } = await openConnection()
    const throttleTimesMs: Record<string, number> = { 1: 400, 2: 100, 3: 0 }
    server.script = (request) => request.answer({ throttleTimeMs: throttleTimesMs[request.message.memberId] })
    const told = [1, 2].map((n) => connection.send(Heartbeat, heartbeat(n)))
    await world.settle()
    await Promise.all(told)
    const held = connection.send(Heartbeat, heartbeat(3))
    await world.advance(399)
    expect(membersOf(server.of('Heartbeat'))).toEqual([1, 2])
    await world.advance(1)
    await held
  })

  it("is the broker's own affair in versions before KIP-219", async () => {
    const { world, server, connection } = await openConnection()
    server.script = (request) => request.answer({ throttleTimeMs: 400 })
    const responses = [1, 2].map((n) => connection.send(Heartbeat, heartbeat(n), { version: 1 }))
    await world.settle()
    await Promise.all(responses)
    expect(membersOf(server.of('Heartbeat'))).toEqual([1, 2])
  })

  it('does not outlast the deadline of what waits', async () => {
    const { world, server, connection } = await openConnection()
    server.script = (request) => request.answer({ throttleTimeMs: 60_000 })
    const first = connection.send(Heartbeat, heartbeat(1))
    await world.settle()
    await first
    const second = connection.send(Heartbeat, heartbeat(2), { timeoutMs: 1000 }).catch((error) => error)
    await world.advance(1000)
    expect(await second).toMatchObject({ code: 'TIMEOUT', context: { sent: false } })
    expect(connection.state).toBe('ready')
    connection.close()
    expect(world.waitingTimers).toBe(0)
  })
})

describe('an idle connection', () => {
  it('closes in peace', async () => {
    const onClose = vi.fn()
    const { world, connection } = await openConnection({ idleTimeoutMs: 60_000, onClose })
    await world.advance(59_999)
    expect(connection.state).toBe('ready')
    await world.advance(1)
    expect(connection.state).toBe('closed')
    expect(onClose).toHaveBeenCalledExactlyOnceWith(undefined)
    await expect(connection.send(Metadata, {})).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      retriable: true,
    })
    expect(world.waitingTimers).toBe(0)
  })

  it('is none while it is used or waits for an answer', async () => {
    const { world, server, connection } = await openConnection({
      idleTimeoutMs: 60_000,
      requestTimeoutMs: 600_000,
    })
    server.script = (request) => request.answer({})
    await world.advance(40_000)
    const used = connection.send(Heartbeat, heartbeat(1))
    await world.advance(40_000)
    await used
    expect(connection.state).toBe('ready')
    server.script = () => {}
    const waiting = connection.send(Heartbeat, heartbeat(2))
    await world.advance(300_000)
    expect(connection.state).toBe('ready')
    server.of('Heartbeat')[1].answer({})
    await world.advance(59_999)
    await waiting
    expect(connection.state).toBe('ready')
    await world.advance(60_000)
    expect(connection.state).toBe('closed')
  })
})

it('reads responses however they are cut', async () => {
  const { world, server, connection } = await openConnection()
  world.net.maxReadBytes = 3
  server.offered = offering({ min: 0, max: 4 })
  server.script = (request) => request.answer({ errorMessage: 'x'.repeat(Number(request.message.key)) })
  const lengths = [0, 1, 100, 32_000, 5]
  const responses = lengths.map((length) =>
    connection.send(FindCoordinator, { key: String(length) }, { version: 3 }),
  )
  await world.settle()
  expect((await Promise.all(responses)).map(({ errorMessage }) => errorMessage?.length)).toEqual(lengths)
})
