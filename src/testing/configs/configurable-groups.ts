import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { BrokerContext } from '../server/handler.ts'
import { type ConfigValue, configSources } from '../state/config-sources.ts'
import { problem } from '../state/create-topic.ts'
import { type GroupConfigDefinition, groupConfigDefinitions } from '../state/group-configs.ts'
import { type Configurable, type Failure, type ToldConfig, told } from './configurable.ts'

/** Groups need not be there to have configs. */
export const configurableGroups: Configurable = {
  noListError: ErrorCodes.INVALID_CONFIG,
  hasOldWay: true,

  alterProblem: (_broker, groupId) => nameless(groupId),

  current: ({ cluster }, groupId) => cluster.groupConfigs.of(groupId),

  set({ cluster }, groupId, configs, validateOnly) {
    return validateOnly ? cluster.groupConfigs.check(configs) : cluster.groupConfigs.set(groupId, configs)
  },

  describe(broker, groupId) {
    return (
      nameless(groupId) ?? groupConfigDefinitions.map((definition) => describe(broker, groupId, definition))
    )
  },

  names: ({ cluster }) => cluster.groupConfigs.names(),
}

function nameless(groupId: string): Failure | undefined {
  return groupId === ''
    ? problem(ErrorCodes.INVALID_REQUEST, 'there are no configs for all groups')
    : undefined
}

function describe(
  { cluster }: BrokerContext,
  groupId: string,
  definition: GroupConfigDefinition,
): ToldConfig {
  const { name, brokerConfig = name } = definition
  const { groupConfigs } = cluster
  const isStatic = brokerConfig !== name && cluster.configs.isGiven(brokerConfig)
  const synonyms: ConfigValue[] = [
    {
      name: brokerConfig,
      value: groupConfigs.defaultOf(definition),
      source: isStatic ? configSources.staticBroker : configSources.default,
    },
  ]
  const own = groupConfigs.of(groupId).get(name)
  if (own !== undefined) synonyms.unshift({ name, value: own, source: configSources.group })
  return told(definition, { name, value: synonyms[0].value, source: synonyms[0].source, synonyms })
}
