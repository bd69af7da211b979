import type { Timer, Timers } from './runtime.ts'

/** The longest delay that `setTimeout` takes, 24.8 days; a longer one would run at once. */
const longestDelayMs = 2 ** 31 - 1

export const nodeTimers: Timers = {
  after(delayMs, callback) {
    return new NodeTimer(delayMs, callback)
  },
  defer(callback) {
    setImmediate(callback)
  },
}

class NodeTimer implements Timer {
  readonly #callback: () => void
  #remainingMs: number
  #timeout: NodeJS.Timeout

  constructor(delayMs: number, callback: () => void) {
    this.#callback = callback
    this.#remainingMs = delayMs
    this.#timeout = this.#start()
  }

  cancel(): void {
    clearTimeout(this.#timeout)
  }

  #start(): NodeJS.Timeout {
    if (this.#remainingMs <= longestDelayMs) return setTimeout(this.#callback, this.#remainingMs)
    return setTimeout(() => {
      this.#remainingMs -= longestDelayMs
      this.#timeout = this.#start()
    }, longestDelayMs)
  }
}
