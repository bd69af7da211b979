import type { Cluster, RetryPolicy } from '../cluster/index.ts'
import { BrokerError, type KafkaError } from '../errors.ts'
import { ErrorCodes, errorByCode } from '../protocol/error-codes.ts'
import { InitProducerId } from '../protocol/messages/init-producer-id.ts'
import type { Timer } from '../runtime/runtime.ts'

/** The last epoch of a producer id; after it another id is asked for. */
const LAST_EPOCH = 0x7ffe

type State = 'none' | 'asking' | 'known' | 'closed'

export interface IdentityListener {
  /** There is an identity: what waits for one may leave. */
  identified(): void
  /** There will be none, for a reason that does not go away by itself: what waits for one fails. */
  refused(error: KafkaError): void
}

/**
 * Who the producer is to the brokers: an id that it is given once, and an epoch that it raises by itself when a partition
 * has to begin its numbers anew (KIP-98, KIP-360).
 *
 *   none --ask--> asking --given--> known --the epochs are used up--> asking
 *    ^               |
 *    +---refused-----+          any --close--> closed
 */
export class ProducerIdentity {
  readonly #cluster: Cluster
  readonly #retries: RetryPolicy
  readonly #listener: IdentityListener
  readonly #closing = new AbortController()
  #state: State = 'none'
  #producerId = -1n
  #epoch = -1
  #failures = 0
  #timer: Timer | undefined

  constructor(cluster: Cluster, retries: RetryPolicy, listener: IdentityListener) {
    this.#cluster = cluster
    this.#retries = retries
    this.#listener = listener
  }

  get isKnown(): boolean {
    return this.#state === 'known'
  }

  get producerId(): bigint {
    return this.#producerId
  }

  get epoch(): number {
    return this.#epoch
  }

  /** Asks for an identity, unless there is one or it is asked for. */
  ask(): void {
    if (this.#state !== 'none') return
    this.#state = 'asking'
    this.#request()
  }

  /** Raises the epoch, unless it is another than this one already. When there are no more, another id is asked for. */
  follow({ producerId, epoch }: { readonly producerId: bigint; readonly epoch: number }): void {
    if (this.#state !== 'known' || producerId !== this.#producerId || epoch !== this.#epoch) return
    if (this.#epoch < LAST_EPOCH) this.#epoch++
    else {
      this.#state = 'none'
      this.ask()
    }
  }

  close(): void {
    this.#state = 'closed'
    this.#timer?.cancel()
    this.#closing.abort()
  }

  #request(): void {
    const message = {
      transactionalId: null,
      transactionTimeoutMs: 60_000,
      producerId: -1n,
      producerEpoch: -1,
    }
    this.#cluster
      .request({ anyBroker: true }, InitProducerId, message, { signal: this.#closing.signal })
      .then(
        ({ errorCode, producerId, producerEpoch }) => {
          if (errorCode === ErrorCodes.NONE) this.#given(producerId, producerEpoch)
          else this.#failed(brokerError(errorCode))
        },
        (error: KafkaError) => this.#failed(error),
      )
  }

  #given(producerId: bigint, epoch: number): void {
    if (this.#state !== 'asking') return
    this.#state = 'known'
    this.#failures = 0
    this.#producerId = producerId
    this.#epoch = epoch
    this.#listener.identified()
  }

  #failed(error: KafkaError): void {
    if (this.#state !== 'asking') return
    if (!error.retriable) {
      this.#state = 'none'
      this.#listener.refused(error)
      return
    }
    this.#failures++
    this.#timer = this.#cluster.runtime.timers.after(this.#retries.delayMs(this.#failures), () =>
      this.#request(),
    )
  }
}

function brokerError(errorCode: number): BrokerError {
  const { name, message, retriable } = errorByCode(errorCode)
  const context = { api: 'InitProducerId' }
  const text = `a producer id was asked for, and a broker answered ${name}: ${message}`
  return new BrokerError(name, errorCode, text, { retriable, context })
}
