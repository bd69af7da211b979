import { ClosedError, TimeoutError } from '../../errors.ts'
import { abortedError, onAbort } from '../../runtime/abort.ts'
import type { Logger, Runtime, Timer } from '../../runtime/runtime.ts'
import { type Duration, durationMs } from '../duration.ts'
import { describeExchange, type Exchange } from './exchange.ts'
import type { CheckedMatch } from './fault-match.ts'
import { topicsOf } from './topics-of.ts'

/** A rule of `broker.faults`, and what has come of it. */
export interface FaultRule {
  /** How many requests it matched, those included that it let pass: before the `nth`, by `chance`, after `times`. */
  readonly matched: number
  /** How often it acted. A delay, a slow answer and a silence count from their beginning. */
  readonly acted: number
  /**
   * Resolves once the rule has acted so often in all. Default: once.
   *
   * @throws TimeoutError when it has not within `timeout` (default: no end)
   * @throws AbortedError when the signal fires
   * @throws ClosedError when the rule is removed first, or the broker closed
   */
  happened(times?: number, options?: { signal?: AbortSignal; timeout?: Duration }): Promise<void>
  /** Acts no more from now on; what it has begun goes on. Idempotent. */
  remove(): void
  /** The rule as it was written. */
  toString(): string
}

interface Waiter {
  readonly times: number
  settle(error?: Error): void
}

export interface ActiveRuleOptions {
  readonly text: string
  readonly match: CheckedMatch
  readonly runtime: Runtime
  readonly logger: Logger
  /** What is to be said of the rule when it was waited for in vain. */
  readonly hint: () => string | undefined
  readonly onRemoved: (rule: ActiveRule) => void
}

export class ActiveRule implements FaultRule {
  readonly #options: ActiveRuleOptions
  readonly #waiters = new Set<Waiter>()
  #matched = 0
  #taken = 0
  #acted = 0
  #isRemoved = false

  constructor(options: ActiveRuleOptions) {
    this.#options = options
  }

  get matched(): number {
    return this.#matched
  }

  get acted(): number {
    return this.#acted
  }

  toString(): string {
    return this.#options.text
  }

  /** Counts the request when it matches. */
  sees(exchange: Exchange): boolean {
    const { broker, apiKey, topic, clientId } = this.#options.match
    const { api, context } = exchange
    if (apiKey !== undefined && apiKey !== api.key) return false
    if (broker !== undefined && broker !== context.broker.node.id) return false
    if (clientId !== undefined && clientId !== context.clientId) return false
    if (topic !== undefined && !topicsOf(exchange).has(topic)) return false
    this.#matched += 1
    return true
  }

  /** Whether it is to act on the request that it saw last; if so, that is one of its `times`. */
  takes(): boolean {
    const { nth, times, chance } = this.#options.match
    if (this.#matched < nth || this.#taken >= times) return false
    if (chance < 1 && this.#options.runtime.random.unit() >= chance) return false
    this.#taken += 1
    return true
  }

  /** It acts now: that is counted, logged, and told to whoever waits for it. */
  acts(exchange: Exchange, what: string): void {
    this.#acted += 1
    const { api, correlationId, context } = exchange
    const { clientId } = context
    this.#options.logger.info(
      { rule: this.toString(), api: api.name, clientId, correlationId, broker: context.broker.node.id },
      `${this.why(exchange)}: ${what}`,
    )
    for (const waiter of [...this.#waiters]) if (this.#acted >= waiter.times) waiter.settle()
  }

  /** Names the request and the rule. */
  why(exchange: Exchange): string {
    return `${describeExchange(exchange)} met the rule ${this}`
  }

  happened(times = 1, options: { signal?: AbortSignal; timeout?: Duration } = {}): Promise<void> {
    const { signal, timeout } = options
    const timeoutMs = timeout === undefined ? undefined : durationMs(timeout, 'timeout')
    if (this.#acted >= times) return Promise.resolve()
    if (this.#isRemoved) return Promise.reject(this.#removedError())
    const happened = new Promise<void>((resolve, reject) => {
      let timer: Timer | undefined
      const waiter: Waiter = {
        times,
        settle: (error) => {
          this.#waiters.delete(waiter)
          timer?.cancel()
          unsubscribe()
          if (error === undefined) resolve()
          else reject(error)
        },
      }
      this.#waiters.add(waiter)
      const unsubscribe = onAbort(signal, () => waiter.settle(abortedError(signal!, `waiting for ${this}`)))
      if (timeoutMs === undefined) return
      timer = this.#options.runtime.timers.after(timeoutMs, () =>
        waiter.settle(this.#timeoutError(times, timeoutMs)),
      )
    })
    // Whoever has given up waiting hears nothing of it.
    happened.catch(() => {})
    return happened
  }

  remove(): void {
    if (this.#isRemoved) return
    this.#isRemoved = true
    this.#options.onRemoved(this)
    for (const waiter of [...this.#waiters]) waiter.settle(this.#removedError())
  }

  #timeoutError(times: number, timeoutMs: number): TimeoutError {
    const seen = `${this.#matched} ${this.#matched === 1 ? 'request' : 'requests'} matched`
    const hint = this.#options.hint()
    const wanted = times === 1 ? 'once' : `${times} times`
    return new TimeoutError(
      `the rule ${this} was to act ${wanted} within ${timeoutMs} ms and has acted ${this.#acted} times; ${seen}` +
        `${hint === undefined ? '' : `; ${hint}`}`,
    )
  }

  #removedError(): ClosedError {
    return new ClosedError(`the rule ${this} was removed, having acted ${this.#acted} times`)
  }
}
