import { RateWindow } from './rate-window.ts'

/** Beyond so many clients, those who have used nothing of late are forgotten. */
const manyClients = 10_000

/** What clients have used of their quotas, each broker for itself. */
export class QuotaUsage {
  readonly #windows = new Map<string, RateWindow>()

  /** Of one quota of one broker, by those who share it. */
  of(nodeId: number, quota: string, sharedBy: string, nowMs: number): RateWindow {
    const key = `${nodeId} ${quota} ${sharedBy}`
    const known = this.#windows.get(key)
    if (known !== undefined) return known
    if (this.#windows.size >= manyClients) this.#forgetIdle(nowMs)
    const window = new RateWindow()
    this.#windows.set(key, window)
    return window
  }

  #forgetIdle(nowMs: number): void {
    for (const [key, window] of this.#windows) if (window.isIdle(nowMs)) this.#windows.delete(key)
  }
}
