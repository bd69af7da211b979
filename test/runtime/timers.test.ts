import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AbortedError } from '../../src/errors.ts'
import { Alarm } from '../../src/runtime/alarm.ts'
import { nodeRuntime } from '../../src/runtime/node.ts'
import { sleep } from '../../src/runtime/sleep.ts'

const runtime = nodeRuntime()

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('timers', () => {
  it('run once, and not when they were cancelled', () => {
    const ran = vi.fn()
    const cancelled = vi.fn()
    runtime.timers.after(10, ran)
    runtime.timers.after(10, cancelled).cancel()
    vi.advanceTimersByTime(9)
    expect(ran).not.toHaveBeenCalled()
    vi.advanceTimersByTime(100)
    expect(ran).toHaveBeenCalledTimes(1)
    expect(cancelled).not.toHaveBeenCalled()
  })

  it('wait for longer than setTimeout can', () => {
    const ran = vi.fn()
    const days = 24 * 3600 * 1000
    runtime.timers.after(60 * days, ran)
    vi.advanceTimersByTime(60 * days - 1)
    expect(ran).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(ran).toHaveBeenCalledTimes(1)
  })

  it('can be cancelled in the middle of a long wait', () => {
    const ran = vi.fn()
    const days = 24 * 3600 * 1000
    const timer = runtime.timers.after(60 * days, ran)
    vi.advanceTimersByTime(30 * days)
    timer.cancel()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('never run after an infinite delay', () => {
    const ran = vi.fn()
    const timer = runtime.timers.after(Number.POSITIVE_INFINITY, ran)
    vi.advanceTimersByTime(2 ** 33)
    expect(ran).not.toHaveBeenCalled()
    timer.cancel()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('sleep', () => {
  it('resolves in time and leaves the signal alone', async () => {
    const { signal } = new AbortController()
    const removed = vi.spyOn(signal, 'removeEventListener')
    const slept = sleep(runtime.timers, 50, signal)
    vi.advanceTimersByTime(50)
    await slept
    expect(removed).toHaveBeenCalled()
  })

  it('ends at once when the signal fires', async () => {
    const controller = new AbortController()
    const slept = sleep(runtime.timers, 50, controller.signal)
    controller.abort()
    await expect(slept).rejects.toBeInstanceOf(AbortedError)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not begin when the signal has fired', async () => {
    await expect(sleep(runtime.timers, 50, AbortSignal.abort())).rejects.toBeInstanceOf(AbortedError)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('Alarm', () => {
  it('rings once, at the earliest of all times', () => {
    const rings: number[] = []
    const start = runtime.clock.monotonicMs()
    const alarm = new Alarm(runtime, () => rings.push(runtime.clock.monotonicMs() - start))
    for (const ms of [300, 100, 200]) alarm.ringBy(start + ms)
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(1000)
    expect(rings).toEqual([100])
  })

  it('can be asked again while it rings', () => {
    const rings: number[] = []
    const start = runtime.clock.monotonicMs()
    const alarm = new Alarm(runtime, () => {
      rings.push(runtime.clock.monotonicMs() - start)
      if (rings.length < 3) alarm.ringBy(start + 100 * (rings.length + 1))
    })
    alarm.ringBy(start + 100)
    vi.advanceTimersByTime(1000)
    expect(rings).toEqual([100, 200, 300])
  })

  it('is silent after it was cancelled, and can be used again', () => {
    const ring = vi.fn()
    const alarm = new Alarm(runtime, ring)
    alarm.ringBy(runtime.clock.monotonicMs() + 100)
    alarm.cancel()
    vi.advanceTimersByTime(1000)
    expect(ring).not.toHaveBeenCalled()
    alarm.ringBy(runtime.clock.monotonicMs() + 100)
    vi.advanceTimersByTime(100)
    expect(ring).toHaveBeenCalledTimes(1)
  })
})
