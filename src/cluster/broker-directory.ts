import type { SocketAddress } from '../runtime/runtime.ts'
import type { MetadataView } from './metadata-view.ts'

/** The id of the first bootstrap address; the others follow downwards. -1 means `none` in Kafka's messages. */
const firstBootstrapId = -2

/**
 * Where brokers listen. The addresses that the cluster was configured with have ids of their own below -1, so
 * that they can be connected to like any broker before the id of one is known.
 */
export class BrokerDirectory {
  readonly #bootstrap: readonly SocketAddress[]
  readonly #view: () => MetadataView

  constructor(bootstrap: readonly SocketAddress[], view: () => MetadataView) {
    this.#bootstrap = bootstrap
    this.#view = view
  }

  addressOf(brokerId: number): SocketAddress | undefined {
    return brokerId <= firstBootstrapId
      ? this.#bootstrap[firstBootstrapId - brokerId]
      : this.#view().brokers.get(brokerId)
  }

  /** The broker as errors name it: `1 (kafka-1:9092)`, or the address alone of one that is to begin with. */
  labelOf(brokerId: number): string {
    const address = this.addressOf(brokerId)
    if (address === undefined) return `${brokerId}`
    const place = `${address.host}:${address.port}`
    return brokerId <= firstBootstrapId ? place : `${brokerId} (${place})`
  }

  bootstrapIds(): number[] {
    return this.#bootstrap.map((_, index) => firstBootstrapId - index)
  }

  brokerIds(): number[] {
    return [...this.#view().brokers.keys()]
  }
}
