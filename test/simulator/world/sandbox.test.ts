import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { World } from '../../../simulator/world/world.ts'
import { nodeRuntime } from '../../../src/runtime/node.ts'

/** What goes wrong when something is done inside of a simulation. */
async function inside(action: () => unknown): Promise<string[]> {
  const world = new World('sandbox')
  const uncaught: string[] = []
  world.onUncaught = (error) => uncaught.push((error as Error).message)
  world.after(1, () => {
    try {
      action()
    } catch {
      // As careless code does; the world is told all the same.
    }
  })
  await world.run()
  return uncaught
}

const strays: readonly (readonly [name: string, action: () => unknown])[] = [
  ['Date.now', () => Date.now()],
  ['new Date()', () => new Date()],
  ['performance.now', () => performance.now()],
  ['Math.random', () => Math.random()],
  ['setTimeout', () => setTimeout(() => {}, 1)],
  ['setInterval', () => setInterval(() => {}, 1)],
  ['setImmediate', () => setImmediate(() => {})],
  ['crypto.randomBytes', () => randomBytes(1)],
  ['crypto.randomUUID', () => crypto.randomUUID()],
  ['AbortSignal.timeout', () => AbortSignal.timeout(1)],
  ['fs.readFileSync', () => readFileSync('/dev/null')],
  ['net.connect', () => connect(1)],
  ['fetch', () => fetch('http://localhost:1')],
  ['process.hrtime', () => process.hrtime()],
]

describe('the sandbox', () => {
  it.each(strays)('lets nobody use %s, and tells even when the error is swallowed', async (name, action) => {
    expect(await inside(action)).toEqual([
      expect.stringMatching(new RegExp(`^${pattern(name)} is of the real world`)),
    ])
  })

  it('catches the runtime of Node, wherever it is reached', async () => {
    const { clock, timers, random, network } = nodeRuntime()
    expect(await inside(() => clock.now())).toHaveLength(1)
    expect(await inside(() => clock.monotonicMs())).toHaveLength(1)
    expect(await inside(() => timers.after(1, () => {}))).toHaveLength(1)
    expect(await inside(() => timers.defer(() => {}))).toHaveLength(1)
    expect(await inside(() => random.unit())).toHaveLength(1)
    expect(await inside(() => random.bytes(1))).toHaveLength(1)
    expect(await inside(() => network.lookup('localhost').catch(() => {}))).toHaveLength(1)
  })

  it('allows what does not depend on the real world', async () => {
    expect(
      await inside(() => [new Date(0).toISOString(), Date.UTC(2025, 1), new Date(1) instanceof Date]),
    ).toEqual([])
    expect(await inside(() => Promise.resolve().then(() => queueMicrotask(() => {})))).toEqual([])
  })

  it('puts everything back', async () => {
    const before = [Date, setTimeout, Math.random, performance.now]
    await inside(() => {})
    expect([Date, setTimeout, Math.random, performance.now]).toEqual(before)
    expect(Date.now()).toBeGreaterThan(0)
    expect(randomBytes(4)).toHaveLength(4)
  })
})

function pattern(text: string): string {
  return text.replace(/[.()]/g, '\\$&')
}
