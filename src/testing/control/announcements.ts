import type { Timer, Timers } from '../../runtime/runtime.ts'
import type { Announcement } from '../state/metadata-view.ts'

/** The way of the controller's decisions to one broker: in order, and not at once when a delay is set. */
export class Announcements {
  readonly #timers: Timers
  readonly #delayMs: () => number
  readonly #take: (announcement: Announcement) => void
  readonly #underway: { readonly announcement: Announcement; timer: Timer | undefined; isDue: boolean }[] = []
  #isListening = false

  constructor(timers: Timers, delayMs: () => number, take: (announcement: Announcement) => void) {
    this.#timers = timers
    this.#delayMs = delayMs
    this.#take = take
  }

  get isListening(): boolean {
    return this.#isListening
  }

  /** From now on the broker hears what is published; it has been told all before. */
  listen(): void {
    this.#isListening = true
  }

  /** The broker cannot be told anything. What it misses it has to ask for when it listens again. */
  stop(): void {
    this.#isListening = false
    for (const { timer } of this.#underway.splice(0)) timer?.cancel()
  }

  publish(announcement: Announcement): void {
    if (!this.#isListening) return
    const delayMs = this.#delayMs()
    if (delayMs <= 0 && this.#underway.length === 0) {
      this.#take(announcement)
      return
    }
    const entry = { announcement, timer: undefined as Timer | undefined, isDue: false }
    this.#underway.push(entry)
    entry.timer = this.#timers.after(delayMs, () => {
      entry.isDue = true
      while (this.#underway.length > 0 && this.#underway[0].isDue)
        this.#take(this.#underway.shift()!.announcement)
    })
  }
}
