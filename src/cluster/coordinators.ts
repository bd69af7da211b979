import type { KafkaError } from '../errors.ts'
import { ErrorCodes } from '../protocol/error-codes.ts'
import type { Draft } from '../protocol/message.ts'
import {
  FindCoordinator,
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
} from '../protocol/messages/find-coordinator.ts'
import { brokerError } from './broker-error.ts'
import type { NodeEndpoint } from './metadata-view.ts'

/** What a coordinator looks after: consumer groups, transactional ids, or partitions of share groups. */
export type CoordinatorType = 'group' | 'transaction' | 'share'

const keyTypes: Readonly<Record<CoordinatorType, number>> = { group: 0, transaction: 1, share: 2 }

/** The first version that takes several keys (KIP-699). */
const batchedFrom = 4

/** What is needed of the cluster: a broker to ask, and a way to ask it. */
export interface CoordinatorsContext {
  /** Picks a broker and says in which version of FindCoordinator it would be asked. */
  pick(): Promise<{ brokerId: number; version: number }>
  ask(brokerId: number, message: Draft<FindCoordinatorRequest>): Promise<FindCoordinatorResponse>
  /** Told where a coordinator listens, which metadata may not know yet. */
  learnNode(node: NodeEndpoint): void
}

/** What came of one key: its place in the answer, or an answer of its own. */
interface Found {
  readonly errorCode: number
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/** One key on its way, with all who ask for it. */
interface Search {
  readonly key: string
  readonly promise: Promise<number>
  resolve(brokerId: number): void
  reject(error: unknown): void
}

/**
 * Which broker coordinates a group or a transactional id. Answers are kept until somebody says that they are
 * wrong; keys that are asked for in one turn of the event loop share a request, and who asks for a key that is on
 * its way shares the answer.
 */
export class Coordinators {
  readonly #context: CoordinatorsContext
  /** As many as the clients of this cluster have groups and transactional ids. */
  readonly #known = new Map<string, number>()
  readonly #searches = new Map<string, Search>()
  /** Searches that leave together at the end of this turn. */
  readonly #batches = new Map<CoordinatorType, Search[]>()

  constructor(context: CoordinatorsContext) {
    this.#context = context
  }

  /** One attempt. Rejects with a retriable error while the cluster has no coordinator for the key. */
  find(type: CoordinatorType, key: string): Promise<number> {
    const id = cacheKey(type, key)
    const known = this.#known.get(id)
    if (known !== undefined) return Promise.resolve(known)
    const search = this.#searches.get(id) ?? this.#begin(type, key)
    return search.promise
  }

  /** Forgets what is known of a key; with `brokerId` only when it is what is known. */
  forget(type: CoordinatorType, key: string, brokerId?: number): void {
    const id = cacheKey(type, key)
    if (brokerId === undefined || this.#known.get(id) === brokerId) this.#known.delete(id)
  }

  /** Forgets every key that a broker coordinates, because it cannot be reached. */
  forgetBroker(brokerId: number): void {
    for (const [id, known] of this.#known) if (known === brokerId) this.#known.delete(id)
  }

  /** Forgets everything, because the cluster is another one. */
  clear(): void {
    this.#known.clear()
  }

  #begin(type: CoordinatorType, key: string): Search {
    const search = newSearch(key)
    this.#searches.set(cacheKey(type, key), search)
    const batch = this.#batches.get(type)
    if (batch !== undefined) {
      batch.push(search)
    } else {
      this.#batches.set(type, [search])
      queueMicrotask(() => this.#leave(type))
    }
    return search
  }

  async #leave(type: CoordinatorType): Promise<void> {
    const batch = this.#batches.get(type)!
    this.#batches.delete(type)
    try {
      const { brokerId, version } = await this.#context.pick()
      if (version >= batchedFrom) await this.#askTogether(type, batch, brokerId)
      else await Promise.all(batch.map((search) => this.#askAlone(type, search, brokerId)))
    } catch (error) {
      for (const search of batch) this.#fail(type, search, error)
    }
  }

  async #askTogether(type: CoordinatorType, batch: readonly Search[], brokerId: number): Promise<void> {
    const coordinatorKeys = batch.map(({ key }) => key)
    const { coordinators } = await this.#context.ask(brokerId, { keyType: keyTypes[type], coordinatorKeys })
    const answers = new Map(coordinators.map((found) => [found.key, found]))
    for (const search of batch) this.#settle(type, search, answers.get(search.key))
  }

  async #askAlone(type: CoordinatorType, search: Search, brokerId: number): Promise<void> {
    const { key } = search
    try {
      this.#settle(type, search, await this.#context.ask(brokerId, { keyType: keyTypes[type], key }))
    } catch (error) {
      this.#fail(type, search, error)
    }
  }

  #settle(type: CoordinatorType, search: Search, found: Found | undefined): void {
    const { key } = search
    const errorCode = found?.errorCode ?? ErrorCodes.COORDINATOR_NOT_AVAILABLE
    if (found === undefined || errorCode !== ErrorCodes.NONE) {
      this.#fail(type, search, notFound(type, key, errorCode))
      return
    }
    const { nodeId, host, port } = found
    this.#context.learnNode({ nodeId, host, port, rack: null })
    const id = cacheKey(type, key)
    this.#searches.delete(id)
    this.#known.set(id, nodeId)
    search.resolve(nodeId)
  }

  #fail(type: CoordinatorType, search: Search, error: unknown): void {
    this.#searches.delete(cacheKey(type, search.key))
    search.reject(error)
  }
}

function newSearch(key: string): Search {
  let settle: Pick<Search, 'resolve' | 'reject'>
  const promise = new Promise<number>((resolve, reject) => {
    settle = { resolve, reject }
  })
  // Those who wait for it may have gone.
  promise.catch(() => {})
  return { key, promise, ...settle! }
}

function notFound(type: CoordinatorType, key: string, errorCode: number): KafkaError {
  const context = type === 'transaction' ? { transactionalId: key } : { groupId: key }
  const what =
    type === 'transaction' ? `finding the coordinator of transactional id ${key}` : 'finding the coordinator'
  return brokerError(errorCode, { ...context, api: FindCoordinator.name }, what)
}

function cacheKey(type: CoordinatorType, key: string): string {
  return `${type} ${key}`
}
