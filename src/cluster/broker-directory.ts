import type { SocketAddress } from '../runtime/runtime.ts'
import type { MetadataView } from './metadata-view.ts'

/**
 * Where brokers listen. The addresses that the cluster was configured with have ids of their own below -1, so
 * that a lane can connect to them before any broker's id is known.
 */
export class BrokerDirectory {
  readonly #bootstrap: readonly SocketAddress[]
  readonly #view: () => MetadataView

  constructor(bootstrap: readonly SocketAddress[], view: () => MetadataView) {
    this.#bootstrap = bootstrap
    this.#view = view
  }

  addressOf(brokerId: number): SocketAddress | undefined {
    return brokerId < firstBootstrapId + 1
      ? this.#bootstrap[firstBootstrapId - brokerId]
      : this.#view().brokers.get(brokerId)
  }

  bootstrapIds(): number[] {
    return this.#bootstrap.map((_, index) => firstBootstrapId - index)
  }

  brokerIds(): number[] {
    return [...this.#view().brokers.keys()]
  }
}

const firstBootstrapId = -2
