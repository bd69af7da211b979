import { ClosedError, type KafkaError } from '../errors.ts'
import type { Draft } from '../protocol/message.ts'
import type { MetadataRequest } from '../protocol/messages/metadata.ts'
import { Alarm } from '../runtime/alarm.ts'
import type { ClusterSettings } from './options.ts'
import { RetryPolicy } from './retry.ts'

/** What an answer has to cover. Without any of these, every topic that is in use. */
export interface RefreshScope {
  readonly topics?: readonly string[]
  readonly topicIds?: readonly string[]
  readonly allTopics?: boolean
  /** Lets the broker make those of `topics` that do not exist, where it is configured to. Default: false. */
  readonly allowAutoTopicCreation?: boolean
  /** The answer has to be younger than this call: a request on its way does not do. Default: false. */
  readonly fresh?: boolean
}

export interface RefresherContext {
  readonly settings: ClusterSettings
  /** Asks until a broker answers, and takes the answer over. */
  exchange(
    message: Draft<MetadataRequest>,
    scope: { wanted: ReadonlySet<string>; allTopics: boolean },
  ): Promise<void>
}

/** What is asked for together, and by all who wait for it: one request, or two where topics may be made. */
interface Round {
  /** Every topic in use is to be asked for. */
  full: boolean
  allTopics: boolean
  readonly topics: Set<string>
  readonly topicIds: Set<string>
  /** Topics that may be made by being asked for. A request of their own keeps others from being made with them. */
  readonly creatable: Set<string>
  readonly done: Promise<void>
}

/**
 * Decides when metadata is asked for, and for which topics. There is one round at a time. Who asks while none is
 * on its way begins one, together with everyone who asks in the same turn; who asks for what the round on its way
 * does not cover waits for the next one, which they all share (and which, when topics are named, asks for no more
 * than these: KIP-526).
 *
 * By itself it asks when what is known is older than `metadataMaxAgeMs`, and when somebody found it wrong: at once
 * when that was long ago, at growing distances when it goes on. Before the first answer, and after a failure that
 * somebody waits for, it leaves trying again to who waits.
 */
export class MetadataRefresher {
  readonly #context: RefresherContext
  readonly #settings: ClusterSettings
  readonly #policy: RetryPolicy
  readonly #alarm: Alarm
  /** Topics in use, and when each was last used by the monotonic clock; forgotten after `metadataMaxIdleMs`. */
  readonly #wanted = new Map<string, number>()
  #followersOfAll = 0
  #sent: Round | undefined
  #next: Round | undefined
  /** When the last full round succeeded; undefined before the first. */
  #fullAtMs: number | undefined
  /** What is known was found wrong since the last full round began. */
  #stale = false
  /** Rounds in a row that came about so, and when the last one did. */
  #staleInARow = 0
  #staleRoundAtMs = Number.NEGATIVE_INFINITY
  /** Full rounds in a row that failed, and when the last one did. */
  #failures = 0
  #failedAtMs = 0
  #closed = false

  constructor(context: RefresherContext) {
    const { runtime, retryBackoffMs, retryBackoffMaxMs } = context.settings
    this.#context = context
    this.#settings = context.settings
    this.#policy = new RetryPolicy(runtime.random, retryBackoffMs, retryBackoffMaxMs)
    this.#alarm = new Alarm(runtime, () => this.#onAlarm())
  }

  /** Keeps a topic among those that are asked for. */
  use(topic: string): void {
    this.#wanted.set(topic, this.#nowMs())
  }

  /** Asks for all topics from now on. The function returned takes that back. */
  followAll(): () => void {
    this.#followersOfAll++
    let following = true
    return () => {
      if (following) this.#followersOfAll--
      following = false
    }
  }

  /** One attempt, shared with all who ask at the same time. */
  ask(scope: RefreshScope): Promise<void> {
    if (this.#closed) return Promise.reject(closedError())
    for (const topic of scope.topics ?? []) this.use(topic)
    if (!scope.fresh && this.#sent !== undefined && covers(this.#sent, scope)) return this.#sent.done
    this.#next ??= this.#prepare()
    add(this.#next, scope)
    return this.#next.done
  }

  /** Says that what is known is wrong, without waiting for better. */
  stale(reason: string): void {
    if (this.#closed || this.#stale || this.#fullAtMs === undefined) return
    this.#settings.logger.debug({ reason }, 'metadata is out of date')
    this.#stale = true
    this.#plan()
  }

  close(): void {
    this.#closed = true
    this.#alarm.cancel()
  }

  /** A round that leaves when the one on its way is over, or at the end of this turn. */
  #prepare(): Round {
    const before = this.#sent?.done.catch(() => {}) ?? Promise.resolve()
    const round: Round = {
      full: false,
      allTopics: false,
      topics: new Set(),
      topicIds: new Set(),
      creatable: new Set(),
      done: before.then(() => this.#run(round)),
    }
    // Those who wait for it may have gone.
    round.done.catch(() => {})
    return round
  }

  async #run(round: Round): Promise<void> {
    this.#next = undefined
    if (this.#closed) throw closedError()
    this.#sent = round
    // The first one counts as full: from it on there is something that can get old.
    round.full ||= this.#fullAtMs === undefined
    const { full, creatable, topics, topicIds } = round
    if (full) {
      this.#stale = false
      this.#forgetIdle()
      for (const topic of this.#wanted.keys()) topics.add(topic)
      if (this.#followersOfAll > 0) round.allTopics = true
    }
    try {
      if (creatable.size > 0) await this.#exchange([...creatable].map(byName), true)
      const others = [...topics].filter((topic) => !creatable.has(topic))
      if (round.allTopics) await this.#exchange(null, false)
      else if (others.length > 0 || topicIds.size > 0 || creatable.size === 0) {
        await this.#exchange([...others.map(byName), ...[...topicIds].map(byId)], false)
      }
      if (full) this.#succeeded()
    } catch (error) {
      if (full) this.#failed(error as KafkaError)
      throw error
    } finally {
      this.#sent = undefined
      this.#plan()
    }
  }

  #exchange(topics: Draft<MetadataRequest>['topics'], allowAutoTopicCreation: boolean): Promise<void> {
    const scope = { wanted: new Set(this.#wanted.keys()), allTopics: topics === null }
    return this.#context.exchange({ topics, allowAutoTopicCreation }, scope)
  }

  #succeeded(): void {
    this.#fullAtMs = this.#nowMs()
    this.#failures = 0
  }

  #failed(error: KafkaError): void {
    this.#failures++
    this.#failedAtMs = this.#nowMs()
    if (this.#closed || this.#fullAtMs === undefined) return
    const fields = { error: error.message, failures: this.#failures }
    // A cluster that is away for an hour does not need a line a second.
    if (Math.log2(this.#failures) % 1 === 0) {
      this.#settings.logger.warn(fields, 'metadata could not be refreshed; trying again')
    }
  }

  #forgetIdle(): void {
    const oldestMs = this.#nowMs() - this.#settings.metadataMaxIdleMs
    for (const [topic, usedMs] of this.#wanted) if (usedMs < oldestMs) this.#wanted.delete(topic)
  }

  /** Sets the alarm for the next full round that nobody waits for. */
  #plan(): void {
    this.#alarm.cancel()
    if (this.#closed || this.#sent !== undefined || this.#fullAtMs === undefined) return
    this.#alarm.ringBy(this.#nextAtMs(this.#fullAtMs))
  }

  #nextAtMs(fullAtMs: number): number {
    if (this.#failures > 0) return this.#failedAtMs + this.#policy.delayMs(this.#failures)
    if (!this.#stale) return fullAtMs + this.#settings.metadataMaxAgeMs
    // Long after the last full round this is in the past: then it is asked for at once.
    return fullAtMs + this.#policy.delayMs(this.#isLongAgo(this.#staleRoundAtMs) ? 1 : this.#staleInARow)
  }

  #onAlarm(): void {
    if (this.#stale) {
      this.#staleInARow = this.#isLongAgo(this.#staleRoundAtMs) ? 1 : this.#staleInARow + 1
      this.#staleRoundAtMs = this.#nowMs()
    }
    this.ask({ fresh: true }).catch(() => {})
  }

  /** So long ago that what comes now has nothing to do with it. */
  #isLongAgo(atMs: number): boolean {
    return this.#nowMs() - atMs >= 2 * this.#settings.retryBackoffMaxMs
  }

  #nowMs(): number {
    return this.#settings.runtime.clock.monotonicMs()
  }
}

function isFull({ topics, topicIds, allTopics }: RefreshScope): boolean {
  return topics === undefined && topicIds === undefined && !allTopics
}

function covers(round: Round, scope: RefreshScope): boolean {
  const { topics = [], topicIds = [], allTopics = false, allowAutoTopicCreation = false } = scope
  if (isFull(scope) && !round.full) return false
  if (allTopics && !round.allTopics) return false
  const asked = allowAutoTopicCreation ? round.creatable : round.topics
  return topics.every((topic) => asked.has(topic)) && topicIds.every((id) => round.topicIds.has(id))
}

function add(round: Round, scope: RefreshScope): void {
  round.full ||= isFull(scope)
  round.allTopics ||= scope.allTopics ?? false
  for (const id of scope.topicIds ?? []) round.topicIds.add(id)
  for (const topic of scope.topics ?? []) {
    round.topics.add(topic)
    if (scope.allowAutoTopicCreation) round.creatable.add(topic)
  }
}

function byName(name: string) {
  return { name }
}

function byId(topicId: string) {
  return { topicId, name: null }
}

function closedError(): ClosedError {
  return new ClosedError('the cluster was closed: there is no metadata to come')
}
