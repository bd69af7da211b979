import { KafkaError } from '../../src/errors.ts'
import type { Kafka } from '../../src/kafka.ts'
import {
  type Producer,
  type ProducerRecord,
  RecordMetadata,
  SendBatchError,
} from '../../src/producer/index.ts'
import type { Stage } from '../stage.ts'
import type { Chance } from '../world/chance.ts'
import type { Host } from '../world/host.ts'
import { payloadOf } from './payload.ts'

const keys = 12
/** Enough to reach most partitions. */
const probes = 20
const acksByName = { all: -1, leader: 1, none: 0 } as const

/**
 * A service that sends: now and then some records, one by one, in batches or without promises, with what it sends numbered
 * from 1. How it is set up, and what it does, is drawn from its name.
 */
export class SimulatedProducer {
  readonly name: string
  readonly #stage: Stage
  readonly #host: Host
  readonly #chance: Chance
  readonly #kafka: Kafka
  readonly #producer: Producer
  readonly #acks: -1 | 0 | 1
  readonly #ordered: boolean
  readonly #idempotent: boolean
  #sent = 0
  #closing: Promise<void> | undefined

  constructor(stage: Stage, name: string) {
    const chance = stage.world.chance.stream(`client ${name}`)
    this.name = name
    this.#stage = stage
    this.#host = stage.world.host(name)
    this.#chance = chance
    this.#acks = acksByName[chance.weighted({ all: 8, leader: 1, none: 1 }) as keyof typeof acksByName]
    const maxInFlightRequests = chance.pick([1, 1, 5, 5, 2])
    this.#idempotent = this.#acks === -1 && chance.happens(0.7)
    this.#ordered = maxInFlightRequests === 1 || this.#idempotent
    this.#kafka = stage.kafka(this.#host, chance)
    const bufferMemoryBytes = chance.pick([64 * 1_048_576, 131_072])
    this.#producer = this.#kafka.producer({
      acks: this.#acks,
      maxInFlightRequests,
      idempotent: this.#idempotent,
      bufferMemoryBytes,
      lingerMs: chance.pick([0, 0, 5, 50]),
      batchSizeBytes: chance.pick([500_000, 16_384, 600]),
      compression: chance.pick(['none', 'none', 'gzip'] as const),
      requestTimeoutMs: chance.int(1_500, 5_000),
      deliveryTimeoutMs: chance.int(6_000, 25_000),
      maxBlockMs: chance.int(5_000, 20_000),
      allowAutoTopicCreation: false,
    })
    const limits = { maxInFlightRequests, bufferMemoryBytes, sessionTimeoutMs: 0 }
    stage.add({ kind: 'client-opened', client: name, limits })
    void this.#work()
  }

  /** Sends no more; what was sent gets its outcome. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Sends some records that nothing can be in the way of any more. */
  async probe(): Promise<void> {
    if (this.#closing !== undefined) return
    await Promise.all(
      this.#make(probes).map((sent) => {
        this.#stage.add({ kind: 'probed', id: sent.id })
        return this.#send(sent)
      }),
    )
  }

  async #close(): Promise<void> {
    const { name } = this
    this.#stage.add({ kind: 'client-closing', client: name })
    await this.#stage.call(name, 'close()', this.#producer.close())
    await this.#stage.call(name, 'close() of its Kafka', this.#kafka.close())
    const { openTimers: timers, openSockets: sockets } = this.#host
    this.#stage.add({ kind: 'client-closed', client: name, timers, sockets })
  }

  async #work(): Promise<void> {
    const [least, most] = this.#stage.scenario.sendEveryMs
    while (this.#closing === undefined && !this.#stage.calm) {
      await this.#host.sleep(this.#chance.int(least, most))
      if (this.#closing !== undefined || this.#stage.calm) return
      const way = this.#chance.weighted({ send: 5, batch: 3, post: 2, abort: 0.3, flush: 0.3 })
      const count = this.#chance.pick([1, 1, 2, 5, 20])
      if (way === 'flush') void this.#stage.call(this.name, 'flush()', this.#producer.flush())
      else if (way === 'batch') void this.#sendBatch(this.#make(count))
      else if (way === 'post') for (const one of this.#make(count)) await this.#post(one)
      else if (way === 'abort') for (const one of this.#make(1)) void this.#sendAborted(one)
      else for (const one of this.#make(count)) void this.#send(one)
    }
  }

  #make(count: number): Sent[] {
    return Array.from({ length: count }, () => {
      const id = `${this.name}:${++this.#sent}`
      const key = this.#chance.happens(0.8) ? `key-${this.#chance.int(1, keys)}` : undefined
      const topic = this.#chance.pick(Object.keys(this.#stage.scenario.topics))
      const value = payloadOf(id)
      const bytes = value.length
      const fact = { producer: this.name, id, topic, bytes, ordered: this.#ordered, once: this.#idempotent }
      this.#stage.add({ kind: 'sent', ...fact })
      return { id, record: { topic, key, value } }
    })
  }

  async #send({ id, record }: Sent): Promise<void> {
    await this.#outcome(id, record, this.#producer.send(record))
  }

  async #sendAborted({ id, record }: Sent): Promise<void> {
    const abort = new AbortController()
    const sending = this.#outcome(id, record, this.#producer.send(record, { signal: abort.signal }))
    await this.#host.sleep(this.#chance.int(0, 20))
    abort.abort(new Error('the workload thought better of it'))
    await sending
  }

  async #outcome(id: string, record: ProducerRecord, sending: Promise<RecordMetadata>): Promise<void> {
    try {
      this.#settle(id, record, await this.#stage.call(this.name, `send(${id})`, sending))
    } catch (error) {
      this.#settle(id, record, error)
    }
  }

  async #sendBatch(sent: readonly Sent[]): Promise<void> {
    const records = sent.map(({ record }) => record)
    let outcomes: readonly unknown[]
    try {
      const what = `sendBatch(${sent[0].id}...)`
      outcomes = await this.#stage.call(this.name, what, this.#producer.sendBatch(records))
    } catch (error) {
      outcomes = error instanceof SendBatchError ? error.results : sent.map(() => error)
    }
    for (let i = 0; i < sent.length; i++) this.#settle(sent[i].id, sent[i].record, outcomes[i])
  }

  async #post({ id, record }: Sent): Promise<void> {
    const settled = this.#stage.begin(this.name, `post(${id})`)
    const onAck = (error: unknown, metadata: unknown) => {
      settled()
      this.#settle(id, record, error ?? metadata)
    }
    try {
      while (!this.#producer.post(record, onAck)) await this.#producer.ready()
    } catch (error) {
      onAck(error, undefined)
    }
  }

  #settle(id: string, { topic }: ProducerRecord, outcome: unknown): void {
    const { name: producer } = this
    if (outcome instanceof RecordMetadata) {
      const { partition, offset } = outcome
      this.#stage.add({ kind: 'acknowledged', producer, id, acks: this.#acks, topic, partition, offset })
      return
    }
    const ours = outcome instanceof KafkaError
    const code = ours ? outcome.code : String(outcome)
    const mayBeWritten = !ours || outcome.context.mayBeWritten === true
    this.#stage.add({ kind: 'refused', producer, id, topic, code, mayBeWritten, ours })
  }
}

interface Sent {
  readonly id: string
  readonly record: ProducerRecord
}
