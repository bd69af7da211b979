import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Api, Draft } from '../../../src/protocol/message.ts'
import {
  CreateTopics,
  FindCoordinator,
  Heartbeat,
  InitProducerId,
  ListOffsets,
} from '../../../src/protocol/messages/index.ts'
import type { Release } from '../../../src/testing/versions/release.ts'
import { releases } from '../../../src/testing/versions/releases.ts'
import { HungUpError, RawClient } from './raw-client.ts'
import { type Plain, plain } from './transcript.ts'

/** A story of raw requests, told to any broker. What is answered makes up its transcript. */
export interface Scenario {
  name: string
  run(world: World): Promise<void>
}

export interface TestTopic {
  name: string
  id: string
}

/** Longer than any answer waits that a scenario waits for. */
const answerWithinMs = 10_000

interface Line {
  say: string
  answer: unknown
}

/** Opens a connection, and logs in on it where the broker wants that. */
export type Connect = (address: string, clientId?: string) => Promise<RawClient>

/** What a scenario has of a broker: connections whose answers are written down, topics and groups of its own. */
export class World {
  readonly #address: string
  readonly #release: Release
  readonly #connect: Connect
  readonly #lines: Line[] = []
  readonly #aliases = new Map<string, string>()
  readonly #clients: RawClient[] = []
  readonly #run = randomBytes(4).toString('hex')
  #topics = 0
  #groups = 0
  #transactions = 0

  constructor(address: string, release: Release = releases['4.3'], connect: Connect = RawClient.connect) {
    this.#address = address
    this.#release = release
    this.#connect = connect
  }

  /** A connection of its own; `at` is another address than the usual one, or makes the connection in another way. */
  async client(name = 'client', at: string | Connect = this.#address): Promise<Teller> {
    const raw = typeof at === 'string' ? await this.#connect(at, 'raw') : await at(this.#address, 'raw')
    this.#clients.push(raw)
    return new Teller(raw, name, (say, answer) => this.note(say, answer), this.#release)
  }

  /** The versions of an API that both the codec and the release of the broker have. */
  versions<Req>({ key, request }: Api<Req, unknown>): number[] {
    const [lowest, highest] = request.versions
    const range = rangeOf(this.#release, key)
    if (range === undefined) return []
    const all = Array.from({ length: highest - lowest + 1 }, (_, index) => lowest + index)
    return all.filter((version) => version >= range[0] && version <= range[1])
  }

  /** A topic that is ready for use. Its name and id go by `topic-N` in the transcript. */
  async topic(partitions = 1, configs: Record<string, string> = {}): Promise<TestTopic> {
    const name = this.topicName()
    const raw = await this.#connect(this.#address)
    const { topics } = await raw.call(CreateTopics, 7, {
      topics: [
        {
          name,
          numPartitions: partitions,
          replicationFactor: 1,
          configs: Object.entries(configs).map(([config, value]) => ({ name: config, value })),
        },
      ],
      timeoutMs: 10_000,
    })
    if (topics[0].errorCode !== 0) throw new Error(`the topic was not made: ${topics[0].errorMessage}`)
    const id = topics[0].topicId
    this.alias(id, `id-of-topic-${this.#topics}`)
    const asked = Array.from({ length: partitions }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp: -1n,
    }))
    await until(async () => {
      const answer = await raw.call(ListOffsets, 5, { replicaId: -1, topics: [{ name, partitions: asked }] })
      return answer.topics[0].partitions.every(({ errorCode }) => errorCode === 0)
    })
    raw.close()
    return { name, id }
  }

  /** A name for a topic of its own; `topic-N` in the transcript. */
  topicName(): string {
    this.#topics += 1
    const name = `topic-${this.#topics}-${this.#run}`
    this.alias(name, `topic-${this.#topics}`)
    return name
  }

  /** The name of a group of its own; `group-N` in the transcript. */
  groupId(): string {
    this.#groups += 1
    const name = `group-${this.#groups}-${this.#run}`
    this.alias(name, `group-${this.#groups}`)
    return name
  }

  /** A transactional id of its own; `transaction-N` in the transcript. */
  transactionalId(): string {
    this.#transactions += 1
    const name = `transaction-${this.#transactions}-${this.#run}`
    this.alias(name, `transaction-${this.#transactions}`)
    return name
  }

  /** A name that nothing has. */
  unusedName(): string {
    const name = `nothing-${this.#run}`
    this.alias(name, 'nothing')
    return name
  }

  /** From now on, and back to the beginning, `secret` is called `alias`. */
  alias(secret: string, alias: string): void {
    if (secret === '') return
    this.#aliases.set(secret, alias)
    this.#aliases.set(Buffer.from(secret).toString('hex'), `hex of ${alias}`)
  }

  note(say: string, answer: unknown): void {
    this.#lines.push({ say, answer })
  }

  transcript(): { say: string; answer: Plain }[] {
    return this.#lines.map(({ say, answer }) => ({ say, answer: plain(answer, this.#aliases) }))
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }
}

/** A client whose every answer goes into the transcript. */
export class Teller {
  readonly #raw: RawClient
  readonly #name: string
  readonly #note: (say: string, answer: unknown) => void
  readonly #release: Release

  constructor(raw: RawClient, name: string, note: (say: string, answer: unknown) => void, release: Release) {
    this.#raw = raw
    this.#name = name
    this.#note = note
    this.#release = release
  }

  get closed(): Promise<void> {
    return this.#raw.closed
  }

  /** Sends, waits, writes down. `say` tells what is special about the request. */
  async call<Req, Res>(api: Api<Req, Res>, version: number, message: Draft<Req>, say = ''): Promise<Res> {
    this.#checkOffered(api, version)
    const line = `${this.#name}: ${api.name} v${version}${say === '' ? '' : ` (${say})`}`
    try {
      const answer = await within(answerWithinMs, this.#raw.call(api, version, message), line)
      this.#note(line, answer)
      return answer
    } catch (error) {
      if (error instanceof HungUpError) this.#note(line, 'hung up')
      throw error
    }
  }

  /** `version`, or the highest below it that the release of the broker has. */
  upTo({ key }: Api<unknown, unknown>, version: number): number {
    return Math.min(version, rangeOf(this.#release, key)?.[1] ?? version)
  }

  /** As `call`, for what is written down by somebody else, or not at all. */
  async quietly<Req, Res>(api: Api<Req, Res>, version: number, message: Draft<Req>): Promise<Res> {
    this.#checkOffered(api, version)
    return this.#raw.call(api, version, message)
  }

  /** A release that is older than the scenario hears it as far as it can. */
  #checkOffered({ key, name }: Pick<Api<unknown, unknown>, 'key' | 'name'>, version: number): void {
    const highest = rangeOf(this.#release, key)?.[1] ?? -1
    if (this.#release.version !== releases['4.3'].version && version > highest) {
      throw new NotOfferedError(`${name} v${version} is not offered`)
    }
  }

  /** Writes down what was answered quietly. */
  tell(say: string, answer: unknown): void {
    this.#note(`${this.#name}: ${say}`, answer)
  }

  /** Sends what is expected to make the broker hang up. */
  async callHopeless<Req, Res>(
    api: Api<Req, Res>,
    version: number,
    message: Draft<Req>,
    say = '',
  ): Promise<void> {
    try {
      await this.call(api, version, message, say)
    } catch (error) {
      if (!(error instanceof HungUpError)) throw error
    }
  }

  /** Sends bytes of one's own making and writes down the frame that comes back. */
  async callBytes(bytes: Buffer, say: string): Promise<void> {
    this.#raw.write(bytes)
    const frame = this.#raw.frame().then(
      (received) => received.toString('hex'),
      () => 'hung up',
    )
    const answer = await within(answerWithinMs, frame, say)
    this.#note(`${this.#name}: ${say}`, answer)
  }

  post<Req>(api: Api<Req, unknown>, version: number, message: Draft<Req>): void {
    this.#raw.post(api, version, message)
  }

  close(): void {
    this.#raw.close()
  }
}

/** The release of the broker does not have it, so the scenario ends there. */
class NotOfferedError extends Error {}

function rangeOf({ apis }: Release, key: number) {
  return apis.find((api) => api.key === key)?.versions
}

/** Runs a scenario and gives what was answered. */
export async function tell(
  scenario: Scenario,
  address: string,
  release?: Release,
  connect?: Connect,
): Promise<{ say: string; answer: Plain }[]> {
  const world = new World(address, release, connect)
  try {
    await scenario.run(world)
  } catch (error) {
    if (error instanceof NotOfferedError) world.note('the end', error.message)
    else world.note('the scenario failed', String(error))
  } finally {
    world.close()
  }
  return world.transcript()
}

/** Waits until the broker looks after groups and gives out producer ids, which a fresh Kafka takes some time for. */
export async function isReady(address: string, connect: Connect = RawClient.connect): Promise<void> {
  const raw = await connect(address)
  await until(async () => {
    const found = await raw.call(FindCoordinator, 3, { keyType: 0, key: 'ready' })
    if (found.errorCode !== 0) return false
    const beat = await raw.call(Heartbeat, 4, { groupId: 'ready', generationId: 1, memberId: 'm' })
    const { errorCode } = await raw.call(InitProducerId, 4, {
      transactionalId: null,
      transactionTimeoutMs: 1000,
    })
    return beat.errorCode === 25 && errorCode === 0
  })
  raw.close()
}

async function within<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} is not answered within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Asks again and again until it is so. */
export async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 30_000
  while (!(await isTrue())) {
    if (Date.now() > giveUpAt) throw new Error('waited for 30 s')
    await sleep(20)
  }
}
