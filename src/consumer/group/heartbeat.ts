import type { KafkaError } from '../../errors.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { sleep } from '../../runtime/sleep.ts'
import { asKafkaError } from '../failures.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import { verdictOn } from './verdict.ts'

/** The place of a member in its group; the coordinator refuses what comes with an older one. */
export interface GroupIdentity {
  memberId: string
  generationId: number
  groupInstanceId: string | null
}

export interface HeartbeatOptions {
  sessionTimeoutMs: number
  heartbeatIntervalMs: number
  /** The pause before the attempt after `attempts` failed ones. */
  retryDelayMs: (attempts: number) => number
  /** Told before each heartbeat. */
  onBeat: () => void
  /** The group rebalances: come back to it. Told at every heartbeat until `stop`. */
  onRebalance: () => void
  /** The group goes on without this member. Heartbeats have stopped. */
  onLost: (error: KafkaError) => void
  /** A heartbeat failed and is tried again. */
  onFailure: (error: KafkaError) => void
}

/** Tells the coordinator that a member is alive, from `start` to `stop`. */
export class Heartbeats {
  readonly #runtime: Runtime
  readonly #coordinator: GroupCoordinator
  readonly #options: HeartbeatOptions
  /** Aborted by `stop`. */
  #abort = new AbortController()

  constructor(runtime: Runtime, coordinator: GroupCoordinator, options: HeartbeatOptions) {
    this.#runtime = runtime
    this.#coordinator = coordinator
    this.#options = options
  }

  start(identity: GroupIdentity): void {
    this.stop()
    this.#abort = new AbortController()
    void this.#loop(identity, this.#abort.signal)
  }

  stop(): void {
    this.#abort.abort()
  }

  async #loop(identity: GroupIdentity, signal: AbortSignal): Promise<void> {
    const { heartbeatIntervalMs, sessionTimeoutMs, retryDelayMs } = this.#options
    const { onBeat, onRebalance, onLost, onFailure } = this.#options
    const { clock, timers } = this.#runtime
    let answeredAt = clock.monotonicMs()
    let attempts = 0
    while (true) {
      const pauseMs = attempts === 0 ? heartbeatIntervalMs : retryDelayMs(attempts)
      await sleep(timers, pauseMs, signal).catch(() => {})
      if (signal.aborted) return
      onBeat()
      try {
        await this.#beat(identity, answeredAt + sessionTimeoutMs - clock.monotonicMs(), signal)
        if (signal.aborted) return
        answeredAt = clock.monotonicMs()
        attempts = 0
      } catch (cause) {
        if (signal.aborted) return
        const error = asKafkaError(cause)
        const verdict = verdictOn(error)
        if (verdict === 'rejoin') {
          answeredAt = clock.monotonicMs()
          attempts = 0
          onRebalance()
          continue
        }
        if (verdict !== 'retry' || clock.monotonicMs() - answeredAt >= sessionTimeoutMs) {
          this.stop()
          onLost(error)
          return
        }
        attempts += 1
        onFailure(error)
      }
    }
  }

  async #beat(identity: GroupIdentity, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const message = { groupId: this.#coordinator.groupId, ...identity }
    const options = { signal, timeoutMs: Math.max(1, timeoutMs) }
    const { errorCode } = await this.#coordinator.send(Heartbeat, message, options)
    if (errorCode !== 0) throw this.#coordinator.error(errorCode, 'heartbeat')
  }
}
