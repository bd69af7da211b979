/** The lowest and the highest version. */
export type VersionRange = readonly [lowest: number, highest: number]

export interface ReleasedApi {
  readonly key: number
  readonly versions: VersionRange
}

/** A feature of the cluster (KIP-584), as a fresh broker of the release tells it. */
export interface ReleasedFeature {
  readonly name: string
  readonly supported: VersionRange
  /** The level that it is finalized at; 0: it is not. */
  readonly finalized: number
}

/**
 * What a fresh broker of a release answers to ApiVersions on a listener for clients, in the highest version of that
 * API that it has. The tables are generated from the brokers themselves.
 */
export interface Release {
  /** As `4.3.1`. */
  readonly version: string
  readonly apis: readonly ReleasedApi[]
  readonly features: readonly ReleasedFeature[]
}
