import { brokerError, invalidatesMetadata, type LeaderHint } from '../../cluster/index.ts'
import { ErrorCodes } from '../../protocol/error-codes.ts'
import { Fetch, type FetchResponse } from '../../protocol/messages/fetch.ts'
import { ZERO_UUID } from '../../protocol/reader.ts'
import { sleep } from '../../runtime/sleep.ts'
import { asKafkaError } from '../failures.ts'
import { isolationLevels } from '../options.ts'
import { partitionKey } from '../topic-partition.ts'
import { Wakeup } from '../wakeup.ts'
import { FetchSession } from './fetch-session.ts'
import { FetchedRecords } from './fetched-records.ts'
import type { FetchContext } from './fetcher.ts'
import type { PartitionState } from './partition.ts'

type PartitionData = FetchResponse['responses'][number]['partitions'][number]

/** From this version on topics are named by id alone (KIP-516). */
const firstVersionById = 13
/** A request that leaves partitions out is not held by the broker; when it brings nothing, the next waits this long. */
const leftOutPauseMs = 20
const endSessionTimeoutMs = 1_000

/**
 * Fetches from one broker, one request at a time, for as long as there is room for what it brings. The next request
 * leaves as soon as the answer to the last is in, before anything of it is decoded: the broker works while we do.
 *
 * A partition with enough buffered is left out of the request. The broker must not hold such a request for want of
 * data in the others, because the partition left out may be the one that is read next: then nothing would come for
 * `maxWaitMs`. So a request that leaves something out does not wait at the broker, but here, where it can be woken.
 */
export class BrokerFetcher {
  readonly brokerId: number
  readonly #context: FetchContext
  readonly #partitions = new Set<PartitionState>()
  readonly #session = new FetchSession()
  readonly #wakeup: Wakeup
  readonly #abort = new AbortController()
  readonly #running: Promise<void>
  /** Failed requests in a row. */
  #failures = 0

  constructor(brokerId: number, context: FetchContext) {
    this.brokerId = brokerId
    this.#context = context
    this.#wakeup = new Wakeup(context.cluster.runtime.timers)
    this.#running = this.#run()
  }

  get size(): number {
    return this.#partitions.size
  }

  add(partition: PartitionState): void {
    this.#partitions.add(partition)
    this.#wakeup.wake()
  }

  remove(partition: PartitionState): void {
    this.#partitions.delete(partition)
  }

  /** Something changed: a position, room in the buffer, a pause. */
  wake(): void {
    this.#wakeup.wake()
  }

  /** Ends the loop and the session; resolves when nothing of it runs any more. Never rejects. */
  async stop(): Promise<void> {
    this.#abort.abort()
    this.#wakeup.wake()
    await this.#running
  }

  async #run(): Promise<void> {
    const { timers } = this.#context.cluster.runtime
    const { signal } = this.#abort
    while (!signal.aborted) {
      try {
        const pauseMs = await this.#turn()
        if (pauseMs > 0 && !signal.aborted) await this.#wakeup.wait(pauseMs)
      } catch (cause) {
        if (signal.aborted) break
        const error = asKafkaError(cause)
        this.#session.lost()
        this.#failures += 1
        this.#context.cluster.staleMetadata(`fetching from broker ${this.brokerId} failed: ${error.code}`)
        this.#context.onFailure(error)
        await sleep(timers, this.#context.retryDelayMs(this.#failures), signal).catch(() => {})
      }
    }
    await this.#endSession()
  }

  /** One fetch, when there is something to fetch. Returns how long to wait for the next. */
  async #turn(): Promise<number> {
    const { buffer, cluster } = this.#context
    if (buffer.full) buffer.evictPaused(this.#context.partitions.values())
    if (buffer.full) return Number.POSITIVE_INFINITY
    const now = cluster.runtime.clock.monotonicMs()
    const targets: PartitionState[] = []
    let leftOut = false
    let nextAtMs = Number.POSITIVE_INFINITY
    for (const partition of this.#partitions) {
      if (partition.state !== 'fetching' || partition.paused || partition.fetchedAll) continue
      if (partition.notBeforeMs > now) nextAtMs = Math.min(nextAtMs, partition.notBeforeMs)
      else if (buffer.hasEnoughOf(partition)) leftOut = true
      else targets.push(partition)
    }
    if (targets.length === 0) return nextAtMs - now
    const { maxWaitMs } = this.#context.settings
    const holdMs = leftOut ? 0 : Math.min(maxWaitMs, Math.ceil(nextAtMs - now))
    const brought = await this.#fetch(targets, holdMs)
    return brought || !leftOut ? 0 : leftOutPauseMs
  }

  /** The broker may hold the request for `maxWaitMs`. True when it brought records. */
  async #fetch(targets: PartitionState[], maxWaitMs: number): Promise<boolean> {
    const { lane, settings, buffer } = this.#context
    const byTopicId =
      targets.every((target) => target.topicId !== ZERO_UUID) &&
      (await lane.version(this.brokerId, Fetch)) >= firstVersionById
    for (const target of targets) target.askedOffset = target.fetchOffset
    const request = {
      maxWaitMs,
      minBytes: settings.minBytes,
      maxBytes: Math.min(settings.maxBytes, Math.max(buffer.roomBytes, settings.maxPartitionBytes)),
      isolationLevel: isolationLevels[settings.isolationLevel],
      rackId: settings.rack ?? '',
      ...this.#session.build(targets, byTopicId, settings.maxPartitionBytes),
    }
    const response = await lane.send(this.brokerId, Fetch, request, {
      maxVersion: byTopicId ? undefined : firstVersionById - 1,
      signal: this.#abort.signal,
    })
    if (response.errorCode !== 0) {
      this.#sessionFailed(response.errorCode)
      return false
    }
    this.#failures = 0
    this.#session.accepted(response.sessionId)
    return this.#accept(response, byTopicId)
  }

  #sessionFailed(code: number): void {
    const error = brokerError(code, { api: 'Fetch', broker: `${this.brokerId}` }, 'fetch')
    if (code === ErrorCodes.FETCH_SESSION_ID_NOT_FOUND) this.#session.lost(true)
    else if (code === ErrorCodes.INVALID_FETCH_SESSION_EPOCH) this.#session.lost()
    else throw error
    // Brokers forget sessions when there are many: this is routine, and the next request starts a new one at once.
    this.#context.cluster.logger.debug({ broker: this.brokerId, error: error.code }, 'fetch session lost')
  }

  /** Gives each partition what came for it. True when there were records. */
  #accept(response: FetchResponse, byTopicId: boolean): boolean {
    const { cluster, topicNames, partitions } = this.#context
    const hints: LeaderHint[] = []
    const empty: PartitionState[] = []
    let brought = false
    for (const answer of response.responses) {
      const topic = byTopicId ? topicNames.get(answer.topicId) : answer.topic
      if (topic === undefined) continue
      for (const data of answer.partitions) {
        const partition = partitions.get(partitionKey(topic, data.partitionIndex))
        if (partition === undefined || !this.#stillWanted(partition)) continue
        const { leaderId, leaderEpoch } = data.currentLeader
        if (leaderId >= 0) hints.push({ topic, partition: data.partitionIndex, leaderId, leaderEpoch })
        if (data.errorCode !== 0) this.#refused(partition, data.errorCode)
        else if (this.#take(partition, data)) brought = true
        else empty.push(partition)
      }
    }
    if (hints.length > 0) cluster.applyLeaderHints(hints, response.nodeEndpoints)
    if (!brought) for (const partition of empty) this.#passGap(partition)
    return brought
  }

  /** While the request was on its way a partition may have been dropped, moved, or sought elsewhere. */
  #stillWanted(partition: PartitionState): boolean {
    return (
      this.#partitions.has(partition) &&
      partition.state === 'fetching' &&
      partition.askedOffset === partition.fetchOffset
    )
  }

  #take(partition: PartitionState, data: PartitionData): boolean {
    const { buffer, settings, cluster } = this.#context
    const { runtime } = cluster
    partition.recovered()
    partition.highWatermark = data.highWatermark
    partition.lastStableOffset = data.lastStableOffset
    partition.logStartOffset = data.logStartOffset
    if (data.preferredReadReplica >= 0) {
      this.#context.readFrom(partition, data.preferredReadReplica)
      return false
    }
    if (data.records === null || data.records.length === 0) return false
    const fetched = new FetchedRecords(partition, data.records, data.abortedTransactions, settings, runtime)
    if (fetched.hasBatches) buffer.add(partition, fetched)
    if (fetched.nextOffset > partition.fetchOffset) partition.fetchOffset = fetched.nextOffset
    // Nothing whole came, or something broken, which is found out when it is decoded. Not to be asked for in a circle.
    else partition.failed(runtime.clock.monotonicMs(), this.#context.retryDelayMs(partition.failures + 1))
    return fetched.hasBatches
  }

  /**
   * There was room for records, and none came although the end where the reading stops is further on: compaction took
   * the last ones away. Nothing will come for these offsets.
   */
  #passGap(partition: PartitionState): void {
    const { stopBefore, lastStableOffset, highWatermark } = partition
    const visibleEnd =
      this.#context.settings.isolationLevel === 'read_committed' ? lastStableOffset : highWatermark
    if (partition.fetchedAll || stopBefore === -1n || visibleEnd < stopBefore || partition.bufferedBytes > 0)
      return
    this.#context.passTo(partition, stopBefore)
  }

  #refused(partition: PartitionState, code: number): void {
    const context = this.#context
    const { topic, partition: index } = partition
    const error = brokerError(
      code,
      { topic, partition: index, broker: `${this.brokerId}`, api: 'Fetch' },
      'fetch',
    )
    if (code === ErrorCodes.OFFSET_OUT_OF_RANGE) {
      // A follower may lag behind, or have another start of its log; only the leader's word counts.
      if (this.brokerId !== partition.leaderId) {
        context.readFrom(partition, -1)
        return
      }
      // What is buffered is good and comes first; then the broker is asked again.
      if (partition.position === partition.fetchOffset) {
        context.outOfRange(partition, error)
        return
      }
    }
    partition.failed(
      context.cluster.runtime.clock.monotonicMs(),
      context.retryDelayMs(partition.failures + 1),
    )
    if (invalidatesMetadata(error)) context.cluster.staleMetadata(`${error.code} for ${partition.key}`)
    context.onFailure(error)
  }

  /**
   * Lets the broker forget the session now instead of when it needs the room. A courtesy: no error matters, and no wait
   * behind a fetch that the broker holds.
   */
  async #endSession(): Promise<void> {
    const { lane } = this.#context
    const request = this.#session.end()
    if (request === undefined || !lane.ready(this.brokerId) || lane.inFlight(this.brokerId) > 0) return
    const message = { maxWaitMs: 0, minBytes: 0, ...request }
    await lane.send(this.brokerId, Fetch, message, { timeoutMs: endSessionTimeoutMs }).catch(() => {})
  }
}
