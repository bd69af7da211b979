import { setTimeout as sleep } from 'node:timers/promises'
import { CreateTopics, ListOffsets, Metadata } from '../../../src/protocol/messages/index.ts'
import { RawClient } from './raw-client.ts'
import type { Plain } from './transcript.ts'
import { type Teller, type TestTopic, World } from './world.ts'

/** Three brokers with the ids 1, 2 and 3, of whatever make. */
export interface BrokersUnderTest {
  address(id: number): string
  stop(id: number): Promise<void>
  start(id: number): Promise<void>
}

/** A story told to three brokers, some of which are stopped and started on the way. */
export interface ClusterScenario {
  name: string
  run(world: ClusterWorld): Promise<void>
}

/** What a scenario has of a cluster: connections to each of its brokers, and topics whose replicas it places. */
export class ClusterWorld {
  readonly #brokers: BrokersUnderTest
  readonly #notes: World
  readonly #stopped = new Set<number>()
  #topics = 0

  constructor(brokers: BrokersUnderTest) {
    this.#brokers = brokers
    this.#notes = new World(brokers.address(1))
  }

  /** A connection to one broker, whose answers are written down. */
  client(id: number): Promise<Teller> {
    return this.#notes.client(`to ${id}`, this.#brokers.address(id))
  }

  note(say: string, answer: unknown): void {
    this.#notes.note(say, answer)
  }

  groupId(): string {
    return this.#notes.groupId()
  }

  /** A topic with these replicas for each partition, the leader first; every broker knows of it. */
  async topic(replicas: readonly number[][], configs: Record<string, string> = {}): Promise<TestTopic> {
    const name = this.#notes.topicName()
    const client = await RawClient.connect(this.#brokers.address(this.#living[0]))
    const { topics } = await client.call(CreateTopics, 7, {
      topics: [
        {
          name,
          numPartitions: -1,
          replicationFactor: -1,
          assignments: replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
          configs: Object.entries(configs).map(([config, value]) => ({ name: config, value })),
        },
      ],
      timeoutMs: 10_000,
    })
    client.close()
    if (topics[0].errorCode !== 0) throw new Error(`the topic was not made: ${topics[0].errorMessage}`)
    const known = { name, id: topics[0].topicId }
    this.#topics += 1
    this.#notes.alias(known.id, `id-of-topic-${this.#topics}`)
    for (const [index, [leader]] of replicas.entries()) await this.#leads(known, index, leader)
    for (const id of this.#living) {
      await this.until(id, known, (partition) => partition.leaderId !== -1)
    }
    return known
  }

  /** Waits until the partition's leader answers as one. */
  async #leads({ name }: TestTopic, partitionIndex: number, leader: number): Promise<void> {
    const client = await RawClient.connect(this.#brokers.address(leader))
    await eventually(async () => {
      const answer = await client.call(ListOffsets, 5, {
        replicaId: -1,
        topics: [{ name, partitions: [{ partitionIndex, timestamp: -1n }] }],
      })
      return answer.topics[0].partitions[0].errorCode === 0
    })
    client.close()
  }

  /** Waits until broker `id` tells such a thing of the topic's first partition. */
  async until(
    id: number,
    { name }: TestTopic,
    isTrue: (partition: { leaderId: number; leaderEpoch: number; isrNodes: number[] }) => boolean,
  ): Promise<void> {
    const client = await RawClient.connect(this.#brokers.address(id))
    await eventually(async () => {
      const { topics } = await client.call(Metadata, 12, { topics: [{ name }] })
      return topics[0].errorCode === 0 && isTrue(topics[0].partitions[0])
    })
    client.close()
  }

  async stop(id: number): Promise<void> {
    this.#stopped.add(id)
    await this.#brokers.stop(id)
  }

  async start(id: number): Promise<void> {
    await this.#brokers.start(id)
    this.#stopped.delete(id)
  }

  transcript(): { say: string; answer: Plain }[] {
    // Any living broker is told as the controller.
    const text = JSON.stringify(this.#notes.transcript()).replace(
      /"controllerId":\d+/g,
      '"controllerId":"<id>"',
    )
    return JSON.parse(text)
  }

  /** Starts what was stopped. */
  async close(): Promise<void> {
    this.#notes.close()
    for (const id of [...this.#stopped]) await this.start(id)
  }

  get #living(): number[] {
    return [1, 2, 3].filter((id) => !this.#stopped.has(id))
  }
}

/** Runs a scenario and gives what was answered. */
export async function tellCluster(
  scenario: ClusterScenario,
  brokers: BrokersUnderTest,
): Promise<{ say: string; answer: Plain }[]> {
  const world = new ClusterWorld(brokers)
  try {
    await scenario.run(world)
  } catch (error) {
    world.note('the scenario failed', String(error))
  } finally {
    await world.close()
  }
  return world.transcript()
}

export async function eventually(isTrue: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 30_000
  while (!(await isTrue())) {
    if (Date.now() > giveUpAt) throw new Error('waited for 30 s')
    await sleep(20)
  }
}
