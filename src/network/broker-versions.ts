/** Both ends are included. */
export interface VersionRange {
  readonly min: number
  readonly max: number
}

/** What is read of an ApiVersions response; feature fields are absent before version 3. */
export interface OfferedVersions {
  readonly apiKeys: readonly { apiKey: number; minVersion: number; maxVersion: number }[]
  readonly supportedFeatures?: readonly { name: string; minVersion: number; maxVersion: number }[]
  readonly finalizedFeatures?: readonly { name: string; minVersionLevel: number; maxVersionLevel: number }[]
  readonly finalizedFeaturesEpoch?: bigint
}

/** What one broker told of itself: the APIs that it offers, and the features of it and of its cluster. */
export class BrokerVersions {
  readonly #ranges = new Map<number, VersionRange>()
  /** Features that this broker could take part in, as `group.version`. Empty when it is older than 2.7. */
  readonly supportedFeatures: ReadonlyMap<string, VersionRange>
  /** Features and levels that the whole cluster has agreed on; these decide what may be used (KIP-584). */
  readonly finalizedFeatures: ReadonlyMap<string, VersionRange>
  /** Grows with each change of the finalized features; -1n when it is not known. */
  readonly finalizedFeaturesEpoch: bigint

  constructor(offered: OfferedVersions) {
    for (const { apiKey, minVersion, maxVersion } of offered.apiKeys) {
      this.#ranges.set(apiKey, { min: minVersion, max: maxVersion })
    }
    this.finalizedFeaturesEpoch = offered.finalizedFeaturesEpoch ?? -1n
    this.supportedFeatures = new Map(
      offered.supportedFeatures?.map(({ name, minVersion, maxVersion }) => [
        name,
        { min: minVersion, max: maxVersion },
      ]),
    )
    // Below epoch 0 the list says nothing.
    const finalized = this.finalizedFeaturesEpoch < 0n ? [] : offered.finalizedFeatures
    this.finalizedFeatures = new Map(
      finalized?.map(({ name, minVersionLevel, maxVersionLevel }) => [
        name,
        { min: minVersionLevel, max: maxVersionLevel },
      ]),
    )
  }

  /** The versions of an API that the broker offers; undefined when it does not know it. */
  range(apiKey: number): VersionRange | undefined {
    return this.#ranges.get(apiKey)
  }
}
