import { describe, expect, test } from 'vitest'
import { pause, waitFor } from '../../src/cluster/waiting.ts'
import { ClosedError } from '../../src/errors.ts'
import { Deadline } from '../../src/runtime/deadline.ts'
import { VirtualWorld } from '../network/support/virtual-world.ts'

const never = new Promise<never>(() => {})
const what = 'the answer'

function limits(world: VirtualWorld) {
  const [stop, closing] = [new AbortController(), new AbortController()]
  const deadline = Deadline.in(world.clock, 100)
  return { stop, closing, all: { what, deadline, signal: stop.signal, closing: closing.signal } }
}

describe.each([
  [
    'a wait for others',
    (world: VirtualWorld, all: Parameters<typeof waitFor>[2]) => waitFor(world, never, all),
  ],
  ['a pause', (world: VirtualWorld, all: Parameters<typeof waitFor>[2]) => pause(world, 10_000, all)],
])('%s', (_, wait) => {
  test('ends with its deadline, its signal, or its owner, and leaves no timer', async () => {
    const world = new VirtualWorld()
    const [late, stopped, closed] = [limits(world), limits(world), limits(world)]
    const outcomes = [late, stopped, closed].map(({ all }) => wait(world, all).catch((error) => error))
    stopped.stop.abort(new Error('enough'))
    const reason = new ClosedError('closed')
    closed.closing.abort(reason)
    expect(await outcomes[1]).toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } })
    expect(await outcomes[2]).toBe(reason)
    await world.advance(100)
    expect(await outcomes[0]).toMatchObject({
      code: 'TIMEOUT',
      retriable: true,
      message: 'the answer was not done in the 100 ms that were left for it',
    })
    expect(world.waitingTimers).toBe(0)
  })

  test('does not begin when it is over already', async () => {
    const world = new VirtualWorld()
    const both = limits(world)
    both.stop.abort()
    both.closing.abort(new ClosedError('closed'))
    await expect(wait(world, both.all)).rejects.toMatchObject({ code: 'CLOSED' })
    expect(world.waitingTimers).toBe(0)
  })
})

test('a wait gives what was waited for, and leaves no timer', async () => {
  const world = new VirtualWorld()
  const { all } = limits(world)
  expect(await waitFor(world, Promise.resolve(7), all)).toBe(7)
  await expect(waitFor(world, Promise.reject(new Error('no')), all)).rejects.toThrow('no')
  const paused = pause(world, 50, all)
  await world.advance(50)
  await paused
  expect(world.waitingTimers).toBe(0)
})
