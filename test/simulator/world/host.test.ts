import { gzip } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { World } from '../../../simulator/world/world.ts'

describe('a simulated host', () => {
  it('runs timers at their time, and none that was cancelled', async () => {
    const world = new World('timers')
    const { timers, clock } = world.host('a')
    const startMs = clock.monotonicMs()
    const rang: string[] = []
    timers.after(500, () => rang.push(`half ${Math.round(clock.monotonicMs() - startMs)}`))
    timers.after(100, () => rang.push(`tenth ${Math.round(clock.monotonicMs() - startMs)}`))
    timers.after(200, () => rang.push('never')).cancel()
    timers.after(Number.POSITIVE_INFINITY, () => rang.push('never'))
    expect(world.host('a').openTimers).toBe(2)
    await world.run()
    expect(rang).toEqual([
      expect.stringMatching(/^tenth (99|10[0-2])$/),
      expect.stringMatching(/^half (499|50[0-2])$/),
    ])
    expect(world.host('a').openTimers).toBe(0)
  })

  it('has a wall clock that can jump, and a monotonic one that cannot', async () => {
    const world = new World('clocks')
    const { clock } = world.host('a')
    const before = [clock.now(), clock.monotonicMs()]
    world.host('a').jumpClock(-60_000)
    expect([clock.now(), clock.monotonicMs()]).toEqual([before[0] - 60_000, before[1]])
    expect(world.host('b').clock.monotonicMs()).not.toBe(before[1])
  })

  it('brings in the work of other threads at a drawn time, however long it really takes', async () => {
    const times = new Set<number>()
    for (let i = 0; i < 3; i++) {
      const world = new World('offload')
      const host = world.host('a')
      let length = 0
      world.after(0, () => {
        const job = () =>
          new Promise<Buffer>((resolve) => gzip(Buffer.alloc(3_000_000), (_, bytes) => resolve(bytes)))
        void host.offload(job).then((bytes) => {
          length = bytes.length
          times.add(world.nowUs)
        })
      })
      await world.run()
      expect(length).toBeGreaterThan(1_000)
    }
    expect(times.size).toBe(1)
  })

  it('passes on what a job of another thread rejects with', async () => {
    const world = new World('offload')
    let failure: unknown
    world.after(0, () => {
      world
        .host('a')
        .offload(async () => {
          throw new Error('no')
        })
        .catch((error) => {
          failure = error
        })
    })
    await world.run()
    expect(failure).toEqual(new Error('no'))
  })

  it('tells of a promise that rejects unheard of', async () => {
    const world = new World('unheard')
    const uncaught: unknown[] = []
    world.onUncaught = (error) => uncaught.push((error as Error).message)
    world.after(1, () => {
      throw new Error('thrown')
    })
    await world.run()
    expect(uncaught).toEqual(['thrown'])
  })
})
