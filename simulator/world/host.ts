import type { Clock, Network, Random, Runtime, Timer, Timers } from '../../src/runtime/runtime.ts'
import type { Chance } from './chance.ts'
import type { World } from './world.ts'

/** What Node defers to the end of a turn comes a little later, so that a loop of it lets time pass. */
const deferUs = 10
/** Node's timers have no shorter delay. */
const shortestTimerMs = 1
/** How long another thread takes, from and to. */
const offloadUs: readonly [number, number] = [50, 20_000]

export type HostState = 'running' | 'paused' | 'dead'

/**
 * A machine with one process on it, and the runtime of that process: clocks that may be off, timers, chance of its own,
 * its place in the network.
 *
 *   running <--> paused         paused: time goes by and nothing runs, as under SIGSTOP or a long collection of garbage
 *      |           |            dead: nothing runs ever again, and nobody is told
 *      +--> dead <-+
 */
export class Host implements Runtime {
  readonly name: string
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly network: Network
  readonly #world: World
  readonly #jitter: Chance
  readonly #offloads: Chance
  #state: HostState = 'running'
  #backlog: (() => void)[] = []
  /** How far this machine's wall clock is off. */
  #wallOffsetMs = 0
  #openTimers = 0
  /** Sockets of this host that are not closed. */
  openSockets = 0

  constructor(world: World, name: string) {
    this.#world = world
    this.name = name
    const chance = world.chance.stream(`host ${name}`)
    this.#jitter = chance.stream('timers')
    this.#offloads = chance.stream('offload')
    this.random = chance.stream('random')
    // Two machines have no monotonic time in common, nor is it the wall clock's.
    const monotonicStartMs = chance.stream('clock').int(1_000, 100_000_000)
    this.clock = {
      now: () => world.wallMs + this.#wallOffsetMs,
      monotonicMs: () => monotonicStartMs + world.nowUs / 1000,
    }
    this.timers = {
      after: (delayMs, callback) => this.#after(delayMs, callback),
      defer: (callback) => {
        world.after(deferUs, () => this.deliver(callback))
      },
    }
    this.network = world.network.of(this)
  }

  get state(): HostState {
    return this.#state
  }

  /** Timers that are set and have neither run nor been cancelled. */
  get openTimers(): number {
    return this.#openTimers
  }

  /** The job runs on a real thread; its outcome comes in at a drawn virtual time, however long it really took. */
  offload<T>(job: () => Promise<T>): Promise<T> {
    const work = job()
    let done = false
    work.then(
      () => {
        done = true
      },
      () => {
        done = true
      },
    )
    return new Promise((resolve, reject) => {
      this.#world.after(this.#offloads.int(...offloadUs), () => {
        const finish = () => this.deliver(() => work.then(resolve, reject))
        if (done) return finish()
        this.#world.hold(work)
        this.#world.after(0, finish)
      })
    })
  }

  /** Something comes to this host: it runs now, when the host goes on, or never. */
  deliver(callback: () => void): void {
    if (this.#state === 'running') callback()
    else if (this.#state === 'paused') this.#backlog.push(callback)
  }

  /** Resolves after so much virtual time, for what actors do on this host. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#world.after(ms * 1000, () => this.deliver(resolve))
    })
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused'
  }

  /** All that came meanwhile happens now, in its order. */
  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    const backlog = this.#backlog
    this.#backlog = []
    for (const callback of backlog) this.#world.after(0, () => this.deliver(callback))
  }

  /** The machine is gone. Its peers are told nothing. */
  die(): void {
    this.#state = 'dead'
    this.#backlog = []
  }

  /** Somebody sets the machine's clock. */
  jumpClock(byMs: number): void {
    this.#wallOffsetMs += byMs
  }

  #after(delayMs: number, callback: () => void): Timer {
    if (delayMs === Number.POSITIVE_INFINITY) return { cancel() {} }
    // Timers run late when the loop is busy, and up to a millisecond early by the monotonic clock.
    const jitterUs = this.#jitter.int(-900, 1_500)
    let open = true
    this.#openTimers += 1
    const close = () => {
      if (!open) return false
      open = false
      this.#openTimers -= 1
      return true
    }
    const event = this.#world.after(Math.max(shortestTimerMs, delayMs) * 1000 + jitterUs, () =>
      this.deliver(() => {
        if (close()) callback()
      }),
    )
    return {
      cancel: () => {
        if (close()) this.#world.cancel(event)
      },
    }
  }
}
