import type { Cluster, Lane } from '../../cluster/index.ts'
import { brokerError, invalidatesCoordinator } from '../../cluster/index.ts'
import { ConnectionError, type ErrorContext, type KafkaError, TimeoutError } from '../../errors.ts'
import type { Api, Draft } from '../../protocol/message.ts'
import { Deadline } from '../../runtime/deadline.ts'

export interface CoordinatorRequestOptions {
  maxVersion?: number
  timeoutMs?: number
  signal?: AbortSignal
}

/** Finding the coordinator is given up after so long; whoever wants it is told, and tries again. */
const findTimeoutMs = 5_000

/**
 * The way to the coordinator of one group, over a lane of its own: a JoinGroup waits at the broker for the rest of the
 * group, and would hold back what comes behind it on a shared connection. One attempt a call: its callers are state
 * machines and decide themselves what an error means.
 */
export class GroupCoordinator {
  readonly groupId: string
  readonly #cluster: Cluster
  readonly #lane: Lane
  /** Where the last request went. */
  #brokerId = -1

  constructor(cluster: Cluster, groupId: string) {
    this.groupId = groupId
    this.#cluster = cluster
    this.#lane = cluster.lane(`group ${groupId}`)
  }

  /**
   * Finds the coordinator when it is not known, and sends, both within `timeoutMs`. A broken connection makes it unknown
   * again.
   */
  async send<Request, Response>(
    api: Api<Request, Response>,
    message: Draft<Request>,
    options: CoordinatorRequestOptions = {},
  ): Promise<Response> {
    const { timeoutMs } = options
    const deadline = timeoutMs === undefined ? undefined : Deadline.in(this.#cluster.runtime.clock, timeoutMs)
    const brokerId = await this.#find(options)
    const left = deadline && { timeoutMs: Math.max(1, deadline.remainingMs()) }
    try {
      return await this.#lane.send(brokerId, api, message, { ...options, ...left })
    } catch (error) {
      if (error instanceof ConnectionError || error instanceof TimeoutError) this.#forget()
      throw error
    }
  }

  /** The version that `api` would be sent with now. */
  async version(api: Api<unknown, unknown>, signal?: AbortSignal): Promise<number> {
    return this.#lane.version(await this.#find({ signal }), api, signal)
  }

  /** The error for a code that the coordinator answered; one that says it moved makes it unknown. */
  error(code: number, what: string, context: ErrorContext = {}): KafkaError {
    if (invalidatesCoordinator(code)) this.#forget()
    return brokerError(code, { groupId: this.groupId, broker: `${this.#brokerId}`, ...context }, what)
  }

  close(): Promise<void> {
    return this.#lane.close()
  }

  async #find({ signal, timeoutMs = findTimeoutMs }: CoordinatorRequestOptions): Promise<number> {
    const options = { signal, timeoutMs: Math.min(timeoutMs, findTimeoutMs) }
    this.#brokerId = await this.#cluster.coordinator('group', this.groupId, options)
    return this.#brokerId
  }

  #forget(): void {
    this.#cluster.forgetCoordinator('group', this.groupId, this.#brokerId)
  }
}
