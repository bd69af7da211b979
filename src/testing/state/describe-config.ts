import { type BrokerConfigs, brokerConfigDefinition } from './broker-configs.ts'
import { type ConfigValue, configSources, type DescribedConfig } from './config-sources.ts'
import type { TopicConfigDefinition } from './topic-configs.ts'

/** A topic's config as it holds on a broker. */
export function describeConfig(
  definition: TopicConfigDefinition,
  topicConfigs: ReadonlyMap<string, string>,
  brokerConfigs: BrokerConfigs,
  brokerId: string,
): DescribedConfig {
  const { name, defaultValue } = definition
  const synonyms: ConfigValue[] = []
  const own = topicConfigs.get(name)
  if (own !== undefined) synonyms.push({ name, value: own, source: configSources.topic })
  synonyms.push(...ofBroker(definition, brokerConfigs, brokerId))
  const { value, source } = synonyms[0] ?? { value: defaultValue, source: configSources.default }
  return { name, value, source, synonyms }
}

function ofBroker(
  { brokerConfig, isOptional = false, defaultValue }: TopicConfigDefinition,
  brokerConfigs: BrokerConfigs,
  brokerId: string,
): ConfigValue[] {
  if (brokerConfig === undefined) return []
  const sources =
    brokerConfigDefinition(brokerConfig) === undefined
      ? [{ name: brokerConfig, value: defaultValue, source: configSources.default }]
      : brokerConfigs.sourcesOf(brokerConfig, brokerId)
  return isOptional ? sources.filter(({ source }) => source !== configSources.default) : sources
}
