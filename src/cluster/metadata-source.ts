import { ConnectionError, KafkaError } from '../errors.ts'
import { ErrorCodes } from '../protocol/error-codes.ts'
import type { Draft } from '../protocol/message.ts'
import { Metadata, type MetadataRequest, type MetadataResponse } from '../protocol/messages/metadata.ts'
import type { BrokerChoice } from './broker-choice.ts'
import type { BrokerDirectory } from './broker-directory.ts'
import { brokerError } from './broker-error.ts'
import type { Lane } from './lane.ts'
import type { ClusterSettings } from './options.ts'

/** The first version in which topics can be asked for by id; 10 and 11 have the field and answer wrongly. */
const byIdFrom = 12

export interface MetadataAnswer {
  readonly response: MetadataResponse
  /** Who gave it; below -1 for a bootstrap address. */
  readonly brokerId: number
}

/**
 * Gets metadata from whichever broker answers: first from those that are known, then from the addresses of the
 * configuration. It bootstraps again like this (KIP-899, KIP-1102)
 *  - when none of the brokers that are known can be reached or gives an answer,
 *  - when one of them says that it does not belong to the cluster any more (REBOOTSTRAP_REQUIRED),
 *  - when they have been asked in vain for `metadataRecoveryRebootstrapTriggerMs`, however many are left.
 */
export class MetadataSource {
  readonly #settings: ClusterSettings
  readonly #directory: BrokerDirectory
  readonly #lane: Lane
  readonly #choice: BrokerChoice
  /** Since when metadata has been asked for in vain, by the monotonic clock. */
  #vainSinceMs: number | undefined
  /** The log knows that known brokers are asked in vain. */
  #saidSo = false

  constructor(settings: ClusterSettings, directory: BrokerDirectory, lane: Lane, choice: BrokerChoice) {
    this.#settings = settings
    this.#directory = directory
    this.#lane = lane
    this.#choice = choice
  }

  /** One attempt at every broker that may be asked. Rejects with what they said when none of them answered. */
  async ask(message: Draft<MetadataRequest>): Promise<MetadataAnswer> {
    this.#vainSinceMs ??= this.#nowMs()
    const failures: KafkaError[] = []
    const answer = (await this.#askKnown(message, failures)) ?? (await this.#askBootstrap(message, failures))
    if (answer === undefined) throw this.#nobodyAnswered(failures)
    this.#vainSinceMs = undefined
    this.#saidSo = false
    return answer
  }

  async #askKnown(
    message: Draft<MetadataRequest>,
    failures: KafkaError[],
  ): Promise<MetadataAnswer | undefined> {
    const { requestTimeoutMs, metadataRecoveryRebootstrapTriggerMs } = this.#settings
    const overdueAtMs = this.#vainSinceMs! + metadataRecoveryRebootstrapTriggerMs
    for (const brokerId of this.#choice.reachable(this.#directory.brokerIds())) {
      const timeoutMs = Math.min(requestTimeoutMs, overdueAtMs - this.#nowMs())
      if (timeoutMs <= 0) break
      const response = await this.#askOne(brokerId, message, timeoutMs, failures)
      if (response?.errorCode === ErrorCodes.NONE) return { response, brokerId }
      if (response?.errorCode === ErrorCodes.REBOOTSTRAP_REQUIRED) break
    }
    return undefined
  }

  async #askBootstrap(
    message: Draft<MetadataRequest>,
    failures: KafkaError[],
  ): Promise<MetadataAnswer | undefined> {
    const ids = this.#directory.bootstrapIds()
    const reachable = this.#choice.reachable(ids)
    if (this.#directory.brokerIds().length > 0 && !this.#saidSo) {
      const said = failures.map(({ message }) => message)
      this.#settings.logger.warn({ failures: said }, 'no known broker gives metadata: bootstrapping again')
      this.#saidSo = true
    }
    // All of them failed a moment ago: then waiting for one is better than giving up.
    for (const brokerId of reachable.length > 0 ? reachable : this.#choice.inOrder(ids)) {
      const response = await this.#askOne(brokerId, message, this.#settings.requestTimeoutMs, failures)
      if (response?.errorCode === ErrorCodes.NONE) return { response, brokerId }
    }
    return undefined
  }

  /** The answer, which may be an error code; undefined when there is none. Why goes into `failures`. */
  async #askOne(
    brokerId: number,
    message: Draft<MetadataRequest>,
    timeoutMs: number,
    failures: KafkaError[],
  ): Promise<MetadataResponse | undefined> {
    try {
      const suited = asksById(message) ? await this.#suited(brokerId, message) : message
      const response = await this.#lane.send(brokerId, Metadata, suited, { timeoutMs })
      if (response.errorCode !== ErrorCodes.NONE) {
        const context = { broker: this.#directory.labelOf(brokerId), api: Metadata.name }
        failures.push(brokerError(response.errorCode, context, 'metadata'))
      }
      return response
    } catch (error) {
      if (!(error instanceof KafkaError) || error.code === 'CLOSED') throw error
      failures.push(error)
      return undefined
    }
  }

  /** Brokers that cannot be asked by id tell of all topics with their ids instead. */
  async #suited(brokerId: number, message: Draft<MetadataRequest>): Promise<Draft<MetadataRequest>> {
    const version = await this.#lane.version(brokerId, Metadata)
    return version >= byIdFrom ? message : { ...message, topics: null }
  }

  #nobodyAnswered(failures: readonly KafkaError[]): KafkaError {
    const hopeless = failures.length > 0 && failures.every(({ retriable }) => !retriable)
    if (hopeless) return failures[0]
    const said = failures.map(({ message }) => message).join('; ')
    return new ConnectionError(
      `no broker gives metadata: ${said}; check that the addresses in brokers are right and can be reached from here`,
      { cause: failures.at(-1), context: { api: Metadata.name } },
    )
  }

  #nowMs(): number {
    return this.#settings.runtime.clock.monotonicMs()
  }
}

function asksById({ topics }: Draft<MetadataRequest>): boolean {
  return topics?.some(({ topicId }) => topicId !== undefined) ?? false
}
