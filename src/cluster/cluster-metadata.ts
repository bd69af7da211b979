import type { ErrorContext } from '../errors.ts'
import { ErrorCodes } from '../protocol/error-codes.ts'
import type { MetadataResponse } from '../protocol/messages/metadata.ts'
import { brokerError } from './broker-error.ts'
import type { CallOptions, Calls } from './calls.ts'
import { MetadataRefresher, type RefreshScope } from './metadata-refresher.ts'
import type { MetadataSource } from './metadata-source.ts'
import { MetadataView, type ResponseScope, type TopicView } from './metadata-view.ts'
import type { ClusterSettings } from './options.ts'

export interface TopicsOptions extends CallOptions {
  /** Lets the broker make topics that do not exist, where it is configured to. Default: false. */
  readonly allowAutoTopicCreation?: boolean
  /** Goes on asking, within the deadline, while a topic does not exist; with false it fails at once. Default: true. */
  readonly wait?: boolean
  /** A topic counts as known only when each of its partitions has a leader. Default: false. */
  readonly waitForLeader?: boolean
}

export interface RefreshOptions extends CallOptions {
  /** Asks for these topics only. Default: all that are in use. */
  readonly topics?: readonly string[]
  /** Why, for the log. */
  readonly reason?: string
}

export interface ClusterMetadataContext {
  readonly settings: ClusterSettings
  readonly calls: Calls
  readonly source: MetadataSource
  /** Told each change before the listeners are. */
  changed(before: MetadataView, after: MetadataView): void
  /** The broker that answered now belongs to another cluster than those before. */
  replaced(answeredBy: number): void
}

/** A way to look for topics: by their names, or by their ids. */
interface Lookup {
  /** What a key that is not known comes to. */
  readonly absentCode: number
  look(key: string): TopicView | undefined
  scope(keys: readonly string[]): RefreshScope
  context(key: string): ErrorContext
}

/** What is known of a cluster's brokers and topics, and every way in which it becomes known. */
export class ClusterMetadata {
  readonly refresher: MetadataRefresher
  readonly #context: ClusterMetadataContext
  readonly #listeners = new Set<() => void>()
  #view = MetadataView.empty
  #closed = false

  constructor(context: ClusterMetadataContext) {
    this.#context = context
    this.refresher = new MetadataRefresher({
      settings: context.settings,
      exchange: async (message, scope) => {
        const { response, brokerId } = await context.source.ask(message)
        this.#takeOver(response, scope, brokerId)
      },
    })
  }

  get view(): MetadataView {
    return this.#view
  }

  topic(name: string): TopicView | undefined {
    this.refresher.use(name)
    return this.#view.topics.get(name)
  }

  topicById(topicId: string): TopicView | undefined {
    const topic = this.#view.topicById(topicId)
    if (topic !== undefined) this.refresher.use(topic.name)
    return topic
  }

  topics(names: readonly string[], options: TopicsOptions): Promise<TopicView[]> {
    const { allowAutoTopicCreation = false } = options
    return this.#find(names, options, {
      absentCode: ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION,
      look: (name) => this.topic(name),
      scope: (topics) => ({ topics, allowAutoTopicCreation }),
      context: (topic) => ({ topic }),
    })
  }

  topicsById(topicIds: readonly string[], options: TopicsOptions): Promise<TopicView[]> {
    return this.#find(topicIds, options, {
      absentCode: ErrorCodes.UNKNOWN_TOPIC_ID,
      look: (topicId) => this.topicById(topicId),
      scope: (missing) => ({ topicIds: missing }),
      context: (topicId) => ({ topicId }),
    })
  }

  async allTopics(options: CallOptions): Promise<TopicView[]> {
    await this.#askRetrying('metadata of all topics', { allTopics: true, fresh: true }, options)
    return [...this.#view.topics.values()].filter(({ errorCode }) => errorCode === ErrorCodes.NONE)
  }

  refresh(options: RefreshOptions): Promise<void> {
    const { topics, reason } = options
    const what = `metadata of ${topics === undefined ? 'the cluster' : inShort(topics)}`
    if (reason !== undefined) this.#context.settings.logger.debug({ reason }, `refreshing the ${what}`)
    return this.#askRetrying(what, { topics, fresh: true }, options)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  change(view: MetadataView): void {
    const before = this.#view
    if (view === before || this.#closed) return
    this.#view = view
    this.#context.changed(before, view)
    for (const listener of this.#listeners) {
      try {
        listener()
      } catch (error) {
        this.#context.settings.logger.error({ error }, 'a listener for metadata threw')
      }
    }
  }

  close(): void {
    this.#closed = true
    this.refresher.close()
    this.#listeners.clear()
  }

  #askRetrying(what: string, scope: RefreshScope, options: CallOptions): Promise<void> {
    const { calls } = this.#context
    const limits = calls.limits(what, options)
    return calls.retrying(limits, () => calls.wait(limits, this.refresher.ask(scope)))
  }

  async #find(keys: readonly string[], options: TopicsOptions, lookup: Lookup): Promise<TopicView[]> {
    const { wait = true, waitForLeader = false } = options
    const { calls } = this.#context
    const limits = calls.limits(`metadata of ${inShort(keys)}`, options)
    const problem = (key: string) => problemOf(lookup.look(key) ?? lookup.absentCode, waitForLeader)
    const isMissing = (key: string) => problem(key) !== undefined
    const give = () =>
      keys.map((key) => {
        const { code, ...place } = problem(key) ?? { code: undefined }
        if (code === undefined) return lookup.look(key)!
        throw brokerError(code, { ...lookup.context(key), ...place }, 'metadata')
      })
    const found = await calls.retrying(limits, async () => {
      const missing = keys.filter(isMissing)
      if (missing.length > 0) await calls.wait(limits, this.refresher.ask(lookup.scope(missing)))
      return wait ? give() : undefined
    })
    return found ?? give()
  }

  #takeOver(response: MetadataResponse, scope: ResponseScope, answeredBy: number): void {
    const before = this.#view.clusterId
    this.change(this.#view.withResponse(response, scope))
    if (before !== null && response.clusterId !== null && before !== response.clusterId) {
      const { logger } = this.#context.settings
      logger.warn({ before, now: response.clusterId }, 'the brokers that answer now are of another cluster')
      this.#context.replaced(answeredBy)
    }
  }
}

/** What keeps a topic, or the code in place of one, from being used: a code of Kafka's, and where. */
function problemOf(
  topic: TopicView | number,
  waitForLeader: boolean,
): { code: number; partition?: number } | undefined {
  if (typeof topic === 'number') return { code: topic }
  if (topic.errorCode !== ErrorCodes.NONE) return { code: topic.errorCode }
  if (!waitForLeader) return undefined
  const leaderless = topic.partitions.find(({ leaderId }) => leaderId === -1)
  if (leaderless === undefined) return undefined
  return { code: ErrorCodes.LEADER_NOT_AVAILABLE, partition: leaderless.index }
}

/** The first names, and how many more there are: an error has to stay readable. */
function inShort(names: readonly string[]): string {
  const more = names.length - 3
  return more > 0 ? `${names.slice(0, 3).join(', ')} and ${more} more` : names.join(', ')
}
