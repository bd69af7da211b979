import { ClosedError, type KafkaError } from '../errors.ts'
import type { Draft } from '../protocol/message.ts'
import type { MetadataRequest, MetadataResponse } from '../protocol/messages/metadata.ts'
import { abortedError, onAbort } from '../runtime/abort.ts'
import type { Deadline } from '../runtime/deadline.ts'
import type { Logger, Runtime, Timer } from '../runtime/runtime.ts'
import type { ClusterSettings } from './options.ts'
import { RetryPolicy, retrying } from './retry.ts'

export interface RefreshOptions {
  /** Topics that the answer has to cover, beside those that are in use. */
  topics?: readonly string[]
  /** Lets the broker make topics that do not exist, where it is configured to. Default: false. */
  allowAutoTopicCreation?: boolean
}

export interface RefresherContext {
  readonly settings: ClusterSettings
  /** Asks one broker after the other until one answers. */
  ask(message: Draft<MetadataRequest>): Promise<MetadataResponse>
  /** Takes an answer over; `wanted` are the topics that are in use. */
  apply(response: MetadataResponse, wanted: ReadonlySet<string>): void
}

/** One request to come or on its way, with all who wait for it. */
interface Round {
  topics: Set<string>
  allowAutoTopicCreation: boolean
  done: Promise<void>
}

/**
 * Decides when metadata is asked for. There is one request at a time. Who asks while none is on its way starts
 * one, together with everyone who asks in the same turn; who asks for something that the request on its way does not
 * cover waits for the next one, which they all share.
 */
export class MetadataRefresher {
  readonly #context: RefresherContext
  readonly #runtime: Runtime
  readonly #logger: Logger
  readonly #policy: RetryPolicy
  /** Topics in use, and when each was last used by the monotonic clock. */
  readonly #wanted = new Map<string, number>()
  #sent: Round | undefined
  #next: Round | undefined
  #timer: Timer | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  #lastMs = Number.NEGATIVE_INFINITY
  /** Refreshes in a row that were asked for because something was stale. */
  #staleInARow = 0
  #closed = false

  constructor(context: RefresherContext) {
    const { runtime, logger, retryBackoffMs, retryBackoffMaxMs } = context.settings
    this.#context = context
    this.#runtime = runtime
    this.#logger = logger
    this.#policy = new RetryPolicy(runtime.random, retryBackoffMs, retryBackoffMaxMs)
  }

  /** Keeps a topic among those that are asked for. */
  use(topic: string): void {
    this.#wanted.set(topic, this.#runtime.clock.monotonicMs())
  }

  /** Resolves when an answer that covers the topics is in; retries within the deadline. */
  refresh(options: RefreshOptions, deadline: Deadline, signal?: AbortSignal): Promise<void> {
    for (const topic of options.topics ?? []) this.use(topic)
    const { runtime } = this.#context.settings
    const what = `metadata of ${options.topics?.join(', ') || 'the cluster'}`
    return retrying({ runtime, policy: this.#policy, deadline, signal, what }, () =>
      this.#once(options, signal),
    )
  }

  /** Asks for a refresh soon, without waiting; many of these in a row come at growing distances. */
  stale(reason: string): void {
    if (this.#closed || this.#next !== undefined) return
    const now = this.#runtime.clock.monotonicMs()
    const quietMs = 2 * this.#context.settings.retryBackoffMaxMs
    this.#staleInARow = now - this.#lastMs < quietMs ? this.#staleInARow + 1 : 0
    const atMs =
      this.#staleInARow === 0 ? now : Math.max(now, this.#lastMs + this.#policy.delayMs(this.#staleInARow))
    if (atMs < this.#timerAtMs) this.#logger.debug({ reason }, 'metadata is out of date')
    this.#schedule(atMs)
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  #once(options: RefreshOptions, signal: AbortSignal | undefined): Promise<void> {
    if (this.#closed) return Promise.reject(new ClosedError('the cluster was closed'))
    const { done } = this.#roundFor(options)
    if (signal === undefined) return done
    return new Promise((resolve, reject) => {
      const unsubscribe = onAbort(signal, () => reject(abortedError(signal, 'waiting for metadata')))
      done.then(resolve, reject).finally(unsubscribe)
    })
  }

  #roundFor({ topics = [], allowAutoTopicCreation = false }: RefreshOptions): Round {
    const sent = this.#sent
    const covered =
      sent !== undefined &&
      topics.every((topic) => sent.topics.has(topic)) &&
      (sent.allowAutoTopicCreation || !allowAutoTopicCreation)
    // An empty list asks for news, which a request that left before may lack.
    if (covered && topics.length > 0) return sent
    this.#next ??= this.#prepare()
    for (const topic of topics) this.#next.topics.add(topic)
    this.#next.allowAutoTopicCreation ||= allowAutoTopicCreation
    return this.#next
  }

  /** A round that leaves when the one on its way is over, or at the end of this turn. */
  #prepare(): Round {
    const before = this.#sent?.done.catch(() => {}) ?? Promise.resolve()
    const round: Round = { topics: new Set(), allowAutoTopicCreation: false, done: Promise.resolve() }
    round.done = before.then(() => this.#run(round))
    round.done.catch(() => {})
    return round
  }

  async #run(round: Round): Promise<void> {
    this.#next = undefined
    if (this.#closed) throw new ClosedError('the cluster was closed')
    this.#sent = round
    this.#forgetIdle()
    for (const topic of this.#wanted.keys()) round.topics.add(topic)
    try {
      const response = await this.#context.ask({
        topics: [...round.topics].map((name) => ({ name })),
        allowAutoTopicCreation: round.allowAutoTopicCreation,
      })
      if (this.#closed) throw new ClosedError('the cluster was closed')
      this.#context.apply(response, new Set(this.#wanted.keys()))
      this.#lastMs = this.#runtime.clock.monotonicMs()
      this.#unschedule()
      this.#schedule(this.#lastMs + this.#context.settings.metadataMaxAgeMs)
    } finally {
      this.#sent = undefined
    }
  }

  #forgetIdle(): void {
    const oldestMs = this.#runtime.clock.monotonicMs() - this.#context.settings.metadataMaxIdleMs
    for (const [topic, usedMs] of this.#wanted) if (usedMs < oldestMs) this.#wanted.delete(topic)
  }

  #schedule(atMs: number): void {
    if (this.#closed || atMs >= this.#timerAtMs) return
    this.#timer?.cancel()
    this.#timerAtMs = atMs
    this.#timer = this.#runtime.timers.after(Math.max(0, atMs - this.#runtime.clock.monotonicMs()), () => {
      this.#unschedule()
      this.#once({}, undefined).catch((error: KafkaError) => this.#refreshFailed(error))
    })
  }

  #unschedule(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#timerAtMs = Number.POSITIVE_INFINITY
  }

  #refreshFailed(error: KafkaError): void {
    if (this.#closed) return
    this.#logger.warn({ error: error.message }, 'metadata could not be refreshed; trying again')
    this.#staleInARow += 1
    this.#schedule(this.#runtime.clock.monotonicMs() + this.#policy.delayMs(this.#staleInARow))
  }
}
