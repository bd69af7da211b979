import { setTimeout as sleep } from 'node:timers/promises'
import type { Producer, RecordMetadata } from '../../src/index.ts'

const TICK_MS = 5

/** A steady stream of numbered records to the partitions of a topic, and what became of each. */
export class Load {
  readonly acknowledged: { value: string; metadata: RecordMetadata }[] = []
  readonly failed: { value: string; error: unknown }[] = []
  sent = 0
  readonly #producer: Producer
  readonly #topic: string
  readonly #partitions: number
  readonly #perTick: number
  #stopped = false
  readonly #done: Promise<void>

  constructor(producer: Producer, topic: string, partitions: number, perSecond: number) {
    this.#producer = producer
    this.#topic = topic
    this.#partitions = partitions
    this.#perTick = Math.ceil((perSecond * TICK_MS) / 1000)
    this.#done = this.#run()
  }

  /** Resolves once so many more records are acknowledged. */
  async progress(records: number): Promise<void> {
    const goal = this.acknowledged.length + records
    while (this.acknowledged.length < goal) await sleep(TICK_MS)
  }

  /** Sends no more; resolves when every record has its outcome. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
    await this.#producer.flush()
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      for (let i = 0; i < this.#perTick; i++) this.#send()
      await sleep(TICK_MS)
    }
  }

  #send(): void {
    const number = this.sent++
    const partition = number % this.#partitions
    const value = `${number}`
    this.#producer.send({ topic: this.#topic, partition, value }).then(
      (metadata) => this.acknowledged.push({ value, metadata }),
      (error) => this.failed.push({ value, error }),
    )
  }
}

/** What a checker found in a topic, against what was acknowledged. */
export interface Verdict {
  /** Acknowledged records that are not where they should be. */
  lost: string[]
  /** Records that are there more than once. */
  duplicated: number
  /** Records that come after a later one of their partition, copies left aside. */
  swapped: number
}

/** Compares a topic's values, by `partition:offset`, with what was acknowledged. */
export function judge(
  values: ReadonlyMap<string, string>,
  acknowledged: readonly { value: string; metadata: RecordMetadata }[],
): Verdict {
  const seen = new Set<string>()
  const last = new Map<string, number>()
  let swapped = 0
  for (const [at, value] of values) {
    if (seen.has(value)) continue
    seen.add(value)
    const partition = at.split(':')[0]
    if (Number(value) < (last.get(partition) ?? -1)) swapped++
    else last.set(partition, Number(value))
  }
  // Of a batch that a broker had already, it may not tell where.
  const isThere = ({ value, metadata }: { value: string; metadata: RecordMetadata }) =>
    metadata.offset < 0n ? seen.has(value) : values.get(`${metadata.partition}:${metadata.offset}`) === value
  const lost = acknowledged.filter((one) => !isThere(one)).map(({ value }) => value)
  return { lost, duplicated: values.size - seen.size, swapped }
}
