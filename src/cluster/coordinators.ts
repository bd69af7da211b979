import type { KafkaError } from '../errors.ts'
import { FindCoordinator, type FindCoordinatorResponse } from '../protocol/messages/find-coordinator.ts'
import { brokerError } from './broker-error.ts'
import type { NodeEndpoint } from './metadata-view.ts'

export type CoordinatorType = 'group' | 'transaction' | 'share'

const keyTypes: Readonly<Record<CoordinatorType, number>> = { group: 0, transaction: 1, share: 2 }

/** The first version that takes several keys (KIP-699). */
const batchedFrom = 4

/** What is needed of the cluster: a broker to ask, and a way to ask it. */
export interface CoordinatorsContext {
  /** Picks a broker and says which version of FindCoordinator it would be asked in. */
  pick(): Promise<{ brokerId: number; version: number }>
  ask(brokerId: number, message: object): Promise<FindCoordinatorResponse>
  learnNode(node: NodeEndpoint): void
}

interface Asker {
  key: string
  resolve: (brokerId: number) => void
  reject: (error: KafkaError) => void
}

/**
 * Which broker coordinates a group or a transactional id. Answers are kept until somebody says that they are
 * wrong; keys that are asked for in the same turn of the event loop share a request.
 */
export class Coordinators {
  readonly #context: CoordinatorsContext
  readonly #known = new Map<string, number>()
  readonly #waiting = new Map<CoordinatorType, Asker[]>()

  constructor(context: CoordinatorsContext) {
    this.#context = context
  }

  /** One attempt. Rejects with a retriable error while the cluster has no coordinator for the key. */
  find(type: CoordinatorType, key: string): number | Promise<number> {
    const known = this.#known.get(cacheKey(type, key))
    if (known !== undefined) return known
    return new Promise((resolve, reject) => {
      const asker = { key, resolve, reject }
      const waiting = this.#waiting.get(type)
      if (waiting !== undefined) {
        waiting.push(asker)
        return
      }
      this.#waiting.set(type, [asker])
      queueMicrotask(() => this.#flush(type))
    })
  }

  /** Forgets what is known of a key; with `brokerId` only when it is what is known. */
  forget(type: CoordinatorType, key: string, brokerId?: number): void {
    const cached = cacheKey(type, key)
    if (brokerId === undefined || this.#known.get(cached) === brokerId) this.#known.delete(cached)
  }

  /** Forgets every key that a broker coordinates, because it cannot be reached. */
  forgetBroker(brokerId: number): void {
    for (const [cached, known] of this.#known) if (known === brokerId) this.#known.delete(cached)
  }

  async #flush(type: CoordinatorType): Promise<void> {
    const askers = this.#waiting.get(type) ?? []
    this.#waiting.delete(type)
    try {
      const { brokerId, version } = await this.#context.pick()
      const keys = [...new Set(askers.map(({ key }) => key))]
      if (version >= batchedFrom) await this.#askTogether(type, keys, brokerId, askers)
      else await Promise.all(keys.map((key) => this.#askAlone(type, key, brokerId, askers)))
    } catch (error) {
      for (const { reject } of askers) reject(error as KafkaError)
    }
  }

  async #askTogether(
    type: CoordinatorType,
    keys: string[],
    brokerId: number,
    askers: Asker[],
  ): Promise<void> {
    const { coordinators } = await this.#context.ask(brokerId, {
      keyType: keyTypes[type],
      coordinatorKeys: keys,
    })
    for (const found of coordinators) this.#settle(type, found.key, found, askers)
    const answered = new Set(coordinators.map(({ key }) => key))
    for (const { key, reject } of askers) {
      if (!answered.has(key)) reject(notFound(type, key, { errorCode: coordinatorNotAvailable }))
    }
  }

  async #askAlone(type: CoordinatorType, key: string, brokerId: number, askers: Asker[]): Promise<void> {
    this.#settle(type, key, await this.#context.ask(brokerId, { keyType: keyTypes[type], key }), askers)
  }

  #settle(type: CoordinatorType, key: string, found: Found, askers: readonly Asker[]): void {
    const askersOfKey = askers.filter((asker) => asker.key === key)
    if (found.errorCode !== 0) {
      for (const { reject } of askersOfKey) reject(notFound(type, key, found))
      return
    }
    this.#context.learnNode({ nodeId: found.nodeId, host: found.host, port: found.port, rack: null })
    this.#known.set(cacheKey(type, key), found.nodeId)
    for (const { resolve } of askersOfKey) resolve(found.nodeId)
  }
}

interface Found {
  nodeId: number
  host: string
  port: number
  errorCode: number
}

const coordinatorNotAvailable = 15

function notFound(type: CoordinatorType, key: string, { errorCode }: Pick<Found, 'errorCode'>): KafkaError {
  const context = type === 'transaction' ? { transactionalId: key } : { groupId: key }
  return brokerError(
    errorCode,
    { ...context, api: FindCoordinator.name },
    `finding the coordinator of ${type} ${key}`,
  )
}

function cacheKey(type: CoordinatorType, key: string): string {
  return `${type} ${key}`
}
