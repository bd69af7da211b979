import { type Cluster, type Lane, RetryPolicy } from '../cluster/index.ts'
import { type Codec, codecByName, type Offload } from '../compression/index.ts'
import type { KafkaError } from '../errors.ts'
import { Alarm } from '../runtime/alarm.ts'
import { type BatchListener, RecordAccumulator } from './accumulator.ts'
import type { ProducerBatch } from './batch.ts'
import { BrokerSender } from './broker-sender.ts'
import { Fifo } from './fifo.ts'
import type { ProducerSettings } from './options.ts'
import { Outcomes } from './outcomes.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { ProducerIdentity } from './producer-identity.ts'
import type { Identity, Sequences } from './sequences.ts'
import type { TopicState } from './topic-state.ts'

/**
 * Brings batches to their brokers: gives every partition to the sender of its leader, and says when a batch may
 * leave: when it is full, when its linger is over, on flush, or when there is no linger.
 *
 * With idempotence brokers write a batch once, however often it is sent, and in order. Without it a batch whose answer
 * was lost is written twice when it is tried again, and order within a partition holds unless a batch fails while
 * later ones of its partition are on their way already; `maxInFlightRequests: 1` excludes that.
 */
export class Sender implements BatchListener {
  readonly settings: ProducerSettings
  readonly codec: Codec
  readonly lane: Lane
  readonly accumulator: RecordAccumulator
  readonly outcomes: Outcomes
  readonly #cluster: Cluster
  readonly #topics: ReadonlyMap<string, TopicState>
  readonly #onFreed: () => void
  readonly #offload: Offload
  readonly #brokers = new Map<number, BrokerSender>()
  /** Open batches in the order in which their linger ends. */
  readonly #lingering = new Fifo<ProducerBatch>()
  readonly #lingerAlarm: Alarm
  /** Queues that wait for `notBeforeMs`. */
  #pausing: PartitionQueue[] = []
  readonly #pauseAlarm: Alarm
  readonly #expiryAlarm: Alarm
  readonly #unsubscribe: () => void
  readonly #identity: ProducerIdentity
  #drainComing = false
  #closed = false

  constructor(
    cluster: Cluster,
    settings: ProducerSettings,
    topics: ReadonlyMap<string, TopicState>,
    onFreed: () => void,
  ) {
    const { runtime } = cluster
    this.settings = settings
    this.codec = codecByName(settings.compression)
    this.lane = cluster.lane('producer', { maxInFlightRequests: settings.maxInFlightRequests })
    this.accumulator = new RecordAccumulator(settings, runtime.clock, this)
    this.#cluster = cluster
    this.#topics = topics
    this.#onFreed = onFreed
    this.#offload = (job) => runtime.offload(job)
    const retries = new RetryPolicy(runtime.random, settings.retryBackoffMs, settings.retryBackoffMaxMs)
    this.outcomes = new Outcomes(cluster, this.accumulator, retries, (queue, ms) => this.#pause(queue, ms))
    this.#identity = new ProducerIdentity(cluster, retries, {
      identified: () => this.#readyAll(),
      refused: (error) => this.#refuseAll(error),
    })
    this.#lingerAlarm = new Alarm(runtime, () => this.#endLinger())
    this.#pauseAlarm = new Alarm(runtime, () => this.#endPauses())
    this.#expiryAlarm = new Alarm(runtime, () => this.#expire())
    this.#unsubscribe = cluster.onMetadata(() => this.#route())
  }

  // -- what the accumulator tells

  opened(batch: ProducerBatch): void {
    this.#expiryAlarm.ringBy(batch.createdMs + this.settings.deliveryTimeoutMs)
    if (this.settings.lingerMs === 0) {
      this.ready(batch.queue)
      return
    }
    this.#lingering.push(batch)
    this.#lingerAlarm.ringBy(batch.createdMs + this.settings.lingerMs)
  }

  filled(batch: ProducerBatch): void {
    // A codec on another thread works while the batch waits for its place in flight.
    if (batch.sizeBytes > this.codec.offloadAboveBytes) this.compress(batch)
    this.ready(batch.queue)
  }

  freed(): void {
    this.#onFreed()
  }

  // -- when a batch leaves

  /** Lets a queue have its turn, if it has something that may leave. */
  ready(queue: PartitionQueue): void {
    const { leader } = queue
    if (queue.batches.length === 0 || this.#closed) return
    if (leader === undefined) {
      if (queue.notBeforeMs === 0) this.#awaitLeader(queue)
    } else if (this.mayLeave(queue)) {
      leader.list(queue)
      this.drainSoon()
    }
  }

  /** Whether the next batch of a queue that has a leader may leave now. */
  mayLeave(queue: PartitionQueue): boolean {
    if (
      queue.notBeforeMs > 0 ||
      (queue.sequences !== undefined && !this.#canNumber(queue, queue.sequences))
    ) {
      return false
    }
    const batch = queue.next
    if (batch === undefined || queue.isHeldBack(queue.leader!)) return false
    if (batch.state !== 'open' || this.settings.lingerMs === 0) return true
    return this.#nowMs() >= batch.createdMs + this.settings.lingerMs
  }

  /** Whether the partition's batches can be numbered: there is an identity, and the numbers are in order. */
  #canNumber(queue: PartitionQueue, sequences: Sequences): boolean {
    if (sequences.producerId < 0n) {
      if (!this.#identity.isKnown) {
        this.#identity.ask()
        return false
      }
      sequences.begin(this.#identity.producerId, this.#identity.epoch)
    }
    if (!sequences.isInOrder) sequences.settle(queue, this.#newEpoch, this.#isLost)
    return sequences.isInOrder && sequences.mayLeaveBeside(queue.inFlight.length)
  }

  readonly #newEpoch = (present: Identity): Identity | undefined => {
    this.#identity.follow(present)
    return this.#identity.isKnown ? this.#identity : undefined
  }

  readonly #isLost = (batch: ProducerBatch): void => this.outcomes.lose(batch)

  /** Ends the linger of every batch: on flush, and when there is no memory for more. */
  hurry(): void {
    for (const batch of this.#lingering.takeAll()) {
      if (batch.state === 'open') batch.seal()
      this.ready(batch.queue)
    }
  }

  /** Sends at the end of this turn, so that all that is sent in one turn leaves together. */
  drainSoon(): void {
    if (this.#drainComing) return
    this.#drainComing = true
    queueMicrotask(this.#drain)
  }

  readonly #drain = (): void => {
    this.#drainComing = false
    for (const broker of this.#brokers.values()) broker.drain()
  }

  #endLinger(): void {
    const nowMs = this.#nowMs()
    const { lingerMs } = this.settings
    for (let batch = this.#lingering.peek(); batch !== undefined; batch = this.#lingering.peek()) {
      if (batch.state === 'open' && batch.createdMs + lingerMs > nowMs) {
        this.#lingerAlarm.ringBy(batch.createdMs + lingerMs)
        return
      }
      this.#lingering.shift()
      this.ready(batch.queue)
    }
  }

  #pause(queue: PartitionQueue, ms: number): void {
    if (this.#closed) return
    if (queue.notBeforeMs === 0) this.#pausing.push(queue)
    queue.notBeforeMs = this.#nowMs() + ms
    this.#pauseAlarm.ringBy(queue.notBeforeMs)
  }

  #endPauses(): void {
    const nowMs = this.#nowMs()
    const pausing = this.#pausing
    this.#pausing = []
    for (const queue of pausing) {
      if (queue.notBeforeMs > nowMs) {
        this.#pausing.push(queue)
        this.#pauseAlarm.ringBy(queue.notBeforeMs)
      } else {
        queue.notBeforeMs = 0
        this.ready(queue)
      }
    }
  }

  // -- where it goes

  /** Gives the partitions of a topic to the senders of their leaders. */
  route(topic: TopicState): void {
    for (let partition = 0; partition < topic.queues.length; partition++) {
      const queue = topic.queues[partition]
      const leaderId = topic.leaderOf(partition)
      const leader = leaderId < 0 ? undefined : this.#brokerSender(leaderId)
      if (queue.leader === leader) continue
      queue.leader = leader
      this.ready(queue)
    }
  }

  /** Brings a topic up to date that is used, maybe for the first time in a while. */
  use(topic: TopicState): void {
    topic.used = true
    if (this.settings.idempotent) this.#identity.ask()
    const view = this.#cluster.topic(topic.name)
    if (view !== undefined && topic.update(view)) this.route(topic)
    if (view === undefined && topic.known) this.#cluster.staleMetadata(`${topic.name} is used again`)
  }

  /** Takes in what is new. A topic that is not used any more is not asked for, so that the cluster can forget it. */
  #route(): void {
    for (const topic of this.#topics.values()) {
      if (topic.isIdle) continue
      topic.used = false
      const view = this.#cluster.topic(topic.name)
      if (view !== undefined && topic.update(view)) this.route(topic)
    }
  }

  #brokerSender(brokerId: number): BrokerSender {
    let sender = this.#brokers.get(brokerId)
    if (sender === undefined) {
      sender = new BrokerSender(brokerId, this)
      this.#brokers.set(brokerId, sender)
    }
    return sender
  }

  #awaitLeader(queue: PartitionQueue): void {
    this.#cluster.staleMetadata(`${queue.topic}[${queue.partition}] has no leader`)
    this.#pause(queue, this.settings.retryBackoffMs)
  }

  #readyAll(): void {
    for (const topic of this.#topics.values()) for (const queue of topic.queues) this.ready(queue)
  }

  /** No producer id, and so nothing that waits can be sent. */
  #refuseAll(error: KafkaError): void {
    for (const topic of this.#topics.values()) {
      for (const { batches } of topic.queues)
        for (const batch of [...batches]) this.outcomes.refuse(batch, error)
    }
  }

  // -- what happens on other threads, and in the end

  /** Compresses a batch; a promise when another thread is at it. */
  compress(batch: ProducerBatch): Promise<void> | undefined {
    const { compressionLevel } = this.settings
    const busy = batch.compress(this.codec, compressionLevel, this.#offload)
    if (busy !== undefined) return busy.then(() => this.accumulator.release(batch))
    this.accumulator.release(batch)
    return undefined
  }

  /** All batches without an outcome. */
  *unsettled(): Generator<ProducerBatch> {
    for (const topic of this.#topics.values()) {
      for (const { inFlight, batches } of topic.queues) {
        for (const batch of [...inFlight, ...batches]) if (batch.state !== 'settled') yield batch
      }
    }
  }

  /** Fails what has no outcome yet, stops every timer and closes the connections. */
  async close(errorOf: (batch: ProducerBatch) => KafkaError): Promise<void> {
    this.#closed = true
    this.#unsubscribe()
    this.#lingerAlarm.cancel()
    this.#pauseAlarm.cancel()
    this.#expiryAlarm.cancel()
    this.#identity.close()
    for (const batch of this.unsettled()) this.outcomes.fail(batch, errorOf(batch))
    await this.lane.close()
  }

  #expire(): void {
    const nowMs = this.#nowMs()
    const { deliveryTimeoutMs } = this.settings
    for (const batch of this.unsettled()) {
      const dueMs = batch.createdMs + deliveryTimeoutMs
      if (dueMs <= nowMs) this.outcomes.expire(batch)
      else this.#expiryAlarm.ringBy(dueMs)
    }
  }

  #nowMs(): number {
    return this.#cluster.runtime.clock.monotonicMs()
  }
}
