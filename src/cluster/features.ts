import type { BrokerVersions } from '../network/broker-versions.ts'

/**
 * The features that the cluster has finalized, as `group.version` or `transaction.version` (KIP-584). They, and not the
 * mere presence of an API, decide what is used: brokers offer the APIs of a feature before the cluster has
 * agreed to it. The news of the highest epoch counts, whichever broker it came from.
 */
export class Features {
  #epoch = -1n
  #levels: ReadonlyMap<string, number> = new Map()

  /** The level that is finalized; 0 when the feature is not in use or the broker is too old to tell. */
  level(name: string): number {
    return this.#levels.get(name) ?? 0
  }

  learn(versions: BrokerVersions): void {
    if (versions.finalizedFeaturesEpoch <= this.#epoch) return
    this.#epoch = versions.finalizedFeaturesEpoch
    this.#levels = new Map([...versions.finalizedFeatures].map(([name, range]) => [name, range.max]))
  }
}
