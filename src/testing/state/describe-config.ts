import type { BrokerConfigs } from './broker-configs.ts'
import type { TopicConfigDefinition } from './topic-configs.ts'

/** Where a config's value comes from, by Kafka's numbers. */
export const configSources = { topic: 1, staticBroker: 4, default: 5, group: 8 } as const

export interface ConfigValue {
  readonly name: string
  readonly value: string
  readonly source: number
}

/** A topic config as it holds, with all that it would fall back to, what holds first. */
export interface DescribedConfig extends ConfigValue {
  readonly synonyms: readonly ConfigValue[]
}

export function describeConfig(
  definition: TopicConfigDefinition,
  topicConfigs: ReadonlyMap<string, string>,
  brokerConfigs: BrokerConfigs,
): DescribedConfig {
  const { name, brokerConfig, isOptional = false, defaultValue } = definition
  const synonyms: ConfigValue[] = []
  const own = topicConfigs.get(name)
  if (own !== undefined) synonyms.push({ name, value: own, source: configSources.topic })
  if (brokerConfig !== undefined && brokerConfigs.isGiven(brokerConfig)) {
    const value = brokerConfigs.value(brokerConfig)
    synonyms.push({ name: brokerConfig, value, source: configSources.staticBroker })
  }
  if (brokerConfig !== undefined && !isOptional) {
    synonyms.push({ name: brokerConfig, value: defaultValue, source: configSources.default })
  }
  const { value, source } = synonyms[0] ?? { value: defaultValue, source: configSources.default }
  return { name, value, source, synonyms }
}
