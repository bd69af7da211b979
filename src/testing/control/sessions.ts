import type { Timer, Timers } from '../../runtime/runtime.ts'

export interface SessionsOptions {
  readonly timers: Timers
  /** `broker.session.timeout.ms`. */
  readonly timeoutMs: number
  /** A broker is taken for dead, or for alive again. */
  readonly onChange: () => void
}

/**
 * Which brokers the controller takes for alive. One that it hears nothing of is dead when its session has run out, and
 * one that says goodbye at once.
 *
 *   dead --heard of--> alive --silent--> silent --timeout--> dead
 *                        ^                  |
 *                        +-----heard of-----+        alive, silent --goodbye--> dead
 */
export class Sessions {
  readonly #options: SessionsOptions
  /** The living. A timer runs for those that are silent. */
  readonly #living = new Map<number, Timer | undefined>()

  constructor(options: SessionsOptions) {
    this.#options = options
  }

  isAlive(id: number): boolean {
    return this.#living.has(id)
  }

  /** Somebody can be heard, or can be no more. */
  heard(id: number, isHeard: boolean): void {
    const wasAlive = this.#living.has(id)
    if (isHeard) {
      this.#living.get(id)?.cancel()
      this.#living.set(id, undefined)
      if (!wasAlive) this.#options.onChange()
    } else if (wasAlive && this.#living.get(id) === undefined) {
      const timer = this.#options.timers.after(this.#options.timeoutMs, () => this.#end(id))
      this.#living.set(id, timer)
    }
  }

  /** The broker stops and has said so. */
  goodbye(id: number): void {
    if (this.#living.has(id)) this.#end(id)
  }

  close(): void {
    for (const timer of this.#living.values()) timer?.cancel()
    this.#living.clear()
  }

  #end(id: number): void {
    this.#living.get(id)?.cancel()
    this.#living.delete(id)
    this.#options.onChange()
  }
}
