import { ConnectionError, KafkaError } from '../errors.ts'
import { ErrorCodes } from '../protocol/error-codes.ts'
import type { Draft } from '../protocol/message.ts'
import { Metadata, type MetadataRequest, type MetadataResponse } from '../protocol/messages/metadata.ts'
import type { BrokerDirectory } from './broker-directory.ts'
import { brokerError } from './broker-error.ts'
import type { Lane } from './lane.ts'
import type { ClusterSettings } from './options.ts'

/**
 * Gets metadata from whichever broker answers. First those that are known; when none of them does, when a broker
 * says that the cluster is not the one it was (REBOOTSTRAP_REQUIRED), or when no metadata came for
 * `metadataRebootstrapTriggerMs`, the addresses of the configuration are asked again (KIP-899, KIP-1102).
 */
export class MetadataSource {
  readonly #settings: ClusterSettings
  readonly #directory: BrokerDirectory
  readonly #lane: Lane
  /** Since when metadata has been asked for without an answer. */
  #missingSinceMs: number | undefined

  constructor(settings: ClusterSettings, directory: BrokerDirectory, lane: Lane) {
    this.#settings = settings
    this.#directory = directory
    this.#lane = lane
  }

  /** Rejects with the last error when no broker answered. */
  async ask(message: Draft<MetadataRequest>): Promise<MetadataResponse> {
    const { clock } = this.#settings.runtime
    this.#missingSinceMs ??= clock.monotonicMs()
    const overdue = clock.monotonicMs() - this.#missingSinceMs >= this.#settings.metadataRebootstrapTriggerMs
    const known = overdue ? [] : this.#inOrderOfLoad(this.#directory.brokerIds())
    const response = (await this.#askEach(known, message)) ?? (await this.#askBootstrap(message))
    this.#missingSinceMs = undefined
    return response
  }

  async #askBootstrap(message: Draft<MetadataRequest>): Promise<MetadataResponse> {
    const ids = this.#inOrderOfLoad(this.#directory.bootstrapIds())
    const failures: KafkaError[] = []
    const response = await this.#askEach(ids, message, failures)
    if (response !== undefined) return response
    const fatal = failures.find((failure) => !failure.retriable)
    if (fatal !== undefined) throw fatal
    const reasons = failures.map((failure) => failure.message).join('; ')
    throw new ConnectionError(
      `no broker gave metadata: ${reasons}; check that the addresses in the option brokers can be reached`,
      { cause: failures.at(-1), context: { api: Metadata.name } },
    )
  }

  /** The first answer; undefined when nobody gave one. Why goes into `failures`. */
  async #askEach(
    ids: readonly number[],
    message: Draft<MetadataRequest>,
    failures: KafkaError[] = [],
  ): Promise<MetadataResponse | undefined> {
    for (const brokerId of ids) {
      try {
        const response = await this.#askOne(brokerId, message)
        if (response.errorCode === ErrorCodes.NONE) return response
        failures.push(
          brokerError(response.errorCode, { broker: `${brokerId}`, api: Metadata.name }, 'metadata'),
        )
        if (response.errorCode === ErrorCodes.REBOOTSTRAP_REQUIRED) return undefined
      } catch (error) {
        if (!(error instanceof KafkaError) || error.code === 'CLOSED') throw error
        failures.push(error)
      }
    }
    return undefined
  }

  async #askOne(brokerId: number, message: Draft<MetadataRequest>): Promise<MetadataResponse> {
    const version = await this.#lane.version(brokerId, Metadata)
    return this.#lane.send(brokerId, Metadata, suited(message, version), { version })
  }

  /** Connected brokers first, those with the fewest requests in flight before others; else in an order of chance. */
  #inOrderOfLoad(ids: readonly number[]): number[] {
    const { random } = this.#settings.runtime
    return ids
      .map((id) => ({
        id,
        ready: this.#lane.ready(id) ? 0 : 1,
        load: this.#lane.inFlight(id),
        chance: random.unit(),
      }))
      .sort((a, b) => a.ready - b.ready || a.load - b.load || a.chance - b.chance)
      .map(({ id }) => id)
  }
}

/** Before version 4 brokers make topics by their own will only, and before 1 an empty list means all topics. */
function suited(message: Draft<MetadataRequest>, version: number): Draft<MetadataRequest> {
  if (version >= 4) return message
  const { allowAutoTopicCreation: _, ...rest } = message
  return rest
}
