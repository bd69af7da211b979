import type { Consumer } from '../../src/consumer/index.ts'
import { KafkaError } from '../../src/errors.ts'
import type { Kafka } from '../../src/kafka.ts'
import { type KafkaRecord, text } from '../../src/records/index.ts'
import type { Stage } from '../stage.ts'
import type { Chance } from '../world/chance.ts'
import type { Host } from '../world/host.ts'
import { idOf } from './payload.ts'

type Taken = KafkaRecord<Buffer, string>

/** The pause before the application opens its loop again after an error. */
const reopenMs = 200

/**
 * A service that reads with a group, record by record or batch by batch, takes its time, and commits by itself or leaves
 * that to the consumer. How it is set up is drawn from its name.
 */
export class SimulatedConsumer {
  readonly name: string
  /** What each record takes longer than usual. */
  delayMs = 0
  readonly #stage: Stage
  readonly #host: Host
  readonly #chance: Chance
  readonly #kafka: Kafka
  readonly #consumer: Consumer<Buffer, string>
  readonly #byBatch: boolean
  readonly #commitEvery: number
  readonly #working: Promise<void>
  #processed = 0
  #closing: Promise<void> | undefined

  constructor(stage: Stage, name: string) {
    const chance = stage.world.chance.stream(`client ${name}`)
    const { group } = stage
    const sessionTimeoutMs = 6_000
    this.name = name
    this.#stage = stage
    this.#host = stage.world.host(name)
    this.#chance = chance
    this.#kafka = stage.kafka(this.#host, chance)
    this.#byBatch = chance.happens(0.4)
    // 0: the consumer commits by itself.
    this.#commitEvery = chance.pick([0, 0, 0, 7])
    this.#consumer = this.#kafka.consumer({
      groupId: group,
      topics: Object.keys(stage.scenario.topics),
      sessionTimeoutMs,
      heartbeatIntervalMs: chance.int(500, 2_000),
      rebalanceTimeoutMs: chance.int(6_000, 15_000),
      autoCommit: this.#commitEvery === 0,
      autoCommitIntervalMs: chance.int(300, 5_000),
      maxWaitMs: chance.int(300, 2_000),
      maxPartitionBytes: chance.pick([1_048_576, 2_000]),
      isolationLevel: chance.pick(['read_committed', 'read_uncommitted'] as const),
      valueDeserializer: text,
      onAssigned: (partitions) =>
        stage.add({ kind: 'assigned', consumer: name, group, partitions: [...partitions] }),
      onRevoked: (partitions, { lost }) =>
        stage.add({ kind: 'revoked', consumer: name, group, partitions: [...partitions], lost }),
      onError: (error) => stage.add({ kind: 'trouble', client: name, code: error.code, thrown: false }),
    })
    const limits = { maxInFlightRequests: 0, bufferMemoryBytes: 0, sessionTimeoutMs }
    stage.add({ kind: 'client-opened', client: name, limits })
    this.#working = stage.call(name, 'its loop', this.#work())
  }

  /** Leaves the group, with what is in hand unprocessed, and sees its loop end. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { name } = this
    this.#stage.add({ kind: 'client-closing', client: name })
    await this.#stage.call(name, 'close()', this.#consumer.close())
    await this.#stage.call(name, 'close() of its Kafka', this.#kafka.close())
    await this.#working
    const { openTimers: timers, openSockets: sockets } = this.#host
    this.#stage.add({ kind: 'client-closed', client: name, timers, sockets })
  }

  async #work(): Promise<void> {
    while (this.#closing === undefined) {
      try {
        if (this.#byBatch) await this.#readBatches()
        else await this.#readRecords()
      } catch (error) {
        const code = error instanceof KafkaError ? error.code : String(error)
        this.#stage.add({ kind: 'trouble', client: this.name, code, thrown: true })
        await this.#host.sleep(reopenMs)
      }
    }
  }

  async #readRecords(): Promise<void> {
    for await (const record of this.#consumer.records()) {
      this.#tell('handed', record)
      await this.#handle()
      this.#tell('processed', record)
      if (this.#closing !== undefined) return
      await this.#commit(record)
    }
  }

  async #readBatches(): Promise<void> {
    for await (const batch of this.#consumer.batches()) {
      const records = [...batch]
      for (const record of records) this.#tell('handed', record)
      for (const record of records) {
        await this.#handle()
        this.#tell('processed', record)
        if (this.#closing !== undefined) return
        await this.#commit(record)
      }
    }
  }

  async #handle(): Promise<void> {
    if (this.delayMs > 0) await this.#host.sleep(this.delayMs)
    else if (this.#chance.happens(0.2)) await this.#host.sleep(this.#chance.int(0, 15))
  }

  async #commit(record: Taken): Promise<void> {
    this.#processed += 1
    if (this.#commitEvery === 0 || this.#processed % this.#commitEvery !== 0) return
    this.#consumer.markProcessed(record)
    try {
      await this.#stage.call(this.name, 'commit()', this.#consumer.commit(undefined, { timeoutMs: 8_000 }))
    } catch (error) {
      const code = error instanceof KafkaError ? error.code : String(error)
      this.#stage.add({ kind: 'trouble', client: this.name, code, thrown: false })
    }
  }

  #tell(kind: 'handed' | 'processed', record: Taken): void {
    const { topic, partition, offset } = record
    const { group } = this.#stage
    const id = idOf(record.value ?? '')
    this.#stage.add({ kind, consumer: this.name, group, topic, partition, offset, id })
  }
}
