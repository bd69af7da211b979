import { ProtocolError } from '../errors.ts'
import type { PendingRequest } from './pending-request.ts'

/**
 * The requests that the broker has and did not answer yet, in the order in which they were sent, which is the
 * order in which a broker answers the requests of one connection. An aborted request keeps its place until its
 * response has come.
 */
export class InFlight {
  /** Seldom more than the five to a hundred that a limit allows, where `shift` costs nothing to speak of. */
  readonly #requests: PendingRequest[] = []
  #lastCorrelationId = 0

  get size(): number {
    return this.#requests.length
  }

  /** The id for the next request; ids are not used again within two thousand million requests. */
  nextCorrelationId(): number {
    this.#lastCorrelationId = (this.#lastCorrelationId + 1) & 0x7fff_ffff
    return this.#lastCorrelationId
  }

  add(request: PendingRequest): void {
    this.#requests.push(request)
  }

  /** The request that a response belongs to. Throws a `ProtocolError` when it is not the one whose turn it is. */
  take(correlationId: number): PendingRequest {
    const request = this.#requests[0]
    if (request?.correlationId !== correlationId) {
      const expected = request === undefined ? 'none was expected' : `${request.correlationId} was expected`
      throw new ProtocolError(`a response has the correlation id ${correlationId} where ${expected}`)
    }
    this.#requests.shift()
    return request
  }

  [Symbol.iterator](): Iterator<PendingRequest> {
    return this.#requests[Symbol.iterator]()
  }

  /** Gives up all of them. */
  clear(): void {
    this.#requests.length = 0
  }
}
