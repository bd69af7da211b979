import { Alarm } from '../runtime/alarm.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { PendingRequest } from './pending-request.ts'

/** Finds the requests whose time is over, with one timer for all of them. */
export class DeadlineWatch {
  readonly #runtime: Runtime
  readonly #outstanding: () => readonly PendingRequest[]
  readonly #onExpired: (requests: readonly PendingRequest[], nowMs: number) => void
  readonly #alarm: Alarm

  constructor(
    runtime: Runtime,
    outstanding: () => readonly PendingRequest[],
    onExpired: (requests: readonly PendingRequest[], nowMs: number) => void,
  ) {
    this.#runtime = runtime
    this.#outstanding = outstanding
    this.#onExpired = onExpired
    this.#alarm = new Alarm(runtime, () => this.#onAlarm())
  }

  /** One more request to be watched. Nothing is to be done when it is completed. */
  watch(request: PendingRequest): void {
    this.#alarm.ringBy(request.deadlineMs)
  }

  stop(): void {
    this.#alarm.cancel()
  }

  /**
   * Where user code held the thread for long, timers run before the answers that have come meanwhile are read.
   * These are given their turn before anything is called late.
   */
  #onAlarm(): void {
    if (this.#expired(this.#runtime.clock.monotonicMs()).length > 0) {
      this.#runtime.timers.defer(() => this.#check())
    } else {
      this.#watchAll()
    }
  }

  #check(): void {
    const nowMs = this.#runtime.clock.monotonicMs()
    const expired = this.#expired(nowMs)
    if (expired.length > 0) this.#onExpired(expired, nowMs)
    this.#watchAll()
  }

  #expired(nowMs: number): PendingRequest[] {
    return this.#outstanding().filter((request) => request.deadlineMs <= nowMs)
  }

  #watchAll(): void {
    for (const request of this.#outstanding()) this.#alarm.ringBy(request.deadlineMs)
  }
}
