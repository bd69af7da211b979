import type { Clock, Network, Random, Runtime, Timers } from '../../../src/runtime/runtime.ts'
import { MemoryNetwork } from './memory-network.ts'

interface VirtualTimer {
  atMs: number
  callback: () => void
}

/** A runtime in which time passes only when a test says so, and sockets are made of memory. */
export class VirtualWorld implements Runtime {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly network: Network
  readonly net: MemoryNetwork
  #nowMs = 1_000_000
  readonly #timers = new Set<VirtualTimer>()
  readonly #deferred: (() => void)[] = []

  constructor() {
    this.clock = { now: () => this.#nowMs, monotonicMs: () => this.#nowMs }
    this.timers = {
      after: (delayMs, callback) => {
        const timer = { atMs: this.#nowMs + Math.max(0, delayMs), callback }
        this.#timers.add(timer)
        return { cancel: () => this.#timers.delete(timer) }
      },
      defer: (callback) => this.#deferred.push(callback),
    }
    this.random = { unit: () => 0.5, bytes: (length) => Buffer.alloc(length, 7) }
    this.net = new MemoryNetwork()
    this.network = this.net
  }

  offload<T>(job: () => Promise<T>): Promise<T> {
    return job()
  }

  /** Timers that were set and neither ran nor were cancelled. */
  get waitingTimers(): number {
    return this.#timers.size
  }

  /** The thread is held up by user code: time passes and nothing runs. */
  block(ms: number): void {
    this.#nowMs += ms
  }

  /** Runs timers that are due, then input and output, then what was deferred, as a turn of Node's loop does. */
  async turn(): Promise<void> {
    for (const timer of [...this.#timers].filter(({ atMs }) => atMs <= this.#nowMs)) {
      if (this.#timers.delete(timer)) timer.callback()
      await microtasks()
    }
    await this.net.deliver(microtasks)
    for (const callback of this.#deferred.splice(0)) callback()
    await microtasks()
  }

  /** Turns until nothing is left to do at this time. */
  async settle(): Promise<void> {
    do await this.turn()
    while (this.net.pending || this.#deferred.length > 0 || this.#nextMs() <= this.#nowMs)
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await this.settle()
    while (this.#nextMs() <= untilMs) {
      this.#nowMs = this.#nextMs()
      await this.settle()
    }
    this.#nowMs = untilMs
    await this.settle()
  }

  #nextMs(): number {
    return Math.min(...[...this.#timers].map(({ atMs }) => atMs))
  }
}

/** All microtasks run before a macrotask does. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
