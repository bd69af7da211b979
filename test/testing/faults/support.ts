import { ApiVersions, ListOffsets, Metadata, Produce } from '../../../src/protocol/messages/index.ts'
import type { Logger } from '../../../src/runtime/runtime.ts'
import { type Broker, type BrokerOptions, startBroker } from '../../../src/testing/index.ts'
import { batch } from '../support/batches.ts'
import { RawClient } from '../support/raw-client.ts'

/** Brokers and raw clients that end with the test, and what the brokers logged. */
export class Bench implements AsyncDisposable {
  readonly logged: string[] = []
  readonly #brokers: Broker[] = []
  readonly #clients: RawClient[] = []

  async start(options: BrokerOptions = {}): Promise<Broker> {
    const note = (_: unknown, message: string) => this.logged.push(message)
    const logger: Logger = { debug() {}, info: note, warn: note, error: note }
    const broker = await startBroker({ topics: { orders: 1, other: 1 }, logger, ...options })
    this.#brokers.push(broker)
    return broker
  }

  async connect(broker: Broker, clientId = 'raw', index = 0): Promise<RawClient> {
    const client = await RawClient.connect(broker.brokers[index], clientId)
    this.#clients.push(client)
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close()
    await Promise.all(this.#brokers.map((broker) => broker.close()))
  }
}

export function ask(client: RawClient) {
  return client.call(ApiVersions, 3, { clientSoftwareName: 'raw', clientSoftwareVersion: '1' })
}

export function askMetadata(client: RawClient, topic = 'orders') {
  return client.call(Metadata, 9, { topics: [{ name: topic }] })
}

/** A Produce of one record. */
export async function producing(topic: string, acks = 1) {
  const records = await batch(['hello'])
  return {
    acks,
    timeoutMs: 1000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  }
}

export async function produce(client: RawClient, topic = 'orders', acks = 1) {
  const message = await producing(topic, acks)
  if (acks === 0) return client.post(Produce, 9, message)
  return (await client.call(Produce, 9, message)).responses[0].partitionResponses[0]
}

/** How many records there are. */
export async function endOffset(client: RawClient, topic = 'orders'): Promise<number> {
  const topics = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1n }] }]
  const answer = await client.call(ListOffsets, 5, { replicaId: -1, topics })
  return Number(answer.topics[0].partitions[0].offset)
}

/** Whether the promise is still open after a while. */
export async function isPending(promise: Promise<unknown>, ms = 50): Promise<boolean> {
  const open = Symbol('open')
  const wait = new Promise((resolve) => setTimeout(resolve, ms, open))
  return (await Promise.race([promise.catch(() => {}), wait])) === open
}
