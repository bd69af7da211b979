const windowMs = 1000
/** `quota.window.num`: so many windows are looked at, of `quota.window.size.seconds` each. */
const windows = 11

/** For so long a quota looks back before it is exceeded, in seconds. */
export const quotaSeconds = windows - 1

/** How much was used in the last ten seconds or so, as Kafka measures rates. */
export class RateWindow {
  readonly #samples: { readonly startMs: number; total: number }[] = []

  /** Whether it says the same as a new one. */
  isIdle(nowMs: number): boolean {
    this.#forget(nowMs)
    return this.#samples.length === 0
  }

  record(amount: number, nowMs: number): void {
    this.#forget(nowMs)
    const last = this.#samples.at(-1)
    if (last !== undefined && nowMs - last.startMs < windowMs) last.total += amount
    else this.#samples.push({ startMs: nowMs, total: amount })
  }

  /** For how many milliseconds nothing may be used until the rate is down at `limit` a second; 0: it is no higher. */
  throttleMs(limit: number, nowMs: number): number {
    this.#forget(nowMs)
    const total = this.#samples.reduce((sum, sample) => sum + sample.total, 0)
    const elapsedMs = this.#elapsedMs(nowMs)
    const rate = (total / elapsedMs) * 1000
    return rate > limit ? Math.round(((rate - limit) / limit) * elapsedMs) : 0
  }

  /** Windows that have not been yet count as if nothing had been used in them. */
  #elapsedMs(nowMs: number): number {
    const elapsedMs = this.#samples.length === 0 ? 0 : nowMs - this.#samples[0].startMs
    const missing = Math.max(0, quotaSeconds - Math.floor(elapsedMs / windowMs))
    return elapsedMs + missing * windowMs
  }

  #forget(nowMs: number): void {
    while (this.#samples.length > 0 && nowMs - this.#samples[0].startMs >= windows * windowMs)
      this.#samples.shift()
  }
}
