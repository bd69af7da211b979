import type { Clock, Network, Random, Runtime, Timer, Timers } from '../../runtime/runtime.ts'
import { Activity, observedNetwork } from './activity.ts'
import { TimerQueue } from './timer-queue.ts'

/** Timers may run up to a millisecond early, so those that are due within it run with what is due now. */
const earlyMs = 1
/** So many turns of the event loop in which nothing happens: there is nothing left to do at this time. */
const quietTurns = 5
/** More turns are not waited for: somebody does something all the time. */
const mostTurns = 10_000
/** As long as work on another thread goes on: some seconds, since a turn in which nothing happens takes a microsecond or two. */
const mostWaitingTurns = 3_000_000
/** After so many rounds of timers at one time, time goes on by a millisecond, as it does with Node's own timers. */
const mostRoundsAtATime = 100

/** The runtime itself, when its time can be moved already. */
export function adjustable(runtime: Runtime): AdjustableRuntime {
  return runtime instanceof AdjustableRuntime ? runtime : new AdjustableRuntime(runtime)
}

const never: Timer = { cancel() {} }

/**
 * A runtime whose time can be moved: it goes on as that of `base` does, and further by what it is moved. Timers wait in
 * a queue of their own, for whose earliest one timer of `base` is set. All else is that of `base`.
 */
export class AdjustableRuntime implements Runtime {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly network: Network
  /** May be taken off the runtime and called by itself. */
  readonly offload: Runtime['offload']
  readonly #base: Runtime
  readonly #queue = new TimerQueue()
  readonly #activity = new Activity()
  #aheadMs = 0
  #wallAheadMs = 0
  #baseTimer: Timer | undefined
  #baseTimerAtMs = Number.POSITIVE_INFINITY
  #advancing: Promise<void> = Promise.resolve()

  constructor(base: Runtime) {
    this.#base = base
    this.random = base.random
    this.offload = (job) => this.#activity.during(() => base.offload(job))
    this.network = observedNetwork(base.network, this.#activity)
    this.clock = {
      // The wall clock tells whole milliseconds; timers move by less.
      now: () => Math.floor(base.clock.now() + this.#aheadMs + this.#wallAheadMs),
      monotonicMs: () => base.clock.monotonicMs() + this.#aheadMs,
    }
    this.timers = {
      after: (delayMs, callback) => this.#after(delayMs, callback),
      defer: (callback) => {
        this.#activity.note()
        base.timers.defer(callback)
      },
    }
  }

  /** Timers that were set and neither ran nor were cancelled. */
  get waitingTimers(): number {
    return this.#queue.size
  }

  /**
   * Moves the time on by so many milliseconds, beside what passes by itself. Timers that come due run in the order of
   * their times; between them, and at the end, input and output and what follows from them are waited for. Moves that
   * are asked for meanwhile follow one another. Rejects with what a timer's callback throws.
   */
  advance(ms: number): Promise<void> {
    const advanced = this.#advancing.then(() => this.#advance(ms))
    this.#advancing = advanced.catch(() => {})
    return advanced
  }

  /** Steps the wall clock, forward or back, and nothing else. */
  stepWallClock(ms: number): void {
    this.#wallAheadMs += ms
  }

  async #advance(ms: number): Promise<void> {
    let leftMs = ms
    let rounds = 0
    await this.#settle()
    for (;;) {
      let waitMs = Math.max(0, this.#queue.nextMs - this.clock.monotonicMs())
      rounds = waitMs === 0 ? rounds + 1 : 0
      if (rounds > mostRoundsAtATime) waitMs = Math.min(1, leftMs)
      if (waitMs > leftMs || (rounds > mostRoundsAtATime && leftMs === 0)) break
      this.#aheadMs += waitMs
      leftMs -= waitMs
      this.#runDue(0)
      await this.#settle()
    }
    this.#aheadMs += leftMs
    this.#setBaseTimer()
  }

  /** Turns of the event loop until nothing happens any more. */
  async #settle(): Promise<void> {
    const activity = this.#activity
    let [quiet, turns, waitingTurns] = [0, 0, 0]
    while (quiet < quietTurns && turns < mostTurns && waitingTurns < mostWaitingTurns) {
      const { count } = activity
      await new Promise<void>((resolve) => this.#base.timers.defer(resolve))
      if (activity.isWaiting) waitingTurns++
      else turns++
      quiet = activity.count === count && !activity.isWaiting ? quiet + 1 : 0
    }
  }

  #after(delayMs: number, callback: () => void): Timer {
    if (delayMs === Number.POSITIVE_INFINITY) return never
    const timer = this.#queue.add(this.clock.monotonicMs() + Math.max(0, delayMs), callback)
    if (timer.atMs < this.#baseTimerAtMs) this.#setBaseTimer()
    return {
      cancel: () => {
        this.#queue.remove(timer)
        // An empty queue keeps no process alive.
        if (this.#queue.size === 0) this.#clearBaseTimer()
      },
    }
  }

  #runDue(withinMs: number): void {
    try {
      const untilMs = this.clock.monotonicMs() + withinMs
      // What these timers set for now has its turn after them, and after what follows from them.
      const { nextOrder } = this.#queue
      for (;;) {
        const timer = this.#queue.takeDue(untilMs, nextOrder)
        if (timer === undefined) break
        timer.callback()
      }
    } finally {
      this.#setBaseTimer()
    }
  }

  /** For the earliest timer, wherever it is by now. */
  #setBaseTimer(): void {
    this.#clearBaseTimer()
    if (this.#queue.size === 0) return
    this.#baseTimerAtMs = this.#queue.nextMs
    const delayMs = Math.max(0, this.#baseTimerAtMs - this.clock.monotonicMs())
    this.#baseTimer = this.#base.timers.after(delayMs, () => {
      this.#clearBaseTimer()
      this.#runDue(earlyMs)
    })
  }

  #clearBaseTimer(): void {
    this.#baseTimer?.cancel()
    this.#baseTimer = undefined
    this.#baseTimerAtMs = Number.POSITIVE_INFINITY
  }
}
