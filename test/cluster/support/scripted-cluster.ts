import { Cluster, type ClusterOptions } from '../../../src/cluster/index.ts'
import { ErrorCodes } from '../../../src/protocol/error-codes.ts'
import { apis } from '../../../src/protocol/messages/index.ts'
import { ZERO_UUID } from '../../../src/protocol/reader.ts'
import { resetSocket } from '../../network/support/memory-network.ts'
import { type ReceivedRequest, ScriptedServer } from '../../network/support/scripted-server.ts'
import { VirtualWorld } from '../../network/support/virtual-world.ts'

export interface ScriptedTopic {
  topicId: string
  errorCode: number
  /** Leaders of the partitions, by index; -1 for none. */
  leaders: number[]
  leaderEpoch: number
}

/** What a broker does with a request: an answer, `cut` for a broken connection, undefined for no answer at all. */
export type Reaction = (request: ReceivedRequest, brokerId: number) => object | 'cut' | undefined

/**
 * Brokers in a world of virtual time that tell one state of a cluster. They listen at `kafka-ID:9092` and answer
 * ApiVersions and Metadata by themselves; what else they do, or do otherwise, a test says with `on`.
 */
export class ScriptedCluster {
  readonly world = new VirtualWorld()
  clusterId = 'cluster-A'
  controllerId = 1
  /** The brokers that Metadata names; by default those that were started. */
  members: number[] = []
  readonly topics = new Map<string, ScriptedTopic>()
  /** The highest version of an API that brokers offer, where it is not the highest there is. */
  readonly maxVersions = new Map<string, number>()
  finalized: { epoch: bigint; levels: Record<string, number> } = { epoch: -1n, levels: {} }
  readonly #servers = new Map<number, ScriptedServer>()
  readonly #reactions = new Map<string, Reaction>()
  readonly #requests: { api: string; brokerId: number; request: ReceivedRequest }[] = []

  static async start(...brokerIds: number[]): Promise<ScriptedCluster> {
    const cluster = new ScriptedCluster()
    for (const id of brokerIds) await cluster.up(id)
    cluster.members = [...brokerIds]
    return cluster
  }

  /** Starts a broker, or starts it again. */
  async up(id: number): Promise<void> {
    this.world.net.names.set(`kafka-${id}`, [`10.0.0.${id}`])
    const server = await ScriptedServer.listen(this.world, `10.0.0.${id}`, 9092)
    server.offered = undefined
    server.script = (request) => this.#answer(request, id)
    this.#servers.set(id, server)
  }

  /** Ends a broker: its connections break, and new ones are refused. */
  async down(id: number): Promise<void> {
    const server = this.#servers.get(id)!
    await server.listener.close()
    for (const socket of server.sockets.splice(0)) resetSocket(socket)
  }

  on(api: string, reaction: Reaction): void {
    this.#reactions.set(api, reaction)
  }

  topic(name: string, topic: Partial<ScriptedTopic> = {}): ScriptedTopic {
    const made = { topicId: idOf(name), errorCode: 0, leaders: [this.members[0]], leaderEpoch: 1, ...topic }
    this.topics.set(name, made)
    return made
  }

  client(options: Partial<ClusterOptions> = {}): Cluster {
    const brokers = [...this.#servers.keys()].map((id) => `kafka-${id}:9092`)
    return new Cluster({ brokers, runtime: this.world, ...options })
  }

  /** The requests of an API, at one broker or at all. */
  asked(api: string, brokerId?: number): ReceivedRequest[] {
    return this.#requests
      .filter((each) => each.api === api && (brokerId === undefined || each.brokerId === brokerId))
      .map(({ request }) => request)
  }

  /** The names in each Metadata request so far; null for all topics. */
  get namesAsked(): (string[] | null)[] {
    return this.asked('Metadata').map(
      ({ message }) => message.topics?.map(({ name }: { name: string }) => name) ?? null,
    )
  }

  /** Connections that a broker took so far. */
  connections(id: number): number {
    return this.#servers.get(id)!.sockets.length
  }

  /** Connections that brokers took and that did not end yet. */
  get openConnections(): number {
    const sockets = [...this.#servers.values()].flatMap((server) => server.sockets)
    return sockets.filter((socket) => !(socket as unknown as { ended: boolean }).ended).length
  }

  /** What a promise comes to, with time passing as it needs; fails when that is more than `withinMs`. */
  async run<T>(promise: Promise<T>, withinMs = 120_000): Promise<T> {
    let settled = false
    const settle = () => {
      settled = true
    }
    promise.then(settle, settle)
    await this.world.settle()
    for (let waitedMs = 0; !settled; waitedMs += stepMs) {
      if (waitedMs > withinMs) throw new Error(`nothing came of it within ${withinMs} ms`)
      await this.world.advance(stepMs)
    }
    return promise
  }

  /** The error that a promise rejects with, in the same way. */
  async failure(promise: Promise<unknown>, withinMs?: number): Promise<unknown> {
    const missing = new Error('it did not fail')
    const error = await this.run(
      promise.then(
        () => missing,
        (reason) => reason,
      ),
      withinMs,
    )
    if (error === missing) throw error
    return error
  }

  metadata(request: ReceivedRequest): object {
    const asked: { name: string | null; topicId: string }[] =
      request.message.topics ?? [...this.topics.keys()].map((name) => ({ name, topicId: ZERO_UUID }))
    return {
      clusterId: this.clusterId,
      controllerId: this.controllerId,
      brokers: this.members.map((nodeId) => ({ nodeId, host: `kafka-${nodeId}`, port: 9092 })),
      topics: asked.map(({ name, topicId }) => (name === null ? this.#toldById(topicId) : this.#told(name))),
    }
  }

  #answer(request: ReceivedRequest, brokerId: number): void {
    this.#requests.push({ api: request.api, brokerId, request })
    const answer = (this.#reactions.get(request.api) ?? this.#ordinary)(request, brokerId)
    if (answer === 'cut') resetSocket(request.socket)
    else if (answer !== undefined) request.answer(answer)
  }

  readonly #ordinary: Reaction = (request) => {
    if (request.api === 'ApiVersions') return this.#offered()
    return request.api === 'Metadata' ? this.metadata(request) : undefined
  }

  #offered(): object {
    const { epoch, levels } = this.finalized
    const offered = apis.map(({ key, name, request }) => {
      const [minVersion, maxVersion] = request.versions
      return { apiKey: key, minVersion, maxVersion: this.maxVersions.get(name) ?? maxVersion }
    })
    const finalizedFeatures = Object.entries(levels).map(([name, level]) => ({
      name,
      minVersionLevel: level,
      maxVersionLevel: level,
    }))
    return { apiKeys: offered, finalizedFeaturesEpoch: epoch, finalizedFeatures }
  }

  #toldById(topicId: string): object {
    const found = [...this.topics].find(([, topic]) => topic.topicId === topicId)
    return found === undefined
      ? { name: null, topicId, errorCode: ErrorCodes.UNKNOWN_TOPIC_ID }
      : this.#told(found[0])
  }

  #told(name: string): object {
    const topic = this.topics.get(name)
    if (topic === undefined) return { name, errorCode: ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION }
    const { topicId, errorCode, leaders, leaderEpoch } = topic
    const partitions = leaders.map((leaderId, partitionIndex) => ({
      partitionIndex,
      leaderId,
      leaderEpoch,
      errorCode: leaderId === -1 ? ErrorCodes.LEADER_NOT_AVAILABLE : ErrorCodes.NONE,
    }))
    return { name, topicId, errorCode, partitions: errorCode === 0 ? partitions : [] }
  }
}

/** Small enough to tell which of two pauses it was. */
const stepMs = 5

/** An id made of a topic's name. */
export function idOf(name: string): string {
  return Buffer.alloc(16, name).toString('base64url')
}
