import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { BrokerContext } from '../server/handler.ts'
import {
  allBrokers,
  brokerConfigDefinition,
  brokerConfigDefinitions,
  isDynamicConfig,
} from '../state/broker-configs.ts'
import { valueProblem } from '../state/config-definition.ts'
import { configSources } from '../state/config-sources.ts'
import { problem } from '../state/create-topic.ts'
import { type Configurable, type Failure, told } from './configurable.ts'

/**
 * What brokers are configured with, and what may change while they run (KIP-226). What is set for all brokers acts on
 * all; what is set for one is told by that one, and acts when it is the only broker of its cluster.
 */
export const configurableBrokers: Configurable = {
  noListError: ErrorCodes.INVALID_REQUEST,
  hasOldWay: true,

  alterProblem: (broker, name) => (name === allBrokers ? undefined : otherBroker(broker, name)),

  current: ({ cluster }, name) => cluster.configs.dynamicOf(name),

  listDefault({ cluster }, config) {
    const definition = brokerConfigDefinition(config)
    return definition?.type === 'list' ? cluster.configs.value(config) : undefined
  },

  set({ cluster }, name, configs, validateOnly) {
    for (const [config, value] of configs) {
      const what = problemOf(config, value)
      if (what !== undefined) return problem(ErrorCodes.INVALID_REQUEST, `the config ${config} ${what}`)
    }
    if (!validateOnly) cluster.configureBrokers(name, configs)
    return undefined
  },

  describe(broker, name) {
    const { configs } = broker.cluster
    if (name === allBrokers) {
      return [...configs.dynamicOf(allBrokers)].map(([config, value]) => {
        const { dynamicDefault: source } = configSources
        const synonyms = [{ name: config, value, source }]
        return told(brokerConfigDefinition(config)!, { name: config, value, source, synonyms })
      })
    }
    const failure = otherBroker(broker, name)
    if (failure !== undefined) return failure
    return brokerConfigDefinitions.map((definition) => {
      const synonyms = configs.sourcesOf(definition.name, name)
      return told(definition, { ...synonyms[0], synonyms }, !isDynamicConfig(definition.name))
    })
  },

  names: ({ view }) => [...view.brokers.keys()].map(String),
}

function problemOf(config: string, value: string): string | undefined {
  const definition = brokerConfigDefinition(config)
  if (definition === undefined) return 'is not one of the test broker'
  if (!isDynamicConfig(config)) return 'cannot change while the broker runs'
  const what = valueProblem(definition, value)
  return what === undefined ? undefined : `cannot be "${value}": ${what}`
}

/** Each broker answers for itself. */
export function otherBroker({ node }: BrokerContext, name: string): Failure | undefined {
  if (name === String(node.id)) return undefined
  return problem(ErrorCodes.INVALID_REQUEST, `this is broker ${node.id}, not ${name}`)
}
