import type { BrokerNode, Cluster, LeaderHint, TopicView } from '../../src/cluster/index.ts'
import { BrokerError, ConnectionError, type KafkaError, UnsupportedVersionError } from '../../src/errors.ts'
import { ErrorCodes } from '../../src/protocol/error-codes.ts'
import type { Draft } from '../../src/protocol/message.ts'
import type {
  PartitionProduceResponse,
  ProduceRequest,
  ProduceResponse,
} from '../../src/protocol/messages/produce.ts'
import { bytesSource, readBatches } from '../../src/records/index.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'

/** A time that moves when a test moves it. */
export class FakeTime {
  nowMs = 1_000
  #timers: { atMs: number; callback: () => void }[] = []
  /** Work on other threads, which takes real time. */
  readonly #jobs = new Set<Promise<unknown>>()
  readonly runtime: Runtime

  constructor(unit: () => number = () => 0.5) {
    this.runtime = {
      clock: { now: () => 1_700_000_000_000 + this.nowMs, monotonicMs: () => this.nowMs },
      timers: {
        after: (delayMs, callback) => {
          const timer = { atMs: this.nowMs + delayMs, callback }
          this.#timers.push(timer)
          return {
            cancel: () =>
              this.#timers.splice(0, this.#timers.length, ...this.#timers.filter((t) => t !== timer)),
          }
        },
        defer: (callback) => void setImmediate(callback),
      },
      random: { unit, bytes: (length) => Buffer.alloc(length) },
      network: undefined as never,
      offload: (job) => {
        const done = job()
        this.#jobs.add(done)
        done.then(
          () => this.#jobs.delete(done),
          () => this.#jobs.delete(done),
        )
        return done
      },
    }
  }

  /** Timers that have not run. */
  get pending(): number {
    return this.#timers.length
  }

  /** Lets all that was started in this turn come to its end. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#jobs.size > 0) {
      await Promise.allSettled(this.#jobs)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms
    await this.settle()
    for (;;) {
      const next = this.#timers.filter((t) => t.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined) break
      this.#timers.splice(this.#timers.indexOf(next), 1)
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.callback()
      await this.settle()
    }
    this.nowMs = untilMs
  }
}

/** One record as it came in a request. */
export interface Received {
  key: string | null
  value: string | null
  timestamp: number
}

/** One batch as it came in a request. */
export interface ReceivedBatch {
  topic: string
  partition: number
  records: Received[]
  compression: string
  producerId: bigint
  producerEpoch: number
  baseSequence: number
}

/** A Produce request that a broker has and did not answer. */
export class FakeRequest {
  readonly brokerId: number
  readonly acks: number
  readonly batches: ReceivedBatch[] = []
  readonly sizeBytes: number
  settled = false
  /** The socket is slow: it holds the bytes until `flush` is called, whatever is answered meanwhile. */
  slow = false
  readonly #cluster: FakeCluster
  readonly #pieces: readonly Uint8Array[]
  readonly #bytes: Buffer
  #settle: { resolve(response: unknown): void; reject(error: KafkaError): void }
  #onFlushed: (() => void) | undefined

  constructor(
    cluster: FakeCluster,
    brokerId: number,
    message: Draft<ProduceRequest>,
    onFlushed: (() => void) | undefined,
    settle: { resolve(response: unknown): void; reject(error: KafkaError): void },
  ) {
    this.#cluster = cluster
    this.brokerId = brokerId
    this.acks = message.acks!
    this.#onFlushed = onFlushed
    this.#settle = settle
    const pieces: Uint8Array[] = []
    for (const { name, partitionData = [] } of message.topicData ?? []) {
      for (const { index, records } of partitionData) {
        const own = (Array.isArray(records) ? records : [records]) as Uint8Array[]
        pieces.push(...own)
        this.batches.push(...read(name!, index!, Buffer.concat(own)))
      }
    }
    this.#pieces = pieces
    this.#bytes = Buffer.concat(pieces)
    this.sizeBytes = this.#bytes.length
  }

  /** The values of all batches, by `topic[partition]`. */
  get values(): Record<string, (string | null)[]> {
    return Object.fromEntries(
      this.batches.map(({ topic, partition, records }) => [
        `${topic}[${partition}]`,
        records.map(({ value }) => value),
      ]),
    )
  }

  get recordCount(): number {
    return this.batches.reduce((sum, { records }) => sum + records.length, 0)
  }

  /** The socket lets go of the bytes, which have to be as they were when they were sent. */
  flush(): void {
    const onFlushed = this.#onFlushed
    if (onFlushed === undefined) return
    this.#onFlushed = undefined
    if (!Buffer.concat(this.#pieces).equals(this.#bytes))
      throw new Error('bytes changed while the socket had them')
    onFlushed()
  }

  /** Writes every batch to the log and answers; `errorOf` may refuse batches with a code. */
  answer(errorOf: (batch: ReceivedBatch) => number | Partial<PartitionProduceResponse> = () => 0): void {
    const byTopic = new Map<string, PartitionProduceResponse[]>()
    for (const batch of this.batches) {
      const error = errorOf(batch)
      const given = typeof error === 'number' ? { errorCode: error } : error
      const baseOffset = (given.errorCode ?? 0) === 0 ? this.#cluster.append(batch) : -1n
      const answers = byTopic.get(batch.topic) ?? []
      byTopic.set(batch.topic, answers)
      answers.push({
        index: batch.partition,
        errorCode: 0,
        baseOffset,
        logAppendTimeMs: -1n,
        logStartOffset: 0n,
        recordErrors: [],
        errorMessage: null,
        currentLeader: { leaderId: -1, leaderEpoch: -1 },
        ...given,
      })
    }
    this.respond({
      // In an order of its own, as brokers may have it.
      responses: [...byTopic]
        .map(([name, answers]) => ({ name, topicId: '', partitionResponses: answers.toReversed() }))
        .toReversed(),
      throttleTimeMs: 0,
      nodeEndpoints: [],
    })
  }

  respond(response: ProduceResponse): void {
    this.settled = true
    if (!this.slow) this.flush()
    this.#settle.resolve(response)
  }

  /** The connection breaks; with `written` the log has the batches all the same. */
  lose(written = false, sent = true): void {
    this.settled = true
    if (written) for (const batch of this.batches) this.#cluster.append(batch)
    this.flush()
    this.#settle.reject(
      new ConnectionError(`the connection to broker ${this.brokerId} broke`, { context: { sent } }),
    )
  }

  fail(error: KafkaError): void {
    this.settled = true
    this.flush()
    this.#settle.reject(error)
  }
}

function read(topic: string, partition: number, bytes: Buffer): ReceivedBatch[] {
  const batches: ReceivedBatch[] = []
  for (const batch of readBatches(bytes, bytesSource(topic, partition))) {
    const records = [...(batch.uncompressed(100_000_000) as typeof batch)].map((record) => ({
      key: record.raw.key?.toString() ?? null,
      value: record.raw.value?.toString() ?? null,
      timestamp: record.timestamp,
    }))
    const { compression, producerId, producerEpoch, baseSequence } = batch
    batches.push({ topic, partition, records, compression, producerId, producerEpoch, baseSequence })
  }
  return batches
}

/** A cluster whose brokers answer when a test says so, and a log of what they accepted. */
export class FakeCluster {
  readonly time: FakeTime
  readonly logger = { debug() {}, info() {}, warn() {}, error() {} }
  readonly requests: FakeRequest[] = []
  readonly log = new Map<string, Received[]>()
  readonly stale: string[] = []
  /** Brokers that cannot be connected to. */
  readonly down = new Set<number>()
  /** Brokers that share no version of Produce with us. */
  readonly unsupported = new Set<number>()
  laneClosed = false
  listeners = new Set<() => void>()
  readonly #views = new Map<string, TopicView>()
  #askers: (() => void)[] = []

  constructor(time = new FakeTime()) {
    this.time = time
  }

  get runtime(): Runtime {
    return this.time.runtime
  }

  asCluster(): Cluster {
    return this as unknown as Cluster
  }

  /** Tells of a topic; `leaders` has the leader of each partition, -1 for none. */
  setTopic(name: string, leaders: readonly number[]): void {
    this.#views.set(name, view(name, leaders))
    for (const listener of this.listeners) listener()
    for (const asker of this.#askers.splice(0)) asker()
  }

  brokers(): BrokerNode[] {
    return [1, 2, 3].map((id) => ({ id, host: `kafka-${id}`, port: 9092, rack: null }))
  }

  topic(name: string): TopicView | undefined {
    return this.#views.get(name)
  }

  /** A cluster gives a call up when the pause before its next attempt would pass the deadline. */
  givesUpEarlyMs = 0

  /** Resolves when `setTopic` has told of the topics; rejects as the deadline of the call passes. */
  topics(
    [name]: readonly string[],
    { deadline, signal }: { deadline: { remainingMs(): number }; signal: AbortSignal },
  ): Promise<TopicView[]> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const known = this.#views.get(name)
        if (known !== undefined) resolve([known])
        else this.#askers.push(look)
      }
      look()
      const code = ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
      const error = new BrokerError(
        'UNKNOWN_TOPIC_OR_PARTITION',
        code,
        `metadata of ${name} failed: there is none`,
        {
          retriable: true,
        },
      )
      const timer = this.runtime.timers.after(deadline.remainingMs() - this.givesUpEarlyMs, () =>
        reject(error),
      )
      signal.addEventListener('abort', () => {
        timer.cancel()
        reject(error)
      })
    })
  }

  async refresh(): Promise<void> {}

  /** How the next requests for a producer id go, in order; afterwards each is given one at once. */
  readonly identities: (() => Promise<{ errorCode: number; producerId: bigint; producerEpoch: number }>)[] =
    []

  request() {
    const next = this.identities.shift()
    return next?.() ?? Promise.resolve({ errorCode: 0, producerId: 7n, producerEpoch: 0 })
  }

  staleMetadata(reason: string): void {
    this.stale.push(reason)
  }

  onMetadata(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  applyLeaderHints(hints: readonly LeaderHint[]): void {
    for (const { topic, partition, leaderId } of hints) {
      const leaders = this.#views.get(topic)!.partitions.map((each) => each.leaderId)
      leaders[partition] = leaderId
      this.setTopic(topic, leaders)
    }
  }

  lane() {
    return {
      version: (brokerId: number): number | Promise<number> => {
        if (this.unsupported.has(brokerId))
          throw new UnsupportedVersionError('no version of Produce in common')
        if (!this.down.has(brokerId)) return 13
        return Promise.reject(new ConnectionError(`broker ${brokerId} cannot be reached`))
      },
      send: (
        brokerId: number,
        _api: unknown,
        message: Draft<ProduceRequest>,
        options: { onFlushed?: () => void; noResponse?: boolean },
      ) =>
        new Promise((resolve, reject) => {
          this.requests.push(new FakeRequest(this, brokerId, message, options.onFlushed, { resolve, reject }))
        }),
      close: async () => {
        this.laneClosed = true
      },
    }
  }

  /** Requests without an answer. */
  get open(): FakeRequest[] {
    return this.requests.filter((request) => !request.settled)
  }

  append(batch: ReceivedBatch): bigint {
    const at = `${batch.topic}[${batch.partition}]`
    const log = this.log.get(at) ?? []
    this.log.set(at, log)
    log.push(...batch.records)
    return BigInt(log.length - batch.records.length)
  }

  /** Answers everything, again and again, until nothing is left. */
  async answerAll(): Promise<void> {
    await this.time.settle()
    while (this.open.length > 0) {
      for (const request of this.open) request.answer()
      await this.time.settle()
    }
  }
}

function view(name: string, leaders: readonly number[]): TopicView {
  return {
    name,
    topicId: '',
    internal: false,
    errorCode: 0,
    partitions: leaders.map((leaderId, index) => ({
      index,
      leaderId,
      leaderEpoch: 1,
      replicas: [1, 2, 3],
      isr: [1, 2, 3],
      offlineReplicas: [],
      errorCode: 0,
    })),
  }
}
