/** Where a config's value comes from, by Kafka's numbers. */
export const configSources = {
  topic: 1,
  /** Set for one broker while it runs, and for all. */
  dynamicBroker: 2,
  dynamicDefault: 3,
  staticBroker: 4,
  default: 5,
  logger: 6,
  clientMetrics: 7,
  group: 8,
} as const

export interface ConfigValue {
  readonly name: string
  readonly value: string
  readonly source: number
}

/** A config as it holds, with all that it would fall back to, what holds first. */
export interface DescribedConfig extends ConfigValue {
  readonly synonyms: readonly ConfigValue[]
}
