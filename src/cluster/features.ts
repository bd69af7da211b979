import type { BrokerVersions } from '../network/broker-versions.ts'

/**
 * The features that the cluster has finalized (KIP-584), as `group.version`, `transaction.version` and
 * `share.version`. They, and not the mere presence of an API, decide what is used: brokers offer the APIs of a
 * feature before the cluster has agreed to use it.
 *
 * Every broker tells them when it is connected to; the news of the highest epoch counts, whoever it came from.
 * So a level may rise while a client runs, and whoever needs one asks at the time.
 */
export class Features {
  #epoch = -1n
  #levels: ReadonlyMap<string, number> = new Map()

  /** Grows with each change that the cluster agreed on; -1n while no broker told one. */
  get epoch(): bigint {
    return this.#epoch
  }

  /** The level that is finalized; 0 when the feature is not in use or the brokers are too old to tell. */
  level(name: string): number {
    return this.#levels.get(name) ?? 0
  }

  learn(versions: Pick<BrokerVersions, 'finalizedFeatures' | 'finalizedFeaturesEpoch'>): void {
    if (versions.finalizedFeaturesEpoch <= this.#epoch) return
    this.#epoch = versions.finalizedFeaturesEpoch
    this.#levels = new Map([...versions.finalizedFeatures].map(([name, { max }]) => [name, max]))
  }

  /** Begins anew, with what a broker of another cluster told. */
  replace(versions: Pick<BrokerVersions, 'finalizedFeatures' | 'finalizedFeaturesEpoch'>): void {
    this.#epoch = -1n
    this.#levels = new Map()
    this.learn(versions)
  }
}
