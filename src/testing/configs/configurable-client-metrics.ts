import { ErrorCodes } from '../../protocol/error-codes.ts'
import { type ConfigValue, configSources } from '../state/config-sources.ts'
import { problem } from '../state/create-topic.ts'
import { subscriptionDefinitions } from '../telemetry/subscription.ts'
import { type Configurable, type Failure, told } from './configurable.ts'

/** Subscriptions to the metrics of clients (KIP-714). One is there as long as something is set. */
export const configurableClientMetrics: Configurable = {
  noListError: ErrorCodes.INVALID_CONFIG,
  hasOldWay: true,

  alterProblem: (_broker, name) => nameless(name),

  current: ({ cluster }, name) => cluster.telemetry.subscriptions.of(name),

  set({ cluster }, name, configs, validateOnly) {
    const { subscriptions } = cluster.telemetry
    return validateOnly ? subscriptions.check(configs) : subscriptions.set(name, configs)
  },

  describe({ cluster }, name) {
    const failure = nameless(name)
    if (failure !== undefined) return failure
    const set = cluster.telemetry.subscriptions.of(name)
    return subscriptionDefinitions.map((definition) => {
      const { name: config, defaultValue } = definition
      const own = set.get(config)
      const { clientMetrics } = configSources
      const synonyms: ConfigValue[] =
        own === undefined ? [] : [{ name: config, value: own, source: clientMetrics }]
      const [{ value, source }] = [...synonyms, { value: defaultValue, source: configSources.default }]
      return told(definition, { name: config, value, source, synonyms })
    })
  },

  names: ({ cluster }) => cluster.telemetry.subscriptions.names(),
}

function nameless(name: string): Failure | undefined {
  return name === '' ? problem(ErrorCodes.INVALID_REQUEST, 'a subscription has a name') : undefined
}
